import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InvalidInput, NotFound } from 'trestle'
import { OrderNotOpen } from '../../examples/shop/orders.ts'
import { OutOfStock } from '../../examples/shop/products.ts'
import { InvalidCursor } from 'trestle/resources'
import { OrderNotPaid, RefundTooLarge } from '../../examples/shop/refunds.ts'
import { kinds } from './database.ts'
import { type TestShop, all, createTestShop, refusal } from './test-shop.ts'

const NOBODY = '01980000-0000-7000-8000-000000000000'

describe.each(kinds)('orders and refunds on %s', (kind) => {
  let test: TestShop
  let client: typeof test.client

  beforeAll(async () => {
    test = await createTestShop(kind)
    client = test.client
  })

  afterAll(async () => {
    expect(test?.failures).toEqual([])
    await test?.close()
  })

  const stockOf = async (sku: string): Promise<number> => (await client.products.read({ params: { sku } })).stock

  const order = (...items: readonly (readonly [sku: string, qty: number])[]) =>
    client.orders.create({ body: { customer_id: 1, items: items.map(([sku, qty]) => ({ sku, qty })) } })

  const paid = async (...items: readonly (readonly [sku: string, qty: number])[]) => {
    const { id } = await order(...items)
    return client.orders.pay({ params: { id } })
  }

  it('takes an order: its prices, its total, and its stock', async () => {
    const before = await stockOf('TEA-ASSAM-250')
    const body = {
      customer_id: 2,
      items: [
        { sku: 'TEA-MINT-50', qty: 1 },
        { sku: 'TEA-ASSAM-250', qty: 3 },
      ],
      notes: 'Ring twice',
    }
    const { status, headers, body: made } = await client.orders.create.reply({ body })
    expect(status).toBe(201)
    expect(headers.get('location')).toBe(`/orders/${made.id}`)
    expect(made).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      customer_id: 2,
      status: 'open',
      items: [
        { sku: 'TEA-MINT-50', name: 'Moroccan mint, 50 bags', qty: 1, unit_price_cents: 690 },
        { sku: 'TEA-ASSAM-250', name: 'Assam TGFOP, loose, 250 g', qty: 3, unit_price_cents: 1450 },
      ],
      currency: 'EUR',
      total_cents: 690 + 3 * 1450,
      refunded_cents: 0,
      notes: 'Ring twice',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      paid_at: null,
      cancelled_at: null,
    })
    expect(await client.orders.read({ params: { id: made.id } })).toEqual(made)
    expect(await client.orders.read({ params: { id: made.id.toUpperCase() } })).toEqual(made)
    expect(await stockOf('TEA-ASSAM-250')).toBe(before - 3)
  })

  it('keeps the price of the day it was ordered', async () => {
    const { id, total_cents } = await order(['TEA-SENCHA-100', 1])
    await client.products.update({ params: { sku: 'TEA-SENCHA-100' }, body: { price_cents: 9999 } })
    expect(await client.orders.read({ params: { id } })).toMatchObject({
      total_cents,
      items: [{ unit_price_cents: total_cents }],
    })
  })

  it('takes one product on two lines as what it is together', async () => {
    const before = await stockOf('DRIPPER-V60')
    const made = await order(['DRIPPER-V60', 1], ['TEA-MINT-50', 1], ['DRIPPER-V60', 2])
    expect(made.items.map(({ sku, qty }) => [sku, qty])).toEqual([
      ['DRIPPER-V60', 1],
      ['TEA-MINT-50', 1],
      ['DRIPPER-V60', 2],
    ])
    expect(await stockOf('DRIPPER-V60')).toBe(before - 3)
  })

  it('says what is out of stock and how much there is, and takes nothing of the rest', async () => {
    const before = await stockOf('COFFEE-BRAZIL-1000')
    const short = await refusal(order(['COFFEE-BRAZIL-1000', 5], ['GRINDER-HAND', 4]), OutOfStock)
    expect(short.status).toBe(409)
    expect(short.extra).toEqual({ sku: 'GRINDER-HAND', available: 3 })
    expect(await stockOf('COFFEE-BRAZIL-1000')).toBe(before)
  })

  it('points at the customer and the product that do not exist', async () => {
    const items = [{ sku: 'TEA-MINT-50', qty: 1 }]
    const nobody = await refusal(client.orders.create({ body: { customer_id: 4711, items } }), InvalidInput)
    expect(nobody.errors).toEqual([
      { pointer: '/body/customer_id', code: 'unknown', message: 'There is no such customer' },
    ])
    const nothing = await refusal(order(['TEA-MINT-50', 1], ['NO-SUCH', 1]), InvalidInput)
    expect(nothing.errors).toMatchObject([{ pointer: '/body/items/1/sku', code: 'unknown' }])
  })

  it('names every wrong field of an order at once', async () => {
    const body = { customer_id: '1', items: [{ sku: 'TEA-MINT-50', qty: 0 }, { qty: 1.5 }] }
    const { errors } = await refusal(client.orders.create({ body: body as never }), InvalidInput)
    const pointers = errors?.map(({ pointer }) => pointer)
    expect(pointers).toEqual(['/body/customer_id', '/body/items/0/qty', '/body/items/1/sku', '/body/items/1/qty'])
  })

  it('refuses an order in two currencies', async () => {
    const dollars = { name: 'Mug', description: 'Blue.', category: 'equipment', currency: 'USD', stock: 5 } as const
    await client.products.create({ body: { ...dollars, sku: 'MUG-BLUE', price_cents: 1500 } })
    const { errors } = await refusal(order(['MUG-BLUE', 1], ['TEA-MINT-50', 1]), InvalidInput)
    expect(errors).toMatchObject([{ pointer: '/body/items', code: 'mixed_currencies' }])
    expect(await stockOf('MUG-BLUE')).toBe(5)
    expect(await order(['MUG-BLUE', 2])).toMatchObject({ currency: 'USD', total_cents: 3000 })
  })

  it('answers 404 for an order that is not there, 422 for what is no id', async () => {
    const params = { id: NOBODY }
    await refusal(client.orders.read({ params }), NotFound)
    await refusal(client.orders.invoice({ params }), NotFound)
    await refusal(client.orders.pay({ params }), NotFound)
    await refusal(client.orders.cancel({ params }), NotFound)
    await refusal(client.orders.read({ params: { id: '7' } }), InvalidInput)
  })

  it('is paid once', async () => {
    const { id } = await order(['TEA-MINT-50', 1])
    const settled = await client.orders.pay({ params: { id } })
    expect(settled).toMatchObject({ id, status: 'paid', cancelled_at: null })
    expect(Date.parse(settled.paid_at ?? '')).toBeGreaterThanOrEqual(Date.parse(settled.created_at))
    const again = await refusal(client.orders.pay({ params: { id } }), OrderNotOpen)
    expect(again.extra).toEqual({ order_status: 'paid' })
    await refusal(client.orders.cancel({ params: { id } }), OrderNotOpen)
  })

  it('gives the stock back when it is cancelled, once', async () => {
    const before = [await stockOf('TEA-MINT-50'), await stockOf('DRIPPER-V60')]
    const { id } = await order(['TEA-MINT-50', 2], ['DRIPPER-V60', 1])
    const settled = await client.orders.cancel({ params: { id } })
    expect(settled).toMatchObject({ id, status: 'cancelled', paid_at: null })
    expect(settled.items).toHaveLength(2)
    const again = await refusal(client.orders.cancel({ params: { id } }), OrderNotOpen)
    expect(again.extra).toEqual({ order_status: 'cancelled' })
    await refusal(client.orders.pay({ params: { id } }), OrderNotOpen)
    expect([await stockOf('TEA-MINT-50'), await stockOf('DRIPPER-V60')]).toEqual(before)
  })

  it('has an invoice as text', async () => {
    const { id } = await paid(['TEA-MINT-50', 3], ['TEA-ASSAM-250', 1])
    await client.orders.refunds.create({ params: { order_id: id }, body: { amount_cents: 690 } })
    const { headers, body } = await client.orders.invoice.reply({ params: { id } })
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8')
    const lines = body.split('\n')
    expect(lines[0]).toBe(`Invoice for order ${id}`)
    expect(lines[1]).toMatch(/^Ada Okafor, \d{4}-\d\d-\d\d, paid$/)
    expect(lines.find((line) => line.startsWith('3 ×'))).toMatch(/^3 × Moroccan mint, 50 bags +20\.70 EUR$/)
    expect(lines.find((line) => line.startsWith('Total'))).toMatch(/ 35\.20 EUR$/)
    expect(lines.find((line) => line.startsWith('Given back'))).toMatch(/ -6\.90 EUR$/)
  })

  it('narrows the list by status, customer and time', async () => {
    const old = { 'created_at[lt]': '2025-12-01T00:00:00Z' }
    const seeded = await all(client.orders.list.items({ query: old }))
    expect(seeded.map(({ created_at }) => created_at.slice(0, 10))).toEqual([
      '2025-11-02',
      '2025-10-21',
      '2025-10-08',
      '2025-09-30',
      '2025-09-14',
    ])
    const count = async (query: object): Promise<number> =>
      (await client.orders.list({ query: { ...old, ...query } })).items.length
    expect(await count({ status: 'paid' })).toBe(3)
    expect(await count({ status: 'paid', customer_id: 4 })).toBe(1)
    expect(await count({ customer_id: 4711 })).toBe(0)
    // The first moment belongs to the range, the last does not.
    expect(await count({ 'created_at[gte]': '2025-09-30T16:40:00Z' })).toBe(4)
    expect(await count({ 'created_at[gte]': '2025-09-30T16:40:00.001Z' })).toBe(3)
    expect(await count({ 'created_at[lt]': '2025-09-30T16:40:00Z' })).toBe(1)
    for (const from of ['yesterday', '2025-02-30T00:00:00Z', '0000-01-01T00:00:00Z']) {
      const { errors } = await refusal(client.orders.list({ query: { 'created_at[gte]': from } }), InvalidInput)
      expect(errors).toMatchObject([{ pointer: '/query/created_at[gte]' }])
    }
  })

  it('walks exactly all orders, the newest first, with their items', async () => {
    for (let i = 0; i < 20; i++) await order(['TEA-MINT-50', 1])
    const walked = await all(client.orders.list.items({ query: { limit: 3 } }))
    const { items: whole } = await client.orders.list({ query: { limit: 100 } })
    expect(walked).toEqual(whole)
    expect(new Set(walked.map(({ id }) => id)).size).toBe(walked.length)
    expect(walked.every(({ items }) => items.length > 0)).toBe(true)
    const times = walked.map(({ created_at }) => Date.parse(created_at))
    expect(times).toEqual(times.toSorted((one, other) => other - one))
    await refusal(client.orders.list({ query: { cursor: 'bm9ib2R5' } }), InvalidCursor)
  })

  it('gives money back in parts, never more than was paid', async () => {
    const { id, total_cents } = await paid(['TEA-ASSAM-250', 2])
    const params = { order_id: id }
    const body = { amount_cents: 1000, reason: 'One packet was torn' }
    const { status, headers, body: first } = await client.orders.refunds.create.reply({ params, body })
    expect(status).toBe(201)
    expect(headers.get('location')).toBe(`/orders/${id}/refunds/${first.id}`)
    expect(first).toMatchObject({ order_id: id, ...body })
    expect(await client.orders.refunds.read({ params: { ...params, id: first.id } })).toEqual(first)

    const left_cents = total_cents - 1000
    const create = (amount_cents: number) => client.orders.refunds.create({ params, body: { amount_cents } })
    const { extra, status: refused } = await refusal(create(left_cents + 1), RefundTooLarge)
    expect([refused, extra]).toEqual([409, { left_cents }])
    expect(await create(left_cents)).toMatchObject({ amount_cents: left_cents, reason: null })
    expect((await refusal(create(1), RefundTooLarge)).extra).toEqual({ left_cents: 0 })
    await refusal(create(Number.MAX_SAFE_INTEGER), RefundTooLarge)
    await refusal(create(0), InvalidInput)

    const refunds = await all(client.orders.refunds.list.items({ params, query: { limit: 1 } }))
    expect(refunds.map(({ amount_cents }) => amount_cents).sort()).toEqual([1000, left_cents].sort())
    expect(await client.orders.read({ params: { id } })).toMatchObject({ refunded_cents: total_cents, status: 'paid' })
  })

  it('gives nothing back for what is not paid, or not there', async () => {
    const { id } = await order(['TEA-MINT-50', 1])
    const body = { amount_cents: 1 }
    const open = await refusal(client.orders.refunds.create({ params: { order_id: id }, body }), OrderNotPaid)
    expect(open.extra).toEqual({ order_status: 'open' })
    const params = { order_id: NOBODY }
    await refusal(client.orders.refunds.create({ params, body }), NotFound)
    await refusal(client.orders.refunds.list({ params }), NotFound)
    await refusal(client.orders.refunds.read({ params: { order_id: id, id: NOBODY } }), NotFound)
  })

  it('finds a refund only under its own order', async () => {
    const [one, other] = [await paid(['TEA-MINT-50', 1]), await paid(['TEA-MINT-50', 1])]
    const { id } = await client.orders.refunds.create({ params: { order_id: one.id }, body: { amount_cents: 1 } })
    await refusal(client.orders.refunds.read({ params: { order_id: other.id, id } }), NotFound)
    expect((await client.orders.refunds.list({ params: { order_id: other.id } })).items).toEqual([])
  })

  it('sells no more than there is to two hundred who want the last seven', async () => {
    const params = { sku: 'GRINDER-HAND' }
    await client.products.stock({ params, body: { change: 7 - (await stockOf(params.sku)) } })
    const asked = Array.from({ length: 200 }, () => order(['GRINDER-HAND', 1], ['COFFEE-BRAZIL-1000', 1]))
    const before = await stockOf('COFFEE-BRAZIL-1000')
    const outcomes = await Promise.allSettled(asked)
    const sold = outcomes.filter(({ status }) => status === 'fulfilled')
    const short = await Promise.all(
      outcomes.flatMap((one) => (one.status === 'rejected' ? refusal(Promise.reject(one.reason), OutOfStock) : [])),
    )
    expect([sold.length, short.length]).toEqual([7, 193])
    expect(await stockOf('GRINDER-HAND')).toBe(0)
    expect(before - (await stockOf('COFFEE-BRAZIL-1000'))).toBeLessThanOrEqual(7)
  })

  it('gives back no more than was paid to fifty who ask at once', async () => {
    const { id, total_cents } = await paid(['TEA-MINT-50', 1])
    const body = { amount_cents: 100 }
    const asked = Array.from({ length: 50 }, () => client.orders.refunds.create({ params: { order_id: id }, body }))
    const given = (await Promise.allSettled(asked)).filter(({ status }) => status === 'fulfilled')
    expect(given).toHaveLength(Math.floor(total_cents / 100))
    const noted = await all(client.orders.refunds.list.items({ params: { order_id: id } }))
    expect(noted).toHaveLength(given.length)
    expect((await client.orders.read({ params: { id } })).refunded_cents).toBe(given.length * 100)
  })

  it('is either paid or cancelled, when both are asked for at once', async () => {
    for (let round = 0; round < 5; round++) {
      const before = await stockOf('TEA-MINT-50')
      const { id } = await order(['TEA-MINT-50', 1])
      const both = [client.orders.pay({ params: { id } }), client.orders.cancel({ params: { id } })]
      const settled = (await Promise.allSettled(both)).flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
      expect(settled).toHaveLength(1)
      const { status } = await client.orders.read({ params: { id } })
      expect(status).toBe(settled[0]?.status)
      expect(await stockOf('TEA-MINT-50')).toBe(status === 'paid' ? before - 1 : before)
    }
  })
})
