import { type SQL, sql } from 'drizzle-orm'
import type { Table } from 'drizzle-orm'
import * as pg from 'drizzle-orm/pg-core'
import * as lite from 'drizzle-orm/sqlite-core'
import fc from 'fast-check'
import { api, group } from 'trestle'
import { resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Opened, onBothDatabases } from './databases.ts'
import { type SampleColumn, meaningOf, sampleColumns } from './sample-columns.ts'

/** How many cases each property is tried with; a seed to see one again. */
const RUNS = Number(process.env.WALK_RUNS ?? 40)
const SEED = process.env.WALK_SEED === undefined ? {} : { seed: Number(process.env.WALK_SEED) }
const LIMIT = RUNS * 1000 + 20_000

/** A list as a caller asks for it, and the query that gives the same rows in the same order. */
interface Asked {
  readonly rows: readonly (readonly number[])[]
  readonly filters: readonly { readonly column: number; readonly operator: number; readonly value: number }[]
  readonly sort: readonly { readonly column: number; readonly descending: boolean }[]
  readonly limit: number
  /** What happens between pages: rows that go, and rows that come. */
  readonly changes: readonly { readonly goes: number; readonly comes: readonly number[] }[]
}

function cases(columns: readonly SampleColumn[], most: number): fc.Arbitrary<Asked> {
  const row = fc.tuple(
    ...columns.map(({ held, nullable }) =>
      nullable
        ? fc.oneof({ weight: 1, arbitrary: fc.constant(-1) }, { weight: 3, arbitrary: fc.nat(held.length - 1) })
        : fc.nat(held.length - 1),
    ),
  )
  const column = fc.nat(columns.length - 1)
  return fc.record({
    rows: fc.array(row, { maxLength: most, size: 'max' }),
    filters: fc.array(fc.record({ column, operator: fc.nat(7), value: fc.nat(30) }), { maxLength: 2 }),
    sort: fc.array(fc.record({ column, descending: fc.boolean() }), { maxLength: 3 }),
    limit: fc.integer({ min: 1, max: 7 }),
    changes: fc.array(fc.record({ goes: fc.nat(40), comes: row }), { maxLength: 6 }),
  })
}

