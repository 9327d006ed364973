import { refused } from '../../matrix/case.ts'
import { resolved } from '../../matrix/reasons.ts'
import { type CorpusCase, must, ours, should } from '../case.ts'
import { BUN_OLD, UNHEARD, because, refusedAfterLast, silent, thenGone } from '../reasons.ts'
import { closing, probed, toHead } from '../replies.ts'
import { PROBE, bare, request } from '../requests.ts'

const head = (target: string, fields: readonly string[] = []): string =>
  request(`HEAD ${target} HTTP/1.1`, fields, PROBE)
const get = (target: string): string => request(`GET ${target} HTTP/1.1`, [], PROBE)
const unframed = { 'content-length': null, 'transfer-encoding': null } as const

/** Replies without a body (RFC 9112 §6.3): what they say of its length, and that no byte of it comes. A request follows each. */
export const bodiless: readonly CorpusCase[] = [
  must('RFC 9110 §9.3.2', 'HEAD of JSON', head('/things/1'), [
    toHead(200, { headers: { 'content-length': '24', 'content-type': 'application/json' } }),
    probed,
  ]),
  must('RFC 9110 §9.3.2', 'HEAD of text', head('/replies/text'), [
    toHead(200, { headers: { 'content-length': '7' } }),
    probed,
  ]),
  must('RFC 9110 §9.3.2', 'HEAD of bytes', head('/replies/bytes'), [
    toHead(200, { headers: { 'content-length': '4' } }),
    probed,
  ]),
  must('RFC 9110 §9.3.2', 'HEAD of a file', head('/replies/file'), [
    toHead(200, { headers: { 'content-length': '12' } }),
    probed,
  ]),
  must(
    'RFC 9110 §9.3.2',
    'HEAD of a stream',
    head('/replies/stream'),
    [toHead(200, { headers: { 'content-length': null } }), probed],
    {
      bun: because(
        'Bun writes `Content-Length: 0` where the reply to HEAD has no body.',
        toHead(200, { headers: { 'content-length': '0' } }),
        probed,
      ),
    },
  ),
  must('RFC 9110 §9.3.2', 'HEAD of no content', head('/replies/nothing'), [toHead(204, { headers: unframed }), probed]),
  must('RFC 9110 §9.3.2', 'HEAD of a redirect', head('/replies/redirect'), [toHead(303), probed]),
  must('RFC 9110 §9.3.2', 'HEAD of an unknown path', head('/no/such'), [toHead(404), probed]),
  must('RFC 9110 §9.3.2', 'HEAD of a failure', head('/replies/broken'), [toHead(500), probed]),
  must('RFC 9110 §9.3.2', 'HEAD where there is no GET', head('/bodies/json'), [toHead(405), probed]),
  must('RFC 9110 §9.3.2', 'HEAD of a refused target', head('/paths/../probe'), [toHead(400), probed], {
    bun: resolved(toHead(200)),
  }),
  must(
    'RFC 9110 §9.3.2',
    'HEAD of a target that is too long',
    request(`HEAD /probe?${'a'.repeat(8187)} HTTP/1.1`),
    toHead(414, { mayClose: true }),
  ),
  must(
    'RFC 9110 §9.3.2',
    'HEAD with Connection: close',
    head('/things/1', ['Connection: close']),
    closing(toHead(200, { headers: { 'content-length': '24' } })),
    { node: refusedAfterLast },
  ),
  must(
    'RFC 9110 §9.3.2',
    'HEAD with an expectation that nobody meets',
    request('HEAD /probe HTTP/1.1', ['Expect: miracles']),
    toHead(417, { mayClose: true }),
    { bun: because(UNHEARD, toHead(200)), deno: because(UNHEARD, toHead(200)) },
  ),
  must(
    'RFC 9110 §9.3.2',
    'HEAD of a stream for HTTP/1.0',
    bare('HEAD /replies/stream HTTP/1.0'),
    closing(toHead(200, { headers: { 'transfer-encoding': null } })),
  ),
  must('RFC 9110 §8.6', '204 has no length and no coding', get('/replies/nothing'), [
    { status: 204, empty: true, headers: unframed },
    probed,
  ]),
  must('RFC 9110 §8.6', '204 of OPTIONS', request('OPTIONS /probe HTTP/1.1', [], PROBE), [
    { status: 204, empty: true, headers: unframed },
    probed,
  ]),
  must(
    'RFC 9110 §8.6',
    '204 for HTTP/1.0',
    bare('GET /replies/nothing HTTP/1.0', ['Connection: keep-alive', 'Host: api.test'], PROBE),
    [{ status: 204, empty: true, headers: unframed }, probed],
    { bun: thenGone(BUN_OLD), node: thenGone('Node ends a connection of HTTP/1.0 after a reply without a body.') },
  ),
  must('RFC 9112 §6.3', '304 has no body', get('/unmodified'), [
    { status: 304, empty: true, headers: { 'transfer-encoding': null } },
    probed,
  ]),
  must('RFC 9112 §6.3', 'HEAD that is answered 304', head('/unmodified'), [toHead(304), probed]),
  must(
    'RFC 9110 §15.3.6',
    '205 has a length of 0',
    get('/reset'),
    [{ status: 205, empty: true, headers: { 'content-length': '0' } }, probed],
    { deno: silent('Deno sends 205 without a length and without an end.') },
  ),
  should('RFC 9110 §8.6', 'A redirect without a body has a length of 0', get('/replies/redirect'), [
    { status: 303, empty: true, headers: { 'content-length': '0' } },
    probed,
  ]),
  must('RFC 9110 §15.5.6', '405 says what there is', request('DELETE /probe HTTP/1.1', [], PROBE), [
    refused(405, 'method_not_allowed', { headers: { allow: 'GET, HEAD, OPTIONS' } }),
    probed,
  ]),
  ours('RFC 9110 §9.3.8', 'TRACE sends nothing back', request('TRACE /probe HTTP/1.1', ['X-Secret: hunter2'], PROBE), [
    refused(405, 'method_not_allowed'),
    probed,
  ]),
]
