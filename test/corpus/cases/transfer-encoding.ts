import { PARSERS, parser, stays } from '../../matrix/reasons.ts'
import { type CorpusCase, must, ours, should } from '../case.ts'
import { NODE_OLD_CHUNKS, because, staysForProbe } from '../reasons.ts'
import { bad, closing, probed, read, toHead, uncoded } from '../replies.ts'
import { HELLO, PROBE, bare, request, sent } from '../requests.ts'

const coded = (...values: string[]): string =>
  sent(
    values.map((value) => `Transfer-Encoding:${value}`),
    HELLO,
  )
const either = { ...bad, or: uncoded } as const

/** Transfer-Encoding (RFC 9112 §6.1): `chunked`, once, and nothing else. */
export const transferEncoding: readonly CorpusCase[] = [
  must('RFC 9112 §7.1', 'A chunked body', coded(' chunked'), read('hello')),
  must('RFC 9112 §7.1', 'A chunked body, and what follows it', sent(['Transfer-Encoding: chunked'], HELLO + PROBE), [
    read('hello'),
    probed,
  ]),
  must('RFC 9112 §7', 'The name of the coding in upper case', coded(' CHUNKED'), read('hello')),
  must('RFC 9112 §7', 'The name of the coding in mixed case', coded(' Chunked'), read('hello')),
  must('RFC 9112 §5.1', 'White space around the coding', coded('\t chunked \t'), read('hello'), {
    node: because('The parser of node:http takes no tab off a transfer coding.', bad),
  }),
  must('RFC 9112 §5.1', 'No space before the coding', coded('chunked'), read('hello')),
  must(
    'RFC 9110 §5.1',
    'The name of the field in mixed case',
    sent(['tRANSFER-eNCODING: chunked'], HELLO),
    read('hello'),
  ),
  must(
    'RFC 9112 §6.3',
    'A GET with a chunked body',
    request('GET /probe HTTP/1.1', ['Transfer-Encoding: chunked'], HELLO + PROBE),
    [probed, probed],
  ),
  must(
    'RFC 9112 §6.3',
    'A HEAD with a chunked body',
    request('HEAD /probe HTTP/1.1', ['Transfer-Encoding: chunked'], HELLO + PROBE),
    [toHead(200), probed],
  ),
  must(
    'RFC 9112 §6.3',
    'A GET with an empty chunked body',
    request('GET /probe HTTP/1.1', ['Transfer-Encoding: chunked'], `0\r\n\r\n${PROBE}`),
    [probed, probed],
  ),
  must(
    'RFC 9110 §10.1.4',
    'TE is about the reply',
    sent(['TE: chunked, trailers', 'Content-Length: 5'], 'hello'),
    read('hello'),
  ),
  must(
    'RFC 9110 §8.4',
    'Content-Encoding frames nothing',
    request('GET /probe HTTP/1.1', ['Content-Encoding: chunked'], PROBE),
    [probed, probed],
  ),

  should('RFC 9112 §6.1', 'A coding before chunked', coded(' gzip, chunked'), uncoded, {
    bun: parser(400),
    deno: stays,
  }),
  should('RFC 9112 §6.1', 'A coding that there is none of before chunked', coded(' cow, chunked'), uncoded, {
    bun: parser(400),
    deno: stays,
  }),
  should('RFC 9112 §6.1', 'A coding in a field before chunked', coded(' deflate', ' chunked'), uncoded, {
    bun: parser(400),
    deno: stays,
  }),
  should('RFC 9112 §6.1', 'identity before chunked', coded(' identity, chunked'), uncoded, PARSERS),
  should('RFC 9112 §6.1', 'A coding with a parameter before chunked', coded(' gzip;q=0.5, chunked'), uncoded, {
    bun: parser(400),
    deno: stays,
  }),
  must('RFC 9112 §6.3', 'gzip alone', coded(' gzip'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A coding after chunked', coded(' chunked, gzip'), bad, PARSERS),
  must('RFC 9112 §6.3', 'identity after chunked', coded(' chunked, identity'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A coding in a field after chunked', coded(' chunked', ' cow'), bad, PARSERS),
  must('RFC 9112 §6.3', 'An empty field', coded(''), bad, PARSERS),
  must('RFC 9112 §6.3', 'A comma', coded(' ,'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A name that ends in chunked', coded(' xchunked'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A name that begins with chunked', coded(' chunkedx'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A part of the name', coded(' chunk'), bad, PARSERS),
  must('RFC 9112 §6.3', 'Two names without a comma', coded(' identity chunked'), bad, PARSERS),
  must('RFC 9112 §6.3', 'Names with a semicolon between', coded(' identity;chunked'), bad, PARSERS),
  must('RFC 9112 §6.3', 'chunked in double quotes', coded(' "chunked"'), bad, PARSERS),
  must('RFC 9112 §6.3', 'chunked in single quotes', coded(" 'chunked'"), bad, PARSERS),
  must('RFC 9112 §6.3', 'A space within the name', coded(' chu nked'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A colon before the name', coded(' : chunked'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A no-break space before the name', coded(' \xa0chunked'), bad, PARSERS),
  must('RFC 9112 §6.3', 'A name that is chunked to Unicode alone', coded(' chun\xe2\x84\xaaed'), bad, PARSERS),
  should('RFC 9112 §7.1', 'chunked with a parameter', coded(' chunked;a=b'), either, PARSERS),
  ours(
    'RFC 9110 §5.6.1',
    'An empty element before chunked',
    coded(' , chunked'),
    { ...read('hello'), or: either },
    { deno: parser(400) },
  ),
  ours(
    'RFC 9110 §5.6.1',
    'An empty element after chunked',
    coded(' chunked,'),
    { ...read('hello'), or: either },
    { deno: parser(400) },
  ),
  should('RFC 9112 §6.1', 'chunked in two fields', coded(' chunked', ' chunked'), bad, PARSERS),
  should('RFC 9112 §6.1', 'chunked twice, in two cases', coded(' chunked,CHUNKED'), bad, PARSERS),
  should('RFC 9112 §6.1', 'chunked three times', coded(' chunked, chunked, chunked'), bad, PARSERS),
  must('RFC 9112 §2.2', 'A bare CR after the name', coded(' chunked\r'), bad, PARSERS),
  must('RFC 9110 §5.5', 'NUL after the name', coded(' chunked\0'), bad, PARSERS),
  must('RFC 9112 §5.2', 'A folded value', coded('\r\n chunked'), bad, PARSERS),
  must('RFC 9112 §5.2', 'A value folded after its comma', coded(' identity,\r\n\tchunked'), bad, PARSERS),
  must('RFC 9112 §5.1', 'A space before the colon', sent(['Transfer-Encoding : chunked'], HELLO), bad, PARSERS),
  must('RFC 9112 §5.1', 'A tab before the colon', sent(['Transfer-Encoding\t: chunked'], HELLO), bad, PARSERS),
  should(
    'RFC 9110 §5.1',
    'A vertical tab before the colon',
    sent(['Transfer-Encoding\x0b: chunked'], HELLO),
    bad,
    PARSERS,
  ),

  must(
    'RFC 9112 §6.1',
    'chunked in HTTP/1.0',
    bare('POST /bodies/text HTTP/1.0', ['Content-Type: text/plain', 'Transfer-Encoding: chunked'], HELLO),
    bad,
    { ...PARSERS, node: because(NODE_OLD_CHUNKS, closing(read('hello'))) },
  ),
  must(
    'RFC 9112 §6.1',
    'chunked in HTTP/1.0 with keep-alive',
    bare(
      'POST /bodies/text HTTP/1.0',
      ['Host: api.test', 'Connection: keep-alive', 'Content-Type: text/plain', 'Transfer-Encoding: chunked'],
      HELLO + PROBE,
    ),
    bad,
    { ...PARSERS, node: because(NODE_OLD_CHUNKS, read('hello'), probed) },
  ),
  must(
    'RFC 9112 §6.1',
    'chunked and a length in HTTP/1.0',
    bare(
      'POST /bodies/text HTTP/1.0',
      ['Content-Type: text/plain', 'Content-Length: 5', 'Transfer-Encoding: chunked'],
      HELLO,
    ),
    bad,
    PARSERS,
  ),
  must(
    'RFC 9112 §6.1',
    'gzip in HTTP/1.0',
    bare('POST /bodies/text HTTP/1.0', ['Content-Type: text/plain', 'Transfer-Encoding: gzip'], HELLO),
    bad,
    PARSERS,
  ),
  must(
    'RFC 9112 §6.3',
    'A refused coding on HEAD',
    request('HEAD /probe HTTP/1.1', ['Transfer-Encoding: gzip'], HELLO),
    closing(toHead(400)),
  ),
  must(
    'RFC 9112 §6.3',
    'A refused coding on a path that reads no body',
    request('GET /probe HTTP/1.1', ['Transfer-Encoding: xchunked'], HELLO),
    bad,
    PARSERS,
  ),
  must(
    'RFC 9112 §6.1',
    'The connection ends after a coding that is not taken',
    sent(['Transfer-Encoding: gzip, chunked'], HELLO + PROBE),
    uncoded,
    { bun: parser(400), deno: staysForProbe },
  ),
]
