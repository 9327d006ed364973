import { model } from 'trestle/resources'
import { caller, rowsOf } from './caller.ts'
import { postgresTables as postgres, sqliteTables as sqlite } from './database/tables.ts'
import { Cents, CustomerId, Email, Id, Sku } from './fields.ts'

/** What callers know of each table: which columns, and whose rows. */

const use = { caller: caller() }

/** What the shop pays for a product leaves nowhere. */
export const product = model(postgres.products, {
  twin: sqlite.products,
  hide: ['cost_cents', 'version'],
  version: 'version',
  schemas: { sku: Sku, price_cents: Cents },
})

/** Not the note on their credit, and customers themselves alone. */
export const customer = model(postgres.customers, {
  twin: sqlite.customers,
  hide: ['credit_note', 'password_hash'],
  schemas: { id: CustomerId, email: Email },
  use,
  visible: ({ caller }, { id }) => rowsOf(caller, id),
})

export const order = model(postgres.orders, {
  twin: sqlite.orders,
  name: 'OrderRow',
  schemas: { id: Id },
  use,
  visible: ({ caller }, { customer_id }) => rowsOf(caller, customer_id),
})

export const orderItem = model(postgres.orderItems, {
  twin: sqlite.orderItems,
  hide: ['order_id', 'line'],
  schemas: { sku: Sku },
})

export const refund = model(postgres.refunds, { twin: sqlite.refunds, schemas: { id: Id, order_id: Id } })
