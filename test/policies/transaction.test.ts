import { type Policy, Conflict, api, created, depends, get, post, stream, text } from 'trestle'
import { serve } from 'trestle/node'
import { toOpenApi } from 'trestle/openapi'
import { idempotent, rateLimit } from 'trestle/policies'
import { type TestClient, createTestClient } from 'trestle/testing'
import { transaction } from 'trestle/transaction'
import { afterEach, expect, it } from 'vitest'
import { z } from 'zod'
import { deferred } from '../pipeline/wires.ts'
import { type Orders, type Shop, onEveryDatabase } from './databases.ts'

const quiet = { places: { docs: false, redoc: false, reference: false } } as const
const OrderIn = z.object({ sku: z.string().min(1) })
const Order = OrderIn.extend({ by: z.string() })

type Handling = (given: { body: z.infer<typeof OrderIn>; tx: Orders; signal: AbortSignal }) => Promise<object>

const put: Handling = async ({ body, tx }) => {
  await tx.insert(body.sku)
  return { ...body, by: crypto.randomUUID() }
}

function shopApi(
  { tx }: Pick<Shop, 'tx'>,
  handling: Handling = put,
  policies: readonly Policy[] = [],
  timeout = 30_000,
) {
  const spec = { body: OrderIn, returns: created(Order), use: { tx }, throws: [Conflict], limits: { timeout } }
  return api(quiet, {
    create: post('/orders', { ...spec, policies }, (given) => handling(given) as Promise<z.infer<typeof Order>>),
    other: get('/other', () => 'other'),
  })
}

const order = (test: Pick<TestClient<never>, 'fetch'>, sku = 'tea', key = 'k'): Promise<Response> =>
  test.fetch('/orders', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ sku }),
  })

