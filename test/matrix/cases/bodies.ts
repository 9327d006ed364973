import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { type Case, type Expected, get, post, refused } from '../case.ts'
import { PARSERS, stays } from '../reasons.ts'

const typed = (name: string, type: string, reply: Expected, more: Partial<Case> = {}): Case =>
  post(name, '/bodies/json', '{"a":1}', reply, { headers: [['Content-Type', type]], ...more })
const taken = { status: 200, json: { got: { a: 1 } } } as const
const OCTETS = [['Content-Type', 'application/octet-stream']] as const
const wrong = refused(415, 'unsupported_media_type', { headers: { accept: 'application/json' } })
const rawType = (value: string): string =>
  `POST /bodies/json HTTP/1.1\r\nHost: api.test\r\nContent-Type:${value}\r\nContent-Length: 7\r\n\r\n{"a":1}`

const large = refused(413, 'content_too_large', { detail: '16 bytes', closes: true })
const largeStream = refused(413, 'content_too_large', { detail: '1000 bytes', closes: true })

type Octets = Uint8Array<ArrayBuffer>

const PACKED = {
  gzip: new Uint8Array(gzipSync('{"a":1}')),
  br: new Uint8Array(brotliCompressSync('{"a":1}')),
  zstd: new Uint8Array(zstdCompressSync('{"a":1}')),
  deflate: new Uint8Array(deflateSync('{"a":1}')),
}
const ZEROS = Buffer.alloc(100_000)
const bombs: Readonly<Record<string, Octets>> = {
  gzip: new Uint8Array(gzipSync(ZEROS)),
  br: new Uint8Array(brotliCompressSync(ZEROS)),
  zstd: new Uint8Array(zstdCompressSync(ZEROS)),
  deflate: new Uint8Array(deflateSync(ZEROS)),
}

const glued = (first: Uint8Array, second: Uint8Array | number[]): Octets => new Uint8Array([...first, ...second])
const broken = (coding: string): Expected => refused(400, 'malformed_body', { detail: coding })
const bomb = refused(413, 'content_too_large', { detail: '1000 bytes' })
const uncoded = refused(415, 'unsupported_media_type', {
  headers: { 'accept-encoding': 'gzip, br, zstd, deflate', accept: null },
})
function coded(name: string, coding: string, body: Octets, reply: Expected): Case {
  return post(name, '/bodies/json', body, reply, {
    headers: [
      ['Content-Type', 'application/json'],
      ['Content-Encoding', coding],
    ],
  })
}

