import { CLOSED, refused } from '../../matrix/case.ts'
import { parser, stays } from '../../matrix/reasons.ts'
import { type CorpusCase, must, ours, should } from '../case.ts'
import {
  BUN_PIPELINE,
  DENO_EMPTY_LINES,
  DENO_NO_HOST,
  NODE_AFTER_CLOSE,
  NODE_EMPTY_LINES,
  NODE_VERSION,
  because,
  followedBy,
  refusedAfterLast,
  thenGone,
} from '../reasons.ts'
import {
  admin,
  bad,
  closing,
  notFound,
  otherVersion,
  probed,
  read,
  toHead,
  tooLarge,
  uncoded,
  unknownMethod,
} from '../replies.ts'
import { HELLO, PROBE, SMUGGLED, bare, chunked, request, sent } from '../requests.ts'

const get = (target: string): string => request(`GET ${target} HTTP/1.1`)
const head = (target: string): string => request(`HEAD ${target} HTTP/1.1`)
const posted = (text: string): string => sent([`Content-Length: ${text.length}`], text)
const thing = (id: number): { status: 200; json: unknown } => ({ status: 200, json: { id, name: 'kettle' } })
const waited = (ms: number): { status: 200; json: unknown } => ({ status: 200, json: { waited: ms } })
const streamed = { status: 200, text: 'a,b\n1,2\nü\n' } as const

