import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import * as pg from 'drizzle-orm/pg-core'
import fc from 'fast-check'
import { Pool } from 'pg'
import { api, depends, group } from 'trestle'
import { type AnyDatabase, many, model, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Opened, openPostgres } from './databases.ts'

const moments = pg.pgTable('moments', {
  id: pg.integer().primaryKey(),
  at: pg.timestamp({ withTimezone: true }).notNull(),
  local: pg.timestamp(),
  day: pg.date({ mode: 'date' }).notNull(),
  written: pg.date(),
})
const parts = pg.pgTable('parts', {
  id: pg.integer().primaryKey(),
  moment_id: pg.integer().references(() => moments.id),
  at: pg.timestamp({ withTimezone: true }),
})

/** The first moment of Postgres, and the last of `Date`. */
const FIRST = -210_863_520_000_000
const LAST = 8_640_000_000_000_000

let opened: Opened
let pool: Pool
beforeAll(async () => {
  opened = await openPostgres()
  await opened.run(
    sql`create table moments (id int primary key, at timestamptz not null, local timestamp, day date not null, written date)`,
  )
  await opened.run(sql`create table parts (id int primary key, moment_id int references moments, at timestamptz)`)
  const { options } = (opened.database as unknown as { readonly $client: Pool }).$client
  // Where the clocks of 1900 were 19 minutes and 32 seconds before those of Greenwich.
  pool = new Pool({ ...options, options: '-c timezone=Europe/Amsterdam' })
  pool.on('error', () => undefined)
}, 60_000)
afterAll(async () => {
  await pool.end()
  await opened.close()
})

const there = () => depends({}, () => drizzle({ client: pool }) as unknown as AnyDatabase, { scope: 'app' })

test.each([
  ['UTC', () => opened.db],
  ['Amsterdam', there],
])('moments of any year are the same in pages, rows, exports and expansions; the session is of %s', async (_, db) => {
  const options = {
    db: db(),
    export: true,
    expand: { parts: many(parts) },
  } as const
  const { fetch, close } = await createTestClient(
    api({
      written: group('/written', resource(moments, options)),
      read: group('/read', resource(moments, { ...options, pages: 'offset' })),
      parts: group('/parts', resource(parts, { db: db() })),
    }),
  )
  const text = async (path: string, accept = 'application/json') => {
    const reply = await fetch(path, { headers: { accept } })
    expect(reply.status, `${path} ${accept}`).toBe(200)
    return reply.text()
  }
  const moment = fc.oneof(
    fc.integer({ min: FIRST, max: LAST }),
    fc.integer({ min: Date.parse('-000010-01-01'), max: Date.parse('0110-01-01') }),
    fc.constantFrom(...['-000044-03-15', '-000001-12-31', '0000-02-29', '0001-01-01', '0099-12-31'].map(Date.parse)),
    fc.constantFrom(FIRST, LAST, ...['1900-01-01', '9999-12-31T23:59:59.999Z', '+010000-01-01'].map(Date.parse)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 50 }), async (found) => {
      await opened.run(sql`truncate moments, parts`)
      const values = found.map((ms, i) => [i, inPostgres(new Date(ms))] as const)
      const rows = values.map(([i, at]) => sql`(${i}, ${at}, ${at}, ${at}, ${at})`)
      await opened.run(sql`insert into moments values ${sql.join(rows, sql`, `)}`)
      await opened.run(sql`insert into parts select id, id, at from moments`)
      const expected = found.map((ms) => new Date(ms).toISOString())
      const page = await text('/written')
      const { items } = JSON.parse(page) as { items: { at: string; local: string; day: string }[] }
      expect(items.map(({ at }) => at)).toEqual(expected)
      expect(items.map(({ local }) => local)).toEqual(expected)
      expect(items.map(({ day }) => day)).toEqual(expected.map((one) => one.replace(/T.*/, '')))
      expect((JSON.parse(await text('/read')) as { items: unknown }).items).toEqual(items)
      expect(JSON.parse(await text('/written/export'))).toEqual(items)
      const expanded = JSON.parse(await text('/written?expand=parts')) as { items: { parts: { at: string }[] }[] }
      expect(expanded.items.map(({ parts: [one] }) => one?.at)).toEqual(expected)
      const lines = (await text('/written/export', 'text/csv')).trim().split('\n').slice(1)
      // To the microsecond there, and without the zeros at the end.
      const inFull = (one: string | undefined) => new Date(one ?? '').toISOString()
      expect(lines.map((line) => inFull(line.split(',')[1]))).toEqual(expected)
      expect(lines.map((line) => line.split(',')[3])).toEqual(items.map(({ day }) => day))
    }),
    { numRuns: 60 },
  )
  await close()
})

