import { type Case, type Expected, get, refused } from '../case.ts'
import { PARSERS, parser, resolved, stays } from '../reasons.ts'

const echo = (text: string, path: string): { status: 200; json: unknown } => ({ status: 200, json: { text, path } })
const dots = refused(400, 'bad_request', { detail: 'segments' })
const url = (reply: Expected): Partial<Case> => ({ differs: { memory: resolved(reply), bun: resolved(reply) } })
const probed = { status: 200, json: { ok: true } } as const
const admin = { status: 200, json: { admin: true, path: '/paths/admin' } } as const
const nothing = refused(404, 'not_found')
const bad = refused(400, 'bad_request', { closes: true })
const dropped = { ...probed, why: 'The runtime hands over a URL; its fragment is dropped.' }
const long = refused(414, 'target_too_long', { closes: true })
const LIMIT = {
  node: {
    ...refused(414, 'target_too_long'),
    why: 'node:http has read the whole target by then: the connection goes on.',
  },
  deno: { ...refused(414, 'target_too_long'), why: 'Deno has read the whole target by then: the connection goes on.' },
  bun: { ...parser(431), why: 'Bun counts the target to the header section, which may have 16 KB.' },
}

/** Request targets: what two readers could take for two paths is refused, the rest is decoded once. */
export const targets: readonly Case[] = [
  get('An unknown path', '/no/such', refused(404, 'not_found')),
  get('A slash at the end is another path', '/probe/', refused(404, 'not_found')),
  get('Upper case is another path', '/PROBE', refused(404, 'not_found')),
  get('An escaped letter is the letter, for the route and for what reads `request.path`', '/paths/%61dmin', {
    status: 200,
    json: { admin: true, path: '/paths/admin' },
  }),
  get('Escapes of a parameter are decoded', '/paths/echo/caf%C3%A9', echo('café', '/paths/echo/caf%C3%A9')),
  get('Lower-case escapes are the same path', '/paths/echo/caf%c3%a9', echo('café', '/paths/echo/caf%C3%A9')),
  get('An escaped slash stays inside its segment', '/paths/echo/a%2fb', echo('a/b', '/paths/echo/a%2Fb')),
  get('An escaped slash joins no segments', '/paths%2Fadmin', refused(404, 'not_found')),
  get('Escapes are decoded once', '/paths/echo/%2561', echo('%61', '/paths/echo/%2561')),
  get('An escaped backslash is text', '/paths/echo/a%5Cb', echo('a\\b', '/paths/echo/a%5Cb')),
  get('An escaped question mark is text', '/paths/echo/a%3Fb', echo('a?b', '/paths/echo/a%3Fb')),
  get('A plus is a plus', '/paths/echo/a+b', echo('a+b', '/paths/echo/a+b')),
  get('The rest of a path keeps its slashes', '/paths/rest/a/b//c', { status: 200, json: { path: 'a/b//c' } }),
  get('An empty segment is no segment', '//probe', refused(404, 'not_found')),
  get('Empty segments in between', '/paths//admin', refused(404, 'not_found')),
  get('A dot segment is refused', '/paths/./admin', dots, url(admin)),
  get('Two dots are refused', '/paths/../probe', dots, url(probed)),
  get('Two dots at the end', '/paths/..', dots, url(nothing)),
  get('Escaped dots are dots', '/paths/%2e%2e/probe', dots, url(probed)),
  get('Half-escaped dots', '/paths/.%2E/probe', dots, url(probed)),
  get('Dots above the root', '/../../probe', dots, url(probed)),
  get(
    'Dots behind an escaped slash, which whoever reads the parameter takes for a segment',
    '/paths/rest/..%2F..%2Fa',
    dots,
  ),
  get('Dots behind an escaped backslash', '/paths/rest/a%5c..%5cb', dots),
  get('Dots between escaped slashes of a parameter', '/paths/echo/a%2F%2e%2e%2Fb', dots),
  get('Two dots within a name', '/paths/echo/a..%2Fb', echo('a../b', '/paths/echo/a..%2Fb')),
  get('Three dots are a name', '/paths/echo/...', echo('...', '/paths/echo/...')),
  get(
    'A backslash is refused',
    '/paths\\admin',
    refused(400, 'bad_request', { detail: 'percent-encoded' }),
    url(admin),
  ),
  get('A backslash with dots', '/paths/..\\admin', refused(400, 'bad_request'), url(nothing)),
  get('NUL, escaped', '/paths/echo/a%00b', refused(400, 'bad_request', { detail: 'NUL' })),
  get('An escape that is none', '/paths/echo/%zz', refused(400, 'bad_request')),
  get('An escape that breaks off', '/paths/echo/%a', refused(400, 'bad_request')),
  get('A percent sign alone', '/paths/echo/%', refused(400, 'bad_request')),
  get('Overlong UTF-8 of a slash', '/paths/echo/%c0%af', refused(400, 'bad_request', { detail: 'UTF-8' })),
  get('Overlong UTF-8 of a dot, three bytes', '/paths/echo/%e0%80%ae', refused(400, 'bad_request')),
  get('UTF-8 that breaks off', '/paths/echo/%c3', refused(400, 'bad_request')),
  get('A surrogate in UTF-8', '/paths/echo/%ed%a0%80', refused(400, 'bad_request')),
  {
    name: 'A NUL byte',
    raw: 'GET /paths/echo/a\0b HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: bad,
    differs: { bun: parser(505), deno: parser(400) },
  },
  {
    name: 'Bytes beyond ASCII must be escaped',
    raw: 'GET /paths/echo/caf\xc3\xa9 HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: bad,
    differs: {
      bun: { ...echo('café', '/paths/echo/caf%C3%A9'), why: 'Bun escapes the bytes itself.' },
      deno: stays(bad),
    },
  },
  {
    name: 'A space in the target',
    raw: 'GET /paths/echo/a b HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: bad,
    differs: { bun: parser(505), deno: parser(400) },
  },
  {
    name: 'A fragment is no part of a target',
    raw: 'GET /probe#x HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: refused(400, 'bad_request'),
    differs: { bun: dropped, deno: dropped },
  },
  {
    name: 'A fragment behind a query',
    raw: 'GET /probe?a=1#x HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: refused(400, 'bad_request'),
    differs: { bun: dropped, deno: dropped },
  },
  {
    name: 'A target without a slash',
    raw: 'GET probe HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: refused(400, 'bad_request'),
    differs: {
      ...PARSERS,
      node: { ...bad, why: 'The parser of node:http gives up at a target that it takes for none.' },
    },
  },
  {
    name: 'A target that begins with a star',
    raw: 'GET *probe HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: refused(400, 'bad_request'),
    differs: PARSERS,
  },
  get('A target of 8 KB', `/probe?${'a'.repeat(8185)}`, { status: 200, json: { ok: true } }),
  get('A target of 20 KB', `/probe?${'a'.repeat(20_000)}`, long, { differs: LIMIT }),
  get('A path of 20 KB', `/paths/echo/${'a'.repeat(20_000)}`, long, { differs: LIMIT }),
  get('A target of 40 KB', `/probe?${'a'.repeat(40_000)}`, long, {
    differs: {
      ...LIMIT,
      node: {
        ...refused(431, 'headers_too_large', { closes: true }),
        why: 'The parser of node:http gives up after 32 KB, and does not say in which line.',
      },
    },
  }),
  {
    name: 'An absolute target is taken',
    raw: 'GET http://api.test/paths/url?q=1 HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: { status: 200, json: { url: 'http://api.test/paths/url?q=1', search: 'q=1' } },
  },
  {
    name: 'The authority of an absolute target beats Host',
    raw: 'GET http://api.test/paths/url HTTP/1.1\r\nHost: other.test\r\n\r\n',
    reply: { status: 200, json: { url: 'http://api.test/paths/url', search: '' } },
    differs: {
      bun: {
        status: 200,
        json: { url: 'http://other.test/paths/url', search: '' },
        why: 'Bun takes the path of an absolute target and the authority of Host.',
      },
    },
  },
  {
    name: 'An absolute target without a path',
    raw: 'GET http://api.test HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: refused(404, 'not_found'),
  },
  {
    name: 'An absolute target of a scheme in upper case',
    raw: 'GET HTTP://api.test/probe HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: { status: 200, json: { ok: true } },
  },
  {
    name: 'An absolute target with dot segments',
    raw: 'GET http://api.test/paths/../probe HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: dots,
    differs: { bun: resolved(probed) },
  },
  {
    name: 'An absolute target with a user',
    raw: 'GET http://me@api.test/probe HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: bad,
    differs: {
      bun: { ...probed, why: 'Bun takes the path of an absolute target and the authority of Host.' },
      deno: stays(bad),
    },
  },
  {
    name: 'An absolute target of another scheme',
    raw: 'GET ftp://api.test/probe HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: refused(400, 'bad_request'),
    differs: { bun: parser(400) },
  },
]