onBothDatabases('walking a list', (opened) => {
  let columns: readonly SampleColumn[]
  let get: (path: string) => Promise<Response>
  let others: Awaited<ReturnType<typeof start>>
  let own: Awaited<ReturnType<typeof start>>

  const start = () => {
    const { tables, db } = opened()
    const names = columns.map(({ name }) => name) as 'word'[]
    const options = { db, filter: names, sort: names, sparse: true, endpoints: { create: {} } } as const
    return createTestClient(
      api({
        samples: group('/samples', resource(tables.samples, options)),
        books: group('/books', resource(tables.books, { db, sort: ['title'] })),
      }),
    )
  }

  beforeAll(async () => {
    columns = sampleColumns(opened().dialect)
    own = await start()
    others = await start()
    get = own.fetch
  })
  afterAll(() => Promise.all([own.close(), others.close()]))

  const insert = async (rows: readonly (readonly number[])[]): Promise<void> => {
    if (rows.length === 0) return
    const names = sql.join(
      columns.map(({ name }) => sql.identifier(name)),
      sql`, `,
    )
    const values = rows.map((row) => {
      const cells = row.map((at, i) => (at === -1 ? sql`null` : ((columns[i] as SampleColumn).held[at] as SQL)))
      return sql`(${sql.join(cells, sql`, `)})`
    })
    await opened().run(sql`insert into samples (${names}) values ${sql.join(values, sql`, `)}`)
  }

  const queryOf = ({ filters, sort, limit }: Asked): { query: URLSearchParams; conditions: SQL[]; order: SQL[] } => {
    const query = new URLSearchParams({ limit: `${limit}`, fields: 'code' })
    const conditions: SQL[] = []
    for (const filter of filters) {
      const { name, operators, sent, nullable } = columns[filter.column] as SampleColumn
      const choices = nullable ? [...operators, '[in]', '[null]'] : [...operators, '[in]']
      // Booleans have no sets.
      const operator = choices.filter((one) => one !== '[in]' || operators.length > 1)[
        filter.operator % (choices.length - (operators.length > 1 ? 0 : 1))
      ] as string
      if (query.has(`${name}${operator}`)) continue
      const [text, meaning] = sent[filter.value % sent.length] as readonly [string, SQL]
      if (operator === '[null]') {
        const isNull = filter.value % 2 === 0
        query.set(`${name}[null]`, `${isNull}`)
        conditions.push(isNull ? sql`${sql.identifier(name)} is null` : sql`${sql.identifier(name)} is not null`)
      } else if (operator === '[in]') {
        const [other, otherMeaning] = sent[(filter.value + 1) % sent.length] as readonly [string, SQL]
        query.append(`${name}[in]`, text)
        query.append(`${name}[in]`, other)
        conditions.push(sql`${sql.identifier(name)} in (${meaning}, ${otherMeaning})`)
      } else if ((operator === '[contains]' || operator === '[starts]') && text === '') {
      } else {
        query.set(`${name}${operator}`, text)
        conditions.push(meaningOf(opened().dialect, name, operator, meaning, text))
      }
    }
    const seen = new Set<string>()
    const words: string[] = []
    const order: SQL[] = []
    let last = false
    for (const { column, descending } of sort) {
      const { name } = columns[column] as SampleColumn
      if (seen.has(name)) continue
      seen.add(name)
      words.push(descending ? `-${name}` : name)
      order.push(sql`${sql.identifier(name)} ${sql.raw(descending ? 'desc' : 'asc')}`)
      last = descending
    }
    if (words.length > 0) query.set('sort', words.join())
    order.push(sql`id ${sql.raw(last ? 'desc' : 'asc')}`)
    return { query, conditions, order }
  }

  const plain = async ({ conditions, order }: ReturnType<typeof queryOf>): Promise<number[]> => {
    const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`
    const rows = await opened().run(sql`select id from samples ${where} order by ${sql.join(order, sql`, `)}`)
    return rows.map(({ id }) => Number(id))
  }

  /** Every page; `between` runs before each that is not the first. */
  const walk = async (query: URLSearchParams, between = async (_page: number) => {}): Promise<number[]> => {
    const ids: number[] = []
    let cursor: string | null = null
    for (let page = 0; page < 200; page++) {
      if (page > 0) await between(page - 1)
      const asked = new URLSearchParams(query)
      if (cursor !== null) asked.set('cursor', cursor)
      const reply = await get(`/samples?${asked}`)
      const body = await reply.json()
      if (reply.status !== 200)
        throw new Error(
          `${reply.status} for ${asked}: ${JSON.stringify(body)} ${own.failures.map(String)} ${own.failures.map((one) => String((one as Error).stack ?? ''))}`,
        )
      expect(body.items.length).toBeLessThanOrEqual(Number(query.get('limit')))
      for (const item of body.items) expect(Object.keys(item).toSorted()).toEqual(['code', 'id'])
      ids.push(...body.items.map(({ id }: { id: number }) => id))
      cursor = body.next_cursor
      if (cursor === null) return ids
    }
    throw new Error(`no end of ${query}`)
  }

  test(
    'gives exactly the rows of the plain query, in its order',
    async () => {
      await fc.assert(
        fc.asyncProperty(cases(columns, 40), async (asked) => {
          await opened().run(sql`delete from samples`)
          await insert(asked.rows)
          const query = queryOf(asked)
          expect(await walk(query.query)).toEqual(await plain(query))
        }),
        { numRuns: RUNS * 3, ...SEED },
      )
    },
    LIMIT,
  )

  test(
    'gives each row that was there all along once, in order, while others come and go',
    async () => {
      await fc.assert(
        fc.asyncProperty(cases(columns, 40), async (asked) => {
          await opened().run(sql`delete from samples`)
          await insert(asked.rows)
          const query = queryOf(asked)
          const before = await plain(query)
          const gone = new Set<number>()
          const walked = await walk(query.query, async (page) => {
            const change = asked.changes[page]
            if (change === undefined) return
            await insert([change.comes])
            const id = before[change.goes % Math.max(before.length, 1)]
            if (id === undefined) return
            gone.add(id)
            await opened().run(sql`delete from samples where id = ${id}`)
          })
          const stayed = before.filter((id) => !gone.has(id))
          expect(new Set(walked).size).toBe(walked.length)
          expect(walked.filter((id) => stayed.includes(id))).toEqual(stayed)
        }),
        { numRuns: RUNS, ...SEED },
      )
    },
    LIMIT,
  )

  test('shows each column of each row', async () => {
    await opened().run(sql`delete from samples`)
    const most = Math.max(...columns.map(({ held }) => held.length))
    await insert(Array.from({ length: most }, (_, i) => columns.map(({ held }) => i % held.length)))
    const reply = await get('/samples?limit=100')
    expect(own.failures.map(String).filter((text) => !text.includes('no index of'))).toEqual([])
    expect(reply.status).toBe(200)
    const { items } = await reply.json()
    expect(items).toHaveLength(most)
    // Whichever way a row is read, it is the same.
    for (const item of items) expect(await (await get(`/samples/${item.id}`)).json()).toEqual(item)
  })

  test('goes on after texts that are too long for a URL', async () => {
    const { run } = opened()
    await run(sql`delete from samples`)
    // Alike for longer than any cursor is.
    const text = '日本'.repeat(3000)
    for (let id = 1; id <= 9; id++)
      await run(sql`insert into samples (id, code, word) values (${id}, ${'x'}, ${`${text}${id % 4}`})`)
    const expected = await run(sql`select id from samples order by word desc, id desc`)
    const ids: number[] = []
    let cursor = ''
    for (let page = 0; page < 5; page++) {
      const reply = await get(`/samples?limit=2&sort=-word&fields=code${cursor && `&cursor=${cursor}`}`)
      const body = await reply.json()
      ids.push(...body.items.map(({ id }: { id: number }) => id))
      cursor = body.next_cursor ?? ''
      expect(cursor.length).toBeLessThan(1000)
    }
    expect(cursor).toBe('')
    expect(ids).toEqual(expected.map(({ id }) => Number(id)))
    // What it goes on after has to be there still.
    const next = (await (await get('/samples?limit=2&sort=-word')).json()).next_cursor
    await run(sql`delete from samples where id = ${ids[1]}`)
    const reply = await get(`/samples?limit=2&sort=-word&cursor=${next}`)
    expect([reply.status, (await reply.json()).code]).toEqual([400, 'invalid_cursor'])
  })

  describe('a cursor', () => {
    const first = async (path: string): Promise<string> => (await (await get(path)).json()).next_cursor

    beforeAll(async () => {
      await opened().run(sql`delete from samples`)
      await insert(Array.from({ length: 5 }, (_, i) => columns.map(() => i % 2)))
    })

    const refused = async (path: string, cursor: string, by = get): Promise<void> => {
      const reply = await by(`${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`)
      expect([reply.status, (await reply.json()).code, cursor]).toEqual([400, 'invalid_cursor', cursor])
    }

    test('is refused where any byte of it is another, or some are missing', async () => {
      const cursor = await first('/samples?limit=2&sort=word')
      const bytes = Buffer.from(cursor, 'base64url')
      for (let i = 0; i < bytes.length; i++) {
        const altered = Buffer.from(bytes)
        altered[i] = (altered[i] as number) ^ (1 << (i % 8))
        await refused('/samples?limit=2&sort=word', altered.toString('base64url'))
        await refused('/samples?limit=2&sort=word', bytes.subarray(0, i).toString('base64url'))
      }
      for (const other of [
        '',
        ' ',
        'null',
        '0',
        '[]',
        `${cursor}=`,
        `${cursor}A`,
        ` ${cursor}`,
        `${cursor}\n`,
        'é',
        'x'.repeat(5000),
        Buffer.from('[1]').toString('base64url'),
      ])
        await refused('/samples?limit=2&sort=word', other)
    })

    test('is refused in a list that is filtered, sorted or searched otherwise, in another list, and by another secret', async () => {
      const cursor = await first('/samples?limit=2&sort=word&count=1').catch(() => '')
      const plainCursor = await first('/samples?limit=2')
      const sorted = await first('/samples?limit=2&sort=word')
      await refused('/samples?limit=2&sort=-word', sorted)
      await refused('/samples?limit=2&sort=word,code', sorted)
      await refused('/samples?limit=2', sorted)
      await refused('/samples?limit=2&sort=word&word%5Bne%5D=zz', sorted)
      await refused('/samples?limit=2&sort=word', plainCursor)
      await refused('/books?limit=2', plainCursor)
      await refused('/samples?limit=2', plainCursor, others.fetch)
      expect(cursor).not.toBe(sorted)
      expect((await get(`/samples?limit=3&sort=word&cursor=${sorted}`)).status).toBe(200)
    })

    test('of a table that has become another one is refused, though the secret is the same', async () => {
      vi.stubEnv('TRESTLE_SECRET', 'a secret that outlives the process')
      const { dialect, db, run } = opened()
      await run(sql`create table moved (id integer primary key, word text)`)
      await run(sql`insert into moved values (1, 'a'), (2, 'b')`)
      const listOf = async (table: Table) =>
        createTestClient(
          api({
            moved: group('/moved', resource(table as Opened['tables']['samples'], { db, sort: ['word' as never] })),
          }),
        )
      const before = await listOf(
        dialect === 'postgres'
          ? pg.pgTable('moved', { id: pg.integer().primaryKey(), word: pg.text() })
          : lite.sqliteTable('moved', { id: lite.integer().primaryKey(), word: lite.text() }),
      )
      const cursor = (await (await before.fetch('/moved?limit=1&sort=word')).json()).next_cursor
      await run(sql`drop table moved`)
      await run(
        dialect === 'postgres'
          ? sql`create table moved (id uuid primary key, word integer)`
          : sql`create table moved (id text primary key, word integer)`,
      )
      const after = await listOf(
        dialect === 'postgres'
          ? pg.pgTable('moved', { id: pg.uuid().primaryKey(), word: pg.integer() })
          : lite.sqliteTable('moved', { id: lite.text().primaryKey(), word: lite.integer() }),
      )
      await refused('/moved?limit=1&sort=word', cursor, after.fetch)
      await Promise.all([before.close(), after.close()])
      await run(sql`drop table moved`)
      vi.unstubAllEnvs()
    })

    test('is signed with a secret of the process where the one that is set is empty', async () => {
      vi.stubEnv('TRESTLE_SECRET', '')
      const { fetch, close } = await start()
      await refused('/samples?limit=2', (await (await fetch('/samples?limit=2')).json()).next_cursor, others.fetch)
      const again = await start()
      await refused('/samples?limit=2', (await (await fetch('/samples?limit=2')).json()).next_cursor, again.fetch)
      await Promise.all([close(), again.close()])
      vi.unstubAllEnvs()
    })

    test('that comes twice is refused as a field', async () => {
      const cursor = await first('/samples?limit=2')
      expect((await get(`/samples?limit=2&cursor=${cursor}&cursor=${cursor}`)).status).toBe(422)
    })
  })
})