test('what comes after a page is found by moments of any year', async () => {
  await opened.run(sql`truncate moments, parts`)
  const years = ['0044-03-15 BC', '0001-01-01 BC', '0001-01-01', '2020-01-01', '10000-01-01', '275760-09-13']
  for (const [i, at] of years.entries())
    await opened.run(sql`insert into moments values (${i}, ${`${at} 00:00+00`}, null, ${at}, null)`)
  const options = { db: opened.db, sort: ['at', 'day'], sparse: true } as const
  const { fetch, close } = await createTestClient(api({ moments: group('/moments', resource(moments, options)) }))
  for (const sort of ['at', 'day'] as const) {
    const ids: number[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await fetch(`/moments?limit=1&sort=${sort}${cursor === '' ? '' : `&cursor=${cursor}`}`)
      const { items, next_cursor } = (await page.json()) as { items: { id: number }[]; next_cursor: string | null }
      ids.push(...items.map(({ id }) => id))
      cursor = next_cursor
    }
    expect(ids).toEqual([0, 1, 2, 3, 4, 5])
  }
  await close()
})

/** A moment as Postgres takes it. */
function inPostgres(at: Date): string {
  const [, year = '', rest = ''] = /^([+-]?\d+)-(.*)Z$/.exec(at.toISOString()) ?? []
  const number = Number(year)
  const [day = '', time = ''] = rest.split('T')
  return `${String(number > 0 ? number : 1 - number).padStart(4, '0')}-${day} ${time}+00${number > 0 ? '' : ' BC'}`
}

/** A table as the database has it, and as code that was written otherwise believes it to be. */
const believed = pg.pgTable('believed', {
  id: pg.integer().primaryKey(),
  word: pg.text().notNull(),
  at: pg.timestamp({ withTimezone: true }).notNull(),
  size: pg.doublePrecision().notNull(),
  flag: pg.boolean().notNull(),
  doc: pg.jsonb().notNull(),
  day: pg.date().notNull(),
  fixed: pg.char({ length: 3 }).notNull(),
})

test('a row that is other than its table in code is refused by every way there is, and never sent as what no JSON is', async () => {
  await opened.run(sql`create table believed (id int primary key, word text default 'w', at timestamptz default '2020-01-01',
    size float8 default 1, flag boolean default true, doc jsonb default '{}', day date default '2020-01-01', fixed char(3) default 'a')`)
  const seen = model(believed)
  const options = { db: opened.db, export: true, sparse: true, filter: ['id'] } as const
  const { fetch, close } = await createTestClient(
    api({
      written: group('/written', resource(seen, options)),
      read: group('/read', resource(seen, { ...options, pages: 'offset' })),
    }),
  )
  const statusOf = async (path: string, accept = 'application/json') => {
    const reply = await fetch(path, { headers: { accept } })
    const text = await reply.text()
    if (accept === 'application/json') expect(() => JSON.parse(text)).not.toThrow()
    return reply.status
  }
  await opened.run(sql`insert into believed values (0)`)
  const rowOf = async (path: string) =>
    ((await (await fetch(path)).json()) as { items: object[] }).items.map((item) => item)
  expect(await rowOf('/written')).toEqual(await rowOf('/read'))
  expect(await rowOf('/written')).toMatchObject([{ fixed: 'a  ' }])
  const wrong = [
    ['word', sql`null`],
    ['at', sql`null`],
    ['at', sql`'infinity'`],
    ['at', sql`'294276-12-31'`],
    ['size', sql`null`],
    ['size', sql`'NaN'`],
    ['size', sql`'-infinity'`],
    ['flag', sql`null`],
    ['day', sql`null`],
    ['fixed', sql`null`],
  ] as const
  for (const [i, [name, value]] of wrong.entries()) {
    const id = i + 1
    await opened.run(sql`insert into believed (id, ${sql.identifier(name)}) values (${id}, ${value})`)
    const found = [
      await statusOf(`/read?id=${id}`),
      await statusOf(`/written?id=${id}`),
      await statusOf(`/written/export?id=${id}`),
      await statusOf(`/written/export?id=${id}`, 'application/x-ndjson'),
      await statusOf(`/written/export?id=${id}`, 'text/csv'),
    ]
    expect(found, `${name} ${i}`).toEqual([500, 500, 500, 500, 500])
    const others = Object.keys(believed).filter((one) => one !== name && one !== 'enableRLS')
    expect(await statusOf(`/written?id=${id}&fields=${others.join()}`)).toBe(200)
  }
  await close()
})
