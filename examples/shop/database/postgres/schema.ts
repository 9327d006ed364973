import { sql } from 'drizzle-orm'
import { bigint, check, index, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { categories, currencies, roles, statuses } from '../values.ts'

/** The tables on Postgres. `../sqlite/schema.ts` has the same ones; `../tables.ts` holds the two to the same rows. */

const instant = () => timestamp({ withTimezone: true, precision: 3 })
/** A sum of prices outgrows four bytes. */
const sum = () => bigint({ mode: 'number' })

export const customers = pgTable('customers', {
  id: integer().primaryKey().generatedByDefaultAsIdentity(),
  name: text().notNull(),
  email: text().notNull().unique(),
  credit_note: text(),
  /** Of argon2id; without one nobody can log in. */
  password_hash: text(),
  created_at: instant().notNull(),
})

export const staff = pgTable('staff', {
  name: text().primaryKey(),
  role: text({ enum: roles }).notNull(),
  password_hash: text(),
})

export const products = pgTable(
  'products',
  {
    sku: text().primaryKey(),
    name: text().notNull(),
    description: text().notNull(),
    category: text({ enum: categories }).notNull(),
    price_cents: integer().notNull(),
    cost_cents: integer(),
    currency: text({ enum: currencies }).notNull(),
    stock: integer().notNull(),
    version: integer().notNull().default(1),
    created_at: instant().notNull(),
    updated_at: instant().notNull(),
  },
  (table) => [
    index('products_by_category').on(table.category, table.sku),
    index('products_by_name').on(table.name, table.sku),
    index('products_by_price').on(table.price_cents, table.sku),
    check('stock_is_not_negative', sql`${table.stock} >= 0`),
  ],
)

export const orders = pgTable(
  'orders',
  {
    id: uuid().primaryKey(),
    customer_id: integer()
      .notNull()
      .references(() => customers.id),
    status: text({ enum: statuses }).notNull(),
    currency: text({ enum: currencies }).notNull(),
    total_cents: sum().notNull(),
    refunded_cents: sum().notNull(),
    notes: text(),
    created_at: instant().notNull(),
    paid_at: instant(),
    cancelled_at: instant(),
  },
  (table) => [
    index('orders_by_customer').on(table.customer_id, table.id),
    index('orders_by_status').on(table.status, table.id),
    index('orders_by_time').on(table.created_at, table.id),
    check('no_more_refunded_than_paid', sql`${table.refunded_cents} <= ${table.total_cents}`),
  ],
)

export const orderItems = pgTable(
  'order_items',
  {
    order_id: uuid()
      .notNull()
      .references(() => orders.id),
    line: integer().notNull(),
    sku: text()
      .notNull()
      .references(() => products.sku),
    name: text().notNull(),
    qty: integer().notNull(),
    unit_price_cents: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.order_id, table.line] })],
)

export const refunds = pgTable(
  'refunds',
  {
    id: uuid().primaryKey(),
    order_id: uuid()
      .notNull()
      .references(() => orders.id),
    amount_cents: sum().notNull(),
    reason: text(),
    created_at: instant().notNull(),
  },
  (table) => [index('refunds_by_order').on(table.order_id, table.id)],
)
