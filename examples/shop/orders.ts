import { Forbidden, NotFound, created, get, group, ok, post, problem, text } from 'trestle'
import { idempotent, invalidates } from 'trestle/policies'
import { many, one, resource } from 'trestle/resources'
import { z } from 'zod'
import { type Caller, caller, may, perCustomer } from './caller.ts'
import { customerFor } from './customers.ts'
import type { NewItem, OrderWithItems } from './database/orders.ts'
import { statuses } from './database/values.ts'
import { type Currency, CustomerId, Id, Sku, Text } from './fields.ts'
import { invoiceOf } from './invoice.ts'
import { shown } from './login.ts'
import { order, orderItem, product } from './models.ts'
import { OutOfStock } from './products.ts'
import { refusedField } from './refusal.ts'
import { refunds } from './refunds.ts'
import { type Shelves, db, store, tx } from './store.ts'

const Status = z.enum(statuses)
const Item = z.object({ sku: Sku, qty: z.int().min(1).max(1000) }).meta({ id: 'OrderItemIn' })

export const OrderIn = z
  .object({
    customer_id: CustomerId.optional().describe('Who orders: the caller, unless staff say who'),
    items: z.array(Item).min(1).max(50),
    notes: Text(500).optional(),
  })
  .meta({
    id: 'OrderIn',
    examples: [{ customer_id: 1, items: [{ sku: 'TEA-ASSAM-250', qty: 2 }], notes: 'Leave it with the neighbour' }],
  })

const rows = resource(order, {
  db,
  name: 'Order',
  order: '-id',
  filter: ['status', 'customer_id', 'created_at'],
  expand: { items: many(orderItem, { always: true, expand: { product: one(product) } }) },
  reads: { security: shown.scopes('orders:read') },
  endpoints: { list: { summary: 'List orders, the newest first', description: 'Customers see their own.' } },
})
const Order = rows.read.spec.returns

export const OrderNotOpen = problem('order_not_open', {
  status: 409,
  title: 'The order is paid or cancelled already',
  extra: z.object({ order_status: Status }).meta({ examples: [{ order_status: 'paid' }] }),
})

const params = z.object({ id: Id })

const about = { description: 'From the order to the invoice. Prices are those of the moment of ordering.' }

/** Orders change the stock, so that replies which show it do not hold any more. */
const changesStock = invalidates('products')

export const orders = group('/orders', about, {
  list: rows.list,
  read: rows.read,

  create: post(
    '/',
    {
      summary: 'Order something',
      description: 'Takes the stock of all items, or of none.',
      body: OrderIn,
      returns: created(Order),
      throws: [Forbidden, OutOfStock],
      use: { tx, caller: caller('orders:write') },
      policies: [perCustomer('60/minute'), idempotent(), changesStock],
    },
    async ({ body, tx, caller }) => {
      const customer_id = await customerFor(caller, body.customer_id, tx)
      const { items, currency } = await takeStock(tx.products, body.items)
      return tx.orders.insert({ customer_id, currency, notes: body.notes ?? null }, items)
    },
  ),

  invoice: get(
    '/{id}/invoice',
    {
      summary: 'Read the invoice of an order',
      params,
      returns: ok(text()),
      throws: [NotFound],
      use: { store, caller: caller('orders:read') },
    },
    async ({ params, store, caller }) => {
      const order = await findOrder(store, caller, params.id)
      return invoiceOf(order, await store.customers.find(order.customer_id))
    },
  ),

  pay: post(
    '/{id}/pay',
    {
      summary: 'Pay an order',
      params,
      returns: Order,
      throws: [NotFound, OrderNotOpen],
      use: { tx, caller: caller('orders:write') },
    },
    ({ params, tx, caller }) => settle(tx, caller, params.id, 'paid'),
  ),

  cancel: post(
    '/{id}/cancel',
    {
      summary: 'Cancel an order',
      description: 'What it took goes back into stock.',
      params,
      returns: Order,
      throws: [NotFound, OrderNotOpen],
      use: { tx, caller: caller('orders:write') },
      policies: [changesStock],
    },
    async ({ params, tx, caller }) => {
      const order = await settle(tx, caller, params.id, 'cancelled')
      for (const { sku, qty } of order.items.toSorted(bySku)) await tx.products.changeStock(sku, qty)
      return order
    },
  ),

  refunds,
})

/** An order that the caller may see; for all others it is not there. */
async function findOrder({ orders }: Shelves, caller: Caller, id: string): Promise<OrderWithItems> {
  return may.check('order', caller, await orders.find(id))
}

async function settle(tx: Shelves, caller: Caller, id: string, status: 'paid' | 'cancelled'): Promise<OrderWithItems> {
  const order = await findOrder(tx, caller, id)
  const settled = await tx.orders.settle(id, status)
  if (settled) return settled
  // Where somebody was faster, it is not open any more.
  const { status: order_status } = (await tx.orders.find(id)) ?? order
  throw OrderNotOpen({ order_status })
}

/** Takes what an order asks for, in the order of SKUs: two orders that take the same cannot block each other. */
async function takeStock(
  products: Shelves['products'],
  wanted: z.output<typeof OrderIn>['items'],
): Promise<{ items: NewItem[]; currency: z.output<typeof Currency> }> {
  const items: NewItem[] = []
  const currencies = new Set<z.output<typeof Currency>>()
  for (const { sku, qty, index } of wanted.map((item, index) => ({ ...item, index })).toSorted(bySku)) {
    const product = await products.changeStock(sku, -qty)
    if (!product) {
      const unchanged = await products.find(sku)
      if (!unchanged) throw refusedField(`/body/items/${index}/sku`, 'unknown', 'There is no such product')
      throw OutOfStock({ sku, available: unchanged.stock })
    }
    items[index] = { sku, name: product.name, qty, unit_price_cents: product.price_cents }
    currencies.add(product.currency)
  }
  const [currency, another] = currencies
  if (currency === undefined || another !== undefined) {
    throw refusedField('/body/items', 'mixed_currencies', 'All items of an order must have one currency')
  }
  return { items, currency }
}

function bySku(one: { readonly sku: string }, other: { readonly sku: string }): number {
  return one.sku < other.sku ? -1 : one.sku > other.sku ? 1 : 0
}
