import { api, bytes, del, depends, get, group, noContent, ok, post, reply, stream, text } from 'trestle'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { Http2Caller, replyOf } from './http2-caller.ts'
import { issueCertificate } from './issue-certificate.ts'
import { type SecureServer, serveSecurely } from './secure-server.ts'

/** HTTP/2 answers what HTTP/1.1 answers (RFC 9113 §8). */

let told: unknown[] = []
let released: (string | undefined)[] = []
let signals: AbortSignal[] = []
let server: SecureServer
let caller: Http2Caller

const held = depends(
  {},
  async function* () {
    const failure: Error | undefined = yield 'held'
    released.push(failure?.message)
  },
  { scope: 'request' },
)

const app = api(
  { limits: { body: 100_000 } },
  {
    hello: get('/hello/{name}', ({ params }) => ({ hello: params.name })),
    about: get('/about', ({ request }) => ({
      host: request.header('Host'),
      cookie: request.header('cookie'),
      url: request.url,
      names: [...request.headers()].map(([name]) => name),
      from: request.remoteAddress,
    })),
    order: post('/orders', { body: z.object({ qty: z.int() }) }, ({ body }) => body),
    gone: del('/gone', { returns: noContent() }, () => {}),
    large: get('/large', { returns: bytes() }, () => Buffer.alloc(5_000_000, 'x')),
    count: get('/count', { returns: ok(stream('text/plain')) }, async function* () {
      for (const word of ['one ', 'two ', 'three']) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        yield word
      }
    }),
    broken: get('/broken', { returns: ok(stream('text/plain')) }, async function* () {
      yield 'half '
      await new Promise((resolve) => setTimeout(resolve, 20))
      throw new Error('the other half is not there')
    }),
    echo: post('/echo', { body: stream(), returns: ok(stream()) }, ({ body }) => body),
    read: post('/read', { body: text(), returns: text() }, ({ body }) => body),
    closing: get('/closing', { returns: ok(z.string()) }, () =>
      reply(200, 'kept', { connection: 'close', 'set-cookie': ['a=1', 'b=2'], 'x-name': 'é' }),
    ),
    wait: group('/wait', {
      here: get('/here', { use: { held } }, async ({ signal }) => {
        signals.push(signal)
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        return 'late'
      }),
    }),
  },
)

beforeAll(async () => {
  server = await serveSecurely(app, issueCertificate(), { report: (error) => told.push(error) })
})

afterAll(() => server.stop())

beforeEach(async () => {
  told = []
  released = []
  signals = []
  caller = await Http2Caller.open(server.port)
})

afterEach(() => caller.end())

test('a reply has the fields of HTTP/1.1, in lower case, and a date', async () => {
  const { status, headers, body } = await caller.get('/hello/ann')
  expect([status, JSON.parse(body)]).toEqual([200, { hello: 'ann' }])
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '15' })
  expect(Date.parse(String(headers.date))).toBeGreaterThan(Date.now() - 5000)
})

test('HEAD has the fields of GET and no byte of the body', async () => {
  const got = await caller.get('/hello/ann')
  const head = await caller.get('/hello/ann', { ':method': 'HEAD' })
  expect([head.status, head.body]).toEqual([200, ''])
  expect({ ...head.headers, date: '' }).toEqual({ ...got.headers, date: '' })
  const streamed = await caller.get('/count', { ':method': 'HEAD' })
  expect([streamed.status, streamed.body]).toEqual([200, ''])
})

test('204 has no body and no length', async () => {
  const { status, headers, body } = await caller.get('/gone', { ':method': 'DELETE' })
  expect([status, body, headers['content-length']]).toEqual([204, '', undefined])
})

test.each([
  ['GET', '/nothing', 404, 'not_found'],
  ['POST', '/hello/ann', 405, 'method_not_allowed'],
  ['BREW', '/hello/ann', 501, 'not_implemented'],
  ['TRACE', '/hello/ann', 405, 'method_not_allowed'],
  ['GET', '/hello/../admin', 400, 'bad_request'],
  ['GET', `/${'a'.repeat(20_000)}`, 414, 'target_too_long'],
])('%s %s: %i', async (method, path, status, code) => {
  const got = await caller.get(path, { ':method': method })
  expect([got.status, JSON.parse(got.body).code]).toEqual([status, code])
})

test('OPTIONS * is answered', async () => {
  expect((await caller.get('*', { ':method': 'OPTIONS' })).status).toBe(204)
})

test(':authority is Host to whoever asks, and the origin of the url', async () => {
  const about = JSON.parse((await caller.get('/about', { ':authority': 'api.test:8443', cookie: ['a=1', 'b=2'] })).body)
  expect(about).toEqual({
    host: 'api.test:8443',
    cookie: 'a=1; b=2',
    url: 'https://api.test:8443/about',
    names: ['host', 'cookie'],
    from: '127.0.0.1',
  })
})

test('bodies are read and validated', async () => {
  expect((await caller.post('/orders', '{"qty":2}')).body).toBe('{"qty":2}')
  expect((await caller.post('/orders', '{"qty":"two"}')).status).toBe(422)
  expect((await caller.post('/orders', '')).status).toBe(400)
  expect((await caller.post('/orders', '{"qty":2}', { 'content-type': 'text/plain' })).status).toBe(415)
})

