import { GONE, parser, stays } from '../../matrix/reasons.ts'
import { type CorpusCase, must, ours, should } from '../case.ts'
import {
  CHUNK_REFUSED,
  DENO_STREAMED,
  DENO_WAITS,
  LONG_EXTENSIONS,
  WAITS_FOR_CHUNK,
  because,
  silent,
  staysWaiting,
  strayTrailer,
} from '../reasons.ts'
import { bad, brokenOff, closing, probed, read, tooLarge } from '../replies.ts'
import { PROBE, SMUGGLED, chunked, request } from '../requests.ts'

const END = '0\r\n\r\n'
/** `hello` in one chunk whose first line is this. */
const sized = (line: string): string => chunked(`${line}\r\nhello\r\n${END}`)
const small = (chunks: string): string =>
  request('POST /bodies/small HTTP/1.1', ['Content-Type: application/json', 'Transfer-Encoding: chunked'], chunks)
/** Twenty bytes where sixteen are taken. */
const twenty = '"aaaaaaaaaaaaaaaaaa"'

/** Chunks (RFC 9112 §7.1): a size in hexadecimal, a line end, so many bytes, a line end. */
export const chunks: readonly CorpusCase[] = [
  must('RFC 9112 §7.1', 'Several chunks', chunked(`1\r\nh\r\n3\r\nell\r\n1\r\no\r\n${END}`), read('hello')),
  must('RFC 9112 §7.1', 'A size in upper case', chunked(`A\r\nhello worl\r\n${END}`), read('hello worl')),
  must('RFC 9112 §7.1', 'A size in lower case', chunked(`a\r\nhello worl\r\n${END}`), read('hello worl')),
  must('RFC 9112 §7.1', 'A size of two digits', chunked(`10\r\nhello, new world\r\n${END}`), read('hello, new world')),
  must('RFC 9112 §7.1', 'Leading zeros of a size', sized('0005'), read('hello')),
  must('RFC 9112 §7.1', 'A last chunk of several zeros', chunked('5\r\nhello\r\n000\r\n\r\n'), read('hello')),
  must(
    'RFC 9112 §7.1',
    'A chunk that holds line ends',
    chunked(`8\r\n\r\n0\r\n\r\n\n\r\n${END}`),
    read('\r\n0\r\n\r\n\n'),
  ),
  must('RFC 9112 §7.1', 'A chunk that holds a request', chunked(`12\r\nGET / HTTP/1.1\r\n\r\n\r\n${END}${PROBE}`), [
    read('GET / HTTP/1.1\r\n\r\n'),
    probed,
  ]),
  must(
    'RFC 9112 §7.1',
    'What follows the last chunk is the next request',
    chunked(`5\r\nhello\r\n${END}${PROBE}${PROBE}`),
    [read('hello'), probed, probed],
  ),
  must(
    'RFC 9112 §7.1',
    'Chunks that nobody reads',
    request('GET /probe HTTP/1.1', ['Transfer-Encoding: chunked'], `2d\r\n${SMUGGLED}\r\n${END}${PROBE}`),
    [probed, probed],
  ),

  should('RFC 9112 §7.1', 'No size', sized(''), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'A size with a minus', sized('-5'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'A last chunk with a sign', chunked('5\r\nhello\r\n-0\r\n\r\n'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'A space before a size', sized(' 5'), bad, {
    bun: parser(400),
    deno: because('Deno passes over spaces around a chunk size.', read('hello')),
  }),
  should('RFC 9112 §7.1', 'A tab before a size', sized('\t5'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'A letter that is no digit', sized('g'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'A letter behind the size', sized('5h'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'An underscore in a size', sized('0_5'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'A size in quotes', sized('"5"'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'A comma behind a size', sized('5,0'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'A decimal point in a size', sized('5.0'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'NUL behind a size', sized('5\0'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'A digit of another script', sized('\xd9\xa5'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'A space behind a size', sized('5 '), bad, {
    bun: parser(400),
    deno: because('Deno passes over spaces around a chunk size.', read('hello')),
  }),
  should('RFC 9112 §7.1', 'Two sizes', sized('5 5'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'A size in 0X', sized('0X5'), bad, CHUNK_REFUSED),

  must('RFC 9112 §7.1', '2^64 more than there is', chunked(`10000000000000005\r\nhello\r\n${END}`), bad, CHUNK_REFUSED),
  must(
    'RFC 9112 §7.1',
    'A size of which all 64 bits are set',
    sized('FFFFFFFFFFFFFFFF'),
    { ...bad, or: tooLarge },
    { bun: parser(400), deno: silent(WAITS_FOR_CHUNK), node: silent(WAITS_FOR_CHUNK) },
  ),
  must(
    'RFC 9112 §7.1',
    'A size whose 64th bit is set',
    sized('8000000000000005'),
    { ...bad, or: tooLarge },
    { bun: parser(400), deno: silent(WAITS_FOR_CHUNK), node: silent(WAITS_FOR_CHUNK) },
  ),
  must('RFC 9112 §7.1', 'A size of 40 digits', sized('f'.repeat(40)), bad, CHUNK_REFUSED),
  must(
    'RFC 9112 §7.1',
    'A size of 1,000 zeros',
    sized(`${'0'.repeat(1000)}5`),
    { ...bad, or: read('hello') },
    { deno: because(DENO_STREAMED, closing(read('hello'))) },
  ),
  must(
    'RFC 9112 §7.1',
    '2^32 more than there is is no smaller chunk',
    small(`100000014\r\n${twenty}\r\n${END}`),
    {
      ...tooLarge,
      or: bad,
    },
    { deno: staysWaiting },
  ),

  should('RFC 9112 §7.1', 'No line end behind a chunk', chunked(`5\r\nhello${END}`), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'LF behind a chunk', chunked(`5\r\nhello\n${END}`), bad, CHUNK_REFUSED),
  must('RFC 9112 §7.1', 'CR behind a chunk', chunked(`5\r\nhello\r${END}`), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'LF and CR behind a chunk', chunked(`5\r\nhello\n\r${END}`), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'Any two bytes behind a chunk', chunked(`5\r\nhelloXX${END}`), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'A chunk that is shorter than it says', chunked(`6\r\nhello\r\n${END}`), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'Two line ends behind a chunk', chunked(`5\r\nhello\r\n\r\n${END}`), bad, CHUNK_REFUSED),
  must('RFC 9112 §7.1', 'CR behind a size', chunked(`5\rhello\r\n${END}`), bad, CHUNK_REFUSED),
  must('RFC 9112 §7.1', 'Two CRs behind a size', sized('5\r'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'LF behind the last size', chunked('5\r\nhello\r\n0\n\r\n'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1', 'LF in place of the last line end', chunked('5\r\nhello\r\n0\r\n\n'), bad, {
    bun: strayTrailer(read('hello')),
    deno: silent(DENO_WAITS),
  }),
  must('RFC 9112 §7.1', 'CR in place of the last line end', chunked('5\r\nhello\r\n0\r\n\rX'), bad, {
    bun: strayTrailer(read('hello')),
    deno: silent(DENO_WAITS),
  }),
  should('RFC 9112 §7.1', 'Chunks that are none', chunked('hello'), bad, {
    bun: parser(400),
    deno: silent(DENO_WAITS),
  }),
  must('RFC 9112 §8', 'Chunks without a last one when the caller ends', chunked('5\r\nhello\r\n'), brokenOff, {
    cut: true,
    bun: GONE,
  }),
  must(
    'RFC 9112 §8',
    'A last chunk without its line end when the caller ends',
    chunked('5\r\nhello\r\n0\r\n'),
    brokenOff,
    {
      cut: true,
      bun: because('Bun takes the last chunk for the end of the body.', closing(read('hello'))),
    },
  ),

  must('RFC 9112 §7.1.1', 'An extension with a name', sized('5;a'), read('hello')),
  must('RFC 9112 §7.1.1', 'An extension with a value', sized('5;a=b'), read('hello')),
  must('RFC 9112 §7.1.1', 'An extension with a value in quotes', sized('5;a="b;c \\" d"'), read('hello'), {
    bun: parser(400),
  }),
  must('RFC 9112 §7.1.1', 'Several extensions', sized('5;a=b;c;d="e"'), read('hello')),
  must('RFC 9112 §7.1.1', 'An extension of the last chunk', chunked(`5\r\nhello\r\n0;a=b\r\n\r\n${PROBE}`), [
    read('hello'),
    probed,
  ]),
  must(
    'RFC 9112 §7.1.1',
    'White space around an extension, which nobody should send',
    sized('5 ; a = b'),
    {
      ...read('hello'),
      or: bad,
    },
    { bun: parser(400) },
  ),
  ours('RFC 9112 §7.1.1', 'An extension of 200 octets', sized(`5;${'a'.repeat(199)}`), read('hello')),
  ours(
    'RFC 9112 §7.1.1',
    'Extensions of 200 octets at each chunk',
    chunked(`${`1;${'a'.repeat(199)}\r\nx\r\n`.repeat(10)}${END}`),
    read('xxxxxxxxxx'),
    { deno: because(DENO_STREAMED, closing(read('xxxxxxxxxx'))) },
  ),
  ours('RFC 9112 §7.1.1', 'An extension of 300 octets', sized(`5;${'a'.repeat(299)}`), bad, {
    bun: because(LONG_EXTENSIONS, read('hello')),
    deno: because(LONG_EXTENSIONS, read('hello')),
    node: because(LONG_EXTENSIONS, read('hello')),
  }),
  ours(
    'RFC 9112 §7.1.1',
    'An extension of 300 octets at the last chunk',
    chunked(`5\r\nhello\r\n0;${'a'.repeat(299)}\r\n\r\n`),
    bad,
    {
      bun: because(LONG_EXTENSIONS, read('hello')),
      deno: because(LONG_EXTENSIONS, read('hello')),
      node: because(LONG_EXTENSIONS, read('hello')),
    },
  ),
  should('RFC 9112 §7.1.1', 'LF within an extension', sized('5;a\nb'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1.1', 'LF at the end of an extension', chunked(`5;a\nhello\r\n${END}`), bad, CHUNK_REFUSED),
  must('RFC 9112 §7.1.1', 'CR at the end of an extension', sized('5;a\r'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1.1', 'NUL in an extension', sized('5;a\0'), bad, CHUNK_REFUSED),
  should('RFC 9112 §7.1.1', 'A control character in an extension', sized('5;a=\x01'), bad, CHUNK_REFUSED),
  should(
    'RFC 9112 §7.1.1',
    'A line end in the quotes of an extension ends the line',
    chunked(`5;a="\r\nhello\r\n${END}`),
    { ...bad, or: read('hello') },
  ),

  ours('RFC 9110 §15.5.14', 'Chunks of one byte add up', small(`${'1\r\n"\r\n'.repeat(17)}${END}`), tooLarge, {
    deno: stays,
  }),
  ours('RFC 9110 §15.5.14', 'Chunks of exactly the limit', small(`8\r\n"aaaaaaa\r\n8\r\naaaaaaa"\r\n${END}`), {
    status: 200,
    json: { got: 'a'.repeat(14) },
  }),
]
