import { api, created, depends, get, group, implement, ok, post, put, stream, versions } from 'trestle'
import { securityScheme } from 'trestle/auth'
import { batch } from 'trestle/batch'
import { createClient } from 'trestle/client'
import { serve } from 'trestle/node'
import { compression, invalidates, requestId } from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { deferred } from '../pipeline/wires.ts'
import { together } from './calls.ts'

/** A batch beside other parts of Trestle. */

const quiet = { places: { docs: false, redoc: false, reference: false } } as const

test('each request names its version, or has that of the whole', async () => {
  const app = api(quiet, {
    ...versions(
      { '1': { read: get('/hello', () => 'old') }, '2': { read: get('/hello', () => 'new') } },
      { default: '1' },
    ),
    batch: batch(),
  })
  const { fetch, close } = await createTestClient(app)
  const requests = [
    { path: '/hello' },
    { path: '/hello', headers: { 'API-Version': '1' } },
    { path: '/hello', headers: { 'api-version': '3' } },
  ]
  const bodies = async (shown: Record<string, string>) =>
    (await together(fetch, requests, shown)).replies.map(({ status, body, headers }) => [
      status === 200 ? body : status,
      headers['api-version'],
    ])
  expect(await bodies({})).toEqual([
    ['old', '1'],
    ['old', '1'],
    [400, undefined],
  ])
  expect(await bodies({ 'api-version': '2' })).toEqual([
    ['new', '2'],
    ['old', '1'],
    [400, undefined],
  ])
  await close()
})

test('under overload its requests are refused one by one, and it takes no place itself', async () => {
  const go = deferred()
  const app = api(quiet, { slow: get('/slow', () => go.promise.then(() => 'done')), batch: batch() })
  const options = { port: 0, host: '127.0.0.1', quiet: true, signals: false, report: () => {} } as const
  const server = await serve(app, { ...options, overload: { concurrency: 2 } })
  const asked = together(
    (path, init) => fetch(server.url.replace('localhost', '127.0.0.1') + path, init),
    [{ path: '/slow' }, { path: '/slow' }, { path: '/slow' }, { path: '/healthz' }],
  )
  setTimeout(go.resolve, 50)
  const { status, replies } = await asked
  expect([status, replies.map(({ status }) => status)]).toEqual([200, [200, 200, 503, 200]])
  expect(replies[2]).toMatchObject({ headers: { 'retry-after': '1' }, body: { code: 'overloaded' } })
  await server.stop()
})

