// Uses the shop through what openapi-typescript writes for it, and prints what came.
import createClient from 'openapi-fetch'
import type { components, paths } from './shop.ts'

type Order = components['schemas']['Order']

const baseUrl = process.argv[2] ?? ''
const shop = createClient<paths>({ baseUrl })

function got<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data === undefined) throw new Error(JSON.stringify(error))
  return data
}

const password = process.argv[3] ?? ''
const { access_token } = got(await shop.POST('/session/login', { body: { username: 'mira', password } }))
shop.use({
  onRequest: ({ request }) => {
    request.headers.set('authorization', `Bearer ${access_token}`)
  },
})
/** A key for what is to happen once. */
const once = () => ({ 'Idempotency-Key': crypto.randomUUID() })

const query = { category: 'tea', in_stock: true, 'price_cents[lte]': 1500, limit: 1 } as const
const first = got(await shop.GET('/products', { params: { query } }))
const second = got(
  await shop.GET('/products', {
    params: { query: { ...query, ...(first.next_cursor && { cursor: first.next_cursor }) } },
  }),
)
// @ts-expect-error not a category
await shop.GET('/products', { params: { query: { category: 'shoes' } } })

const made = await shop.POST('/orders', {
  params: { header: once() },
  body: { customer_id: 1, items: [{ sku: 'TEA-ASSAM-250', qty: 2 }], notes: 'Ring twice' },
})
const order: Order = got(made)
const location = made.response.headers.get('location') ?? ''
const path = { id: location.split('/').at(-1) ?? '' }
const read: Order = got(await shop.GET('/orders/{id}', { params: { path } }))

const bad = await shop.POST('/orders', {
  params: { header: once() },
  body: { customer_id: 0, items: [{ sku: 'tea', qty: 0 }] },
})
const refused = bad.error?.code === 'invalid_input' ? bad.error.errors?.map(({ pointer }) => pointer) : undefined
// @ts-expect-error `items` are missing
await shop.POST('/orders', { params: { header: once() }, body: { customer_id: 1 } })
// @ts-expect-error the key is missing
const keyless = await shop.POST('/orders', { body: { customer_id: 1, items: [{ sku: 'TEA-MINT-50', qty: 1 }] } })

const { error: short } = await shop.POST('/orders', {
  params: { header: once() },
  body: { customer_id: 1, items: [{ sku: 'COFFEE-DECAF-250', qty: 1 }] },
})
let outOfStock: { sku: string; available: number } | undefined
if (short?.code === 'out_of_stock') outOfStock = { sku: short.sku, available: short.available }

const back = { path: { order_id: order.id } }
const giving = () => ({ params: { ...back, header: once() } })
const early = await shop.POST('/orders/{order_id}/refunds', { ...giving(), body: { amount_cents: 1 } })
const notPaid = early.error?.code === 'order_not_paid' ? early.error.order_status : undefined
const paid = got(await shop.POST('/orders/{id}/pay', { params: { path } }))
const refund = got(
  await shop.POST('/orders/{order_id}/refunds', { ...giving(), body: { amount_cents: 1450, reason: 'Torn' } }),
)
const greedy = await shop.POST('/orders/{order_id}/refunds', { ...giving(), body: { amount_cents: 2900 } })
const left = greedy.error?.code === 'refund_too_large' ? greedy.error.left_cents : undefined
const refunds = got(await shop.GET('/orders/{order_id}/refunds', { params: back })).items

const invoice: string = got(await shop.GET('/orders/{id}/invoice', { params: { path }, parseAs: 'text' }))
const exported = got(await shop.GET('/products/export'))
// As CSV it would be text.
const sheet = typeof exported === 'string' ? [] : exported.map(({ sku }) => sku)
const nobody = await shop.GET('/customers/{id}', { params: { path: { id: 4711 } } })

console.log(
  JSON.stringify({
    pages: [first, second].map(({ items }) => items.map(({ sku }) => sku)),
    order,
    location,
    read,
    refused,
    keyless: keyless.error?.code,
    outOfStock,
    notPaid,
    paid: paid.status,
    refund: { amount_cents: refund.amount_cents, reason: refund.reason },
    left,
    refunds: refunds.map(({ id }) => id === refund.id),
    invoice,
    sheet,
    nobody: nobody.error?.code,
  }),
)
