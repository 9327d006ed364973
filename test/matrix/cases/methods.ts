import { type Case, type Difference, get, refused } from '../case.ts'
import { GONE, NO_REQUEST, PARSERS, parser } from '../reasons.ts'

const THING = { id: 1, name: 'kettle' }
const UNKNOWN = refused(501, 'not_implemented')
const UNKNOWN_THERE = {
  node: { ...UNKNOWN, closes: true, why: 'The parser of node:http gives up at a method that it does not know.' },
  bun: GONE,
} as const
const NO_LENGTH = 'Bun writes `Content-Length: 0` where the reply to HEAD has no body.'

const refusedAs = (why: string): Difference => ({ ...refused(404, 'not_found'), why })

/** Methods, and what is answered where a path does not have one. */
export const methods: readonly Case[] = [
  get('GET answers', '/things/1', { status: 200, json: THING, headers: { 'content-type': 'application/json' } }),
  {
    name: 'HEAD is answered by GET: the same fields, Content-Length included, and no body',
    method: 'HEAD',
    target: '/things/1',
    reply: { status: 200, empty: true, headers: { 'content-type': 'application/json', 'content-length': '24' } },
  },
  {
    name: 'HEAD of a failure has the fields of the failure and no body',
    method: 'HEAD',
    target: '/things/404',
    reply: {
      status: 404,
      empty: true,
      headers: { 'content-type': 'application/problem+json', 'content-length': /^\d+$/ },
    },
  },
  {
    name: 'HEAD of an unknown path',
    method: 'HEAD',
    target: '/no/such',
    reply: { status: 404, empty: true, headers: { 'content-type': 'application/problem+json' } },
  },
  {
    name: 'HEAD of a stream begins nothing and sends nothing',
    method: 'HEAD',
    target: '/replies/stream',
    reply: { status: 200, empty: true, headers: { 'content-type': 'text/csv', 'content-length': null } },
    differs: { bun: { status: 200, empty: true, headers: { 'content-length': '0' }, why: NO_LENGTH } },
  },
  {
    name: 'HEAD of a file says how long it is',
    method: 'HEAD',
    target: '/replies/file',
    reply: { status: 200, empty: true, headers: { 'content-type': /^text\/plain/, 'content-length': '12' } },
  },
  {
    name: 'HEAD of a redirect',
    method: 'HEAD',
    target: '/replies/redirect',
    reply: { status: 303, empty: true, headers: { location: '/things/%C3%BC?q=1' } },
  },
  {
    name: 'OPTIONS says what a path has',
    method: 'OPTIONS',
    target: '/things/1',
    reply: {
      status: 204,
      empty: true,
      headers: { allow: 'GET, PUT, PATCH, DELETE, HEAD, OPTIONS', 'content-length': null },
    },
  },
  {
    name: 'OPTIONS of a path without GET',
    method: 'OPTIONS',
    target: '/bodies/json',
    reply: { status: 204, empty: true, headers: { allow: 'POST, OPTIONS' } },
  },
  { name: 'OPTIONS of an unknown path', method: 'OPTIONS', target: '/no/such', reply: refused(404, 'not_found') },
  {
    name: 'OPTIONS * is answered',
    raw: 'OPTIONS * HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: { status: 204, empty: true, headers: { 'content-length': null } },
    differs: {
      bun: parser(400),
      deno: refusedAs('Deno hands `*` over as the path `/*`.'),
    },
  },
  {
    name: '`*` is a target of OPTIONS alone',
    raw: 'GET * HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: refused(400, 'bad_request'),
    differs: PARSERS,
  },
  {
    name: 'A method that the path does not have is refused with Allow',
    method: 'DELETE',
    target: '/things',
    reply: refused(405, 'method_not_allowed', { headers: { allow: 'GET, POST, HEAD, OPTIONS' } }),
  },
  {
    name: 'POST to a path that only reads',
    method: 'POST',
    target: '/probe',
    body: '{}',
    reply: refused(405, 'method_not_allowed', { headers: { allow: 'GET, HEAD, OPTIONS' } }),
  },
  {
    name: 'HEAD where there is no GET',
    method: 'HEAD',
    target: '/bodies/json',
    reply: { status: 405, empty: true, headers: { allow: 'POST, OPTIONS' } },
  },
  {
    name: 'An unknown method is not implemented',
    method: 'BREW',
    target: '/things/1',
    reply: UNKNOWN,
    differs: UNKNOWN_THERE,
  },
  {
    name: 'A method that others know and this does not',
    method: 'PROPFIND',
    target: '/things/1',
    reply: refused(501, 'not_implemented'),
  },
  {
    name: 'A method in lower case is another method',
    raw: 'get /things/1 HTTP/1.1\r\nHost: api.test\r\n\r\n',
    reply: UNKNOWN,
    differs: UNKNOWN_THERE,
  },
  {
    name: 'TRACE is known and never allowed',
    method: 'TRACE',
    target: '/things/1',
    reply: refused(405, 'method_not_allowed', { headers: { allow: 'GET, PUT, PATCH, DELETE, HEAD, OPTIONS' } }),
    differs: { memory: NO_REQUEST },
  },
  {
    name: 'CONNECT opens no tunnel',
    raw: 'CONNECT api.test:80 HTTP/1.1\r\nHost: api.test:80\r\n\r\n',
    reply: refused(405, 'method_not_allowed', { headers: { allow: '' }, closes: true }),
    differs: {
      bun: {
        ...refused(405, 'method_not_allowed', { waits: true }),
        why: 'The runtime hands CONNECT over like any other method; Bun takes nothing more from the connection.',
      },
      deno: {
        ...refused(405, 'method_not_allowed'),
        why: 'The runtime hands CONNECT over like any other method.',
      },
    },
  },
  {
    name: 'QUERY reads with a body',
    method: 'QUERY',
    target: '/bodies/search',
    headers: [['Content-Type', 'application/json']],
    body: '{"term":"tea"}',
    reply: { status: 200, json: { found: 'tea' } },
  },
  {
    name: 'PUT with no content to answer',
    method: 'PUT',
    target: '/things/1',
    headers: [['Content-Type', 'application/json']],
    body: '{"name":"pot"}',
    reply: { status: 204, empty: true, headers: { 'content-length': null, 'content-type': null } },
  },
  {
    name: 'PATCH',
    method: 'PATCH',
    target: '/things/1',
    headers: [['Content-Type', 'application/json']],
    body: '{"name":"pot"}',
    reply: { status: 204, empty: true },
  },
  { name: 'DELETE', method: 'DELETE', target: '/things/1', reply: { status: 204, empty: true } },
  {
    name: 'DELETE with a body that nobody asked for',
    method: 'DELETE',
    target: '/things/1',
    body: 'whatever',
    reply: { status: 204, empty: true },
  },
  {
    name: 'GET with a body that nobody asked for',
    raw: 'GET /probe HTTP/1.1\r\nHost: api.test\r\nContent-Length: 5\r\n\r\nhello',
    reply: { status: 200, json: { ok: true } },
  },
]
