import { mkdtemp, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres'
import { drizzle as drizzleSqlite } from 'drizzle-orm/node-sqlite'
import { Pool } from 'pg'
import type { Dependency } from 'trestle'
import { depends } from 'trestle'
import type { AnyDatabase } from 'trestle/resources'
import { afterAll, beforeAll, describe } from 'vitest'
import { startPostgres } from '../servers/postgres.ts'
import * as postgresTables from './tables-postgres.ts'
import * as sqliteTables from './tables-sqlite.ts'

/** The types of one database stand for both: rows and queries are the same. */
export type Tables = typeof postgresTables
export type Database = ReturnType<typeof drizzlePostgres>

/** A database of the tests of one file, with its tables, and what callers of the API have of it. */
export interface Opened {
  readonly dialect: 'sqlite' | 'postgres'
  readonly tables: Tables
  /** Reads and writes outside of the API. */
  readonly database: Database
  readonly db: Dependency<AnyDatabase>
  readonly tx: Dependency<AnyDatabase> | undefined
  /** The SQL that was run since it was last emptied. */
  readonly queries: string[]
  readonly close: () => Promise<void>
}

export async function openSqlite(): Promise<Opened> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trestle-resources-'))
  const file = path.join(folder, 'data.db')
  const client = new DatabaseSync(file)
  client.exec('pragma journal_mode = wal')
  const queries: string[] = []
  const logger = { logQuery: (query: string) => void queries.push(query) }
  const database = drizzleSqlite({ client, logger })
  for (const statement of sqliteTables.ddl) database.run(statement)
  return {
    dialect: 'sqlite',
    tables: sqliteTables as unknown as Tables,
    database: database as unknown as Database,
    db: depends({}, () => database as unknown as AnyDatabase, { scope: 'app', eager: true }),
    tx: undefined,
    queries,
    close: async () => {
      client.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export async function openPostgres(): Promise<Opened> {
  const server = await startPostgres()
  const pool = new Pool({ connectionString: server.url, max: 10 })
  // The server may end before the last of them has left.
  pool.on('error', () => {})
  const queries: string[] = []
  const logger = { logQuery: (query: string) => void queries.push(query) }
  const database = drizzlePostgres({ client: pool, logger })
  for (const statement of postgresTables.ddl) await database.execute(statement)
  return {
    dialect: 'postgres',
    tables: postgresTables,
    database,
    db: depends({}, () => database as unknown as AnyDatabase, { scope: 'app', eager: true }),
    tx: undefined,
    queries,
    close: async () => {
      await pool.end()
      await server.remove()
    },
  }
}

/** Runs the same tests on SQLite and on a real Postgres, each with empty tables. */
export function onBothDatabases(what: string, tests: (opened: () => Opened) => void): void {
  describe.each([
    ['SQLite', openSqlite],
    ['Postgres', openPostgres],
  ] as const)(`${what} on %s`, (_, open) => {
    let opened: Opened
    beforeAll(async () => {
      opened = await open()
    }, 60_000)
    afterAll(() => opened.close())
    tests(() => opened)
  })
}