test('a body that is too large is refused by its length, and by its count, and the connection lives on', async () => {
  const large = Buffer.alloc(200_000, 'x')
  const type = { 'content-type': 'text/plain' }
  expect((await caller.post('/read', large, { ...type, 'content-length': '200000' })).status).toBe(413)
  expect((await caller.post('/read', large, type)).status).toBe(413)
  expect((await caller.post('/read', Buffer.alloc(100_000, 'x'), type)).body).toHaveLength(100_000)
})

test('what is left of a body that nobody reads takes nothing from the connection', async () => {
  const large = Buffer.alloc(90_000, 'x')
  for (let i = 0; i < 30; i++) expect((await caller.post('/nothing', large)).status).toBe(404)
  expect((await caller.post('/read', large, { 'content-type': 'text/plain' })).body).toHaveLength(90_000)
})

test('a large reply comes whole, a streamed one in pieces', async () => {
  expect((await caller.get('/large')).body).toHaveLength(5_000_000)
  expect((await caller.get('/count')).body).toBe('one two three')
  const echoed = await caller.post('/echo', Buffer.alloc(90_000, 'y'), { 'content-type': 'application/octet-stream' })
  expect(echoed.body).toBe('y'.repeat(90_000))
})

test('many streams at once are answered', async () => {
  const names = Array.from({ length: 100 }, (_, i) => `n${i}`)
  const replies = await Promise.all(names.map((name) => caller.get(`/hello/${name}`)))
  expect(replies.map(({ body }) => JSON.parse(body).hello)).toEqual(names)
})

test('a reply that fails half-way is reset with an error, so that the half is not taken for the whole', async () => {
  await expect(caller.get('/broken')).rejects.toThrow('reset 2')
  expect(told.map((error) => (error as Error).message)).toEqual(['the other half is not there'])
})

test('what a handler says of the connection is left out, and fields may come twice', async () => {
  const { status, headers } = await caller.get('/closing')
  expect([status, headers.connection, headers['set-cookie']]).toEqual([200, undefined, ['a=1', 'b=2']])
  expect(headers['x-name']).toBe('é')
  expect(told).toEqual([])
})

test('100 is sent when the route wants the body, and not before', async () => {
  const wanted = caller.begin('/read', { ':method': 'POST', 'content-type': 'text/plain', expect: '100-continue' })
  const received = replyOf(wanted)
  await new Promise<void>((resolve) => wanted.once('continue', resolve))
  wanted.end('go on')
  expect((await received).body).toBe('go on')

  const refused = caller.begin('/nothing', { ':method': 'POST', expect: '100-continue' })
  let continued = false
  refused.once('continue', () => {
    continued = true
  })
  expect((await replyOf(refused)).status).toBe(404)
  expect(continued).toBe(false)
  expect((await caller.get('/hello/ann', { expect: 'miracles' })).status).toBe(417)
})

test('a caller that resets its stream fires the signal, and what was held is released', async () => {
  const waiting = caller.begin('/wait/here', {}, { endStream: true })
  await expect.poll(() => signals.length).toBe(1)
  waiting.close(8)
  await expect.poll(() => released).toEqual(['the caller left before the reply was sent'])
  expect(String(signals[0]?.reason)).toContain('the caller left before the reply was sent')
  expect((await caller.get('/hello/ann')).status).toBe(200)
  expect(told).toEqual([])
})

test('a caller that goes away with its connection does the same', async () => {
  caller.begin('/wait/here', {}, { endStream: true })
  await expect.poll(() => signals.length).toBe(1)
  caller.end()
  await expect.poll(() => released).toEqual(['the caller left before the reply was sent'])
})

test('more fields than the limits allow are 431', async () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x-${i}`, 'v']))
  const got = await caller.get('/hello/ann', many)
  expect([got.status, JSON.parse(got.body).code]).toEqual([431, 'headers_too_large'])
  expect((await caller.get('/hello/ann', { 'x-long': 'v'.repeat(20_000) })).status).toBe(431)
  const { 'x-0': _, ...fewer } = many
  expect((await caller.get('/hello/ann', fewer)).status).toBe(200)
})

test.each([
  ['header bytes', { headerBytes: 2 ** 40 }],
  ['header fields', { headerBytes: 2 ** 40, headerCount: 2 ** 31 - 4 }],
])('a limit of %s that is beyond every setting is none', async (_, limits) => {
  const lax = await serveSecurely(app, issueCertificate(), { limits })
  const other = await Http2Caller.open(lax.port)
  expect((await other.get('/hello/ann', { 'x-long': 'v'.repeat(20_000) })).status).toBe(200)
  other.end()
  await lax.stop()
})

test('behind a proxy that is believed, the caller is whoever it names', async () => {
  const behind = await serveSecurely(app, issueCertificate(), {
    proxy: { trust: ['loopback'], headers: 'forwarded' },
  })
  const other = await Http2Caller.open(behind.port)
  const forwarded = { forwarded: 'for=192.0.2.7;host=api.test;proto=http' }
  const about = JSON.parse((await other.get('/about', forwarded)).body)
  expect([about.from, about.url]).toEqual(['192.0.2.7', 'http://api.test/about'])
  other.end()
  await behind.stop()
})
