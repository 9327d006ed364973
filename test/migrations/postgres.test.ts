import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Pool } from 'pg'
import { MigrationError, migrate } from 'trestle/migrations'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestPostgres, startPostgres } from '../servers/postgres.ts'

let server: TestPostgres
let folder: string
let pool: Pool

beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.remove())

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trestle-migrations-'))
  pool = new Pool({ connectionString: server.url, max: 1 })
  pool.on('error', () => {})
})
afterEach(async () => {
  await pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS drizzle CASCADE')
  await pool.end()
  await rm(folder, { recursive: true, force: true })
})

async function write(name: string, text: string): Promise<void> {
  await mkdir(path.join(folder, name), { recursive: true })
  await writeFile(path.join(folder, name, 'migration.sql'), text)
}

test('a value that one migration adds to an enum can be used by the next', async () => {
  await write('20260101000000_a', "CREATE TYPE status AS ENUM ('open'); CREATE TABLE orders (status status)")
  await write('20260102000000_b', "ALTER TYPE status ADD VALUE 'paid'")
  await write('20260103000000_c', "INSERT INTO orders VALUES ('paid')")
  expect(await migrate(pool, folder)).toHaveLength(3)
  expect((await pool.query('SELECT * FROM orders')).rows).toEqual([{ status: 'paid' }])
})

test('who may change nothing starts where nothing is pending, and is told where something is', async () => {
  await write('20260101000000_a', 'CREATE TABLE a (x text)')
  await migrate(pool, folder)
  await pool.query(`CREATE ROLE clerk LOGIN PASSWORD 'clerk'; REVOKE ALL ON SCHEMA public FROM PUBLIC;
    GRANT USAGE ON SCHEMA drizzle TO clerk; GRANT SELECT ON ALL TABLES IN SCHEMA drizzle TO clerk`)
  const clerk = new Pool({ connectionString: server.url.replace('trestle:trestle', 'clerk:clerk'), max: 1 })
  expect(await migrate(clerk, folder)).toEqual([])
  await write('20260102000000_b', 'CREATE TABLE b (x text)')
  await expect(migrate(clerk, folder)).rejects.toThrow(/migration\.sql:1: (permission denied|no schema)/)
  await clerk.end()
})

test('the time limit of statements is for migrations, and not for waiting', async () => {
  await write('20260101000000_a', 'CREATE TABLE a (x text)')
  const holder = new Pool({ connectionString: server.url, max: 1 })
  await holder.query('BEGIN')
  await holder.query("SELECT pg_advisory_xact_lock(hashtextextended('trestle migrations', 0))")
  const limited = new Pool({ connectionString: server.url, max: 1, statement_timeout: 300 })
  const waiting = migrate(limited, folder)
  await new Promise((resolve) => setTimeout(resolve, 900))
  await holder.query('COMMIT')
  await holder.end()
  expect(await waiting).toEqual(['20260101000000_a'])
  await write('20260102000000_b', 'CREATE TABLE b (x text); SELECT pg_sleep(3)')
  await expect(migrate(limited, folder)).rejects.toThrow('canceling statement due to statement timeout')
  // Its only connection is as good as before.
  expect((await limited.query("SELECT to_regclass('b') AS b, current_setting('lock_timeout') AS lock")).rows).toEqual([
    { b: null, lock: '0' },
  ])
  await limited.end()
})

test('a connection that is lost in the middle leaves nothing, and goes to nobody else', async () => {
  await write('20260101000000_a', 'CREATE TABLE a (x text);\n--> statement-breakpoint\nSELECT pg_sleep(20)')
  const failing = migrate(pool, folder).catch((error: unknown) => error)
  const admin = new Pool({ connectionString: server.url, max: 1 })
  const end = "SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
  await expect.poll(async () => (await admin.query(end)).rows, { timeout: 10_000 }).toEqual([{ ended: true }])
  await admin.end()
  expect(await failing).toBeInstanceOf(MigrationError)
  expect((await pool.query("SELECT to_regclass('a') AS a")).rows).toEqual([{ a: null }])
})
