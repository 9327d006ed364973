import { type SQL, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import * as pg from 'drizzle-orm/pg-core'
import { Pool } from 'pg'
import { api, depends, group } from 'trestle'
import { type AnyDatabase, model, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Opened, openPostgres } from './databases.ts'

/** A name with all that a literal, an identifier, a format and JSON each have a meaning for. */
const ODD = `a"b\\c%s'd`

const feeling = pg.pgSchema('other').enum('feeling', ['it\'s "x" \\ %s', 'b,c'])
const kinds = pg.pgSchema('other').table('kinds', {
  id: pg.integer().primaryKey(),
  [ODD]: pg.text(),
  r: pg.text('R'),
  doc: pg.json(),
  at: pg.timestamp({ withTimezone: true }),
  local: pg.timestamp(),
  exact: pg.numeric(),
  size: pg.doublePrecision(),
  feel: feeling(),
  ip: pg.inet(),
  upper: pg.text().generatedAlwaysAs(sql`upper("R")`),
})

let opened: Opened
let pool: Pool
beforeAll(async () => {
  opened = await openPostgres()
  const { run, database } = opened
  const statements: SQL[] = [
    sql`create schema other`,
    sql`create type other.feeling as enum ('it''s "x" \\ %s', 'b,c')`,
    sql`create table other.kinds (id int primary key, ${sql.identifier(ODD)} text, "R" text, doc json, at timestamptz,
      local timestamp, exact numeric, size float8, feel other.feeling, ip inet,
      upper text generated always as (upper("R")) stored)`,
    sql`insert into other.kinds values (1, 'q"\\', 'x', ${'{"a":1,\r\n"a":[2],\r"z":"\\u0000"}'}, '2020-01-01 00:00:00.5+00',
      '2020-01-01 00:00:00.123456', 'NaN', 'NaN', 'it''s "x" \\ %s', '::1')`,
    sql`insert into other.kinds values (2, ${'a,\n'}, ${'\u0001\r\n'}, 'null', 'infinity', null, 1.10, '-Infinity', 'b,c',
      '10.0.0.0/8')`,
    sql`insert into other.kinds (id) values (3)`,
  ]
  for (const statement of statements) await run(statement)
  const { options } = (database as unknown as { readonly $client: Pool }).$client
  pool = new Pool({ ...options, options: '-c standard_conforming_strings=off -c escape_string_warning=off' })
  pool.on('error', () => undefined)
}, 60_000)
afterAll(async () => {
  await pool.end()
  await opened.close()
})

test.each([
  ['on', () => opened.db],
  ['off', () => depends({}, () => drizzle({ client: pool }) as unknown as AnyDatabase, { scope: 'app' })],
])('rows that Postgres writes are those that are read one by one, standard_conforming_strings %s', async (_, db) => {
  const options = { db: db(), export: true, sparse: true, filter: ['feel', 'r', ODD] } as const
  const { fetch, close } = await createTestClient(
    api({
      written: group('/written', resource(kinds, options as never) as never),
      read: group('/read', resource(kinds, { ...options, pages: 'offset' } as never) as never),
    }),
  )
  const items = async (path: string) => ((await (await fetch(path)).json()) as { items: object[] }).items
  const lines = async (path: string) =>
    (await (await fetch(path, { headers: { accept: 'application/x-ndjson' } })).text())
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown)
  // With `ip`, which Postgres writes in a form of its own, no page is a text.
  const fields = ['id', ODD, 'r', 'doc', 'at', 'local', 'exact', 'size', 'feel', 'upper'].map(encodeURIComponent).join()
  const expected = await items(`/read?fields=${fields}`)
  expect(expected).toHaveLength(3)
  expect(await items(`/written?fields=${fields}`)).toEqual(expected)
  expect(await items('/written')).toEqual(await items('/read'))
  expect(await lines(`/written/export?fields=${fields}`)).toEqual(expected)
  for (const [name, value] of [
    ['feel', 'it\'s "x" \\ %s'],
    [ODD, 'q"\\'],
    ['r', '\u0001\r\n'],
    ['r', "\\' or true --"],
    [`${ODD}[contains]`, '"\\'],
  ] as const) {
    const query = `${encodeURIComponent(name)}=${encodeURIComponent(value)}&fields=${fields}`
    const found = await items(`/read?${query}`)
    expect(await items(`/written?${query}`)).toEqual(found)
    expect(await lines(`/written/export?${query}`)).toEqual(found)
  }
  const csv = await fetch('/written/export?fields=at,size', { headers: { accept: 'text/csv' } })
  expect(await csv.text()).toBe('id,at,size\n1,2020-01-01T00:00:00.5Z,\n2,,\n3,,\n')
  await close()
})

test.each([
  ['a list', () => sql`${kinds.id} = any(${sql.param([1, 3])})`],
  ['a list of texts', () => sql`${kinds.r} = any(${sql.param(['x', null, `a"b\\c'd,{}`, '\u0001\r\n'])})`],
  ['a list of lists', () => sql`${kinds.id} = any(${sql.param([[1], [2]])}::int[])`],
  ['bytes', () => sql`encode(${sql.param(Buffer.from([0, 255, 92]))}::bytea, 'hex') = '00ff5c'`],
  ['JSON', () => sql`${sql.param({ a: `it's "\\` })}::jsonb ->> 'a' = ${`it's "\\`}`],
])('a rule may compare with %s, in an export too', async (_, visible) => {
  const options = { db: opened.db, export: true, sparse: true }
  const seen = model(kinds, { visible } as never)
  const { fetch, close } = await createTestClient(
    api({ kinds: group('/kinds', resource(seen as never, options as never) as never) }),
  )
  const { items } = (await (await fetch('/kinds')).json()) as { items: object[] }
  expect(items.length).toBeGreaterThan(0)
  const csv = await (await fetch('/kinds/export?fields=id', { headers: { accept: 'text/csv' } })).text()
  expect(csv.match(/^\d$/gm)).toHaveLength(items.length)
  await close()
})

test('a key that callers do not see is in no row', async () => {
  const { tables, run, db } = opened
  await run(sql`insert into branches (name) values ('North'), ('South')`)
  const branch = model(tables.branches, { hide: ['id'] })
  const branches = group('/branches', resource(branch, { db, export: true }))
  const { fetch, close } = await createTestClient(api({ branches }))
  const { items, next_cursor } = await (await fetch('/branches?limit=1')).json()
  expect(items).toEqual([{ name: 'North' }])
  expect((await (await fetch(`/branches?limit=1&cursor=${next_cursor}`)).json()).items).toEqual([{ name: 'South' }])
  expect(await (await fetch('/branches/export')).json()).toEqual([{ name: 'North' }, { name: 'South' }])
  await close()
})