/** Pipelining (RFC 9112 §9.3.2): each request is answered once, in the order in which they came. */
export const pipelining: readonly CorpusCase[] = [
  must(
    'RFC 9112 §9.3.2',
    'Twenty requests',
    Array.from({ length: 20 }, (_, i) => get(`/things/${i + 1}`)).join(''),
    Array.from({ length: 20 }, (_, i) => thing(i + 1)),
  ),
  must(
    'RFC 9112 §9.3.2',
    'Slow ones before quick ones',
    get('/slow/40') + get('/slow/20') + get('/things/1') + PROBE,
    [waited(40), waited(20), thing(1), probed],
    { bun: { ...CLOSED, why: BUN_PIPELINE } },
  ),
  must(
    'RFC 9112 §9.3.2',
    'Quick and slow ones by turns',
    PROBE + get('/slow/20') + PROBE + get('/slow/10') + PROBE,
    [probed, waited(20), probed, waited(10), probed],
    { bun: thenGone(BUN_PIPELINE) },
  ),
  must('RFC 9112 §9.3.2', 'Bodies by their lengths', posted('one') + posted('two') + posted('three'), [
    read('one'),
    read('two'),
    read('three'),
  ]),
  must('RFC 9112 §9.3.2', 'Chunked bodies', chunked(HELLO) + chunked(HELLO) + PROBE, [
    read('hello'),
    read('hello'),
    probed,
  ]),
  must('RFC 9112 §9.3.2', 'Bodies of both kinds', posted('one') + chunked(HELLO) + posted('three'), [
    read('one'),
    read('hello'),
    read('three'),
  ]),
  must('RFC 9112 §9.3.2', 'A body behind a slow one', get('/slow/20') + posted('two'), [waited(20), read('two')], {
    bun: { ...CLOSED, why: BUN_PIPELINE },
  }),
  must('RFC 9112 §9.3.2', 'A stream between others', PROBE + get('/replies/stream') + get('/replies/list') + PROBE, [
    probed,
    streamed,
    { status: 200, text: 'a\nb\n' },
    probed,
  ]),
  must(
    'RFC 9112 §9.3.2',
    'A file and a redirect between others',
    get('/replies/file') + get('/replies/redirect') + PROBE,
    [{ status: 200, text: 'twelve bytes' }, { status: 303, empty: true }, probed],
  ),
  must(
    'RFC 9112 §9.3.2',
    'HEAD between others',
    head('/things/1') + get('/things/1') + head('/replies/stream') + PROBE,
    [toHead(200), thing(1), toHead(200), probed],
  ),
  must(
    'RFC 9112 §9.3.2',
    'No content between others',
    get('/replies/nothing') + PROBE + get('/replies/nothing') + PROBE,
    [{ status: 204, empty: true }, probed, { status: 204, empty: true }, probed],
  ),
  must(
    'RFC 9112 §9.3.2',
    'Refusals between others',
    get('/no/such') + PROBE + request('DELETE /probe HTTP/1.1') + PROBE,
    [notFound, probed, refused(405, 'method_not_allowed'), probed],
  ),
  must('RFC 9112 §9.3.2', 'A failure between others', PROBE + get('/replies/broken') + PROBE, [
    probed,
    refused(500, 'internal_error'),
    probed,
  ]),
  must(
    'RFC 9112 §9.3.2',
    'Methods that change things',
    request('DELETE /things/1 HTTP/1.1') + posted('two') + request('DELETE /things/2 HTTP/1.1') + PROBE,
    [{ status: 204, empty: true }, read('two'), { status: 204, empty: true }, probed],
  ),
  should('RFC 9112 §2.2', 'An empty line before each', `${PROBE}\r\n${PROBE}\r\n${PROBE}`, [probed, probed, probed], {
    bun: followedBy(parser(400)),
  }),
  ours('RFC 9112 §2.2', 'Two empty lines between', `${PROBE}\r\n\r\n${PROBE}`, [probed, bad], {
    bun: followedBy(parser(400)),
    deno: followedBy(because(DENO_EMPTY_LINES, probed)),
    node: followedBy(because(NODE_EMPTY_LINES, probed)),
  }),
  must(
    'RFC 9112 §9.6',
    'Nothing is answered after close',
    PROBE + request('GET /probe HTTP/1.1', ['Connection: close']) + SMUGGLED,
    [probed, closing(probed)],
    { node: followedBy(because(NODE_AFTER_CLOSE, bad)) },
  ),
  must(
    'RFC 9112 §9.6',
    'Nothing is answered after close that took its time',
    request('GET /slow/20 HTTP/1.1', ['Connection: close']) + SMUGGLED + SMUGGLED,
    closing(waited(20)),
  ),
  must(
    'RFC 9112 §9.6',
    'Nothing is refused after close',
    request('GET /probe HTTP/1.1', ['Connection: close'], 'nonsense\r\n\r\n'),
    closing(probed),
    { node: refusedAfterLast },
  ),
  must(
    'RFC 9112 §9.3',
    'Nothing is answered after HTTP/1.0',
    PROBE + bare('GET /things/1 HTTP/1.0') + SMUGGLED,
    [probed, closing(thing(1))],
    { node: followedBy(because(NODE_AFTER_CLOSE, bad)) },
  ),
  should(
    'RFC 9112 §2.2',
    'A malformed request is refused after those before it',
    `${get('/things/1')}nonsense\r\n\r\n${SMUGGLED}`,
    [thing(1), bad],
    { bun: followedBy(parser(400)), deno: followedBy(parser(400)) },
  ),
  must(
    'RFC 9112 §3.2',
    'A request without Host is refused after those before it',
    PROBE + bare('GET /probe HTTP/1.1') + SMUGGLED,
    [probed, bad],
    { bun: followedBy(parser(400)), deno: followedBy(because(DENO_NO_HOST, probed, admin)) },
  ),
  must(
    'RFC 9112 §3.2',
    'A request without Host is refused after a slow one before it',
    get('/slow/30') + bare('GET /probe HTTP/1.1') + SMUGGLED,
    [waited(30), bad],
    { bun: parser(400), deno: followedBy(because(DENO_NO_HOST, probed, admin)) },
  ),
  must(
    'RFC 9112 §6.3',
    'A wrong length is refused after those before it',
    posted('one') + sent(['Content-Length: x'], SMUGGLED),
    [read('one'), bad],
    { bun: followedBy(parser(400)), deno: followedBy(parser(400)) },
  ),
  should(
    'RFC 9112 §7.1',
    'A wrong chunk is refused after those before it',
    get('/slow/20') + chunked(`x\r\n${SMUGGLED}`),
    [waited(20), bad],
    { bun: { ...CLOSED, why: BUN_PIPELINE }, deno: thenGone() },
  ),
  should(
    'RFC 9112 §6.1',
    'A coding that is not taken is refused after those before it',
    PROBE + sent(['Transfer-Encoding: gzip, chunked'], HELLO + SMUGGLED),
    [probed, uncoded],
    { bun: followedBy(parser(400)), deno: followedBy(stays(uncoded), admin) },
  ),
  ours(
    'RFC 9110 §15.6.6',
    'Another version is refused after those before it',
    `${PROBE}GET /probe HTTP/2.0\r\nHost: api.test\r\n\r\n${SMUGGLED}`,
    [probed, otherVersion],
    { bun: followedBy(parser(505)), deno: followedBy(parser(400)), node: followedBy(because(NODE_VERSION, bad)) },
  ),
  should(
    'RFC 9110 §9.1',
    'An unknown method is refused after those before it',
    PROBE + request('BREW /probe HTTP/1.1'),
    [probed, unknownMethod],
    { bun: thenGone() },
  ),
  ours(
    'RFC 9110 §15.5.14',
    'A body that is too long is refused after those before it',
    PROBE +
      request(
        'POST /bodies/small HTTP/1.1',
        ['Content-Type: application/json', 'Content-Length: 17'],
        '"aaaaaaaaaaaaaaa"',
      ) +
      SMUGGLED,
    [probed, tooLarge],
    { deno: followedBy(stays(tooLarge), admin) },
  ),
  must(
    'RFC 9112 §9.3.2',
    'A request that breaks off does not undo those before it',
    `${PROBE}${get('/things/1')}GET /probe HT`,
    [probed, thing(1)],
    { cut: true },
  ),
]
