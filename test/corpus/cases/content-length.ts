import { refused } from '../../matrix/case.ts'
import { GONE, PARSERS, parser, stays } from '../../matrix/reasons.ts'
import { type CorpusCase, must, ours, should } from '../case.ts'
import { because, followedBy, staysWaiting, thenGone } from '../reasons.ts'
import { bad, brokenOff, closing, probed, read, toHead, tooLarge, unknownMethod } from '../replies.ts'
import { PROBE, SMUGGLED, bare, request, sent } from '../requests.ts'

const length = (value: string, body = 'hello'): string => sent([`Content-Length:${value}`], body)
const small = (value: string): string =>
  request('POST /bodies/small HTTP/1.1', ['Content-Type: application/json', `Content-Length: ${value}`], '"abc"')
const accepted = { status: 202, json: { job: 'j1' } } as const

/** Content-Length (RFC 9112 §6.2, RFC 9110 §8.6): one decimal number, which says where the message ends. */
export const contentLength: readonly CorpusCase[] = [
  must('RFC 9112 §6.3', 'A body by its length', length(' 5'), read('hello')),
  must('RFC 9112 §6.3', 'A body by its length, and what follows it', length(' 5', `hello${PROBE}`), [
    read('hello'),
    probed,
  ]),
  must('RFC 9112 §6.3', 'A body that holds line ends and NUL', length(' 8', 'a\r\n\r\n\0b\n'), read('a\r\n\r\n\0b\n')),
  must('RFC 9112 §5.1', 'White space around the number', length(' \t 5 \t'), read('hello')),
  must('RFC 9110 §5.1', 'The name of the field in mixed case', sent(['cOnTeNt-LeNgTh: 5'], 'hello'), read('hello')),
  must('RFC 9110 §8.6', 'Leading zeros', length(' 0005'), read('hello')),
  must('RFC 9112 §6.3', 'A length of 0', request('POST /replies/accepted HTTP/1.1', ['Content-Length: 0'], PROBE), [
    accepted,
    probed,
  ]),
  must('RFC 9112 §6.3', 'A length of 000', request('POST /replies/accepted HTTP/1.1', ['Content-Length: 000'], PROBE), [
    accepted,
    probed,
  ]),
  must('RFC 9112 §6.3', 'No length is a length of 0', request('POST /replies/accepted HTTP/1.1', [], PROBE), [
    accepted,
    probed,
  ]),
  must(
    'RFC 9112 §6.3',
    'A GET whose body is a request',
    request('GET /probe HTTP/1.1', [`Content-Length: ${SMUGGLED.length}`], SMUGGLED + PROBE),
    [probed, probed],
  ),
  must(
    'RFC 9112 §6.3',
    'A HEAD whose body is a request',
    request('HEAD /probe HTTP/1.1', [`Content-Length: ${SMUGGLED.length}`], SMUGGLED + PROBE),
    [toHead(200), probed],
  ),
  must(
    'RFC 9112 §6.3',
    'An OPTIONS whose body is a request',
    request('OPTIONS /probe HTTP/1.1', [`Content-Length: ${SMUGGLED.length}`], SMUGGLED + PROBE),
    [{ status: 204, empty: true }, probed],
  ),
  must(
    'RFC 9112 §6.3',
    'A DELETE whose body is a request',
    request('DELETE /things/1 HTTP/1.1', [`Content-Length: ${SMUGGLED.length}`], SMUGGLED + PROBE),
    [{ status: 204, empty: true }, probed],
  ),
  must(
    'RFC 9112 §6.3',
    'A body of HTTP/1.0',
    bare('POST /bodies/text HTTP/1.0', ['Content-Type: text/plain', 'Content-Length: 5'], 'hello'),
    closing(read('hello')),
  ),
  must(
    'RFC 9112 §6.3',
    'What is past the length begins the next request',
    length(' 4', `hello${PROBE}`),
    [read('hell'), unknownMethod],
    { bun: thenGone() },
  ),
  should(
    'RFC 9112 §2.2',
    'A line end that the length does not count is passed over',
    length(' 5', `hello\r\n${PROBE}`),
    [read('hello'), probed],
    { bun: followedBy(parser(400)) },
  ),

  must('RFC 9112 §6.3', 'Two numbers with a space', length(' 5 5'), bad, PARSERS),
  must('RFC 9112 §6.3', 'Two numbers with a tab', length(' 5\t5'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A list of numbers that differ', length(' 5, 6'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A list that ends in a comma', length(' 5,'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A list that begins with a comma', length(' ,5'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A semicolon', length(' 5;'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A decimal point', length(' 5.0'), bad, PARSERS),
  must('RFC 9112 §6.3', 'An exponent', length(' 5e0'), bad, PARSERS),
  must('RFC 9112 §6.3', 'Quotes', length(' "5"'), bad, PARSERS),
  must('RFC 9112 §6.3', 'An underscore', length(' 0_5'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A number in octal', length(' 0o5'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A number in binary', length(' 0b101'), bad, PARSERS),
  must('RFC 9112 §6.3', 'Minus zero', length(' -0', PROBE), bad, PARSERS),
  must('RFC 9112 §6.3', 'Plus zero', length(' +0', PROBE), bad, PARSERS),
  must('RFC 9112 §6.3', 'A word', length(' five'), bad, PARSERS),
  must('RFC 9112 §6.3', 'Infinity', length(' Infinity'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A digit of another script', length(' \xd9\xa5'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A no-break space', length(' 5\xa0'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A vertical tab', length(' \x0b5'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A wrong length on a GET', request('GET /probe HTTP/1.1', ['Content-Length: x']), bad, PARSERS),
  must(
    'RFC 9112 §6.3',
    'A wrong length on an unknown path',
    request('POST /no/such HTTP/1.1', ['Content-Length: 1x'], 'a'),
    bad,
    PARSERS,
  ),
  must(
    'RFC 9112 §6.3',
    'A wrong length in HTTP/1.0',
    bare('POST /bodies/text HTTP/1.0', ['Content-Type: text/plain', 'Content-Length: +5'], 'hello'),
    bad,
    PARSERS,
  ),
  must(
    'RFC 9112 §6.3',
    'A wrong length on HEAD is refused without a body',
    request('HEAD /probe HTTP/1.1', ['Content-Length: x']),
    closing(toHead(400)),
    { node: because('The parser of node:http refuses this before it tells of the method.', { ...bad, to: 'GET' }) },
  ),
  must(
    'RFC 9112 §6.3',
    'Two fields that differ, far apart',
    sent(['Content-Length: 5', 'X-A: 1', 'Content-Length: 6'], 'hello!'),
    bad,
    PARSERS,
  ),
  must(
    'RFC 9112 §6.3',
    'A number and an empty field',
    sent(['Content-Length: 5', 'Content-Length:'], 'hello'),
    bad,
    PARSERS,
  ),
  must(
    'RFC 9112 §6.3',
    'A number and a field that is none',
    sent(['Content-Length: 5', 'Content-Length: x'], 'hello'),
    bad,
    PARSERS,
  ),
  must(
    'RFC 9112 §6.3',
    '0 and another number',
    sent(['Content-Length: 0', `Content-Length: ${SMUGGLED.length}`], SMUGGLED),
    bad,
    PARSERS,
  ),
  ours(
    'RFC 9110 §8.6',
    'Two fields that agree, in another case',
    sent(['Content-Length: 5', 'content-length: 5'], 'hello'),
    bad,
    { deno: stays },
  ),
  ours(
    'RFC 9110 §8.6',
    'Three fields that agree',
    sent(['Content-Length: 5', 'Content-Length: 5', 'Content-Length: 5'], 'hello'),
    bad,
    { deno: stays },
  ),
  ours('RFC 9110 §8.6', 'A list that agrees, without a space', length(' 5,5'), bad, PARSERS),

  must('RFC 9110 §8.6', '2^32 more than there is is no shorter number', small('4294967301'), tooLarge, {
    bun: parser(413),
    deno: staysWaiting,
  }),
  must(
    'RFC 9110 §8.6',
    '2^53 + 1',
    small('9007199254740993'),
    { ...tooLarge, or: bad },
    { bun: parser(413), deno: staysWaiting },
  ),
  must(
    'RFC 9110 §8.6',
    '2^63',
    small('9223372036854775808'),
    { ...tooLarge, or: bad },
    { bun: parser(400), deno: staysWaiting },
  ),
  must(
    'RFC 9110 §8.6',
    '2^64 more than there is is no shorter number',
    small('18446744073709551621'),
    {
      ...bad,
      or: tooLarge,
    },
    PARSERS,
  ),
  must('RFC 9110 §8.6', 'A number of 400 digits', small('9'.repeat(400)), { ...bad, or: tooLarge }, PARSERS),
  must('RFC 9112 §8', 'A body that is short of its length when the caller ends', length(' 6'), brokenOff, {
    cut: true,
    bun: GONE,
  }),
  must(
    'RFC 9112 §9.3',
    'A body that is refused unread is not the next request',
    request(
      'POST /bodies/json HTTP/1.1',
      ['Content-Type: text/plain', `Content-Length: ${SMUGGLED.length}`],
      SMUGGLED + PROBE,
    ),
    [refused(415, 'unsupported_media_type'), probed],
  ),
]
