import {
  BadRequest,
  NotFound,
  type Policy,
  api,
  created,
  depends,
  bytes,
  get,
  group,
  noContent,
  post,
  text,
} from 'trestle'
import { securityScheme } from 'trestle/auth'
import { type ReplayStore, StoreAway, idempotent, rateLimit, replayStore } from 'trestle/policies'
import { toOpenApi } from 'trestle/openapi'
import { createTestClient } from 'trestle/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readIdempotencyKey } from '../../src/policies/idempotency-key.ts'
import { type Running, deferred, onEveryWire } from '../pipeline/wires.ts'

const quiet = { places: { docs: false, redoc: false, reference: false } } as const
const OrderIn = z.object({ sku: z.string().min(1) })
const Order = OrderIn.extend({ id: z.int() })

const user = depends({}, ({ request }) => request.header('x-user') ?? null, {
  security: {
    name: 'user',
    scheme: { type: 'apiKey', in: 'header', name: 'x-user' },
    optional: true,
    principal: (name: string) => name,
  },
})

/** An API whose orders count themselves. */
function shop(policies: readonly Policy[] = [idempotent()]) {
  const orders: string[] = []
  const gate = { open: Promise.resolve(), asked: 0 }
  const app = api(quiet, {
    create: post(
      '/orders',
      {
        body: OrderIn,
        returns: created(Order, { location: ({ id }) => `/orders/${id}` }),
        policies,
        use: { user },
        throws: [NotFound],
      },
      async ({ body }) => {
        gate.asked++
        await gate.open
        if (body.sku === 'none') throw NotFound({ detail: 'No such thing' })
        if (body.sku === 'fault') throw new Error('a fault')
        orders.push(body.sku)
        return { ...body, id: orders.length }
      },
    ),
    other: post('/others', { body: OrderIn, returns: Order, policies, use: { user } }, ({ body }) => {
      orders.push(body.sku)
      return { ...body, id: orders.length }
    }),
  })
  return { app, orders, gate }
}

function order(running: Pick<Running, 'fetch'>, key: string | undefined, body: unknown = { sku: 'tea' }, more = {}) {
  const headers = {
    'content-type': 'application/json',
    ...(key === undefined ? {} : { 'idempotency-key': key }),
    ...more,
  }
  return running.fetch('/orders', { method: 'POST', headers, body: JSON.stringify(body) })
}

onEveryWire('An idempotent endpoint', (open) => {
  it('has its effect once, and gives the same reply again', async () => {
    const { app, orders } = shop()
    const running = await open(app)
    const [first, second] = [await order(running, 'k-1'), await order(running, '"k-1"')]
    expect([first.status, second.status]).toEqual([201, 201])
    expect(await second.text()).toBe(await first.text())
    for (const name of ['location', 'content-type']) expect(second.headers.get(name)).toBe(first.headers.get(name))
    expect([first.headers.get('idempotency-replayed'), second.headers.get('idempotency-replayed')]).toEqual([
      null,
      'true',
    ])
    expect(orders).toEqual(['tea'])
    expect((await order(running, 'k-2')).status).toBe(201)
    expect(orders).toEqual(['tea', 'tea'])
  })

  it('refuses what has no key, or one that is none', async () => {
    const { app, orders } = shop()
    const running = await open(app)
    const missing = await order(running, undefined)
    expect([missing.status, (await missing.json()).code]).toEqual([400, 'idempotency_key_missing'])
    for (const key of ['a b', '"', '"a', 'x'.repeat(256), '""']) {
      const wrong = await order(running, key)
      expect([wrong.status, (await wrong.json()).code]).toEqual([400, 'idempotency_key_invalid'])
    }
    expect(orders).toEqual([])
  })

  it('refuses a key of another request, and one whose request is under way', async () => {
    const { app, orders, gate } = shop()
    const running = await open(app)
    const go = deferred()
    gate.open = go.promise as Promise<void>
    const first = order(running, 'k')
    await expect.poll(() => gate.asked).toBe(1)
    const again = await order(running, 'k')
    expect([again.status, (await again.json()).code, again.headers.get('retry-after')]).toEqual([
      409,
      'idempotency_key_in_use',
      '1',
    ])
    const reused = await order(running, 'k', { sku: 'coffee' })
    expect([reused.status, (await reused.json()).code]).toEqual([422, 'idempotency_key_reused'])
    go.resolve()
    expect((await first).status).toBe(201)
    expect((await order(running, 'k', { sku: 'coffee' })).status).toBe(422)
    expect(orders).toEqual(['tea'])
  })

  it('keeps failures of the handler, and not what was refused before it', async () => {
    const { app, orders } = shop()
    const running = await open(app)
    expect((await order(running, 'invalid', { sku: '' })).status).toBe(422)
    expect((await order(running, 'invalid')).status).toBe(201)
    for (const sku of ['none', 'fault']) {
      const [first, second] = [await order(running, sku, { sku }), await order(running, sku, { sku })]
      expect(second.status).toBe(first.status)
      expect(second.headers.get('content-type')).toBe('application/problem+json')
      expect(await second.text()).toBe(await first.text())
      expect(second.headers.get('idempotency-replayed')).toBe('true')
    }
    expect(orders).toEqual(['tea'])
    // Once each: a reply that is given again is no new failure.
    expect(running.failures).toHaveLength(1)
  })

  it('knows callers and endpoints apart', async () => {
    const { app, orders } = shop()
    const running = await open(app)
    await order(running, 'k', { sku: 'a' }, { 'x-user': 'ann' })
    await order(running, 'k', { sku: 'b' }, { 'x-user': 'bob' })
    await order(running, 'k', { sku: 'c' })
    await running.fetch('/others', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
      body: '{"sku":"d"}',
    })
    expect(orders).toEqual(['a', 'b', 'c', 'd'])
  })
})

