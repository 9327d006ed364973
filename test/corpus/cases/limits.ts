import { refused } from '../../matrix/case.ts'
import { parser, stays } from '../../matrix/reasons.ts'
import { type CorpusCase, must, ours } from '../case.ts'
import {
  DENO_LONG_FIELDS,
  MORE_FIELDS,
  NODE_LINE,
  NODE_LONG_FIELDS,
  because,
  endsOrStays,
  silent,
  staysForProbe,
  staysWaiting,
  thenGone,
} from '../reasons.ts'
import { closing, echoed, field, headersTooLarge, maybeClosing, probed, targetTooLong, tooLarge } from '../replies.ts'
import { PROBE, bare, request } from '../requests.ts'

const LINE = 'GET /probe HTTP/1.1'
const small = (fields: readonly string[], body: string, line = 'POST /bodies/small HTTP/1.1'): string =>
  request(line, ['Content-Type: application/json', ...fields], body)
const streamed = (fields: readonly string[], body: string): string =>
  request('POST /bodies/stream HTTP/1.1', ['Content-Type: application/octet-stream', ...fields], body)
/** So many fields, Host among them. */
const many = (count: number): string =>
  request(
    LINE,
    Array.from({ length: count - 1 }, (_, i) => `X-${i}: 1`),
  )
/** A field whose value has so many octets. */
const long = (octets: number): string => `X-A: ${'a'.repeat(octets)}`
const largeStream = maybeClosing(refused(413, 'content_too_large'))