onEveryDatabase('A transaction', (open) => {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })
  const opened = async (): Promise<Shop> => {
    const shop = await open()
    closing.push(shop.close)
    return shop
  }
  const start = async (app: ReturnType<typeof shopApi>, more: object = {}): Promise<TestClient<typeof app>> => {
    const test = await createTestClient(app, more)
    closing.push(test.close)
    return test
  }

  it('is committed before the reply is sent', async () => {
    const shop = await opened()
    const seen: string[][] = []
    // Middleware sees the reply before any of it is sent.
    const app = api(
      {
        ...quiet,
        middleware: [
          async (context, next) => {
            const given = await next(context)
            seen.push(await shop.skus())
            return given
          },
        ],
      },
      { create: post('/orders', { body: OrderIn, use: { tx: shop.tx } }, ({ body, tx }) => tx.insert(body.sku)) },
    )
    const test = await createTestClient(app)
    closing.push(test.close)
    expect((await order(test)).status).toBe(204)
    expect(seen).toEqual([['tea']])
    expect(shop.held()).toBe(0)
  })

  it('is one in a request, wherever it was asked for', async () => {
    const shop = await opened()
    expect(transaction(shop.database)).toBe(transaction(shop.database))
    const spec = { use: { one: transaction(shop.database), two: transaction(shop.database) }, policies: [idempotent()] }
    const test = await createTestClient(api(quiet, { create: post('/orders', spec, ({ one, two }) => one === two) }))
    closing.push(test.close)
    expect(await (await order(test)).json()).toBe(true)
    expect(shop.held()).toBe(0)
  })

  it('is rolled back where the handler throws, its reply cannot be encoded, or a policy fails', async () => {
    const shop = await opened()
    const faults: Handling[] = [
      async (given) => {
        await put(given)
        throw Conflict({ detail: 'sold' })
      },
      async (given) => {
        await put(given)
        throw new Error('a fault')
      },
      async (given) => ({ ...(await put(given)), by: 7 }),
    ]
    for (const [index, fault] of faults.entries()) {
      const test = await start(shopApi(shop, fault))
      expect((await order(test)).status).toBe(index === 0 ? 409 : 500)
      expect([await shop.skus(), shop.held()]).toEqual([[], 0])
    }
    const { policy } = await import('trestle')
    const failing = policy('failing', {}, () => ({
      encode: (_, { status }) => {
        if (status === 201) throw new Error('a fault of the policy')
        return undefined
      },
    }))
    const test = await start(shopApi(shop, put, [failing]))
    expect((await order(test)).status).toBe(500)
    expect([await shop.skus(), shop.held()]).toEqual([[], 0])
  })

  it('is rolled back when the time is up, however long its handler goes on', async () => {
    const shop = await opened()
    const go = deferred()
    const slow: Handling = async (given) => {
      const made = await put(given)
      await go.promise
      return made
    }
    const test = await start(shopApi(shop, slow, [idempotent()], 100))
    expect((await order(test)).status).toBe(503)
    go.resolve()
    await expect.poll(() => shop.held()).toBe(0)
    expect([await shop.skus(), await shop.kept()]).toEqual([[], 0])
    expect((await order(test)).status).toBe(201)
    expect(await shop.skus()).toEqual(['tea'])
  })

  it('is taken from a handler that never ends', async () => {
    const shop = await opened()
    let calls = 0
    const stuck: Handling = async (given) => {
      const made = await put(given)
      if (calls++ === 0) await new Promise(() => {})
      return made
    }
    const test = await start(shopApi(shop, stuck, [idempotent()], 300))
    expect((await order(test)).status).toBe(503)
    await expect.poll(() => shop.held(), { timeout: 5000 }).toBe(0)
    expect((await order(test)).status).toBe(201)
    expect(await shop.skus()).toEqual(['tea'])
  })

  it('is committed though its caller left, and rolled back where the handler stops for that', async () => {
    const shop = await opened()
    for (const obeys of [false, true]) {
      const begun = deferred()
      const go = deferred()
      const handling: Handling = async (given) => {
        const made = await put(given)
        begun.resolve()
        await go.promise
        if (obeys) given.signal.throwIfAborted()
        return made
      }
      const server = await serve(shopApi(shop, handling, [idempotent()]), {
        port: 0,
        host: '127.0.0.1',
        quiet: true,
        signals: false,
        report: () => {},
      })
      const leaving = new AbortController()
      const key = `leaving-${obeys}`
      const send = (signal?: AbortSignal): Promise<Response> =>
        fetch(`http://127.0.0.1:${server.port}/orders`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': key },
          body: JSON.stringify({ sku: key }),
          ...(signal && { signal }),
        })
      const gone = send(leaving.signal).catch(() => 'gone')
      await begun.promise
      leaving.abort()
      expect(await gone).toBe('gone')
      await new Promise((resolve) => setTimeout(resolve, 100))
      go.resolve()
      await expect.poll(() => shop.held()).toBe(0)
      expect((await shop.skus()).filter((sku) => sku === key)).toEqual(obeys ? [] : [key])
      const again = await send()
      expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, obeys ? null : 'true'])
      expect((await shop.skus()).filter((sku) => sku === key)).toEqual([key])
      await server.stop()
    }
  })

  it('that cannot be committed is a failure of the request', async () => {
    const shop = await opened()
    const swallowing: Handling = async (given) => {
      const made = await put(given)
      await given.tx.fail().catch(() => {})
      return made
    }
    const test = await start(shopApi(shop, swallowing, [rateLimit('100/minute')]))
    const reply = await order(test)
    // Postgres goes on in nothing after a statement that failed; SQLite undoes that statement alone.
    const skus = await shop.skus()
    expect([reply.status, skus]).toEqual(reply.status === 201 ? [201, ['tea']] : [500, []])
    expect(reply.headers.get('ratelimit')).toContain('r=99')
    expect(shop.held()).toBe(0)
  })

  it('is one for all that use it, and ends after what uses it', async () => {
    const shop = await opened()
    const audit = depends({ tx: shop.tx }, async function* ({ tx }) {
      const failure: Error | undefined = yield { note: (what: string) => tx.insert(what) }
      await tx.insert(failure === undefined ? 'closed' : 'never')
    })
    const spec = { body: OrderIn, use: { audit, tx: shop.tx } }
    const app = api(quiet, {
      create: post('/orders', spec, async ({ body, audit, tx }) => {
        await audit.note('noted')
        await tx.insert(body.sku)
      }),
    })
    const test = await createTestClient(app)
    closing.push(test.close)
    expect((await order(test)).status).toBe(204)
    expect(await shop.skus()).toEqual(['noted', 'tea', 'closed'])
  })

  it('can be replaced in tests', async () => {
    const shop = await opened()
    const noted: string[] = []
    const double: Orders = { insert: async (sku) => void noted.push(sku), fail: async () => {} }
    const test = await start(shopApi(shop, put, [idempotent()]), { override: [[shop.tx, double]] })
    expect([(await order(test)).status, (await order(test)).status]).toEqual([201, 201])
    expect([noted, await shop.skus()]).toEqual([['tea'], []])
  })

  it('keeps the reply of an idempotent endpoint together with its effect', async () => {
    const shop = await opened()
    const held: number[] = []
    const handling: Handling = (given) => {
      held.push(shop.held())
      return put(given)
    }
    const test = await start(shopApi(shop, handling, [idempotent()]), { backend: 'redis://127.0.0.1:1' })
    const [first, second] = [await order(test), await order(test)]
    expect([first.status, second.status, second.headers.get('idempotency-replayed')]).toEqual([201, 201, 'true'])
    expect(await second.text()).toBe(await first.text())
    expect((await order(test, 'coffee')).status).toBe(422)
    expect([await shop.skus(), await shop.kept(), shop.held()]).toEqual([['tea'], 1, 0])
    expect(held).toEqual([1])
    expect(test.failures).toEqual([])
  })

  it('has one effect for equal requests at once', async () => {
    const shop = await opened()
    const test = await start(shopApi(shop, put, [idempotent()]))
    const replies = await Promise.all(Array.from({ length: 40 }, () => order(test)))
    const statuses = new Set(replies.map(({ status }) => status))
    expect([...statuses].filter((status) => status !== 201 && status !== 409)).toEqual([])
    const bodies = await Promise.all(replies.filter(({ status }) => status === 201).map((reply) => reply.text()))
    expect(new Set(bodies).size).toBe(1)
    expect([await shop.skus(), shop.held()]).toEqual([['tea'], 0])
  })

  it('keeps failures of the handler, whose effect is undone', async () => {
    const shop = await opened()
    let calls = 0
    const refusing: Handling = async (given) => {
      calls++
      await put(given)
      throw Conflict({ detail: 'sold' })
    }
    const test = await start(shopApi(shop, refusing, [idempotent()]))
    const [first, second] = [await order(test), await order(test)]
    expect([first.status, second.status, second.headers.get('idempotency-replayed')]).toEqual([409, 409, 'true'])
    expect(await second.text()).toBe(await first.text())
    expect([calls, await shop.skus(), await shop.kept()]).toEqual([1, [], 1])
  })

  it('does not keep a reply that was taken back', async () => {
    const shop = await opened()
    let closes = 0
    const audit = depends({ tx: shop.tx }, async function* ({ tx }) {
      yield tx
      if (closes++ === 0) throw new Error('a fault at the end')
    })
    const spec = { body: OrderIn, returns: created(OrderIn), use: { audit }, policies: [idempotent()] }
    const app = api(quiet, {
      create: post('/orders', spec, async ({ body, audit }) => {
        await audit.insert(body.sku)
        return body
      }),
    })
    const test = await createTestClient(app)
    closing.push(test.close)
    expect((await order(test)).status).toBe(500)
    expect([await shop.skus(), await shop.kept()]).toEqual([[], 0])
    expect((await order(test)).status).toBe(201)
    expect(await shop.skus()).toEqual(['tea'])
  })

  it('has no effect whose reply cannot be kept', async () => {
    const shop = await opened()
    const spec = { body: OrderIn, returns: stream(), use: { tx: shop.tx }, policies: [idempotent()] }
    const app = api(quiet, {
      create: post('/orders', spec, async ({ body, tx }) => {
        await tx.insert(body.sku)
        return ['a', 'b']
      }),
    })
    const test = await createTestClient(app)
    closing.push(test.close)
    expect((await order(test)).status).toBe(500)
    expect(await shop.skus()).toEqual([])
    expect(test.failures.map(String).join()).toContain('comes in pieces and is not kept')
  })

  it('is forgotten when its time is over', async () => {
    const shop = await opened()
    const test = await start(shopApi(shop, put, [idempotent({ keep: 0.2 })]))
    expect((await order(test)).status).toBe(201)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const again = await order(test)
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, null])
    expect([await shop.skus(), await shop.kept()]).toEqual([['tea', 'tea'], 1])
  })

  it('tells of 503 in OpenAPI, and stops the start where it would be held while a body is read', async () => {
    const shop = await opened()
    const app = api(quiet, { read: get('/', { use: { tx: shop.tx }, returns: text() }, () => 'a') })
    const { paths } = await toOpenApi(app)
    expect(JSON.stringify(paths['/']?.get?.responses?.['503'])).toContain('unavailable')
    const user = depends({ tx: shop.tx }, () => 'ann', {
      security: { name: 'key', scheme: { type: 'http', scheme: 'basic' } },
    })
    const held = api(quiet, { read: get('/', { use: { user } }, () => 'a') })
    await expect(createTestClient(held)).rejects.toThrow('would be held while the body is read')
  })
})
