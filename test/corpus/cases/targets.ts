import { refused } from '../../matrix/case.ts'
import { PARSERS, parser, resolved, stays } from '../../matrix/reasons.ts'
import { type CorpusCase, must, ours, should } from '../case.ts'
import { BUN_ABSOLUTE, BUN_CONNECT, BUN_DEL, DENO_URL, because } from '../reasons.ts'
import {
  admin,
  bad,
  badTarget,
  closing,
  echoed,
  maybeClosing,
  notAllowed,
  notFound,
  probed,
  toHead,
} from '../replies.ts'
import { bare, request } from '../requests.ts'

const get = (target: string): string => request(`GET ${target} HTTP/1.1`)
const dots = refused(400, 'bad_request', { detail: 'segments' })
const wrongEscape = refused(400, 'bad_request')
const at = (url: string, search = ''): { status: 200; json: unknown } => ({ status: 200, json: { url, search } })
const noTunnel = closing(refused(405, 'method_not_allowed'))

/** Request targets (RFC 9112 §3.2) and what of them is the same path (RFC 3986 §6.2.2). */
export const targets: readonly CorpusCase[] = [
  should('RFC 3986 §6.2.2.2', 'Every letter escaped is the same path', get('/%70%72%6F%62%65'), probed),
  should(
    'RFC 3986 §6.2.2.2',
    'Escaped unreserved characters',
    get('/paths/echo/%2D%5F%7E'),
    echoed('-_~', '/paths/echo/-_~'),
  ),
  should('RFC 3986 §6.2.2.1', 'The case of escapes', get('/paths/echo/%4a%4A'), echoed('JJ', '/paths/echo/JJ')),
  should(
    'RFC 3986 §2.2',
    'Characters with a meaning to others are text in a segment',
    get("/paths/echo/!$&'()*+,;=:@"),
    echoed("!$&'()*+,;=:@", "/paths/echo/!$&'()*+,;=:@"),
  ),
  must('RFC 3986 §2.4', 'Escapes are decoded once', get('/paths/echo/%25%32%65'), echoed('%2e', '/paths/echo/%252e')),
  must('RFC 3986 §2.4', 'An escaped percent sign', get('/paths/echo/%25'), echoed('%', '/paths/echo/%25')),
  should(
    'RFC 3986 §2.5',
    'Four bytes of UTF-8',
    get('/paths/echo/%f0%9f%98%80'),
    echoed('😀', '/paths/echo/%F0%9F%98%80'),
  ),
  should(
    'RFC 3986 §3.3',
    'Parameters of a segment are part of it',
    get('/paths/echo/a;b=1'),
    echoed('a;b=1', '/paths/echo/a;b=1'),
  ),
  should('RFC 3986 §3.3', 'A parameter on a known path is another path', get('/paths/admin;x=1'), notFound),
  should('RFC 3986 §3.3', 'Dots with a parameter are no dot segment', get('/paths/..;/admin'), notFound),
  should('RFC 3986 §3.3', 'An escaped line feed after a known path', get('/paths/admin%0a'), notFound),
  should('RFC 3986 §3.3', 'An escaped space after a known path', get('/paths/admin%20'), notFound),
  should('RFC 3986 §2.2', 'An escaped question mark begins no query', get('/probe%3Fa=1'), notFound),
  should('RFC 3986 §2.2', 'An escaped number sign begins no fragment', get('/probe%23a'), notFound),
  should('RFC 3986 §3.4', 'An empty query', get('/probe?'), probed),
  should(
    'RFC 3986 §3.4',
    'Slashes, dots and question marks in a query',
    get('/paths/url?a=/../x?y'),
    at('http://api.test/paths/url?a=/../x?y', 'a=/../x?y'),
  ),
  ours('RFC 9112 §11.1', 'Escaped line ends split no reply', get('/paths/echo/%0d%0aX-Split:1'), {
    ...echoed('\r\nX-Split:1', '/paths/echo/%0D%0AX-Split:1'),
    headers: { 'x-split': null },
  }),
  ours('RFC 3986 §5.2.4', 'A dot segment at the end', get('/paths/admin/.'), dots, { bun: resolved(notFound) }),
  ours('RFC 3986 §5.2.4', 'An escaped dot segment at the end', get('/paths/admin/%2e'), dots, {
    bun: resolved(notFound),
  }),
  ours('RFC 3986 §5.2.4', 'Two dots before an escaped slash', get('/paths/..%2fprobe'), dots),
  ours('RFC 3986 §5.2.4', 'Escaped dots before an escaped slash', get('/paths/%2e%2E%2Fprobe'), dots),
  ours('RFC 3986 §5.2.4', 'Escaped dots before an escaped backslash', get('/paths/%2e%2e%5cprobe'), dots),
  ours('RFC 3986 §5.2.4', 'Nothing but a dot', get('/.'), dots, { bun: resolved(notFound) }),
  ours('RFC 3986 §5.2.4', 'Dots before a query with a slash', get('/paths/../probe?/x'), dots, {
    bun: resolved(probed),
  }),
  ours('RFC 3986 §2.5', 'A byte of UTF-8 that continues nothing', get('/paths/echo/%80'), wrongEscape),
  ours('RFC 3986 §2.5', 'UTF-8 beyond U+10FFFF', get('/paths/echo/%f5%80%80%80'), wrongEscape),
  ours('RFC 3986 §2.5', 'Overlong UTF-8 of two dots', get('/paths/echo/%c0%ae%c0%ae'), wrongEscape),
  ours('RFC 3986 §2.1', 'An escape of four digits', get('/paths/echo/%u0041'), wrongEscape),
  ours('RFC 3986 §2.1', 'An escape within an escape', get('/paths/echo/%%34%31'), wrongEscape),
  ours(
    'RFC 3986 §2',
    'Visible characters that no URI holds',
    get('/paths/echo/{a|b}'),
    echoed('{a|b}', '/paths/echo/{a|b}'),
  ),

  should('RFC 9112 §3.2', 'A tab in the target', get('/paths/echo/a\tb'), bad, { bun: parser(505), deno: parser(400) }),
  should('RFC 9112 §3.2', 'A control character in the target', get('/paths/echo/a\x01b'), bad, {
    bun: parser(505),
    deno: parser(400),
  }),
  should('RFC 9112 §3.2', 'DEL in the target', get('/paths/echo/a\x7fb'), bad, {
    bun: because(BUN_DEL, { status: 200 }),
    deno: parser(400),
  }),
  should('RFC 9112 §3.2', 'A byte beyond ASCII in the query', get('/probe?caf\xe9'), bad, {
    bun: because('Bun escapes the bytes itself.', probed),
    deno: parser(400),
  }),
  should('RFC 9112 §3.2', 'A space in the query', get('/probe?a b'), bad, { bun: parser(505), deno: parser(400) }),
  should('RFC 9112 §3.2.1', 'A query without a path', get('?a=1'), badTarget, PARSERS),
  should('RFC 9112 §3.2.1', 'An escaped slash in place of the first', get('%2Fprobe'), badTarget, PARSERS),
  should('RFC 9112 §3.2.1', 'A backslash in place of the first slash', get('\\probe'), badTarget, PARSERS),
  should('RFC 9112 §3.2.1', 'A path from here', get('./probe'), badTarget, PARSERS),
  should('RFC 9112 §3.2.1', 'A path from above', get('../probe'), badTarget, PARSERS),
  should('RFC 9112 §3.2.3', 'An authority is a target of CONNECT alone', get('api.test:80'), badTarget, PARSERS),
  should('RFC 9112 §3.2.4', 'POST *', request('POST * HTTP/1.1', ['Content-Length: 0']), badTarget, PARSERS),
  should('RFC 9112 §3.2.4', 'HEAD *', request('HEAD * HTTP/1.1'), toHead(400, { mayClose: true })),
  should('RFC 9112 §3.2.4', 'A star with a query', request('OPTIONS *?a HTTP/1.1'), badTarget, PARSERS),
  should('RFC 9112 §3.2.4', 'A path of a star is a path', request('OPTIONS /* HTTP/1.1'), notFound),

  must(
    'RFC 9112 §3.2.2',
    'An absolute target of HTTP/1.0',
    bare('GET http://api.test/probe HTTP/1.0'),
    closing(probed),
  ),
  must(
    'RFC 9112 §3.2.2',
    'The port of an absolute target beats that of Host',
    request('GET http://api.test:8080/paths/url HTTP/1.1'),
    at('http://api.test:8080/paths/url'),
    { bun: because(BUN_ABSOLUTE, at('http://api.test/paths/url')) },
  ),
  must(
    'RFC 9112 §3.2.2',
    'An absolute target at an IPv6 address',
    request('GET http://[::1]:8080/paths/url HTTP/1.1'),
    at('http://[::1]:8080/paths/url'),
    { bun: because(BUN_ABSOLUTE, at('http://api.test/paths/url')) },
  ),
  must('RFC 9110 §4.2.3', 'A host in upper case', get('http://API.TEST/probe'), probed),
  must('RFC 9110 §4.2.3', 'An absolute target with an empty port', get('http://api.test:/probe'), probed),
  must('RFC 9110 §4.2.3', 'An absolute target of only a query has the path "/"', get('http://api.test?a=1'), notFound),
  should('RFC 3986 §6.2.2.2', 'Escaped letters in an absolute target', get('http://api.test/paths/%61dmin'), admin),
  must('RFC 9110 §4.2.1', 'An absolute target without a host', get('http:///probe'), badTarget, {
    bun: because(BUN_ABSOLUTE, probed),
    deno: because(DENO_URL, notFound),
  }),
  must('RFC 9110 §4.2.1', 'An absolute target with a port and no host', get('http://:80/probe'), badTarget, {
    bun: because(BUN_ABSOLUTE, probed),
  }),
  should('RFC 9112 §3.2.2', 'An absolute target without slashes', get('http:probe'), badTarget, PARSERS),
  should('RFC 9112 §3.2.2', 'An absolute target with one slash', get('http:/probe'), badTarget, PARSERS),
  should(
    'RFC 9112 §3.2.2',
    'An absolute target with a port out of range',
    get('http://api.test:99999/probe'),
    badTarget,
    { bun: because(BUN_ABSOLUTE, probed) },
  ),
  should('RFC 9112 §3.2.2', 'An absolute target with a port that is none', get('http://api.test:x/probe'), badTarget, {
    bun: because(BUN_ABSOLUTE, probed),
  }),
  should('RFC 9112 §3.2.2', 'An absolute target whose bracket stays open', get('http://[::1/probe'), badTarget, {
    bun: because(BUN_ABSOLUTE, probed),
  }),
  should('RFC 9112 §3.2.2', 'A backslash in an absolute target', get('http://api.test\\@other.test/probe'), badTarget, {
    bun: because(BUN_ABSOLUTE, probed),
  }),
  should('RFC 9112 §3.2.2', 'A fragment in place of a path', get('http://api.test#@other.test/probe'), badTarget, {
    bun: because(BUN_ABSOLUTE, probed),
    deno: because(DENO_URL, probed),
  }),
  should('RFC 9110 §4.2.4', 'A user and a password', get('http://me:hunter2@api.test/probe'), badTarget, {
    bun: because(BUN_ABSOLUTE, probed),
  }),
  ours('RFC 3986 §5.2.4', 'Escaped dots in an absolute target', get('http://api.test/paths/%2e%2e/probe'), dots, {
    bun: resolved(probed),
  }),
  ours('RFC 9110 §7.4', 'An absolute target of a file', get('file:///probe'), badTarget, {
    bun: parser(400),
    deno: because(DENO_URL, notFound),
  }),
  ours('RFC 9110 §7.4', 'An absolute target of a name', get('urn:probe'), badTarget, PARSERS),
  ours(
    'RFC 9110 §7.4',
    'An absolute target of a scheme that begins like http',
    get('httpx://api.test/probe'),
    badTarget,
    { bun: parser(400) },
  ),

  must(
    'RFC 9110 §9.3.6',
    'CONNECT without a port',
    request('CONNECT api.test HTTP/1.1'),
    { ...noTunnel, or: bad },
    { bun: because(BUN_CONNECT, { ...notAllowed, waits: true }), deno: stays },
  ),
  must(
    'RFC 9110 §9.3.6',
    'CONNECT to port 0',
    request('CONNECT api.test:0 HTTP/1.1'),
    { ...noTunnel, or: bad },
    { bun: because(BUN_CONNECT, { ...notAllowed, waits: true }), deno: stays },
  ),
  should(
    'RFC 9112 §3.2.3',
    'CONNECT to a path',
    request('CONNECT /probe HTTP/1.1'),
    { ...maybeClosing(notAllowed), or: bad },
    { deno: parser(400) },
  ),
]