/** Limits: 413 (RFC 9110 §15.5.14), 414 (§15.5.15) and 431 (RFC 6585 §5), each where it belongs. */
export const limits: readonly CorpusCase[] = [
  ours('RFC 9112 §3', 'A target of 8,192 octets', request(`GET /probe?${'a'.repeat(8185)} HTTP/1.1`), probed),
  must('RFC 9112 §3', 'A target of 8,193 octets', request(`GET /probe?${'a'.repeat(8186)} HTTP/1.1`), targetTooLong),
  must('RFC 9112 §3', 'A path of 9,000 octets', request(`GET /paths/echo/${'a'.repeat(9000)} HTTP/1.1`), targetTooLong),
  must('RFC 9112 §3', 'A target of 60,000 octets', request(`GET /${'a'.repeat(60_000)} HTTP/1.1`), targetTooLong, {
    bun: parser(431),
    node: because(NODE_LINE, headersTooLarge),
  }),
  must(
    'RFC 9112 §3',
    'An absolute target of 9,000 octets',
    request(`GET http://api.test/${'a'.repeat(9000)} HTTP/1.1`),
    targetTooLong,
  ),
  must(
    'RFC 9112 §3',
    'A target that is too long, of POST',
    request(`POST /${'a'.repeat(9000)} HTTP/1.1`, ['Content-Length: 0']),
    targetTooLong,
  ),
  must(
    'RFC 9112 §3',
    'A target without an end',
    `GET /${'a'.repeat(100_000)}`,
    closing(refused(414, 'target_too_long')),
    { bun: parser(431), deno: parser(400), node: because(NODE_LINE, headersTooLarge) },
  ),
  ours(
    'RFC 9112 §3',
    'A path of 8,000 octets',
    request(`GET /paths/echo/${'a'.repeat(7989)} HTTP/1.1`),
    echoed('a'.repeat(7989), `/paths/echo/${'a'.repeat(7989)}`),
  ),

  ours('RFC 9110 §5.4', '100 fields', many(100), probed),
  must('RFC 9110 §5.4', '101 fields', many(101), headersTooLarge, {
    bun: because(MORE_FIELDS, probed),
    deno: because(MORE_FIELDS, probed),
  }),
  must('RFC 9110 §5.4', '1,000 fields', many(1000), headersTooLarge, { bun: parser(431), deno: parser(400) }),
  must(
    'RFC 9110 §5.4',
    '1,000 fields of one name',
    request(
      LINE,
      Array.from({ length: 1000 }, () => 'X-A: 1'),
    ),
    headersTooLarge,
    { bun: parser(431), deno: parser(400) },
  ),
  ours(
    'RFC 9110 §5.4',
    'A field of 16,000 octets',
    request('GET /fields/x-b HTTP/1.1', [long(16_000), 'X-B: 1']),
    field('1'),
  ),
  must('RFC 9110 §5.4', 'A field of 16,400 octets', request(LINE, [long(16_400)]), headersTooLarge, {
    bun: parser(431),
    deno: because(DENO_LONG_FIELDS, probed),
    node: because(NODE_LONG_FIELDS, probed),
  }),
  must('RFC 9110 §5.4', 'A field of 100,000 octets', request(LINE, [long(100_000)]), headersTooLarge, {
    bun: parser(431),
    deno: parser(400),
  }),
  must('RFC 9110 §5.4', 'A field without an end', `${LINE}\r\nHost: api.test\r\n${long(100_000)}`, headersTooLarge, {
    bun: parser(431),
    deno: parser(400),
  }),
  must(
    'RFC 9110 §5.4',
    'A name without an end',
    `${LINE}\r\nHost: api.test\r\n${'a'.repeat(100_000)}`,
    headersTooLarge,
    { bun: parser(431), deno: parser(400) },
  ),
  must(
    'RFC 9110 §5.4',
    'Blanks without an end',
    `${LINE}\r\nHost: api.test\r\nX-A:${' '.repeat(100_000)}`,
    headersTooLarge,
    {
      bun: parser(431),
      deno: parser(400),
      node: silent('The parser of node:http does not count blanks before a value.'),
    },
  ),
  must(
    'RFC 9110 §5.4',
    'Fields of 17,000 octets together',
    request(
      LINE,
      Array.from({ length: 17 }, () => long(994)),
    ),
    headersTooLarge,
    { bun: parser(431), deno: because(DENO_LONG_FIELDS, probed), node: because(NODE_LONG_FIELDS, probed) },
  ),
  must('RFC 9110 §5.4', 'A Host of 20,000 octets', bare(LINE, [`Host: ${'a'.repeat(20_000)}`]), headersTooLarge, {
    bun: parser(431),
    deno: because(DENO_LONG_FIELDS, probed),
    node: because(NODE_LONG_FIELDS, probed),
  }),
  must('RFC 9110 §5.4', 'A name of 20,000 octets', request(LINE, [`${'a'.repeat(20_000)}: 1`]), headersTooLarge, {
    bun: parser(431),
    deno: because(DENO_LONG_FIELDS, probed),
    node: because(NODE_LONG_FIELDS, probed),
  }),
  ours('RFC 9110 §5.4', 'A name of 10,000 octets', request(LINE, [`${'a'.repeat(10_000)}: 1`]), probed),
  ours(
    'RFC 9112 §3',
    'A long target and long fields: each has its own limit',
    request(`GET /probe?${'a'.repeat(8000)} HTTP/1.1`, [long(15_000)]),
    probed,
    { bun: parser(431) },
  ),
  must(
    'RFC 9112 §3',
    'A target and fields that are too long: the target comes first',
    request(`GET /probe?${'a'.repeat(9000)} HTTP/1.1`, [long(20_000)]),
    targetTooLong,
    { bun: parser(431) },
  ),
  ours(
    'RFC 9110 §5.4',
    'The limit is of each request',
    request(LINE, [long(10_000)]) + request(LINE, [long(10_000)]) + PROBE,
    [probed, probed, probed],
  ),

  ours(
    'RFC 9110 §15.5.14',
    'A body of one octet too many',
    small(['Content-Length: 17'], '"aaaaaaaaaaaaaaa"'),
    tooLarge,
    { deno: stays },
  ),
  ours(
    'RFC 9110 §15.5.14',
    'A body that is announced as too long, and ends sooner',
    small(['Content-Length: 1000'], '"a"'),
    tooLarge,
    { deno: staysWaiting },
  ),
  ours(
    'RFC 9110 §15.5.14',
    'A body that is too long, and what follows it',
    small(['Content-Length: 17'], `"aaaaaaaaaaaaaaa"${PROBE}`),
    tooLarge,
    { deno: staysForProbe },
  ),
  ours(
    'RFC 9110 §15.5.14',
    'A body that is too long, in HTTP/1.0',
    bare('POST /bodies/small HTTP/1.0', ['Content-Type: application/json', 'Content-Length: 17'], '"aaaaaaaaaaaaaaa"'),
    tooLarge,
  ),
  ours(
    'RFC 9110 §15.5.14',
    'A chunk that is too long',
    small(['Transfer-Encoding: chunked'], '11\r\n"aaaaaaaaaaaaaaa"\r\n0\r\n\r\n'),
    tooLarge,
    { deno: stays },
  ),
  ours(
    'RFC 9110 §15.5.14',
    'A chunk that is much too long',
    small(['Transfer-Encoding: chunked'], `8000\r\n${'a'.repeat(0x8000)}\r\n0\r\n\r\n`),
    tooLarge,
  ),
  ours(
    'RFC 9110 §15.5.14',
    'Chunks without an end',
    small(['Transfer-Encoding: chunked'], '4\r\naaaa\r\n'.repeat(200)),
    tooLarge,
    { deno: endsOrStays },
  ),
  ours(
    'RFC 9110 §15.5.14',
    'A body that is too long where another type is asked for',
    request('POST /bodies/small HTTP/1.1', ['Content-Type: text/plain', 'Content-Length: 100'], 'a'.repeat(100)),
    { status: 415, problem: 'unsupported_media_type', mayClose: true, or: tooLarge },
  ),
  ours(
    'RFC 9110 §15.5.14',
    'A stream of 1,000 octets',
    streamed(['Content-Length: 1000'], 'a'.repeat(1000)),
    {
      status: 200,
      json: { length: 1000 },
    },
    {
      deno: because(
        'Deno ends a connection after a body that was read as a stream.',
        closing({ status: 200, json: { length: 1000 } }),
      ),
    },
  ),
  ours(
    'RFC 9110 §15.5.14',
    'A stream that is too long',
    streamed(['Content-Length: 1001'], 'a'.repeat(1001)),
    largeStream,
  ),
  ours(
    'RFC 9110 §15.5.14',
    'A stream of chunks that is too long',
    streamed(['Transfer-Encoding: chunked'], `${'64\r\n'}${'a'.repeat(100)}\r\n`.repeat(11)),
    closing(largeStream),
    { deno: endsOrStays },
  ),
  ours(
    'RFC 9110 §15.5.14',
    'A body that nobody reads has no limit of its own',
    request(LINE, ['Content-Length: 2000'], 'a'.repeat(2000) + PROBE),
    [probed, probed],
    { deno: thenGone() },
  ),
  must(
    'RFC 9112 §9.3',
    'Where a body is refused the connection is not used again',
    small(['Content-Length: 100'], PROBE),
    tooLarge,
    { deno: staysWaiting },
  ),
  must(
    'RFC 9110 §8.6',
    'A long body is no long header',
    request(
      'POST /bodies/bytes HTTP/1.1',
      ['Content-Type: application/octet-stream', 'Content-Length: 100000'],
      'a'.repeat(100_000) + PROBE,
    ),
    [{ status: 200, json: { length: 100_000 } }, probed],
    { deno: thenGone() },
  ),
  must(
    'RFC 9112 §7.1',
    'A long chunked body',
    request(
      'POST /bodies/bytes HTTP/1.1',
      ['Content-Type: application/octet-stream', 'Transfer-Encoding: chunked'],
      `${`3e8\r\n${'a'.repeat(1000)}\r\n`.repeat(50)}0\r\n\r\n${PROBE}`,
    ),
    [{ status: 200, json: { length: 50_000 } }, probed],
    { deno: thenGone() },
  ),
]