describe('An idempotent endpoint', () => {
  it('of 200 requests at once has one effect', async () => {
    const { app, orders } = shop()
    const test = await createTestClient(app)
    const replies = await Promise.all(Array.from({ length: 200 }, () => order(test, 'k')))
    expect(orders).toEqual(['tea'])
    for (const { status } of replies) expect([201, 409]).toContain(status)
    await test.close()
  })

  it('tries again what a dependency kept from its handler', async () => {
    let isAway = true
    const store = depends({}, () => {
      if (isAway) throw BadRequest({ detail: 'not yet' })
      return 'store'
    })
    const spec = { body: OrderIn, returns: Order, policies: [idempotent()], use: { store }, throws: [BadRequest] }
    const test = await createTestClient(
      api(quiet, { create: post('/orders', spec, ({ body }) => ({ ...body, id: 1 })) }),
    )
    expect((await order(test, 'k')).status).toBe(400)
    isAway = false
    expect((await order(test, 'k')).status).toBe(200)
    await test.close()
  })

  it('goes without a key where none is required', async () => {
    const { app, orders } = shop([idempotent({ required: false })])
    const test = await createTestClient(app)
    for (let i = 0; i < 2; i++) expect((await order(test, undefined)).status).toBe(201)
    for (let i = 0; i < 2; i++) expect((await order(test, 'k')).status).toBe(201)
    expect(orders).toHaveLength(3)
    await test.close()
  })

  it('says what is left of a limit as it is now', async () => {
    const { app } = shop([rateLimit('10/hour'), idempotent()])
    const test = await createTestClient(app)
    const [first, second] = [await order(test, 'k'), await order(test, 'k')]
    expect([first, second].map((reply) => reply.headers.get('ratelimit')?.slice(0, 13))).toEqual([
      '"10-hour";r=9',
      '"10-hour";r=8',
    ])
    expect(second.headers.get('ratelimit-policy')).toBe('"10-hour";q=10;w=3600')
    await test.close()
  })

  it('takes bytes and text, and gives a reply without a body again', async () => {
    let calls = 0
    const policies = [idempotent()]
    const app = api(quiet, {
      bytes: put('/bytes', bytes()),
      text: put('/text', text()),
    })
    function put(path: '/bytes' | '/text', body: ReturnType<typeof bytes> | ReturnType<typeof text>) {
      return post(path, { body, returns: noContent(), policies }, () => void calls++)
    }
    const test = await createTestClient(app)
    const send = (path: string, type: string, body: string) =>
      test.fetch(path, { method: 'POST', headers: { 'content-type': type, 'idempotency-key': 'k' }, body })
    for (const [path, type] of [
      ['/bytes', 'application/octet-stream'],
      ['/text', 'text/plain'],
    ] as const) {
      expect((await send(path, type, 'a')).status).toBe(204)
      expect((await send(path, type, 'a')).status).toBe(204)
      expect((await send(path, type, 'b')).status).toBe(422)
    }
    expect(calls).toBe(2)
    await test.close()
  })

  it('knows payloads apart that JSON does not', async () => {
    const body = z.array(z.string()).transform((items) => new Set(items))
    const big = z.string().transform(BigInt)
    const policies = [idempotent()]
    const app = api(quiet, {
      set: post('/set', { body, policies }, ({ body }) => body.size),
      big: post('/big', { body: big, policies }, ({ body }) => String(body)),
    })
    const test = await createTestClient(app)
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'k' }
    const send = async (path: string, body: unknown): Promise<number> =>
      (await test.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })).status
    expect([await send('/set', ['a']), await send('/set', ['b']), await send('/set', ['a'])]).toEqual([200, 422, 200])
    expect([await send('/big', '1'), await send('/big', '2'), await send('/big', '1')]).toEqual([200, 422, 200])
    await test.close()
  })

  it('keeps apart who shows one thing of two that another shows too', async () => {
    const shown = (name: string) =>
      securityScheme({}, ({ request }) => request.header(name), {
        name,
        scheme: { type: 'apiKey', in: 'header', name },
        challenge: { scheme: 'Key' },
        principal: (id) => `${name}:${id}`,
      })
    const use = { partner: shown('x-partner'), user: shown('x-user') }
    const app = api(quiet, { buy: post('/buy', { use, policies: [idempotent()] }, ({ user }) => user) })
    const { fetch, close } = await createTestClient(app)
    const buy = async (user: string) => {
      const headers = { 'x-partner': 'tea', 'x-user': user, 'idempotency-key': 'k' }
      return (await fetch('/buy', { method: 'POST', headers })).json()
    }
    expect([await buy('ada'), await buy('bob'), await buy('ada')]).toEqual(['ada', 'bob', 'ada'])
    await close()
  })

  it('keeps nothing for whom security lets in and does not name', async () => {
    const visitor = securityScheme({}, ({ request }): string | undefined => request.header('x-visitor'), {
      name: 'visitor',
      scheme: { type: 'apiKey', in: 'header', name: 'X-Visitor' },
      challenge: { scheme: 'Key' },
      principal: (id) => (id === 'known' ? id : undefined),
    })
    const buy = post('/buy', { use: { visitor: visitor.optional() }, policies: [idempotent()] }, () => 'bought')
    const { fetch, close, failures } = await createTestClient(api(quiet, { buy }))
    const send = async (headers: Record<string, string>) =>
      (await fetch('/buy', { method: 'POST', headers: { 'idempotency-key': 'k', ...headers } })).status
    expect([await send({}), await send({ 'x-visitor': 'known' })]).toEqual([200, 200])
    expect(failures).toEqual([])
    expect(await send({ 'x-visitor': 'somebody' })).toBe(500)
    expect(String(failures[0])).toContain('"principal" of its security gives undefined')
    await close()
  })

  it('stops the start where it would keep replies of one caller for another, or stands twice', async () => {
    const nobody = depends({}, () => 'ann', { security: { name: 'key', scheme: { type: 'http', scheme: 'basic' } } })
    const spec = { policies: [idempotent()] }
    const app = api(quiet, {
      one: post('/one', { ...spec, use: { nobody } }, () => 1),
      two: post('/two', { policies: [idempotent(), idempotent()] }, () => 1),
    })
    const failure = await createTestClient(app).catch(String)
    expect(failure).toContain('security "key" does not say who that is\n    → give it security.principal')
    expect(failure).toContain('"idempotent" stands on this endpoint twice')
  })

  it('of a group holds for what changes something, and stops the start on what does not', async () => {
    const read = get('/', () => 'read')
    const app = api({ all: group('/all', { policies: [idempotent()] }, { read, write: post('/', () => 'written') }) })
    const { paths } = await toOpenApi(app)
    expect(paths['/all']?.get?.parameters).toBeUndefined()
    expect(paths['/all']?.post?.parameters).toMatchObject([{ name: 'Idempotency-Key' }])
    const { fetch, close } = await createTestClient(app)
    expect((await fetch('/all')).status).toBe(200)
    expect((await fetch('/all', { method: 'POST' })).status).toBe(400)
    await close()
    const wrong = createTestClient(api({ read: get('/', { policies: [idempotent()] }, () => 'read') }))
    await expect(wrong).rejects.toThrow('"idempotent" is of writes, and GET changes nothing')
  })

  it('does not leave a key that was begun too late', async () => {
    const known = new Map<string, string>()
    const slow: ReplayStore = {
      begin: ({ key, owner }) => {
        if (known.has(key)) return { is: 'running' }
        known.set(key, owner)
        if (known.size === 1) return Promise.reject(new StoreAway('slow'))
        return { is: 'begun' }
      },
      finish: () => {},
      forget: ({ key, owner }) => {
        if (known.get(key) === owner) known.delete(key)
      },
    }
    const { app, orders } = shop()
    const test = await createTestClient(app, { override: [[replayStore, slow]] })
    known.clear()
    expect((await order(test, 'k')).status).toBe(503)
    await expect.poll(() => known.size).toBe(0)
    known.set('other', 'other')
    expect((await order(test, 'k')).status).toBe(201)
    expect(orders).toEqual(['tea'])
    await test.close()
  })

  it('forgets nothing of which its store was not asked', async () => {
    let forgotten = 0
    const store: ReplayStore = {
      begin: ({ fingerprint }) => {
        throw new StoreAway(fingerprint, { asked: asks.shift() ?? true })
      },
      finish: () => {},
      forget: () => void forgotten++,
    }
    const asks = [false, false, true]
    const test = await createTestClient(shop().app, { override: [[replayStore, store]] })
    for (let i = 0; i < 3; i++) expect((await order(test, `k${i}`)).status).toBe(503)
    await expect.poll(() => forgotten).toBe(1)
    await test.close()
  })

  const gone = (): Promise<never> => Promise.reject(new StoreAway('the store is on holiday'))
  const away: ReplayStore = { begin: gone, finish: gone, forget: gone }

  it('is refused while its store is away, or lets through where that is wanted', async () => {
    const closed = shop()
    const first = await createTestClient(closed.app, { override: [[replayStore, away]] })
    const refused = await order(first, 'k')
    expect([refused.status, refused.headers.get('retry-after'), closed.orders]).toEqual([503, '1', []])
    await first.close()
    const open = shop([idempotent({ whenAway: 'open' })])
    const second = await createTestClient(open.app, { override: [[replayStore, away]] })
    for (let i = 0; i < 2; i++) expect((await order(second, 'k')).status).toBe(201)
    expect(open.orders).toHaveLength(2)
    expect(second.failures.map(String)).toEqual(['StoreAway: the store is on holiday'])
    await second.close()
  })

  it('is described, and the typed client sends a key of its own', async () => {
    const { app, orders } = shop()
    const document = (await toOpenApi(app)) as unknown as {
      paths: Record<string, { post: { parameters: { name: string; required?: boolean }[]; responses: object } }>
    }
    const { parameters, responses } = document.paths['/orders']?.post ?? { parameters: [], responses: {} }
    expect(parameters).toContainEqual(
      expect.objectContaining({ name: 'Idempotency-Key', in: 'header', required: true }),
    )
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['201', '400', '409', '422', '503']))
    const test = await createTestClient(app)
    await test.client.create({ body: { sku: 'tea' } })
    await test.client.create({ body: { sku: 'tea' } })
    expect(orders).toHaveLength(2)
    const headers = { 'idempotency-key': 'mine' }
    const [one, two] = [
      await test.client.create({ body: { sku: 'tea' } }, { headers }),
      await test.client.create({ body: { sku: 'tea' } }, { headers }),
    ]
    expect(two).toEqual(one)
    expect(orders).toHaveLength(3)
    await test.close()
  })

  it.each([{ keep: 0 }, { lease: -1 }, { keep: Number.NaN }])('%o is refused', (options) => {
    expect(() => idempotent(options)).toThrow('is seconds above 0')
  })

  it('a key is a string of structured fields, or bare', () => {
    expect(readIdempotencyKey('8e03978e-40d5-43dd-bc93-6894a57f9324')).toBe('8e03978e-40d5-43dd-bc93-6894a57f9324')
    expect(readIdempotencyKey('"a \\"b\\" \\\\"')).toBe('a "b" \\')
    for (const none of ['', '"', '"a', '"a"b', 'a\tb', 'ä', '"ä"', '"a\\b"'])
      expect(readIdempotencyKey(none)).toBe(undefined)
    expect(readIdempotencyKey('x'.repeat(255))).toHaveLength(255)
  })

  it('keeps nothing of a plain endpoint', async () => {
    const test = await createTestClient(api(quiet, { read: get('/', () => 1) }), { backend: 'redis://127.0.0.1:1' })
    expect((await test.fetch('/')).status).toBe(200)
    await test.close()
  })
})
