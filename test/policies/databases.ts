import { mkdtemp, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sql } from 'drizzle-orm'
import { drizzle as overPool } from 'drizzle-orm/node-postgres'
import { drizzle as overFile } from 'drizzle-orm/node-sqlite'
import pg from 'pg'
import type { Dependency } from 'trestle'
import { depends } from 'trestle'
import { transaction } from 'trestle/transaction'
import { afterAll, beforeAll, describe } from 'vitest'
import { type TestPostgres, startPostgres } from '../servers/postgres.ts'

/** What orders are put into, in a transaction. */
export interface Orders {
  readonly insert: (sku: string) => Promise<void>
  /** A statement that fails. */
  readonly fail: () => Promise<void>
}

/** A real database with a table of orders, and transactions in it. */
export interface Shop {
  readonly database: Dependency<unknown>
  readonly tx: Dependency<Orders>
  /** What is committed. */
  readonly skus: () => Promise<string[]>
  /** Rows of kept replies. */
  readonly kept: () => Promise<number>
  /** Connections that transactions hold now. */
  readonly held: () => number
  readonly close: () => Promise<void>
}

const TABLE = 'CREATE TABLE orders (sku text NOT NULL)'
const INSERT = 'INSERT INTO orders (sku) VALUES ($1)'
const FAILS = 'SELECT * FROM no_such_table'

type Kind = 'pg' | 'drizzle on pg' | 'sqlite' | 'drizzle on sqlite'
const KINDS: readonly Kind[] = ['pg', 'drizzle on pg', 'sqlite', 'drizzle on sqlite']

async function inPostgres(kind: Kind, url: string): Promise<Shop> {
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  pool.on('error', () => {})
  await pool.query(`DROP TABLE IF EXISTS orders; ${TABLE}`)
  await pool.query(
    'DROP TABLE IF EXISTS trestle_replies, trestle_replies_version; DROP FUNCTION IF EXISTS trestle_claim',
  )
  const plainPool = depends({}, () => pool, { scope: 'app' })
  const drizzle = depends({}, () => overPool({ client: pool }), { scope: 'app' })
  const client = transaction(plainPool)
  const drizzled = transaction(drizzle)
  const ofClient = depends({ client }, ({ client }): Orders => {
    return {
      insert: async (sku) => void (await client.query(INSERT, [sku])),
      fail: async () => void (await client.query(FAILS)),
    }
  })
  const ofDrizzle = depends({ drizzled }, ({ drizzled }): Orders => {
    return {
      insert: async (sku) => void (await drizzled.execute(sql`INSERT INTO orders (sku) VALUES (${sku})`)),
      fail: async () => void (await drizzled.execute(sql.raw(FAILS))),
    }
  })
  return {
    database: kind === 'pg' ? plainPool : drizzle,
    tx: kind === 'pg' ? ofClient : ofDrizzle,
    skus: async () => (await pool.query<{ sku: string }>('SELECT sku FROM orders')).rows.map(({ sku }) => sku),
    kept: async () => (await pool.query('SELECT 1 FROM trestle_replies')).rows.length,
    held: () => pool.totalCount - pool.idleCount,
    close: () => pool.end(),
  }
}

async function inSqlite(kind: Kind, file: string): Promise<Shop> {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL')
  database.exec(TABLE)
  // What others see is what is committed.
  const other = new DatabaseSync(file)
  const opened = depends({}, () => database, { scope: 'app' })
  const drizzle = depends({}, () => overFile({ client: database }), { scope: 'app' })
  const plain = transaction(opened)
  const drizzled = transaction(drizzle)
  const ofPlain = depends({ plain }, ({ plain }): Orders => {
    return {
      insert: async (sku) => void plain.prepare('INSERT INTO orders (sku) VALUES (?)').run(sku),
      fail: async () => plain.exec(FAILS),
    }
  })
  const ofDrizzle = depends({ drizzled }, ({ drizzled }): Orders => {
    return {
      insert: async (sku) => void drizzled.run(sql`INSERT INTO orders (sku) VALUES (${sku})`),
      fail: async () => void drizzled.run(sql.raw(FAILS)),
    }
  })
  return {
    database: kind === 'sqlite' ? opened : drizzle,
    tx: kind === 'sqlite' ? ofPlain : ofDrizzle,
    skus: async () =>
      other
        .prepare('SELECT sku FROM orders')
        .all()
        .map(({ sku }) => sku as string),
    kept: async () => other.prepare('SELECT 1 FROM trestle_replies').all().length,
    held: () => (database.isTransaction ? 1 : 0),
    close: async () => {
      database.close()
      other.close()
    },
  }
}

/** Runs the same tests over every database that `transaction()` knows, each real and empty at first. */
export function onEveryDatabase(what: string, tests: (open: () => Promise<Shop>) => void): void {
  describe.each(KINDS)(`${what}, on %s`, (kind) => {
    let postgres: TestPostgres | undefined
    let folder = ''
    let files = 0
    beforeAll(async () => {
      if (kind.endsWith('pg')) postgres = await startPostgres()
      else folder = await mkdtemp(path.join(tmpdir(), 'trestle-transaction-'))
    })
    afterAll(async () => {
      await postgres?.remove()
      if (folder !== '') await rm(folder, { recursive: true, force: true })
    })
    tests(() => {
      if (postgres !== undefined) return inPostgres(kind, postgres.url)
      return inSqlite(kind, path.join(folder, `${files++}.db`))
    })
  })
}
