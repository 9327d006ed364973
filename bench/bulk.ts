import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres'
import { drizzle as drizzleSqlite } from 'drizzle-orm/node-sqlite'
import * as pg from 'drizzle-orm/pg-core'
import * as sqlite from 'drizzle-orm/sqlite-core'
import { Pool } from 'pg'
import { api, depends, group } from 'trestle'
import { type AnyDatabase, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { startPostgres } from '../test/servers/postgres.ts'
import { describeMachine, toLine } from './machine.ts'
import { median } from './median.ts'
import { toCount } from './options.ts'

const USAGE = `Rows that a resource of Trestle creates in one request, POST …/bulk, on SQLite and on Postgres. Options:
  --rows 3000    rows in a request
  --rounds 7     requests, of which the median counts`

const { values } = parseArgs({
  options: { rows: { type: 'string' }, rounds: { type: 'string' }, help: { type: 'boolean', default: false } },
})
if (values.help) {
  console.log(USAGE)
  process.exit()
}
const rows = toCount('--rows', values.rows ?? '3000')
const rounds = toCount('--rounds', values.rounds ?? '7')

const DDL = (key: string) =>
  `create table items (id ${key}, name text not null, sku text not null unique, cents integer not null, notes text)`

const inPostgres = pg.pgTable('items', {
  id: pg.serial().primaryKey(),
  name: pg.text().notNull(),
  sku: pg.text().notNull().unique(),
  cents: pg.integer().notNull(),
  notes: pg.text(),
})
const inSqlite = sqlite.sqliteTable('items', {
  id: sqlite.integer().primaryKey(),
  name: sqlite.text().notNull(),
  sku: sqlite.text().notNull().unique(),
  cents: sqlite.integer().notNull(),
  notes: sqlite.text(),
})

console.log(toLine(describeMachine()))
const client = new DatabaseSync(':memory:')
client.exec(DDL('integer primary key'))
await measure('SQLite', inSqlite, drizzleSqlite({ client }))
const server = await startPostgres()
const pool = new Pool({ connectionString: server.url })
// The server is stopped before the last connection has said farewell.
pool.on('error', () => undefined)
try {
  await pool.query(DDL('serial primary key'))
  await measure('Postgres', inPostgres, drizzlePostgres({ client: pool }))
} finally {
  await pool.end()
  await server.remove()
}

async function measure(name: string, table: typeof inPostgres | typeof inSqlite, database: unknown): Promise<void> {
  const db = depends({}, () => database as AnyDatabase, { scope: 'app', eager: true })
  const limits = { body: 100_000_000, timeout: 600_000 }
  const options = { db, bulk: rows, endpoints: { createMany: { limits } } } as const
  const { fetch, close } = await createTestClient(api({ items: group('/items', resource(table as never, options)) }))
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const items = Array.from({ length: rows }, (_, i) => ({ name: `item ${i}`, sku: `${round}-${i}`, cents: i }))
    const body = JSON.stringify({ items })
    const begin = performance.now()
    const reply = await fetch('/items/bulk', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    await reply.text()
    if (reply.status !== 201) throw new Error(`POST /items/bulk is ${reply.status}`)
    times.push(performance.now() - begin)
  }
  console.log(`${name}: ${rows} rows in ${median(times).toFixed(0)} ms`)
  await close()
}
