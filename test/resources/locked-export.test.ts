import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Client, Pool } from 'pg'
import { api, depends, group } from 'trestle'
import { serve } from 'trestle/node'
import { type AnyDatabase, resource } from 'trestle/resources'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Opened, openPostgres } from './databases.ts'

let opened: Opened
let pool: Pool
let origin: string
let stop: () => Promise<void>
/** Somebody who changes the table, and takes their time. */
let other: Client
beforeAll(async () => {
  opened = await openPostgres()
  const { tables, run } = opened
  await run(sql`insert into branches (name) values ('North')`)
  const { options } = (opened.database as unknown as { readonly $client: Pool }).$client
  pool = new Pool({ ...options, max: 1 })
  pool.on('error', () => undefined)
  const db = depends({}, () => drizzle({ client: pool }) as unknown as AnyDatabase, { scope: 'app' })
  const given = { db, export: true, endpoints: { export: { limits: { timeout: 20_000 } } } } as const
  const app = api({
    branches: group('/branches', resource(tables.branches, given)),
    short: group(
      '/short',
      resource(tables.branches, { ...given, endpoints: { export: { limits: { timeout: 300 } } } }),
    ),
  })
  const server = await serve(app, { port: 0, host: '127.0.0.1', quiet: true, signals: false })
  origin = `http://127.0.0.1:${server.port}`
  stop = () => server.stop()
  other = new Client(options)
  await other.connect()
}, 60_000)
afterAll(async () => {
  await other.end()
  await stop()
  await pool.end()
  await opened.close()
})

/** The pool's only connection is there for somebody else. */
async function isFree(): Promise<boolean> {
  const asked = pool.query('select 1').then(() => true)
  return Promise.race([asked, sleep(2000, false)])
}

test('an export that others keep waiting is told so, and gives its connection back', async () => {
  await other.query('begin; lock table branches in access exclusive mode')
  const reply = await fetch(`${origin}/branches/export`)
  expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await isFree()).toBe(true)
  await other.query('rollback')
  expect(await (await fetch(`${origin}/branches/export`)).json()).toHaveLength(1)
}, 20_000)

test('an export whose caller leaves before there is anything gives its connection back', async () => {
  await other.query('begin; lock table branches in access exclusive mode')
  const abort = new AbortController()
  const reply = fetch(`${origin}/branches/export`, { signal: abort.signal }).catch((error: Error) => error.name)
  await expect.poll(() => pool.idleCount + pool.waitingCount).toBe(0)
  await sleep(100)
  abort.abort()
  expect(await reply).toBe('AbortError')
  expect(await isFree()).toBe(true)
  await other.query('rollback')
}, 20_000)

test('an export whose time is up gives its connection back', async () => {
  await other.query('begin; lock table branches in access exclusive mode')
  const reply = await fetch(`${origin}/short/export`)
  expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([503, 'handler_timeout'])
  expect(await isFree()).toBe(true)
  await other.query('rollback')
}, 20_000)
