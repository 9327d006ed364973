import { refused } from '../../matrix/case.ts'
import { PARSERS, parser } from '../../matrix/reasons.ts'
import { type CorpusCase, must, ours, should } from '../case.ts'
import { CHUNK_REFUSED, NODE_UPGRADE, NODE_VERSION, because, followedBy, thenGone, trailerRefused } from '../reasons.ts'
import { bad, field, notFound, otherVersion, probed, read, toHead, unknownMethod } from '../replies.ts'
import { HELLO, PROBE, SMUGGLED, bare, chunked, request, sent } from '../requests.ts'

const both = (length: string | number, coding: string, body: string): string =>
  sent([`Content-Length: ${length}`, `Transfer-Encoding:${coding}`], body)
/** A last chunk, then a request: what a reader of chunks sees, and a reader of lengths does not. */
const hidden = `0\r\n\r\n${SMUGGLED}`
/** A request for a page, made longer by a field that swallows the next one's first line. */
const prefix = 'GET /paths/admin HTTP/1.1\r\nX-Swallow: '

/** Request smuggling (RFC 9112 §11.2): attacks that are known, by what they are called. None may get a second reply. */
export const smuggling: readonly CorpusCase[] = [
  ours(
    'RFC 9112 §6.3',
    'CL.TE: the request is behind the last chunk',
    both(hidden.length, ' chunked', hidden),
    bad,
    PARSERS,
  ),
  ours(
    'RFC 9112 §6.3',
    'TE.CL: the request is within a chunk',
    both(4, ' chunked', `2d\r\n${SMUGGLED}\r\n0\r\n\r\n`),
    bad,
    PARSERS,
  ),
  ours(
    'RFC 9112 §6.3',
    'The length after the coding',
    sent(['Transfer-Encoding: chunked', `Content-Length: ${hidden.length}`], hidden),
    bad,
    PARSERS,
  ),
  ours('RFC 9112 §6.3', 'Both agree on where the message ends', both(HELLO.length, ' chunked', HELLO), bad, PARSERS),
  ours('RFC 9112 §6.3', 'CL.TE with a length of 0', both(0, ' chunked', hidden), bad, PARSERS),
  ours(
    'RFC 9112 §6.3',
    'Both, on a GET',
    request('GET /probe HTTP/1.1', ['Content-Length: 5', 'Transfer-Encoding: chunked'], hidden),
    bad,
    PARSERS,
  ),
  must('RFC 9112 §6.3', 'Both, and a length that is none', both('x', ' chunked', HELLO), bad, PARSERS),
  must(
    'RFC 9112 §6.3',
    'TE.TE: a coding that there is none of, and a length',
    both(hidden.length, ' xchunked', hidden),
    bad,
    PARSERS,
  ),
  must('RFC 9112 §6.3', 'TE.TE: identity and a length', both(5, ' identity', 'hello'), bad, PARSERS),
  must(
    'RFC 9112 §6.3',
    'TE.TE: a second coding that there is none of',
    sent(['Transfer-Encoding: chunked', 'Transfer-encoding: cow', 'Content-Length: 4'], hidden),
    bad,
    PARSERS,
  ),
  must('RFC 9112 §6.3', 'TE.TE: an empty coding and a length', both(hidden.length, '', hidden), bad, PARSERS),
  must(
    'RFC 9112 §5.1',
    'TE.TE: a space before the colon and a length',
    sent([`Content-Length: ${hidden.length}`, 'Transfer-Encoding : chunked'], hidden),
    bad,
    PARSERS,
  ),
  must(
    'RFC 9112 §5.2',
    'TE.TE: a folded coding and a length',
    sent([`Content-Length: ${hidden.length}`, 'X-A: a', ' Transfer-Encoding: chunked'], hidden),
    bad,
    PARSERS,
  ),
  ours(
    'RFC 9112 §2.2',
    'TE.TE: a coding behind LF and a length',
    sent([`Content-Length: ${hidden.length}`, 'X-A: a\nTransfer-Encoding: chunked'], hidden),
    bad,
    PARSERS,
  ),
  must(
    'RFC 9112 §2.2',
    'TE.TE: a coding behind CR and a length',
    sent([`Content-Length: ${hidden.length}`, 'X-A: a\rTransfer-Encoding: chunked'], hidden),
    bad,
    PARSERS,
  ),
  must(
    'RFC 9110 §5.5',
    'TE.TE: a coding behind NUL and a length',
    sent([`Content-Length: ${hidden.length}`, 'Transfer-Encoding: \0chunked'], hidden),
    bad,
    PARSERS,
  ),
  ours(
    'RFC 9110 §5.1',
    'A coding with an underscore is no coding',
    sent(['Content-Length: 5', 'Transfer_Encoding: chunked'], `hello${PROBE}`),
    [read('hello'), probed],
  ),
  ours(
    'RFC 9110 §5.1',
    'A length with an underscore is no length',
    request('GET /probe HTTP/1.1', ['Content_Length: 5'], PROBE),
    [probed, probed],
  ),

  must(
    'RFC 9112 §6.3',
    'CL.CL: 0 first',
    sent(['Content-Length: 0', `Content-Length: ${SMUGGLED.length}`], SMUGGLED),
    bad,
    PARSERS,
  ),
  must(
    'RFC 9112 §6.3',
    'CL.CL: 0 last',
    sent([`Content-Length: ${SMUGGLED.length}`, 'Content-Length: 0'], SMUGGLED),
    bad,
    PARSERS,
  ),
  must(
    'RFC 9112 §5.2',
    'CL.0: a folded length',
    request('POST /no/such HTTP/1.1', ['Content-Length:', ` ${SMUGGLED.length}`], SMUGGLED),
    bad,
    PARSERS,
  ),
  must(
    'RFC 9112 §5.1',
    'CL.0: a length with a space before its colon',
    request('POST /no/such HTTP/1.1', [`Content-Length : ${SMUGGLED.length}`], SMUGGLED),
    bad,
    PARSERS,
  ),
  must(
    'RFC 9112 §9.3',
    'CL.0: the body of a path that is not there',
    request('POST /no/such HTTP/1.1', [`Content-Length: ${SMUGGLED.length}`], SMUGGLED + PROBE),
    [notFound, probed],
  ),
  must(
    'RFC 9112 §9.3',
    'CL.0: the body of a method that is not there',
    request('POST /probe HTTP/1.1', [`Content-Length: ${SMUGGLED.length}`], SMUGGLED + PROBE),
    [refused(405, 'method_not_allowed'), probed],
  ),
  must(
    'RFC 9112 §9.3',
    'CL.0: the body of a redirect',
    request('GET /replies/redirect HTTP/1.1', [`Content-Length: ${SMUGGLED.length}`], SMUGGLED + PROBE),
    [{ status: 303, empty: true }, probed],
  ),
  must(
    'RFC 9112 §9.3',
    'CL.0: the body of a failure',
    request('GET /replies/broken HTTP/1.1', [`Content-Length: ${SMUGGLED.length}`], SMUGGLED + PROBE),
    [refused(500, 'internal_error'), probed],
  ),
  must(
    'RFC 9112 §9.3',
    'CL.0: the body of a HEAD',
    request('HEAD /no/such HTTP/1.1', [`Content-Length: ${SMUGGLED.length}`], SMUGGLED + PROBE),
    [toHead(404), probed],
  ),
  must(
    'RFC 9112 §9.3',
    'CL.0: a body behind an Upgrade',
    request(
      'POST /bodies/text HTTP/1.1',
      ['Content-Type: text/plain', 'Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 5'],
      `hello${PROBE}`,
    ),
    [read('hello'), probed],
    { deno: parser(400), node: thenGone(NODE_UPGRADE) },
  ),
  must('RFC 9112 §6.3', 'A swallowed request is a body', sent([`Content-Length: ${prefix.length}`], prefix + PROBE), [
    { status: 200, json: { length: prefix.length, text: prefix.slice(0, 20) } },
    probed,
  ]),

  should(
    'RFC 9112 §7.1.1',
    'TERM.EXT: LF in an extension ends the line to others',
    chunked(`5;\nx\r\nhello\r\n0\r\n\r\n${SMUGGLED}`),
    bad,
    CHUNK_REFUSED,
  ),
  should(
    'RFC 9112 §7.1.1',
    'EXT.TERM: LF ends the line of an extension to us',
    chunked(`5;\nhello\r\n0\r\n\r\n${SMUGGLED}`),
    bad,
    CHUNK_REFUSED,
  ),
  should(
    'RFC 9112 §7.1',
    'SPILL.TERM: more bytes than the chunk has',
    chunked(`5\r\nhelloAA0\r\n\r\n${SMUGGLED}`),
    bad,
    CHUNK_REFUSED,
  ),
  should(
    'RFC 9112 §7.1',
    'TERM.SPILL: LF behind a chunk',
    chunked(`5\r\nhello\n2d\r\n${SMUGGLED}\r\n0\r\n\r\n`),
    bad,
    CHUNK_REFUSED,
  ),
  should(
    'RFC 9112 §7.1',
    'ONE.TWO: one byte behind a chunk',
    chunked(`5\r\nhelloX2d\r\n${SMUGGLED}\r\n0\r\n\r\n`),
    bad,
    CHUNK_REFUSED,
  ),
  must(
    'RFC 9112 §7.1',
    'A size that overflows to one that fits',
    chunked(`100000000000000005\r\nhello\r\n0\r\n\r\n${SMUGGLED}`),
    bad,
    CHUNK_REFUSED,
  ),
  must(
    'RFC 9112 §7.1.2',
    'A request in a trailer',
    chunked(`0\r\nX-A: x\r\n\r\n${PROBE}`).replace('0\r\nX-A', '5\r\nhello\r\n0\r\nX-A'),
    [read('hello'), probed],
    { bun: followedBy(trailerRefused) },
  ),

  must(
    'RFC 9110 §7.6.1',
    'Connection names Content-Length',
    sent(['Content-Length: 5', 'Connection: Content-Length'], `hello${PROBE}`),
    [read('hello'), probed],
  ),
  must(
    'RFC 9110 §7.6.1',
    'Connection names Transfer-Encoding',
    chunked(HELLO + PROBE, ['Connection: Transfer-Encoding']),
    [read('hello'), probed],
  ),
  must('RFC 9110 §7.6.1', 'Connection names Host', request('GET /probe HTTP/1.1', ['Connection: Host']), probed),
  ours(
    'RFC 9112 §11.2',
    'An Expect that is garbled, and a body',
    request('POST /no/such HTTP/1.1', ['Expect: x 100-continue', `Content-Length: ${SMUGGLED.length}`], SMUGGLED),
    { ...refused(417, 'expectation_failed'), mayClose: true, or: { ...notFound, mayClose: true } },
  ),
  ours(
    'RFC 9110 §7.8',
    'h2c: an upgrade that is not offered',
    request(
      'GET /probe HTTP/1.1',
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'],
      PROBE,
    ),
    [probed, probed],
    { node: thenGone(NODE_UPGRADE) },
  ),
  ours(
    'RFC 9110 §7.8',
    'WebSocket: an upgrade that is not offered',
    request(
      'GET /probe HTTP/1.1',
      ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 777', 'Sec-WebSocket-Key: x'],
      PROBE,
    ),
    [probed, probed],
    { node: thenGone(NODE_UPGRADE) },
  ),
  must(
    'RFC 9110 §7.8',
    'An upgrade of HTTP/1.0 is not heard',
    bare('GET /probe HTTP/1.0', ['Connection: Upgrade', 'Upgrade: websocket']),
    { ...probed, closes: true },
  ),
  ours(
    'RFC 9113 §3.4',
    'The preface of HTTP/2 behind a request',
    `${PROBE}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
    [probed, otherVersion],
    { bun: followedBy(parser(400)), deno: followedBy(parser(400)), node: followedBy(because(NODE_VERSION, bad)) },
  ),
  should('RFC 9112 §3', 'HTTP/0.9 behind a request', `${PROBE}GET /paths/admin\r\n\r\n`, [probed, bad], {
    bun: followedBy(parser(505)),
    deno: followedBy(parser(400)),
  }),
  must(
    'RFC 9112 §2.2',
    "A request that begins with another one's last byte",
    request('POST /replies/accepted HTTP/1.1', ['Content-Length: 0'], `G${PROBE}`),
    [{ status: 202, json: { job: 'j1' } }, unknownMethod],
    { bun: thenGone() },
  ),
  ours(
    'RFC 9110 §9.1',
    'No field changes the method',
    request('GET /probe HTTP/1.1', [
      'X-HTTP-Method-Override: DELETE',
      'X-HTTP-Method: DELETE',
      'X-Method-Override: DELETE',
    ]),
    probed,
  ),
  ours(
    'RFC 9112 §3.3',
    'No field changes the path',
    request('GET /probe HTTP/1.1', [
      'X-Original-URL: /paths/admin',
      'X-Rewrite-URL: /paths/admin',
      'X-Forwarded-Prefix: /paths',
    ]),
    probed,
  ),
  ours(
    'RFC 9112 §11.1',
    'What a caller sends comes back in no header',
    request('GET /fields/x-a HTTP/1.1', ['X-A: a%0d%0aSet-Cookie: b=1']),
    { ...field('a%0d%0aSet-Cookie: b=1'), headers: { 'set-cookie': null } },
  ),
]
