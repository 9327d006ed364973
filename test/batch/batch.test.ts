import {
  type Api,
  api,
  bytes,
  del,
  depends,
  file,
  get,
  group,
  ok,
  post,
  put,
  reply,
  status,
  stream,
  text,
} from 'trestle'
import { apiKeys, bearer } from 'trestle/auth'
import { batch } from 'trestle/batch'
import { toOpenApi } from 'trestle/openapi'
import { rateLimit, requestId, securityHeaders } from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { deferred, onEveryWire } from '../pipeline/wires.ts'
import { bodyOf, together } from './calls.ts'

const quiet = { places: { docs: false, redoc: false, reference: false } } as const

onEveryWire('a batch', (open) => {
  test('is answered in order, each request on its own, with what failed among them', async () => {
    const app = api(quiet, {
      hello: get('/hello/{name}', ({ params, request }) => ({ hello: params.name, search: request.search })),
      add: post('/add', { body: z.object({ a: z.int(), b: z.int() }) }, ({ body }) => body.a + body.b),
      breaks: get('/breaks', () => {
        throw new Error('it broke')
      }),
      batch: batch(),
    })
    const { fetch, failures } = await open(app)
    const { status, replies } = await together(fetch, [
      { id: 'one', path: '/hello/world?loud=yes' },
      { id: 'two', method: 'POST', path: '/add', body: { a: 1, b: 2 } },
      { method: 'POST', path: '/add', body: { a: 'x' } },
      { path: '/breaks' },
      { path: '/nowhere' },
      { method: 'DELETE', path: '/add' },
      { id: 'last', method: 'HEAD', path: '/hello/head' },
    ])
    expect(status).toBe(200)
    expect(replies.map(({ id, status }) => [id, status])).toEqual([
      ['one', 200],
      ['two', 200],
      [undefined, 422],
      [undefined, 500],
      [undefined, 404],
      [undefined, 405],
      ['last', 200],
    ])
    expect(replies[0]?.body).toEqual({ hello: 'world', search: 'loud=yes' })
    expect(replies[1]?.body).toBe(3)
    expect(replies[2]?.body).toMatchObject({ code: 'invalid_input' })
    expect(replies[3]?.body).toMatchObject({ code: 'internal_error' })
    expect(JSON.stringify(replies[3])).not.toContain('it broke')
    expect(replies[5]?.headers.allow).toBe('POST, OPTIONS')
    expect(replies[6]).not.toHaveProperty('body')
    expect(failures.map(({ error, operation }) => [operation, (error as Error).message])).toEqual([
      ['breaks', 'it broke'],
    ])
  })

  test('carries texts, bytes and what comes in pieces, up to their limits', async () => {
    const closed: string[] = []
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) yield 'x'.repeat(10_000)
      } finally {
        closed.push('endless')
      }
    }
    const app = api(quiet, {
      text: get('/text', { returns: ok(text()) }, () => 'grüße'),
      bytes: get('/bytes', { returns: bytes() }, () => Uint8Array.of(0, 255, 128)),
      file: get('/file', { returns: file('image/png') }, () => new Blob([Uint8Array.of(1, 2, 3)])),
      csv: get('/csv', { returns: stream('text/csv') }, () => ['a,b\n', '1,2\n']),
      events: get('/events', { returns: stream('text/event-stream') }, endless),
      endless: get('/endless', { returns: stream() }, endless),
      large: get('/large', () => 'x'.repeat(30_000)),
      breaks: get('/breaks', { returns: stream() }, function* () {
        yield 'a'
        throw new Error('the stream broke')
      }),
      nothing: get('/nothing', { returns: status(204, undefined) }, () => undefined),
      vendor: get('/vendor', { returns: ok(text('application/vnd.api+json')) }, () => '{"n":1e400, "half'),
      batch: batch({ replyBytes: 20_000 }),
    })
    const { fetch, failures } = await open(app)
    const paths = ['text', 'bytes', 'file', 'csv', 'events', 'endless', 'large', 'breaks', 'nothing', 'vendor']
    const { replies } = await together(
      fetch,
      paths.map((path) => ({ path: `/${path}` })),
    )
    expect(replies.map(({ status, body, encoding, omitted }) => ({ status, body, encoding, omitted }))).toEqual([
      { status: 200, body: 'grüße' },
      { status: 200, body: 'AP+A', encoding: 'base64' },
      { status: 200, body: 'AQID', encoding: 'base64' },
      { status: 200, body: 'a,b\n1,2\n' },
      { status: 200, omitted: 'endless' },
      { status: 200, omitted: 'too_large' },
      { status: 200, omitted: 'too_large' },
      { status: 500, body: expect.objectContaining({ code: 'internal_error' }) },
      { status: 204 },
      { status: 200, body: '{"n":1e400, "half' },
    ])
    // It was begun once: what has no end is not even asked for its beginning.
    expect(closed).toEqual(['endless'])
    expect(failures.map(({ error }) => (error as Error).message)).toEqual(['the stream broke'])
  })

  test('takes bodies of other kinds: texts as they are, bytes as base64', async () => {
    const app = api(quiet, {
      text: post('/text', { body: text() }, ({ body }) => `got ${body}`),
      bytes: post('/bytes', { body: bytes() }, ({ body }) => [...body]),
      pieces: post('/pieces', { body: stream() }, async ({ body }) => (await new Response(body).bytes()).length),
      batch: batch(),
    })
    const { fetch } = await open(app)
    const octets = { 'content-type': 'application/octet-stream' }
    const { replies } = await together(fetch, [
      { method: 'POST', path: '/text', headers: { 'Content-Type': 'text/plain' }, body: 'a text' },
      { method: 'POST', path: '/bytes', headers: octets, body: 'AP+A', encoding: 'base64' },
      { method: 'POST', path: '/pieces', headers: octets, body: 'AP+A', encoding: 'base64' },
      { method: 'POST', path: '/bytes', headers: octets, body: 'no base64', encoding: 'base64' },
      { method: 'POST', path: '/text', headers: { 'content-type': 'text/plain' }, body: { a: 1 } },
    ])
    expect(replies.map(({ body }) => body)).toMatchObject([
      'got a text',
      [0, 255, 128],
      3,
      { status: 400, detail: 'The body is not base64 (RFC 4648 §4)' },
      { status: 400 },
    ])
  })

  test('runs what reads at once, and what writes alone, after all before it', async () => {
    let atWork = 0
    let most = 0
    const seen: string[] = []
    const work = async (name: string): Promise<void> => {
      most = Math.max(most, ++atWork)
      await new Promise((resolve) => setTimeout(resolve, 5))
      seen.push(`${name} beside ${--atWork}`)
    }
    const app = api(quiet, {
      read: get('/{n}', ({ params }) => work(`read ${params.n}`)),
      write: put('/{n}', ({ params }) => work(`write ${params.n}`)),
      batch: batch({ concurrency: 3 }),
    })
    const { fetch } = await open(app)
    const reads = [0, 1, 2, 3, 4].map((n) => ({ path: `/${n}` }))
    await together(fetch, [...reads, { method: 'PUT', path: '/5' }, { method: 'PUT', path: '/6' }, { path: '/7' }])
    expect(most).toBe(3)
    expect(seen.slice(5)).toEqual(['write 5 beside 0', 'write 6 beside 0', 'read 7 beside 0'])
  })

  test('has the caller, the id and the prefix of the whole, and releases what each has used', async () => {
    const released: string[] = []
    const session = depends({}, async function* ({ request }) {
      yield request.id
      released.push(String(request.id))
    })
    const app = api(
      { ...quiet, middleware: [requestId({ accept: true }), securityHeaders()] },
      {
        who: get('/who', { use: { session } }, ({ request, session, background }) => {
          background(() => void released.push(`after ${request.id}`))
          return {
            id: session,
            agent: request.header('user-agent'),
            accept: request.header('accept'),
            url: request.url,
          }
        }),
        batch: batch(),
      },
    )
    const { fetch } = await open(app)
    const shown = { 'x-request-id': 'abc', 'user-agent': 'a test', accept: 'application/json' }
    const { headers, replies } = await together(
      fetch,
      [{ path: '/who' }, { path: '/who', headers: { accept: 'a/b' } }],
      shown,
    )
    expect(headers.get('x-request-id')).toBe('abc')
    expect(replies.map(({ body }) => body)).toMatchObject([
      { id: 'abc.0', agent: 'a test' },
      { id: 'abc.1', agent: 'a test', accept: 'a/b' },
    ])
    expect(bodyOf<{ accept?: string }>(replies[0]).accept).toBeUndefined()
    expect(bodyOf<{ url: string }>(replies[0]).url).toMatch(/^http:\/\/[^/]+\/who$/)
    expect(replies[1]?.headers).toMatchObject({ 'x-request-id': 'abc.1', 'x-content-type-options': 'nosniff' })
    await expect.poll(() => released.toSorted()).toEqual(['abc.0', 'abc.1', 'after abc.0', 'after abc.1'])
  })

  test('has rules of its API and its groups for each request, and not for itself as well', async () => {
    const seen: string[] = []
    const app = api(
      {
        ...quiet,
        before: [({ operation }) => void seen.push(operation)],
        after: [(_context, result) => ({ data: result })],
        policies: [rateLimit('3/minute')],
      },
      { hello: get('/hello', () => 'hi'), batch: batch() },
    )
    const { fetch } = await open(app)
    const { replies } = await together(fetch, Array(4).fill({ path: '/hello' }))
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(replies[0]?.body).toEqual({ data: 'hi' })
    expect(seen).toEqual(['hello', 'hello', 'hello'])
  })

  test('sets cookies for the browser, and shows none to its scripts', async () => {
    const set = (path: '/a' | '/b') =>
      post(path, () => reply(204, undefined, { 'set-cookie': [`${path.slice(1)}=1; HttpOnly`, 'c=2'] }))
    const { fetch } = await open(api(quiet, { a: set('/a'), b: set('/b'), batch: batch() }))
    const posts = [
      { method: 'POST', path: '/a' },
      { method: 'POST', path: '/b' },
    ]
    const { headers, replies } = await together(fetch, posts)
    expect(headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'c=2', 'b=1; HttpOnly', 'c=2'])
    expect(headers.get('cache-control')).toBe('no-store')
    expect(JSON.stringify(replies)).not.toContain('HttpOnly')
  })

  test('holds each to its time, and all to theirs', async () => {
    const stopped: string[] = []
    const slow = async ({ signal, operation }: { signal: AbortSignal; operation: string }): Promise<string> => {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve)
      })
      stopped.push(operation)
      return 'late'
    }
    const app = api(quiet, {
      slow: get('/slow', { limits: { timeout: 30 } }, slow),
      slower: get('/slower', slow),
      never: get('/never', () => stopped.push('never')),
      batch: batch({ limits: { timeout: 200 }, concurrency: 1 }),
    })
    const { fetch } = await open(app)
    const { replies } = await together(fetch, [{ path: '/slow' }, { path: '/healthz' }])
    expect(replies.map(({ status, body }) => [status, (body as { code?: string }).code])).toEqual([
      [503, 'handler_timeout'],
      [200, undefined],
    ])
    const whole = await together(fetch, [{ path: '/slower' }, { path: '/never' }])
    expect([whole.status, whole.problem.code]).toEqual([503, 'handler_timeout'])
    await expect.poll(() => stopped).toEqual(['slow', 'slower'])
  })
})

