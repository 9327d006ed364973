import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ApiError, createClient } from 'trestle/client'
import { OutOfStock } from '../../examples/shop/products.ts'
import type shop from '../../examples/shop/shop.ts'
import { type TestDatabase, createDatabase, kinds, passwords } from './database.ts'
import { type Running, start, startNode } from './process.ts'
import { all, logIn, refusal, staffClient } from './test-shop.ts'

describe.each(kinds)('`node main.ts` on %s', (kind) => {
  let database: TestDatabase
  const running: Running[] = []

  const startShop = async (env: Readonly<Record<string, string>> = {}): Promise<Running> => {
    const one = await startNode('shop', 'main.ts', { ...database.env, ...env })
    running.push(one)
    return one
  }

  beforeAll(async () => {
    database = await createDatabase(kind)
  })

  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()))
  })

  afterAll(() => database?.remove())

  it('fills an empty database once, though three start at the same time', async () => {
    const three = await Promise.all([startShop(), startShop(), startShop()])
    for (const { url } of three) {
      const client = await staffClient(url)
      expect(await all(client.customers.list.items())).toHaveLength(5)
      expect(await all(client.products.list.items())).toHaveLength(10)
      expect(await all(client.orders.list.items())).toHaveLength(5)
    }
  })

  it('prints where to look and which database, and no password', async () => {
    const { url, output } = await startShop()
    await expect.poll(output).toContain('Database')
    expect(output()).toContain(`${url}/docs`)
    expect(output()).toContain(kind)
    expect(output()).not.toContain('shop:shop')
    for (const secret of Object.values(passwords)) expect(output()).not.toContain(secret)
    for (const place of ['/products', '/openapi.json', '/docs', '/redoc', '/reference']) {
      const { status } = await fetch(url + place)
      expect([place, status]).toEqual([place, 200])
    }
  })

  it('makes up passwords where none are set, prints them once, and keeps no fixed one', async () => {
    const fresh = await createDatabase(kind)
    const { STAFF_PASSWORD: _, CUSTOMER_PASSWORD: __, ...env } = fresh.env
    try {
      const first = await startNode('shop', 'main.ts', env)
      await expect.poll(first.output).toMatch(/Customers .*password/)
      const [staff = '', customers = ''] = Array.from(
        first.output().matchAll(/with the password (\S{16})$/gm),
        ([, one = '']) => one,
      )
      expect(new Set([staff, customers, '']).size).toBe(3)
      const { session } = createClient<typeof shop>(first.url)
      await session.login({ body: { username: 'mira', password: staff } })
      await session.login({ body: { username: 'ada@okafor.example', password: customers } })
      await expect(session.login({ body: { username: 'mira', password: customers } })).rejects.toMatchObject({
        status: 401,
      })
      await first.stop()

      const second = await startNode('shop', 'main.ts', { ...env, STAFF_PASSWORD: 'comes too late to be taken' })
      await expect.poll(second.output).toMatch(/Customers .*password/)
      expect(second.output()).not.toMatch(/with the password \S{16}$/m)
      expect(second.output()).not.toContain('too late')
      await createClient<typeof shop>(second.url).session.login({ body: { username: 'tom', password: staff } })
      await second.stop()
    } finally {
      await fresh.remove()
    }
  })

  it('keeps what it was told when it stops and starts again', async () => {
    const first = await startShop()
    const body = { customer_id: 1, items: [{ sku: 'TEA-MINT-50', qty: 1 }] }
    const made = await (await staffClient(first.url)).orders.create({ body })
    expect(await first.stop()).toBe(0)
    const second = await startShop()
    const client = await staffClient(second.url)
    expect(await client.orders.read({ params: { id: made.id } })).toEqual(made)
    expect(await all(client.customers.list.items())).toHaveLength(5)
  })

  it('answers the same over a socket: order, pay, refund, invoice, export', async () => {
    const { url } = await startShop()
    const client = await staffClient(url)
    const body = { customer_id: 1, items: [{ sku: 'TEA-MINT-50', qty: 2 }] }
    const { id } = await client.orders.create({ body })
    expect(await client.orders.pay({ params: { id } })).toMatchObject({ status: 'paid', total_cents: 1380 })
    const { headers: replied } = await client.orders.refunds.create.reply({
      params: { order_id: id },
      body: { amount_cents: 380 },
    })
    const where = replied.get('location') ?? ''
    const headers = await logIn(client, 'mira')
    expect(await (await fetch(url + where, { headers })).json()).toMatchObject({ order_id: id, amount_cents: 380 })
    expect(await client.orders.invoice({ params: { id } })).toMatch(/^Total +13\.80 EUR$/m)
    const lines = (await (await fetch(`${url}/products/export`, { headers: { accept: 'text/csv' } })).text())
      .trimEnd()
      .split('\r\n')
    expect(lines).toHaveLength(11)
  })

  it('needs no main.ts: `trestle start shop.ts` serves it as well', async () => {
    const program = ['--conditions=trestle-source', '../../src/cli/main.ts', 'start', 'shop.ts']
    const one = await start('shop', process.execPath, program, database.env)
    running.push(one)
    expect(await all((await staffClient(one.url)).customers.list.items())).toHaveLength(5)
  })

  it('sells no more than there is through two processes', async () => {
    const urls = (await Promise.all([startShop(), startShop()])).map(({ url }) => url)
    const [one, other] = (await Promise.all(urls.map(staffClient))) as [Client, Client]
    const params = { sku: 'GRINDER-HAND' }
    const { stock } = await one.products.read({ params })
    await one.products.stock({ params, body: { change: 7 - stock } })
    const body = { customer_id: 1, items: [{ sku: 'GRINDER-HAND', qty: 1 }] }
    const asked = Array.from({ length: 200 }, (_, index) =>
      patiently(() => (index % 2 ? one : other).orders.create({ body })),
    )
    const outcomes = await Promise.allSettled(asked)
    const short = outcomes.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    for (const reason of short) await refusal(Promise.reject(reason), OutOfStock)
    expect(outcomes.length - short.length).toBe(7)
    expect((await other.products.read({ params })).stock).toBe(0)
  })
})

/** What a caller does who is told that there is too much to do: it comes back in a second. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 503) throw error
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
  }
}

type Client = Awaited<ReturnType<typeof staffClient>>

describe('`node main.ts` with settings that cannot be', () => {
  const refused = async (env: Readonly<Record<string, string>>): Promise<string> => {
    const outcome = await startNode('shop', 'main.ts', env).catch((error: Error) => error.message)
    if (typeof outcome === 'string') return outcome
    await outcome.stop()
    throw new Error('it started')
  }

  it('names every one of them', async () => {
    const message = await refused({ PORT: 'http', DATABASE_URL: 'mysql://root:hunter2@localhost/shop' })
    expect(message).toMatch(/exit code 1/)
    expect(message).toContain('PORT')
    expect(message).toContain('DATABASE_URL')
    expect(message).not.toContain('hunter2')
  })

  it('does not start without its database', async () => {
    const message = await refused({ DATABASE_URL: 'postgres://root:hunter2@127.0.0.1:1/shop' })
    expect(message).toMatch(/exit code 1/)
    expect(message).toContain('ECONNREFUSED')
    expect(message).not.toContain('hunter2')
  })
})
