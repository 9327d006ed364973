import { Client } from 'pg'
import { type TestPostgres, startPostgres } from '../../test/servers/postgres.ts'

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

/** Starts a Postgres of its own, with this many orders. */
export async function openOrders(rows: number): Promise<Pick<TestPostgres, 'url' | 'remove'>> {
  const { url, remove } = await startPostgres()
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(TABLE)
  await client.query(ROWS, [rows])
  for (const index of INDEXES) await client.query(index)
  await client.query('vacuum analyze orders')
  await client.end()
  return { url, remove }
}
