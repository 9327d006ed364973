import { copyFile } from 'node:fs/promises'
import { serve } from 'trestle/node'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { config } from '../../examples/shop/settings.ts'
import shop from '../../examples/shop/shop.ts'
import { prepareDatabase } from '../../examples/shop/store.ts'
import { type Answer, type Fetch, type Single, alone, tidy, together } from '../batch/calls.ts'
import { type TestDatabase, createDatabase } from './database.ts'
import { all, logIn } from './test-shop.ts'

/** Two shops that are the same to the byte: what one is asked in a hundred requests, the other is in a batch. */

const quiet = { port: 0, host: '127.0.0.1', quiet: true, signals: false } as const

interface Shop {
  readonly fetch: Fetch
  readonly manager: { readonly authorization: string }
  readonly customer: { readonly authorization: string }
  readonly close: () => Promise<void>
}

async function inMemory({ settings }: TestDatabase): Promise<Shop> {
  const test = await createTestClient(shop, { override: [[config, settings]] })
  const manager = await logIn(test.client, 'mira')
  const customer = await logIn(test.client, 'chiara@conti.example')
  return { fetch: test.fetch, manager, customer, close: test.close }
}

async function onASocket(database: TestDatabase): Promise<Shop> {
  const server = await serve(shop, { ...quiet, override: [[config, database.settings]] })
  // Items of a batch are not packed, each for itself.
  const own: Fetch = (path, init) => {
    const headers = new Headers(init?.headers)
    headers.set('accept-encoding', 'identity')
    return fetch(`http://127.0.0.1:${server.port}${path}`, { ...init, headers })
  }
  const { createClient } = await import('trestle/client')
  const client = createClient<typeof shop>(`http://127.0.0.1:${server.port}`)
  const manager = await logIn(client, 'mira')
  const customer = await logIn(client, 'chiara@conti.example')
  return { fetch: own, manager, customer, close: server.stop }
}

