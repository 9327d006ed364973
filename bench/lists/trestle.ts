import { drizzle } from 'drizzle-orm/node-postgres'
import { bigint, index, integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import { Pool } from 'pg'
import { api, depends, group } from 'trestle'
import { serve } from 'trestle/node'
import { resource } from 'trestle/resources'
import { measured } from '../servers/measured.ts'

const orders = pgTable(
  'orders',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    customer_id: integer().notNull(),
    status: text({ enum: ['open', 'paid', 'cancelled'] }).notNull(),
    total_cents: integer().notNull(),
    notes: text(),
    created_at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    index('orders_by_time').on(table.created_at, table.id),
    index('orders_by_status').on(table.status, table.created_at, table.id),
    index('orders_by_customer').on(table.customer_id, table.created_at, table.id),
  ],
)

const db = depends(
  {},
  async function* () {
    const pool = new Pool({ connectionString: process.argv[2] as string, max: 10 })
    yield drizzle({ client: pool })
    await pool.end()
  },
  { scope: 'app', eager: true },
)

const shop = api(
  { title: 'Orders', version: '1.0.0' },
  {
    orders: group(
      '/orders',
      resource(orders, {
        db,
        filter: ['status', 'customer_id'],
        sort: ['created_at'],
        order: '-created_at',
        export: true,
      }),
    ),
  },
)

const server = await serve(shop, { port: 0, host: '127.0.0.1', quiet: true, signals: false })
measured(server.port)
