import { GONE } from '../../matrix/reasons.ts'
import { type CorpusCase, must, ours, should } from '../case.ts'
import {
  DENO_WAITS,
  NODE_LONG_FIELDS,
  because,
  followedBy,
  silent,
  strayTrailer,
  thenGone,
  trailerRefused,
} from '../reasons.ts'
import { admin, bad, closing, field, headersTooLarge, notFound, probed, read } from '../replies.ts'
import { PROBE, SMUGGLED, chunked, request } from '../requests.ts'

const trailed = (...lines: string[]): string =>
  chunked(`5\r\nhello\r\n0\r\n${lines.map((one) => `${one}\r\n`).join('')}\r\n`)
const told = (name: string, ...lines: string[]): string =>
  request(
    `POST /fields/${name} HTTP/1.1`,
    ['Content-Type: text/plain', 'Transfer-Encoding: chunked'],
    `5\r\nhello\r\n0\r\n${lines.map((one) => `${one}\r\n`).join('')}\r\n`,
  )

/** Trailers (RFC 9112 §7.1.2): fields that are read and are none of the header section. */
export const trailers: readonly CorpusCase[] = [
  must('RFC 9112 §7.1.2', 'A trailer, and what follows it', trailed('X-A: 1') + PROBE, [read('hello'), probed], {
    bun: followedBy(trailerRefused),
  }),
  must('RFC 9112 §7.1.2', 'Several trailers', trailed('X-A: 1', 'X-B:', 'X-C: \t2 ') + PROBE, [read('hello'), probed], {
    bun: followedBy(trailerRefused),
  }),
  must('RFC 9110 §6.5.1', 'A trailer is no header', told('x-a', 'X-A: trailer') + PROBE, [field(null), probed], {
    bun: followedBy(trailerRefused),
  }),
  must(
    'RFC 9110 §6.5.1',
    'A trailer adds nothing to a header',
    request(
      'POST /fields/x-a HTTP/1.1',
      ['X-A: header', 'Transfer-Encoding: chunked', 'Content-Type: text/plain', 'Trailer: X-A'],
      `5\r\nhello\r\n0\r\nX-A: trailer\r\n\r\n${PROBE}`,
    ),
    [field('header'), probed],
    { bun: followedBy(trailerRefused) },
  ),
  must(
    'RFC 9110 §6.5.1',
    'A trailer authorizes nobody',
    told('authorization', 'Authorization: Bearer x'),
    field(null),
    { bun: strayTrailer(field(null)) },
  ),
  ours(
    'RFC 9110 §6.5.1',
    'A Content-Length in the trailer',
    trailed(`Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    bad,
    { bun: strayTrailer(read('hello')), deno: because('Deno passes over every trailer.', read('hello'), admin) },
  ),
  ours('RFC 9110 §6.5.1', 'A Transfer-Encoding in the trailer', trailed('Transfer-Encoding: gzip') + SMUGGLED, bad, {
    bun: strayTrailer(read('hello')),
    deno: because('Deno passes over every trailer.', read('hello'), admin),
  }),
  must(
    'RFC 9110 §6.5.1',
    'A Host in the trailer names nothing',
    trailed('Host: other.test', 'Host: more.test') + PROBE,
    [read('hello'), probed],
    { bun: followedBy(trailerRefused) },
  ),
  must(
    'RFC 9110 §6.5.1',
    'Connection: close in the trailer ends nothing',
    trailed('Connection: close') + PROBE,
    [read('hello'), probed],
    {
      bun: followedBy(trailerRefused),
      node: followedBy(because('The parser of node:http obeys Connection in a trailer.', bad)),
    },
  ),
  must(
    'RFC 9110 §6.5.1',
    'An Expect in the trailer is not heard',
    trailed('Expect: miracles') + PROBE,
    [read('hello'), probed],
    { bun: followedBy(trailerRefused) },
  ),
  must(
    'RFC 9112 §6.3',
    'Trailers of a body that nobody reads',
    request('POST /no/such HTTP/1.1', ['Transfer-Encoding: chunked'], `0\r\nX-A: 1\r\n\r\n${PROBE}`),
    [notFound, probed],
    { bun: followedBy(trailerRefused) },
  ),

  must('RFC 9112 §5.1', 'A space before the colon', trailed('X-A : 1'), bad, {
    bun: strayTrailer(read('hello')),
    deno: GONE,
  }),
  must('RFC 9112 §5.2', 'A folded trailer', trailed('X-A: 1', ' 2'), bad, {
    bun: strayTrailer(read('hello')),
    deno: GONE,
  }),
  must('RFC 9112 §5.2', 'A space before the first trailer', trailed(' X-A: 1'), bad, {
    bun: strayTrailer(read('hello')),
    deno: GONE,
  }),
  should('RFC 9112 §7.1.2', 'A line without a colon', trailed('X-A'), bad, {
    bun: strayTrailer(read('hello')),
    deno: GONE,
  }),
  should('RFC 9112 §7.1.2', 'A trailer without a name', trailed(': 1'), bad, {
    bun: strayTrailer(read('hello')),
    deno: GONE,
  }),
  should('RFC 9112 §7.1.2', 'A request in place of a trailer', chunked(`5\r\nhello\r\n0\r\n${SMUGGLED}`), bad, {
    bun: strayTrailer(read('hello')),
    deno: GONE,
  }),
  must('RFC 9110 §5.5', 'NUL in a trailer', trailed('X-A: a\0b'), bad, {
    bun: strayTrailer(read('hello')),
    deno: GONE,
  }),
  must('RFC 9112 §2.2', 'A bare CR in a trailer', trailed('X-A: a\rb'), bad, {
    bun: strayTrailer(read('hello')),
    deno: GONE,
  }),
  ours('RFC 9112 §2.2', 'A trailer that ends in LF', trailed('X-A: 1\nX-B: 2'), bad, {
    bun: strayTrailer(read('hello')),
    deno: GONE,
  }),
  ours('RFC 9112 §2.2', 'A trailer section that ends in LF', chunked('5\r\nhello\r\n0\r\nX-A: 1\r\n\n'), bad, {
    bun: strayTrailer(read('hello')),
    deno: silent(DENO_WAITS),
  }),
  ours(
    'RFC 9110 §5.4',
    'A trailer of 2,000 octets',
    trailed(`X-A: ${'a'.repeat(2000)}`) + PROBE,
    [read('hello'), probed],
    { bun: followedBy(trailerRefused), deno: thenGone() },
  ),
  must(
    'RFC 9110 §5.4',
    'A trailer of 20,000 octets',
    trailed(`X-A: ${'a'.repeat(20_000)}`),
    {
      ...headersTooLarge,
      or: bad,
    },
    {
      bun: strayTrailer(read('hello')),
      deno: because('Deno reads trailers of any length up to its own limit.', closing(read('hello'))),
      node: because(NODE_LONG_FIELDS, read('hello')),
    },
  ),
  must(
    'RFC 9110 §5.4',
    '200 trailers',
    trailed(...Array.from({ length: 200 }, (_, i) => `X-${i}: 1`)),
    {
      ...headersTooLarge,
      or: bad,
    },
    {
      bun: strayTrailer(read('hello')),
      deno: because('Deno reads trailers of any length up to its own limit.', closing(read('hello'))),
      node: because(NODE_LONG_FIELDS, read('hello')),
    },
  ),
]