/** A hundred, of all kinds: lists, texts, files, writes, and whatever can go wrong. */
async function hundred({ fetch, manager }: Shop): Promise<readonly Single[]> {
  const list = await alone(fetch, { path: '/orders?limit=8&status=open' }, manager)
  const ids = (list.body as { items: { id: string }[] }).items.map(({ id }) => id)
  const order = { customer_id: 1, items: [{ sku: 'TEA-ASSAM-250', qty: 1 }] }
  const key = (name: string) => ({ 'idempotency-key': name })
  const reads: Single[] = ids.flatMap((id): Single[] => [
    { path: `/orders/${id}` },
    { method: 'HEAD', path: `/orders/${id}` },
    { path: `/orders/${id}/invoice` },
    { path: `/orders/${id}/refunds` },
  ])
  const others: Single[] = [
    { path: '/products?limit=3' },
    { path: '/products?limit=0' },
    { path: '/products?limit=many&nonsense=1' },
    { path: '/products/TEA-ASSAM-250' },
    { path: '/products/TEA-ASSAM-250', headers: { 'If-None-Match': '*' } },
    { path: '/products/NOT-THERE' },
    { path: '/products/export', headers: { Accept: 'text/csv' } },
    { method: 'OPTIONS', path: '/orders' },
    { method: 'PUT', path: '/orders' },
    { method: 'BREW', path: '/orders' },
    { path: '/no/such/place' },
    { path: '/orders/%ff' },
    { path: `/orders/${crypto.randomUUID()}` },
    { path: '/orders/no-uuid' },
    { path: '/customers?limit=5' },
    { path: '/customers/1' },
    { path: '/keys' },
    { path: '/healthz' },
    { path: '/orders?limit=2&status=paid' },
    { path: '/%6frders?limit=1' },
    { path: '/orders?cursor=nonsense' },
  ]
  const writes: Single[] = [
    { method: 'POST', path: '/orders', headers: key('first'), body: order },
    { method: 'POST', path: '/orders', headers: key('first'), body: order },
    { method: 'POST', path: '/orders', headers: key('first'), body: { ...order, notes: 'another' } },
    { method: 'POST', path: '/orders', body: order },
    { method: 'POST', path: '/orders', headers: key('second'), body: { items: [] } },
    { method: 'POST', path: '/orders', headers: key('third'), body: { ...order, items: [{ sku: 'NOPE', qty: 1 }] } },
    { method: 'POST', path: '/orders', headers: key('fourth'), body: 'no order' },
    { method: 'POST', path: '/orders', headers: { ...key('fifth'), 'content-type': 'text/plain' }, body: 'an order' },
    { method: 'POST', path: '/orders', headers: key('sixth') },
    { method: 'POST', path: `/orders/${ids[0]}/pay` },
    { method: 'POST', path: `/orders/${ids[0]}/pay` },
    { path: `/orders/${ids[0]}` },
    { method: 'POST', path: `/orders/${ids[1]}/cancel` },
    { path: `/orders/${ids[1]}` },
    { path: '/products/TEA-ASSAM-250' },
    { method: 'PATCH', path: '/customers/1', body: { name: 'Another Name' } },
    { path: '/customers/1' },
    { method: 'PATCH', path: '/customers/1', body: { name: '' } },
    { method: 'POST', path: '/keys', body: { name: 'a key', scopes: ['orders:read'], customer_id: 1 } },
    { method: 'DELETE', path: '/keys/nothing' },
    {
      method: 'POST',
      path: '/customers',
      body: { name: 'N', email: 'n@new.example', password: 'three words of mine' },
    },
    {
      method: 'POST',
      path: '/customers',
      body: { name: 'N', email: 'n@new.example', password: 'three words of mine' },
    },
  ]
  const made = [...reads, ...others, ...writes]
  const more = Array.from(
    { length: 100 - made.length },
    (_, at): Single => ({ path: `/products?limit=${1 + (at % 9)}` }),
  )
  return [...made, ...more]
}

/** Ids and times of what was just made are numbered as they come, so that two shops can be compared. */
function comparable(answers: readonly Answer[]): unknown {
  const seen = new Map<string, string>()
  const named = (found: string): string => {
    if (!seen.has(found)) seen.set(found, `<${seen.size}>`)
    return seen.get(found) as string
  }
  const text = JSON.stringify(answers.map(tidy))
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, named)
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, named)
    .replace(/shop_[\w-]+/g, named)
    .replace(/(?<="id":"|\/keys\/)[\w-]{16}(?=")/g, named)
  return JSON.parse(text)
}