test('a key that stands in the address of the whole is that of each, and of none its own', async () => {
  const shown = depends({}, ({ request }) => new URLSearchParams(request.search).get('api_key') ?? undefined)
  const key = securityScheme({ shown }, ({ shown }) => shown, {
    name: 'key',
    scheme: { type: 'apiKey', in: 'query', name: 'api_key' },
    challenge: { scheme: 'ApiKey' },
    principal: (text) => text,
  })
  const app = api(quiet, { who: get('/who', { use: { key } }, ({ key }) => key), batch: batch() })
  const { fetch, close } = await createTestClient(app)
  const body = JSON.stringify({ requests: [{ path: '/who' }, { path: '/who?a=1' }, { path: '/who?%61pi_key=other' }] })
  const response = await fetch('/batch?api_key=a%26b', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  const { replies } = (await response.json()) as { replies: { status: number; body: unknown }[] }
  expect(replies.map(({ status, body }) => (status === 200 ? body : status))).toEqual(['a&b', 'a&b', 400])
  await close()
})

test('it is in a contract, whole as it is', async () => {
  const contract = api(quiet, { notes: group('/notes', { read: get('/', { returns: z.string() }) }), batch: batch() })
  const app = implement(contract, { notes: { read: () => 'kept' } })
  const { client, close } = await createTestClient(app)
  const { replies } = await client.batch({ body: { requests: [{ path: '/notes' }] } })
  expect(replies[0]?.body).toBe('kept')
  await close()
})

test('a client that knows the description alone calls it too', async () => {
  const app = api({ hello: get('/hello', () => 'hi'), batch: batch() })
  const { fetch, close } = await createTestClient(app)
  const client = createClient<typeof app>('http://test.invalid', {
    fetch: (request) => fetch(new URL((request as Request).url).pathname, request as Request),
  })
  const { replies } = await client.batch({ body: { requests: [{ path: '/hello' }] } })
  expect(replies).toEqual([{ status: 200, headers: { 'content-type': 'application/json' }, body: 'hi' }])
  await close()
})

test('its reply is sent plain, as are those in it, whatever packs each of them on its own', async () => {
  const words = 'all that glitters '.repeat(200)
  const app = api({ ...quiet, policies: [compression()] }, { words: get('/words', () => words), batch: batch() })
  const { fetch, close } = await createTestClient(app)
  const shown = { 'accept-encoding': 'gzip' }
  expect((await fetch('/words', { headers: shown })).headers.get('content-encoding')).toBe('gzip')
  const { headers, replies } = await together(fetch, [{ path: '/words' }], shown)
  expect([headers.get('content-encoding'), replies[0]?.headers['content-encoding'], replies[0]?.body]).toEqual([
    null,
    undefined,
    words,
  ])
  await close()
})

test('a body that does not come is not waited for for ever', async () => {
  const seen: string[] = []
  const connection = depends({}, function* () {
    yield 'a connection'
    seen.push('released')
  })
  const app = api(quiet, {
    stuck: get('/stuck', { returns: ok(stream('text/plain')), use: { connection } }, async function* () {
      try {
        yield 'a'
        await new Promise((resolve) => setTimeout(resolve, 6000))
      } finally {
        seen.push('ended')
      }
    }),
    hello: get('/hello', () => 'hi'),
    batch: batch(),
  })
  const { fetch, failures, close } = await createTestClient(app)
  const { replies } = await together(fetch, [{ path: '/stuck' }, { path: '/hello' }])
  expect(replies.map(({ status, body, omitted }) => [status, body, omitted])).toEqual([
    [200, undefined, 'too_slow'],
    [200, 'hi', undefined],
  ])
  await close()
  // What it works with is not taken from it.
  expect([seen, failures]).toEqual([['ended', 'released'], []])
}, 15_000)

test('what is dropped from a cache is dropped when a batch has changed it', async () => {
  const { cached } = await import('trestle/policies')
  let name = 'old'
  const app = api(quiet, {
    read: get('/name', { policies: [cached({ for: 600, tags: ['name'] })] }, () => name),
    write: put('/name', { policies: [invalidates('name')] }, () => {
      name = 'new'
      return name
    }),
    batch: batch(),
  })
  const { fetch, close } = await createTestClient(app)
  const { replies } = await together(fetch, [{ path: '/name' }, { method: 'PUT', path: '/name' }, { path: '/name' }])
  expect(replies.map(({ body }) => body)).toEqual(['old', 'new', 'new'])
  await close()
})

test('a failure is told with the id of its request', async () => {
  const told: unknown[] = []
  const app = api(
    { ...quiet, middleware: [requestId({ accept: true })] },
    {
      breaks: get('/breaks', () => {
        throw new Error('it broke')
      }),
      batch: batch(),
    },
  )
  const options = { port: 0, host: '127.0.0.1', quiet: true, signals: false } as const
  const server = await serve(app, { ...options, report: (_error, about) => told.push(about) })
  await together(
    (path, init) => fetch(`http://127.0.0.1:${server.port}${path}`, init),
    [{ path: '/breaks' }, { path: '/breaks' }],
    { 'x-request-id': 'abc' },
  )
  expect(told).toEqual([
    { operation: 'breaks', request: 'GET /breaks', id: 'abc.0' },
    { operation: 'breaks', request: 'GET /breaks', id: 'abc.1' },
  ])
  await server.stop()
})

test('behind a proxy each request has the address of its caller, and is where that one asks', async () => {
  const app = api(quiet, {
    where: get('/things/{id}', ({ request }) => [request.remoteAddress, request.url]),
    make: post('/things', { returns: created(z.object({ id: z.string() })) }, () => ({ id: '7' })),
    batch: batch(),
  })
  const options = { port: 0, host: '127.0.0.1', quiet: true, signals: false } as const
  const server = await serve(app, { ...options, proxy: { trust: ['loopback'], prefix: '/api' } })
  const said = { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-host': 'shop.example', 'x-forwarded-proto': 'https' }
  const { replies } = await together(
    (path, init) => fetch(`http://127.0.0.1:${server.port}${path}`, init),
    [{ path: '/things/1' }, { method: 'POST', path: '/things' }],
    said,
  )
  expect(replies[0]?.body).toEqual(['192.0.2.7', 'https://shop.example/api/things/1'])
  expect(replies[1]?.headers.location).toBe('/api/things/7')
  await server.stop()
})