/** Media types and bodies: what is not the declared type is refused, never let past validation. */
export const bodies: readonly Case[] = [
  typed('JSON is taken', 'application/json', taken),
  typed('A charset is taken where it is UTF-8', 'application/json; charset=utf-8', taken),
  typed('A charset in quotes', 'application/json;charset="UTF-8"', taken),
  typed('Upper case', 'APPLICATION/JSON', taken),
  typed('A parameter that says nothing', 'application/json; profile=x', taken),
  typed('A semicolon with nothing behind it', 'application/json;', taken),
  { name: 'A tab before the type', raw: rawType('\tapplication/json'), reply: taken },
  { name: 'A space behind the type', raw: rawType(' application/json '), reply: taken },
  typed('Another charset', 'application/json; charset=utf-16', wrong),
  typed('Another charset behind UTF-8', 'application/json; charset=utf-8; charset=utf-16', wrong),
  typed('Another type', 'text/plain', wrong),
  typed('A type that begins alike', 'application/jsonx', wrong),
  typed('A type that ends alike', 'application/problem+json', wrong),
  typed('A doubled type', 'application/json, application/json', wrong),
  typed('A type and another', 'text/plain, application/json', wrong),
  typed('Blanks inside', 'application / json', wrong),
  typed('A parameter without a value', 'application/json; charset', wrong),
  typed('A type in quotes', '"application/json"', wrong),
  typed('A type of blanks and semicolons', `application/json${'; '.repeat(115)}"`, wrong),
  {
    name: 'Two Content-Types that agree',
    raw: rawType(' application/json\r\nContent-Type: application/json'),
    reply: wrong,
  },
  {
    name: 'Two Content-Types that differ',
    raw: rawType(' application/json\r\nContent-Type: text/plain'),
    reply: wrong,
  },
  { name: 'An empty Content-Type', raw: rawType(''), reply: wrong },
  {
    name: 'NUL in the type',
    raw: rawType(' application/json\0'),
    reply: refused(400, 'bad_request', { closes: true }),
    differs: PARSERS,
  },
  {
    name: 'No Content-Type',
    raw: 'POST /bodies/json HTTP/1.1\r\nHost: api.test\r\nContent-Length: 7\r\n\r\n{"a":1}',
    reply: wrong,
  },
  ...Object.entries(PACKED).flatMap(([coding, body]) => [
    coded(`A body in ${coding}`, coding, body, taken),
    coded(`A body in ${coding} that is cut`, coding, body.slice(0, -1), broken(coding)),
    coded(`A body in ${coding} with something behind it`, coding, glued(body, [97]), broken(coding)),
    coded(`A body that says ${coding} and is plain`, coding, new Uint8Array(Buffer.from('{"a":1}')), broken(coding)),
    post(`A body in ${coding} that decodes to more than the limit`, '/bodies/stream', bombs[coding] as Octets, bomb, {
      headers: [...OCTETS, ['Content-Encoding', coding]],
    }),
  ]),
  coded('A body in two codings', 'br, gzip', new Uint8Array(gzipSync(PACKED.br)), taken),
  coded('A body in two frames of Zstandard', 'zstd', glued(zstdCompressSync('{"a"'), zstdCompressSync(':1}')), taken),
  coded('A body in two members of gzip', 'gzip', glued(gzipSync('{"a"'), gzipSync(':1}')), taken),
  coded('A body in three codings', 'gzip, br, gzip', PACKED.gzip, uncoded),
  coded('A body in a coding that is not taken', 'compress', PACKED.gzip, uncoded),
  post('The coding `identity` is none', '/bodies/json', '{"a":1}', taken, {
    headers: [
      ['Content-Type', 'application/json'],
      ['Content-Encoding', 'identity'],
    ],
  }),
  post('A body of exactly the limit', '/bodies/small', '"12345678901234"', {
    status: 200,
    json: { got: '12345678901234' },
  }),
  post('A body over the limit by its length', '/bodies/small', '"123456789012345"', large, {
    differs: { deno: stays(large) },
  }),
  {
    name: 'A body over the limit by count',
    raw: 'POST /bodies/small HTTP/1.1\r\nHost: api.test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n"123456789012345"\r\n0\r\n\r\n',
    reply: large,
    differs: { deno: stays(large) },
  },
  {
    name: 'A body over the limit by count is refused before it ends',
    raw: 'POST /bodies/small HTTP/1.1\r\nHost: api.test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n"123456789012345"\r\n',
    reply: large,
    differs: { deno: stays(large, { waits: true }) },
  },
  {
    name: 'A body over the limit by its length is refused before it comes',
    raw: 'POST /bodies/small HTTP/1.1\r\nHost: api.test\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n',
    reply: large,
    differs: { deno: stays(large, { waits: true }) },
  },
  post(
    'A streamed body',
    '/bodies/stream',
    'x'.repeat(1000),
    { status: 200, json: { length: 1000 } },
    {
      headers: OCTETS,
      differs: {
        deno: {
          status: 200,
          json: { length: 1000 },
          closes: true,
          why: 'Deno ends a connection after a body that was read as a stream.',
        },
      },
    },
  ),
  post('A streamed body over the limit by its length', '/bodies/stream', 'x'.repeat(1001), largeStream, {
    headers: OCTETS,
  }),
  {
    name: 'A streamed body over the limit by count',
    raw: `POST /bodies/stream HTTP/1.1\r\nHost: api.test\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n${'x'.repeat(1001)}\r\n0\r\n\r\n`,
    reply: largeStream,
  },
  {
    name: 'No body where one is needed',
    method: 'POST',
    target: '/bodies/checked/1',
    headers: [['Content-Length', '0']],
    reply: refused(400, 'malformed_body', { detail: 'empty' }),
  },
  post('An empty body', '/bodies/json', '', refused(400, 'malformed_body', { detail: 'empty' })),
  post('A body of blanks', '/bodies/json', ' \n ', refused(400, 'malformed_body', { detail: 'empty' })),
  post('A body that is no JSON', '/bodies/json', '{"a":', refused(400, 'malformed_body', { detail: 'ends too early' })),
  post(
    'A body that is not UTF-8',
    '/bodies/json',
    new Uint8Array([0x22, 0xff, 0x22]),
    refused(400, 'malformed_body', { detail: 'UTF-8' }),
  ),
  post('A byte order mark is passed over', '/bodies/json', '\ufeff{"a":1}', taken),
  post(
    'A form',
    '/bodies/form',
    'name=a+b%21&age=7',
    { status: 200, json: { name: 'a b!', age: 7 } },
    { headers: [['Content-Type', 'application/x-www-form-urlencoded']] },
  ),
  post(
    'A form whose field comes twice',
    '/bodies/form',
    'name=a&name=b',
    refused(422, 'invalid_input', { pointers: ['/body/name'] }),
    { headers: [['Content-Type', 'application/x-www-form-urlencoded']] },
  ),
  post('A form with a bad escape', '/bodies/form', 'name=%ff', refused(422, 'invalid_input'), {
    headers: [['Content-Type', 'application/x-www-form-urlencoded']],
  }),
  post(
    'Text',
    '/bodies/text',
    'grüße',
    { status: 200, json: { length: 5, text: 'grüße' } },
    { headers: [['Content-Type', 'text/plain']] },
  ),
  post(
    'Bytes',
    '/bodies/bytes',
    new Uint8Array([0, 255, 10]),
    { status: 200, json: { length: 3 } },
    { headers: [['Content-Type', 'application/octet-stream']] },
  ),
  post(
    'Credentials are asked for before the body is looked at',
    '/bodies/guarded',
    'no JSON',
    refused(401, 'unauthorized'),
  ),
  post(
    'Every refused field is in one answer',
    '/bodies/checked/x',
    '{"name":1}',
    refused(422, 'invalid_input', { pointers: ['/params/id', '/body/name'] }),
  ),
  get(
    'A query field that is no number',
    '/things?limit=many',
    refused(422, 'invalid_input', { pointers: ['/query/limit'] }),
  ),
  get(
    'A query field that comes twice',
    '/things?limit=1&limit=2',
    refused(422, 'invalid_input', { pointers: ['/query/limit'] }),
  ),
  get('A path parameter that is no number', '/things/x', refused(422, 'invalid_input', { pointers: ['/params/id'] })),
]