test('a caller who leaves stops what is under way, and nothing more is begun', async () => {
  const begun = deferred()
  const stopped = deferred<unknown>()
  const seen: string[] = []
  const app = api(quiet, {
    slow: get('/slow', async ({ signal }) => {
      begun.resolve()
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      stopped.resolve(signal.reason)
    }),
    other: del('/other', () => void seen.push('other')),
    batch: batch(),
  })
  const test = await createTestClient(app)
  const leaving = new AbortController()
  const requests = [{ path: '/slow' }, { method: 'DELETE', path: '/other' }]
  const body = JSON.stringify({ requests })
  const headers = { 'content-type': 'application/json' }
  void test.fetch('/batch', { method: 'POST', headers, body, signal: leaving.signal }).catch(() => {})
  await begun.promise
  leaving.abort()
  expect(await stopped.promise).toBeInstanceOf(Error)
  await test.close()
  expect(seen).toEqual([])
  expect(test.failures).toEqual([])
})

test('is an endpoint like others: typed, described, named by its key, moved by its path, and may ask who sends it', async () => {
  const token = bearer({}, (text) => (text === 'right' ? { sub: 'someone' } : undefined), {
    principal: ({ sub }) => sub,
  })
  const app = api(
    { ...quiet, security: 'required' },
    {
      who: get('/who', { use: { token } }, ({ token }) => token.sub),
      v1: group('/v1', { many: batch({ path: '/many', security: token, requests: 2 }) }),
      batch: batch(),
    },
  )
  const test = await createTestClient(app)
  const body = { requests: [{ path: '/who' }] }
  const { replies } = await test.as({ authorization: 'Bearer right' }).v1.many({ body })
  expect(replies[0]).toMatchObject({ status: 200, body: 'someone' })
  expect((await test.client.batch({ body })).replies[0]).toMatchObject({ status: 401 })
  await expect(test.client.v1.many({ body })).rejects.toMatchObject({ status: 401 })

  const document = await toOpenApi(app as Api)
  const described = document.paths['/v1/many']?.post
  expect(described?.security).toEqual([{ bearer: [] }])
  expect(Object.keys(described?.responses ?? {})).toEqual(
    expect.arrayContaining(['200', '401', '413', '422', '424', '503']),
  )
  expect(document.paths['/batch']?.post?.security).toBeUndefined()
  await test.close()
})

test('keys in any field that a scheme names are those of the whole', async () => {
  const { key } = apiKeys({ prefix: 'own' })
  const app = api(quiet, { who: get('/who', { use: { key } }, () => 'in'), batch: batch() })
  const { fetch, close } = await createTestClient(app)
  const headers = { 'X-API-Key': 'own_x' }
  const { replies } = await together(fetch, [{ path: '/who', headers }, { path: '/who' }], { 'x-api-key': 'own_y' })
  expect(replies.map(({ status }) => status)).toEqual([400, 401])
  await close()
})

test.each([
  [{ requests: 0 }, 'batch: requests takes a whole number from 1, not 0'],
  [{ concurrency: 1.5 }, 'batch: concurrency takes a whole number from 1, not 1.5'],
  [{ replyBytes: Number.NaN }, 'batch: replyBytes takes a whole number from 1, not NaN'],
])('options that cannot be are told: %o', (options, message) => {
  expect(() => batch(options)).toThrow(message)
})
