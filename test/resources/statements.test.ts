import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable } from 'drizzle-orm/pg-core'
import { sql } from 'drizzle-orm'
import { Pool } from 'pg'
import { api, depends, group } from 'trestle'
import { type AnyDatabase, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Opened, openPostgres } from './databases.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'] as const
const wide = pgTable('wide', {
  id: integer().primaryKey(),
  ...(Object.fromEntries(NAMES.map((name) => [name, integer()])) as Record<
    (typeof NAMES)[number],
    ReturnType<typeof integer>
  >),
})

let opened: Opened
beforeAll(async () => {
  opened = await openPostgres()
  const columns = sql.join(
    NAMES.map((name) => sql`${sql.identifier(name)} int`),
    sql`, `,
  )
  await opened.run(sql`create table wide (id int primary key, ${columns})`)
}, 60_000)
afterAll(() => opened.close())

/** A resource on a pool of one connection, and the statements that this has a name for. */
async function start() {
  const { options } = (opened.database as unknown as { readonly $client: Pool }).$client
  const pool = new Pool({ ...options, max: 1 })
  pool.on('error', () => undefined)
  const db = depends({}, () => drizzle({ client: pool }) as unknown as AnyDatabase, { scope: 'app' })
  const given = { db, filter: [...NAMES], sort: [...NAMES] } as const
  const { fetch, close } = await createTestClient(api({ wide: group('/wide', resource(wide, given)) }))
  const list = async (query: string) => {
    const reply = await fetch(`/wide?${query}`)
    expect(reply.status).toBe(200)
    await reply.text()
  }
  const row = async (id: number) => {
    const reply = await fetch(`/wide/${id}`)
    expect(reply.status).toBe(200)
    return reply.json()
  }
  const statements = async () =>
    (
      await pool.query<{ statement: string; uses: string }>(
        'select statement, generic_plans + custom_plans uses from pg_prepared_statements',
      )
    ).rows
  const end = async () => {
    await close()
    await pool.end()
  }
  return { list, row, statements, pool, close: end }
}

/** The query of a number: a filter for each bit. */
function shape(number: number): string {
  return NAMES.flatMap((name, i) => (number & (1 << i) ? [`${name}=1`] : [])).join('&')
}

test('lists that nobody asks for again are not kept on the connection, and do not drive out those that are', async () => {
  const { list, statements, close } = await start()
  for (let i = 0; i < 3; i++) await list('sort=a')
  for (let i = 0; i < 500; i++) {
    await list(shape(i + 1))
    await list(`a[in]=${Array.from({ length: 2 + (i % 50) }, (_, j) => j).join('&a[in]=')}`)
  }
  for (let i = 0; i < 3; i++) await list('sort=-b')
  await list('sort=a')
  const kept = await statements()
  expect(kept.map(({ statement }) => / order by (.*) limit/.exec(statement)?.[1]).toSorted()).toEqual([
    '"wide"."a" asc, "wide"."id" asc',
    '"wide"."b" desc, "wide"."id" desc',
  ])
  expect(kept.map(({ uses }) => Number(uses)).toSorted()).toEqual([2, 3])
  await close()
})

test('whoever asks for ever new lists twice fills no connection: it makes way for another', async () => {
  const { list, statements, pool, close } = await start()
  const seen = new Set<object>()
  pool.on('acquire', (client) => seen.add(client))
  let most = 0
  for (let i = 1; i < 1300; i++) {
    await list(shape(i))
    await list(shape(i))
    if (i % 100 === 0) most = Math.max(most, (await statements()).length)
  }
  expect(most).toBeGreaterThan(100)
  expect(most).toBeLessThanOrEqual(500)
  expect(seen.size).toBe(3)
  await list('sort=a')
  await list('sort=a')
  expect((await statements()).some(({ statement }) => statement.includes('order by "wide"."a" asc'))).toBe(true)
  await close()
}, 60_000)

test('a column of another type by now is read on: statements that were kept of it are forgotten', async () => {
  const { row, statements, pool, close } = await start()
  await opened.run(sql`insert into wide (id, b) values (1, 5)`)
  for (let i = 0; i < 3; i++) expect(await row(1)).toMatchObject({ id: 1, a: null, b: 5 })
  expect(await statements()).toHaveLength(1)
  const before = await pool.query('select pg_backend_pid() pid')
  await opened.run(sql`alter table wide alter a type bigint`)
  for (let i = 0; i < 3; i++) expect(await row(1)).toMatchObject({ id: 1, a: null, b: 5 })
  expect(await statements()).toHaveLength(1)
  expect((await pool.query('select pg_backend_pid() pid')).rows).not.toEqual(before.rows)
  await opened.run(sql`alter table wide alter a type int`)
  expect(await row(1)).toMatchObject({ id: 1, a: null, b: 5 })
  await close()
})
