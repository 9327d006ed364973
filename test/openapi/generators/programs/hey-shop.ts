// Uses the shop through what @hey-api/openapi-ts writes for it, and prints what came.
import { client } from './shop/client.gen.ts'
import {
  customersRead,
  ordersCreate,
  ordersInvoice,
  ordersPay,
  ordersRead,
  ordersRefundsCreate,
  ordersRefundsList,
  productsExport,
  productsList,
  sessionLogin,
} from './shop/sdk.gen.ts'
import type { Order, ProductsListData } from './shop/types.gen.ts'

client.setConfig({ baseUrl: process.argv[2] ?? '' })

function got<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data === undefined) throw new Error(JSON.stringify(error))
  return data
}

const password = process.argv[3] ?? ''
const { access_token } = got(await sessionLogin({ body: { username: 'mira', password } }))
client.setConfig({ auth: ({ scheme }) => (scheme === 'bearer' ? access_token : undefined) })
/** A key for what is to happen once. */
const once = () => ({ headers: { 'Idempotency-Key': crypto.randomUUID() } })

const query: ProductsListData['query'] = { category: 'tea', in_stock: true, 'price_cents[lte]': 1500, limit: 1 }
const first = got(await productsList({ query }))
const second = got(await productsList({ query: { ...query, ...(first.next_cursor && { cursor: first.next_cursor }) } }))
// @ts-expect-error not a category
await productsList({ query: { category: 'shoes' } })

const made = await ordersCreate({
  ...once(),
  body: { customer_id: 1, items: [{ sku: 'TEA-ASSAM-250', qty: 2 }], notes: 'Ring twice' },
})
const order: Order = got(made)
const location = made.response?.headers.get('location') ?? ''
const path = { id: location.split('/').at(-1) ?? '' }
const read: Order = got(await ordersRead({ path }))

const bad = await ordersCreate({ ...once(), body: { customer_id: 0, items: [{ sku: 'tea', qty: 0 }] } })
const refused = bad.error?.code === 'invalid_input' ? bad.error.errors?.map(({ pointer }) => pointer) : undefined
// @ts-expect-error `items` are missing
await ordersCreate({ ...once(), body: { customer_id: 1 } })
// @ts-expect-error the key is missing
const keyless = await ordersCreate({ body: { customer_id: 1, items: [{ sku: 'TEA-MINT-50', qty: 1 }] } })

const { error: short } = await ordersCreate({
  ...once(),
  body: { customer_id: 1, items: [{ sku: 'COFFEE-DECAF-250', qty: 1 }] },
})
let outOfStock: { sku: string; available: number } | undefined
if (short?.code === 'out_of_stock') outOfStock = { sku: short.sku, available: short.available }

const back = { path: { order_id: order.id } }
const early = await ordersRefundsCreate({ ...back, ...once(), body: { amount_cents: 1 } })
const notPaid = early.error?.code === 'order_not_paid' ? early.error.order_status : undefined
const paid = got(await ordersPay({ path }))
const refund = got(await ordersRefundsCreate({ ...back, ...once(), body: { amount_cents: 1450, reason: 'Torn' } }))
const greedy = await ordersRefundsCreate({ ...back, ...once(), body: { amount_cents: 2900 } })
const left = greedy.error?.code === 'refund_too_large' ? greedy.error.left_cents : undefined
const refunds = got(await ordersRefundsList(back)).items

const invoice: string = got(await ordersInvoice({ path }))
const sheet = got(await productsExport()).map(({ sku }) => sku)
const nobody = await customersRead({ path: { id: 4711 } })

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
