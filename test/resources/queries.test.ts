import { readFileSync } from 'node:fs'
import path from 'node:path'
import { eq, sql } from 'drizzle-orm'
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres'
import { drizzle as drizzleSqlite } from 'drizzle-orm/node-sqlite'
import { api, depends, get, group } from 'trestle'
import { type AnyDatabase, many, model, one, resource } from 'trestle/resources'
import { type QueryWatch, RepeatedQueries, createTestClient, queryWatch } from 'trestle/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Database, type Opened, onBothDatabases } from './databases.ts'

/** The database of the tests as a watch sees it. */
function watchedBy(watch: QueryWatch, { dialect, database }: Opened): Database {
  const { $client } = database as unknown as { $client: never }
  return (dialect === 'postgres'
    ? drizzlePostgres({ client: $client, logger: watch })
    : drizzleSqlite({ client: $client, logger: watch })) as unknown as Database
}

onBothDatabases('the queries of a request', (opened) => {
  beforeAll(async () => {
    const { run } = opened()
    const at = opened().dialect === 'postgres' ? sql`now()` : sql`0`
    await run(sql`insert into branches (id, name) values (1, 'North')`)
    for (let id = 1; id <= 10; id++) await run(sql`insert into authors (id, name) values (${id}, ${`author ${id}`})`)
    for (let id = 1; id <= 100; id++) {
      await run(
        sql`insert into books (id, branch_id, author_id, isbn, title, added_at) values (${id}, 1, ${1 + (id % 10)}, ${`${id}`}, ${`book ${id}`}, ${at})`,
      )
      for (const number of [1, 2, 3])
        await run(sql`insert into loans (book_id, number, reader, due) values (${id}, ${number}, 'r', '2020-01-01')`)
    }
  })

  const start = async (most?: number) => {
    const watch = queryWatch(most === undefined ? {} : { most })
    const database = watchedBy(watch, opened())
    const { tables } = opened()
    const { authors, books, loans } = tables
    const db = depends({}, () => database as unknown as AnyDatabase, { scope: 'app', eager: true })
    const reads = depends({}, () => database, { scope: 'app' })
    const author = model(authors, { hide: ['password_hash'] })
    const nameOf = async (id: number | null) => {
      const [row] = await database
        .select()
        .from(authors)
        .where(eq(authors.id, id ?? 0))
      return row?.name
    }
    const shop = api({
      loans: group(
        '/loans',
        resource(loans, {
          db,
          expand: {
            book: one(books, { expand: { author: one(author), branch: one(tables.branches), loans: many(loans) } }),
          },
        }),
      ),
      books: group(
        '/books',
        resource(books, { db, sort: ['title'], expand: { author: one(author), loans: many(loans) } }),
      ),
      slow: group('/slow', {
        oneByOne: get('/one', { use: { reads } }, async ({ reads }) => {
          const rows = await reads.select().from(books).limit(20)
          const names: unknown[] = []
          for (const row of rows) names.push(await nameOf(row.author_id))
          return names
        }),
        atOnce: get('/all', { use: { reads } }, async ({ reads }) => {
          const rows = await reads.select().from(books).limit(20)
          return Promise.all(rows.map((row) => nameOf(row.author_id)))
        }),
      }),
    })
    const started = await createTestClient(shop, { watch })
    return { ...started, database }
  }

  let started: Awaited<ReturnType<typeof start>>
  beforeAll(async () => {
    started = await start()
  })
  afterAll(() => started.close())

  /** Asks for a list without a watch, and counts what was logged. */
  const counted = async (url: string): Promise<number> => {
    const { queries, db, tables } = opened()
    const author = model(tables.authors, { hide: ['password_hash'] })
    const book = one(tables.books, { expand: { author: one(author), branch: one(tables.branches) } })
    const { fetch, close } = await createTestClient(
      api({ loans: group('/loans', resource(tables.loans, { db, expand: { book } })) }),
    )
    queries.length = 0
    const { items } = await (await fetch(url)).json()
    expect(items).toHaveLength(100)
    expect(items[7].book).toMatchObject({ author: { name: expect.any(String) }, branch: { name: 'North' } })
    await close()
    return queries.length
  }

  test('are as many for a hundred rows with theirs, and the rows of those, as there are tables', async () => {
    expect(await counted('/loans?limit=100&expand=book.author,book.branch')).toBe(4)
    // Each of the relations is shown in full.
    const { items } = await started.client.books.list({ query: { limit: 100, expand: ['author', 'loans'] } })
    expect(items).toHaveLength(100)
    for (const item of items)
      expect(item).toMatchObject({
        author: { id: 1 + (item.id % 10) },
        loans: [{ number: 1 }, { number: 2 }, { number: 3 }],
      })
    const loans = await started.client.loans.list({
      query: { limit: 100, expand: ['book.author', 'book.branch', 'book.loans'] },
    })
    expect(loans.items[0]?.book?.loans).toHaveLength(3)
  })

  test.each([
    ['oneByOne', '/slow/one'],
    ['atOnce', '/slow/all'],
  ] as const)('that are one for each row fail the request, by name and line: %s', async (name, url) => {
    const failure = await started.fetch(url).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(RepeatedQueries)
    const { request, queries, message } = failure as RepeatedQueries
    expect(request).toBe(`GET ${url}`)
    expect(queries).toHaveLength(1)
    expect(queries[0]).toMatchObject({
      times: 20,
      sql: expect.stringMatching(/^select "id".* from "authors" where "authors"\."id" = \?$/),
    })
    const lines = readFileSync(import.meta.filename, 'utf8').split('\n')
    const line = lines.findIndex((text) => text.includes('.where(eq(authors.id,')) + 1
    expect(queries[0]?.places[0]).toMatch(
      new RegExp(`^nameOf \\(.*${path.basename(import.meta.filename)}:${line}:\\d+\\)$`),
    )
    expect(message).toContain(`GET ${url} reads again and again`)
    expect(message).toContain('20 times: select')
    expect(message).toContain(`${path.basename(import.meta.filename)}:${line}`)
    // The typed client says the same.
    await expect(started.client.slow[name]()).rejects.toThrow(`GET ${url} reads again and again`)
  })

  test('are counted for each of several requests at once apart', async () => {
    const { client } = await start(1)
    await Promise.all(Array.from({ length: 8 }, () => client.books.list({ query: { limit: 3, expand: ['author'] } })))
  })

  test('are not repeated by writes in bulk, whose references are looked up at once', async () => {
    const { tables } = opened()
    const watch = queryWatch({ most: 1 })
    const db = depends({}, () => watchedBy(watch, opened()) as unknown as AnyDatabase, { scope: 'app', eager: true })
    const book = model(tables.books, { visible: () => eq(tables.books.branch_id, 1), version: 'version' })
    const loan = model(tables.loans, { visible: () => eq(tables.loans.reader, 'bulk') })
    const { client, close } = await createTestClient(
      api({
        books: group('/books', resource(book, { db })),
        loans: group('/loans', resource(loan, { db, expand: { book: one(book) } })),
      }),
      { watch },
    )
    const items = Array.from({ length: 20 }, (_, i) => ({
      book_id: i + 1,
      number: 9,
      reader: 'bulk',
      due: '2020-01-01',
    }))
    expect((await client.loans.createMany({ body: { items } })).items).toHaveLength(20)
    const changes = items.map(({ book_id, number }) => ({ book_id, number, due: '2020-01-02' }))
    expect((await client.loans.updateMany({ body: { items: changes } })).items).toHaveLength(20)
    await client.loans.removeMany({ body: { items: changes.map(({ book_id, number }) => ({ book_id, number })) } })
    await close()
  })
})

test('a runtime that cannot tell whose a query is has no watch', () => {
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
  expect(() => queryWatch()).toThrow('queryWatch() needs AsyncLocalStorage')
  vi.restoreAllMocks()
})
