import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Forbidden, InvalidInput, NotFound, Unauthorized } from 'trestle'
import { IdempotencyKeyReused, PreconditionFailed, QuotaExceeded } from 'trestle/policies'
import { WrongPassword } from '../../examples/shop/customers.ts'
import { OutOfStock } from '../../examples/shop/products.ts'
import { kinds, passwords } from './database.ts'
import { type TestShop, all, createTestShop, refusal } from './test-shop.ts'

describe.each(kinds)('customers, staff and partners on %s', (kind) => {
  let test: TestShop
  let ada: TestShop['client']
  let clerk: TestShop['client']
  const anybody = () => test.as({})
  const mint = { items: [{ sku: 'TEA-MINT-50', qty: 1 }] }

  beforeAll(async () => {
    test = await createTestShop(kind)
    ada = test.as(await test.login('ada@okafor.example'))
    clerk = test.as(await test.login('tom'))
  })

  afterAll(async () => {
    expect(test?.failures).toEqual([])
    await test?.close()
  })

  it('lets somebody become a customer, log in, order, pay and see what is theirs', async () => {
    const password = 'a password of her own'
    const grace = await anybody().customers.create({ body: { name: 'Grace', email: 'Grace@Mbeki.example', password } })
    const client = test.as(await test.login(' grace@MBEKI.example', password))
    const order = await client.orders.create({ body: mint })
    expect(order.customer_id).toBe(grace.id)
    expect(await client.orders.pay({ params: { id: order.id } })).toMatchObject({ status: 'paid' })
    expect(await all(client.orders.list.items())).toMatchObject([{ id: order.id }])
    expect(await all(client.customers.list.items())).toEqual([grace])
    expect(await client.customers.read({ params: { id: grace.id } })).toEqual(grace)
  })

  it('tells a wrong name and a wrong password apart in no way, and takes no password that is missing', async () => {
    for (const [username, password] of [
      ['mira', 'a wrong password'],
      ['nobody', passwords.staff],
      ['nobody@mail.example', passwords.customers],
      ['ada@okafor.example', passwords.staff],
    ] as const) {
      const { detail } = await refusal(anybody().session.login({ body: { username, password } }), Unauthorized)
      expect(detail).toBe('The name or the password is wrong')
    }
  })

  it('keeps a login going by its refresh token, and ends it', async () => {
    const { session } = anybody()
    const body = { username: 'tom', password: passwords.staff }
    const first = await session.login({ body })
    expect(first).toMatchObject({ expires_in: 900, scope: 'customers:read orders:read orders:write' })
    const { refresh_token } = await session.refresh({ body: first })
    await session.logout({ body: { refresh_token } })
    await refusal(session.refresh({ body: { refresh_token } }), Unauthorized)
  })

  it('changes a name, and a password for who knows the one before: it ends all logins', async () => {
    const username = 'chiara@conti.example'
    const next = 'another password of hers'
    const { session } = anybody()
    const { access_token, refresh_token } = await session.login({ body: { username, password: passwords.customers } })
    const chiara = test.as({ authorization: `Bearer ${access_token}` })
    const params = { id: 3 }
    expect(await chiara.customers.update({ params, body: { name: 'Chiara C.' } })).toMatchObject({ name: 'Chiara C.' })
    expect(await chiara.customers.update({ params, body: {} })).toMatchObject({ name: 'Chiara C.' })
    await refusal(chiara.customers.update({ params, body: { password: next } }), WrongPassword)
    const guess = { password: next, current_password: 'a guess of somebody' }
    await refusal(chiara.customers.update({ params, body: guess }), WrongPassword)
    await refusal(clerk.customers.update({ params, body: { name: 'x' } }), Forbidden)
    await test.login(username)

    await chiara.customers.update({ params, body: { password: next, current_password: passwords.customers } })
    await refusal(session.refresh({ body: { refresh_token } }), Unauthorized)
    await expect(test.login(username)).rejects.toMatchObject({ status: 401 })
    await test.login(username, next)
    await test.client.customers.update({ params, body: { password: passwords.customers } })
    await test.login(username)
  })

  it('lets staff order for a customer, and a customer for nobody else', async () => {
    expect(await clerk.orders.create({ body: { ...mint, customer_id: 3 } })).toMatchObject({ customer_id: 3 })
    const { errors } = await refusal(clerk.orders.create({ body: mint }), InvalidInput)
    expect(errors).toMatchObject([{ pointer: '/body/customer_id', code: 'required' }])
    const { detail } = await refusal(ada.orders.create({ body: { ...mint, customer_id: 3 } }), Forbidden)
    expect(detail).toBe('Only staff may name another customer')
    // Nobody learns in this way who is a customer.
    const unknown = await refusal(ada.orders.create({ body: { ...mint, customer_id: 4711 } }), Forbidden)
    expect(unknown.detail).toBe(detail)
    expect(await ada.orders.create({ body: { ...mint, customer_id: 1 } })).toMatchObject({ customer_id: 1 })
  })

  it('lets each of the staff do what is theirs', async () => {
    const { id } = await clerk.orders.create({ body: { ...mint, customer_id: 1 } })
    await clerk.orders.pay({ params: { id } })
    const refund = { params: { order_id: id }, body: { amount_cents: 100 } }
    await refusal(clerk.orders.refunds.create(refund), Forbidden)
    await refusal(ada.orders.refunds.create(refund), Forbidden)
    const made = await test.client.orders.refunds.create(refund)
    expect(await all(ada.orders.refunds.list.items({ params: { order_id: id } }))).toEqual([made])
    await refusal(clerk.products.stock({ params: { sku: 'TEA-MINT-50' }, body: { change: 1 } }), Forbidden)
    await refusal(clerk.keys.list(), Forbidden)
  })

  it('lets partners order by keys, until they are revoked', async () => {
    const body = { name: 'Till', scopes: ['orders:read' as const, 'orders:write' as const], days: 30 }
    const { status, headers, body: made } = await ada.keys.create.reply({ body })
    expect(status).toBe(201)
    expect(headers.get('location')).toBe(`/keys/${made.id}`)
    expect(headers.get('cache-control')).toBe('no-store')
    const { key, ...known } = made
    expect(await ada.keys.read({ params: { id: made.id } })).toEqual(known)
    expect(Date.parse(known.expires_at ?? '') - Date.parse(known.created_at)).toBe(30 * 86_400_000)

    const till = test.as({ 'x-api-key': key })
    const order = await till.orders.create({ body: mint })
    expect(order.customer_id).toBe(1)
    expect(await ada.orders.read({ params: { id: order.id } })).toEqual(order)
    await refusal(till.customers.list(), Forbidden)
    await refusal(till.keys.list(), Forbidden)

    await refusal(clerk.keys.revoke({ params: { id: made.id } }), Forbidden)
    const other = test.as(await test.login('emre@yildiz.example'))
    await refusal(other.keys.revoke({ params: { id: made.id } }), NotFound)
    await ada.keys.revoke({ params: { id: made.id } })
    await refusal(till.orders.list(), Unauthorized)
    await refusal(ada.keys.revoke({ params: { id: made.id } }), NotFound)
    expect((await ada.keys.list()).map(({ id }) => id)).not.toContain(made.id)
  })

  it('lets staff make and revoke keys for a partner, but no key make another', async () => {
    const body = { name: 'Café', scopes: ['orders:read' as const], customer_id: 4 }
    const { id, customer_id } = await test.client.keys.create({ body })
    expect(customer_id).toBe(4)
    expect((await test.client.keys.list()).map((key) => key.id)).toContain(id)
    await test.client.keys.revoke({ params: { id } })
    const greedy = { name: 'Greedy', scopes: ['keys:write' as never] }
    const { errors } = await refusal(ada.keys.create({ body: greedy }), InvalidInput)
    expect(errors).toMatchObject([{ pointer: '/body/scopes/0' }])
  })

  it('takes an order once, however often it is sent, and what failed too', async () => {
    const stockOf = async () => (await anybody().products.read({ params: { sku: 'TEA-SENCHA-100' } })).stock
    const before = await stockOf()
    const body = { items: [{ sku: 'TEA-SENCHA-100', qty: 2 }] }
    const once = { headers: { 'idempotency-key': crypto.randomUUID() } }
    const replies = await Promise.all(
      Array.from({ length: 3 }, () => ada.orders.create.reply({ body }, once).catch((error) => error)),
    )
    const again = await ada.orders.create.reply({ body }, once)
    const made = replies.filter(({ status }) => status === 201)
    expect(made.length).toBeGreaterThan(0)
    for (const one of made) expect(one.body).toEqual(again.body)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(await stockOf()).toBe(before - 2)
    await refusal(ada.orders.create({ body: mint }, once), IdempotencyKeyReused)
    // Another caller's key of the same name is another key.
    expect((await clerk.orders.create({ body: { ...mint, customer_id: 2 } }, once)).customer_id).toBe(2)

    const failing = { headers: { 'idempotency-key': crypto.randomUUID() } }
    const short = { items: [{ sku: 'COFFEE-DECAF-250', qty: 1 }] }
    await refusal(ada.orders.create({ body: short }, failing), OutOfStock)
    await test.client.products.stock({ params: { sku: 'COFFEE-DECAF-250' }, body: { change: 1 } })
    await refusal(ada.orders.create({ body: short }, failing), OutOfStock)
    expect(await ada.orders.create({ body: short })).toMatchObject({ status: 'open' })
  })

  it('gives refunds once', async () => {
    const { id } = await ada.orders.create({ body: mint })
    await ada.orders.pay({ params: { id } })
    const refund = { params: { order_id: id }, body: { amount_cents: 100 } }
    const once = { headers: { 'idempotency-key': crypto.randomUUID() } }
    expect(await test.client.orders.refunds.create(refund, once)).toEqual(
      await test.client.orders.refunds.create(refund, once),
    )
    expect((await ada.orders.read({ params: { id } })).refunded_cents).toBe(100)
  })

  it('shows products from the cache until they change: by staff, by an order, by its end', async () => {
    const params = { sku: 'DRIPPER-V60' }
    const read = () => anybody().products.read.reply({ params })
    const first = await read()
    const second = await read()
    expect(second.headers.get('cache-status')).toMatch(/^Trestle; hit/)
    expect(second.headers.get('cache-control')).toBe('no-cache')
    const tag = first.headers.get('etag') ?? ''
    expect(second.headers.get('etag')).toBe(tag)
    const same = await test.fetch('/products/DRIPPER-V60', { headers: { 'if-none-match': tag } })
    expect(same.status).toBe(304)

    const list = async () => (await all(anybody().products.list.items())).find(({ sku }) => sku === params.sku)?.stock
    const { stock } = first.body
    expect(await list()).toBe(stock)
    const { id } = await ada.orders.create({ body: { items: [{ sku: params.sku, qty: 1 }] } })
    expect([(await read()).body.stock, await list()]).toEqual([stock - 1, stock - 1])
    expect((await read()).headers.get('etag')).not.toBe(tag)
    await ada.orders.cancel({ params: { id } })
    expect([(await read()).body.stock, await list()]).toEqual([stock, stock])
    await test.client.products.update({ params, body: { name: 'Dripper' } })
    expect((await read()).body.name).toBe('Dripper')
  })

  it('changes a product that is the one somebody has read, where they say so', async () => {
    const params = { sku: 'POT-GLASS-1L' }
    const version = async () => (await anybody().products.read.reply({ params })).headers.get('etag') ?? ''
    const known = await version()
    const change = (headers: Record<string, string>) =>
      test.client.products.update.reply({ params, body: { price_cents: 3390 } }, { headers })
    const { headers } = await change({ 'if-match': known })
    expect(headers.get('etag')).toBe(await version())
    await refusal(change({ 'if-match': known }), PreconditionFailed)
    await refusal(change({ 'if-none-match': '*' }), PreconditionFailed)
    expect((await change({ 'if-match': '*' })).status).toBe(200)
    // Weak, or of somewhere else.
    for (const tag of [`W/${await version()}`, '"latest"'])
      await refusal(change({ 'if-match': tag }), PreconditionFailed)
  })

  it('limits customers, with all their keys together, and staff not', async () => {
    const bruno = test.as(await test.login('bruno.keller@mail.example'))
    const { key } = await bruno.keys.create({ body: { name: 'Loop', scopes: ['orders:write'] } })
    const loop = test.as({ 'x-api-key': key })
    const asked = Array.from({ length: 70 }, (_, index) => (index % 2 ? bruno : loop).orders.create({ body: mint }))
    const outcomes = await Promise.allSettled(asked)
    const taken = outcomes.filter(({ status }) => status === 'fulfilled')
    expect(taken.length).toBeGreaterThanOrEqual(60)
    expect(taken.length).toBeLessThan(65)
    const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    for (const reason of refused) await refusal(Promise.reject(reason), QuotaExceeded)
    await ada.orders.create({ body: mint })
    for (let i = 0; i < 61; i++) await clerk.orders.create({ body: { ...mint, customer_id: 2 } })
  })

  it('limits who signs up, from one address', async () => {
    const email = (index: number) => `many-${index}@mail.example`
    const signUps = Array.from({ length: 31 }, (_, index) =>
      anybody().customers.create({ body: { name: 'Many', email: email(index), password: 'the same for all' } }),
    )
    const outcomes = await Promise.allSettled(signUps)
    const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    expect(refused.length).toBeGreaterThan(0)
    for (const reason of refused) await refusal(Promise.reject(reason), QuotaExceeded)
  }, 20_000)
})
