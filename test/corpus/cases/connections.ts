import { refused } from '../../matrix/case.ts'
import { type CorpusCase, must, ours, should } from '../case.ts'
import { BUN_OLD, NODE_AFTER_CLOSE, because, followedBy, refusedAfterLast, thenGone } from '../reasons.ts'
import { bad, closing, notFound, probed, read } from '../replies.ts'
import { HELLO, PROBE, bare, chunked, request, sent } from '../requests.ts'

const get = (...fields: string[]): string => request('GET /probe HTTP/1.1', fields)
const old = (...fields: string[]): string => bare('GET /probe HTTP/1.0', fields)
const kept = { ...probed, headers: { connection: /^keep-alive$/i } } as const
const stream = { status: 200, text: 'a,b\n1,2\nü\n', headers: { 'transfer-encoding': null } } as const

/** Connection (RFC 9110 §7.6.1, RFC 9112 §9.3) and HTTP/1.0: who ends a connection, and when. */
export const connections: readonly CorpusCase[] = [
  must('RFC 9112 §9.3', 'HTTP/1.1 stays', PROBE + PROBE, [probed, probed]),
  must(
    'RFC 9112 §9.6',
    'What follows Connection: close is not answered',
    get('Connection: close') + PROBE,
    closing(probed),
    { node: refusedAfterLast },
  ),
  should(
    'RFC 9112 §9.6',
    'The last reply says that it is the last',
    get('Connection: close'),
    closing({ ...probed, headers: { connection: 'close' } }),
    {
      bun: because(
        'Bun ends the connection and does not say so.',
        closing({ ...probed, headers: { connection: null } }),
      ),
    },
  ),
  must('RFC 9110 §7.6.1', 'close in upper case', get('Connection: CLOSE') + PROBE, closing(probed), {
    node: refusedAfterLast,
  }),
  must('RFC 9110 §7.6.1', 'close among other options', get('Connection: x-a, close') + PROBE, closing(probed), {
    node: refusedAfterLast,
  }),
  must(
    'RFC 9110 §7.6.1',
    'close before other options, without a space',
    get('Connection: close,x-a') + PROBE,
    closing(probed),
    { node: refusedAfterLast },
  ),
  must(
    'RFC 9110 §7.6.1',
    'close in a second field',
    get('Connection: x-a', 'Connection: close') + PROBE,
    closing(probed),
    { node: refusedAfterLast },
  ),
  must('RFC 9110 §5.6.1', 'close behind empty elements', get('Connection: , ,close') + PROBE, closing(probed), {
    node: refusedAfterLast,
  }),
  must('RFC 9112 §9.3', 'close beats keep-alive', get('Connection: keep-alive, close') + PROBE, closing(probed), {
    node: refusedAfterLast,
  }),
  must(
    'RFC 9112 §9.3',
    'close beats keep-alive that comes later',
    get('Connection: close', 'Connection: keep-alive') + PROBE,
    closing(probed),
    { node: refusedAfterLast },
  ),
  must('RFC 9112 §9.3', 'keep-alive says nothing new to HTTP/1.1', get('Connection: keep-alive') + PROBE, [
    probed,
    probed,
  ]),
  must('RFC 9110 §7.6.1', 'An option that begins like close', get('Connection: closed') + PROBE, [probed, probed]),
  must('RFC 9110 §7.6.1', 'An option that ends like close', get('Connection: not-close') + PROBE, [probed, probed]),
  must('RFC 9110 §7.6.1', 'An empty field', get('Connection:') + PROBE, [probed, probed]),
  must(
    'RFC 9112 §9.6',
    'Proxy-Connection is not for servers',
    get('Proxy-Connection: close') + PROBE,
    [probed, probed],
    { node: followedBy(because('The parser of node:http takes Proxy-Connection for Connection.', bad)) },
  ),
  must(
    'RFC 9112 §9.6',
    'close after a body',
    sent(['Connection: close', 'Content-Length: 5'], `hello${PROBE}`),
    closing(read('hello')),
  ),
  must(
    'RFC 9112 §9.6',
    'close after a chunked body',
    chunked(HELLO + PROBE, ['Connection: close']),
    closing(read('hello')),
  ),
  must(
    'RFC 9112 §9.6',
    'close on an unknown path',
    request('GET /no/such HTTP/1.1', ['Connection: close'], PROBE),
    closing(notFound),
    { node: refusedAfterLast },
  ),
  must(
    'RFC 9112 §9.6',
    'close on a failure',
    request('GET /replies/broken HTTP/1.1', ['Connection: close'], PROBE),
    closing(refused(500, 'internal_error')),
    { node: refusedAfterLast },
  ),
  must(
    'RFC 9112 §9.6',
    'close on a stream',
    request('GET /replies/stream HTTP/1.1', ['Connection: close'], PROBE),
    closing({ status: 200, text: 'a,b\n1,2\nü\n' }),
  ),
  must(
    'RFC 9112 §9.6',
    'close on a reply that takes its time',
    request('GET /slow/30 HTTP/1.1', ['Connection: close'], PROBE),
    closing({ status: 200, json: { waited: 30 } }),
  ),
  must(
    'RFC 9112 §9.6',
    'close where a method is not there',
    request('POST /probe HTTP/1.1', ['Connection: close', 'Content-Length: 5'], `hello${PROBE}`),
    closing(refused(405, 'method_not_allowed')),
  ),

  must('RFC 9112 §9.3', 'What follows a request of HTTP/1.0 is not answered', old() + PROBE, closing(probed), {
    node: refusedAfterLast,
  }),
  must('RFC 9112 §9.3', 'HTTP/1.0 with close', old('Connection: close') + PROBE, closing(probed), {
    node: refusedAfterLast,
  }),
  must(
    'RFC 9112 §9.3',
    'HTTP/1.0 with an option that it does not know',
    old('Connection: x-a') + PROBE,
    closing(probed),
    { node: refusedAfterLast },
  ),
  must(
    'RFC 9112 §9.3',
    'HTTP/1.0 with keep-alive and close',
    old('Connection: keep-alive, close') + PROBE,
    closing(probed),
    { node: because('The parser of node:http finds keep-alive before close.', probed, probed) },
  ),
  ours(
    'RFC 9112 §9.3',
    'HTTP/1.0 with keep-alive is told that it is kept',
    old('Host: api.test', 'Connection: keep-alive'),
    kept,
    { bun: because(BUN_OLD, closing(probed)) },
  ),
  ours(
    'RFC 9112 §9.3',
    'HTTP/1.0 with keep-alive in upper case',
    old('Host: api.test', 'Connection: KEEP-ALIVE') + PROBE,
    [kept, probed],
    { bun: because(BUN_OLD, closing(probed)) },
  ),
  ours('RFC 9112 §9.3', 'HTTP/1.0 with Keep-Alive alone', old('Keep-Alive: timeout=5') + PROBE, closing(probed), {
    node: refusedAfterLast,
  }),
  ours('RFC 9112 §9.3', 'HTTP/1.1, then HTTP/1.0', PROBE + old() + PROBE, [probed, closing(probed)], {
    node: followedBy(because(NODE_AFTER_CLOSE, bad)),
  }),
  must(
    'RFC 9112 §2.3',
    'HTTP/1.0 gets a reply of HTTP/1.1',
    old(),
    closing({ ...probed, headers: { 'content-length': '11' } }),
  ),
  must(
    'RFC 9112 §6.1',
    'A stream is not chunked for HTTP/1.0 with keep-alive, and ends with the connection',
    bare('GET /replies/stream HTTP/1.0', ['Connection: keep-alive']),
    closing(stream),
  ),
  must(
    'RFC 9112 §6.1',
    'A stream is not chunked for HTTP/1.0 that says it takes chunks',
    bare('GET /replies/stream HTTP/1.0', ['TE: chunked']),
    closing(stream),
    {
      node: because(
        'Node sends chunks to HTTP/1.0 that says it takes them.',
        closing({ status: 200, headers: { 'transfer-encoding': 'chunked' } }),
      ),
    },
  ),
  must(
    'RFC 9110 §9.3.2',
    'HEAD of HTTP/1.0',
    bare('HEAD /probe HTTP/1.0'),
    closing({ status: 200, to: 'HEAD', headers: { 'content-length': '11' } }),
  ),
  must(
    'RFC 9110 §9.3.2',
    'HEAD of HTTP/1.0 with keep-alive',
    bare('HEAD /probe HTTP/1.0', ['Host: api.test', 'Connection: keep-alive'], PROBE),
    [{ status: 200, to: 'HEAD' }, probed],
    { bun: thenGone(BUN_OLD) },
  ),
]