describe.each([
  ['in memory', inMemory],
  ['on a socket', onASocket],
] as const)('a batch of the shop, %s', (_where, open) => {
  let databases: readonly TestDatabase[]
  let one: Shop
  let other: Shop

  beforeAll(async () => {
    // Both sign the same cursors.
    vi.stubEnv('TRESTLE_SECRET', 'of the cursors of both shops')
    databases = await Promise.all([createDatabase('SQLite'), createDatabase('SQLite')])
    const [first, second] = databases as [TestDatabase, TestDatabase]
    await prepareDatabase(first.settings)
    await copyFile(first.settings.databaseFile, second.settings.databaseFile)
    one = await open(first)
    other = await open(second)
  }, 60_000)

  afterAll(async () => {
    vi.unstubAllEnvs()
    await one?.close()
    await other?.close()
    for (const database of databases ?? []) await database.remove()
  })

  it('gives a hundred mixed requests the replies that each has alone', async () => {
    const requests = await hundred(one)
    expect(requests).toHaveLength(100)
    const singly: Answer[] = []
    for (const single of requests) singly.push(await alone(one.fetch, single, one.manager))
    const { status, replies } = await together(other.fetch, requests, other.manager)
    expect(status).toBe(200)
    expect(comparable(replies)).toEqual(comparable(singly))
    const kinds = new Set(singly.map(({ status }) => status))
    expect([...kinds].toSorted()).toEqual([200, 201, 204, 304, 400, 404, 405, 409, 415, 422, 501])
  }, 60_000)

  it('has each of them counted: the limit of a customer holds for the requests in it', async () => {
    const order = { items: [{ sku: 'TEA-ASSAM-250', qty: 1 }] }
    const requests = Array.from({ length: 70 }, () => ({
      method: 'POST',
      path: '/orders',
      headers: { 'idempotency-key': crypto.randomUUID() },
      body: order,
    }))
    const began = performance.now()
    const { replies } = await together(one.fetch, requests, one.customer)
    // One more is allowed for each second that it took.
    const more = Math.ceil((performance.now() - began) / 1000)
    const statuses = replies.map(({ status }) => status)
    expect(statuses.slice(0, 60)).toEqual(Array(60).fill(201))
    const refused = replies.slice(60).filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThanOrEqual(10 - more)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused[0]?.headers['retry-after']).toBeDefined()
  }, 60_000)

  it('makes an order and pays it, in one go', async () => {
    const requests = [
      { id: 'product', path: '/products/TEA-ASSAM-250' },
      {
        id: 'order',
        method: 'POST',
        path: '/orders',
        headers: { 'idempotency-key': 'ordered-in-a-batch' },
        body: { customer_id: 1, items: [{ qty: 2 }] },
        copy: { '/body/items/0/sku': 'product#/body/sku' },
      },
      { id: 'paid', method: 'POST', path: '/orders/{order#/body/id}/pay' },
      { id: 'invoice', path: '/orders/{paid#/body/id}/invoice' },
    ]
    const { replies } = await together(other.fetch, requests, other.manager)
    expect(replies.map(({ status }) => status)).toEqual([200, 201, 200, 200])
    expect(replies[2]?.body).toMatchObject({ status: 'paid', items: [{ sku: 'TEA-ASSAM-250', qty: 2 }] })
    expect(replies[3]?.body).toContain('Total')
  })
})

it('does nothing where one of an atomic batch cannot be done, in SQLite and in Postgres', async () => {
  for (const kind of ['SQLite', 'Postgres'] as const) {
    const database = await createDatabase(kind)
    const test = await createTestClient(shop, { override: [[config, database.settings]] })
    const shown = await logIn(test.client, 'mira')
    const client = test.as(shown)
    const seen = async () => ({
      orders: await all(client.orders.list.items()),
      products: await all(client.products.list.items()),
    })
    const before = await seen()
    const post = (key: string, qty: number) => ({
      id: key,
      method: 'POST',
      path: '/orders',
      headers: { 'idempotency-key': key },
      body: { customer_id: 1, items: [{ sku: 'TEA-ASSAM-250', qty }] },
    })
    const undone = await together(test.fetch, [post('a', 1), post('b', 1), post('c', 1000)], shown, { atomic: true })
    expect([kind, undone.status, undone.problem]).toMatchObject([
      kind,
      424,
      { code: 'batch_undone', request: 2, reply: { id: 'c', status: 409, body: { code: 'out_of_stock' } } },
    ])
    expect(await seen()).toEqual(before)
    // Nothing was kept under the keys either: they are new.
    const done = await together(test.fetch, [post('a', 1), post('b', 2), post('c', 1)], shown, { atomic: true })
    expect([kind, done.status, done.replies.map(({ status }) => status)]).toEqual([kind, 200, [201, 201, 201]])
    expect((await seen()).orders.length).toBe(before.orders.length + 3)
    // And the replies are kept now.
    const again = await alone(test.fetch, post('b', 2), shown)
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(again.body).toEqual(done.replies[1]?.body)
    expect(test.failures).toEqual([])
    await test.close()
    await database.remove()
  }
}, 120_000)
