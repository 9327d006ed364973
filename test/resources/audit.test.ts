import { sql } from 'drizzle-orm'
import { api, depends, group } from 'trestle'
import { appendOnly, auditTrail, model, postgresChanges, sqliteChanges } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Opened, onBothDatabases } from './databases.ts'

const CHANGES = {
  sqlite: `create table changes (id integer primary key autoincrement, at integer not null, who text, change text not null,
    "table" text not null, row text not null, before text, after text)`,
  postgres: `create table changes (id bigserial primary key, at timestamptz not null default now(), who text,
    change text not null, "table" text not null, row text not null, before jsonb, after jsonb)`,
}

/** Runs a statement that is not the API's. */
async function run({ database, dialect }: Opened, statement: string): Promise<void> {
  const query = sql.raw(statement)
  if (dialect === 'postgres') await database.execute(query)
  else (database as unknown as { run(query: unknown): void }).run(query)
}

onBothDatabases('an audit trail', (opened) => {
  let library: Awaited<ReturnType<typeof start>>
  const asked: string[] = []

  async function start() {
    const { tables, db, dialect } = opened()
    const changes = dialect === 'postgres' ? postgresChanges('changes') : sqliteChanges('changes')
    await run(opened(), CHANGES[dialect])
    for (const statement of appendOnly(changes)) await run(opened(), statement)
    const by = depends({}, ({ request }) => request.header('x-caller'))
    const trail = auditTrail(changes, { by })
    const author = model(tables.authors, { hide: ['password_hash'] })
    const book = model(tables.books, { version: 'version', deleted: 'deleted_at' })
    return createTestClient(
      api({
        authors: group(
          '/authors',
          trail.resource(author, {
            db,
            use: { mood: depends({}, () => 'good') },
            hooks: {
              beforeCreate: (values: { name: string }, uses: { mood: string }) => {
                asked.push(Object.keys(uses).join(), uses.mood)
                return { ...values, name: values.name.trim() }
              },
              afterUpdate: (row: { name: string }) => {
                if (row.name === 'refused') throw new Error('refused on purpose')
              },
            },
          }),
        ),
        books: group('/books', trail.resource(book, { db })),
        loans: group('/loans', trail.resource(tables.loans, { db })),
        history: group('/history', trail.changes({ db, endpoint: { security: 'public' } })),
      }),
    )
  }

  beforeAll(async () => {
    library = await start()
    await opened().database.insert(opened().tables.branches).values({ name: 'North' })
  })
  afterAll(() => library?.close())

  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    library.fetch(path, {
      method,
      headers: { 'x-caller': 'ada', 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const history = async (query = '') => (await (await library.fetch(`/history?${query}`)).json()).items

  test('says who changed what, when, what was there before and what after', async () => {
    await send('POST', '/authors', { name: ' Ursula ', born: 1928 })
    await send('PATCH', '/authors/1', { born: 1929 })
    await send('PATCH', '/authors/1', { born: 1929 })
    await send('DELETE', '/authors/1', undefined, { 'x-caller': 'tom' })
    const [row, at] = ['1', expect.stringMatching(/^20\d\d-/)]
    const made = { id: 1, name: 'Ursula', born: 1928 }
    const mended = { ...made, born: 1929 }
    expect(await history('table=authors')).toEqual([
      { id: 3, at, who: 'tom', change: 'remove', table: 'authors', row, before: mended, after: null },
      { id: 2, at, who: 'ada', change: 'update', table: 'authors', row, before: made, after: mended },
      { id: 1, at, who: 'ada', change: 'create', table: 'authors', row, before: null, after: made },
    ])
    expect(asked).toEqual(['mood,tx', 'good'])
    expect(await history('who=tom')).toHaveLength(1)
    expect(await history('table=authors&row=2')).toEqual([])
  })

  test('a change that did not come to be is not told', async () => {
    const { id } = (await (await send('POST', '/authors', { name: 'Octavia' })).json()) as { id: number }
    const before = await history()
    expect((await send('PATCH', `/authors/${id}`, { name: 'refused' })).status).toBe(500)
    expect(await (await library.fetch(`/authors/${id}`)).json()).toMatchObject({ name: 'Octavia' })
    expect(await history()).toEqual(before)
    // One of many that is refused undoes all, and what was told of them.
    const book = { branch_id: 1, isbn: '1', title: 'One' }
    const many = await send('POST', '/books/bulk', { items: [book, { ...book, isbn: '2' }, { ...book, isbn: '1' }] })
    expect(many.status).toBe(409)
    expect(await history('table=books')).toEqual([])
  })

  test('a change that cannot be told does not come to be', async () => {
    await run(opened(), 'alter table changes rename to away')
    const reply = await send('POST', '/authors', { name: 'Nobody' })
    expect(reply.status).toBe(500)
    await run(opened(), 'alter table away rename to changes')
    const { items } = (await (await library.fetch('/authors')).json()) as { items: { name: string }[] }
    expect(items.map(({ name }) => name)).not.toContain('Nobody')
  })

  test('tells of every row of a bulk request, of deletions that keep the row, and of keys of several columns', async () => {
    const book = (isbn: string) => ({ branch_id: 1, isbn, title: `Book ${isbn}` })
    const made = await (await send('POST', '/books/bulk', { items: [book('a'), book('b')] })).json()
    const ids = (made as { items: { id: number }[] }).items.map(({ id }) => id)
    await send('POST', '/books/bulk/update', { items: ids.map((id) => ({ id, pages: 7 })) })
    await send('POST', '/books/bulk/delete', { items: ids.map((id) => ({ id })) })
    const told = (await history('table=books')) as { change: string; row: string; after: { version: number } | null }[]
    expect(told.map(({ change, row }) => [change, Number(row)]).reverse()).toEqual(
      ['create', 'update', 'remove'].flatMap((change) => ids.map((id) => [change, id])),
    )
    expect(told.find(({ change }) => change === 'update')?.after?.version).toBe(2)
    // Each begins where the one before it ended, in one request too.
    const removed = told.filter(({ change }) => change === 'remove') as unknown as { before: { version: number } }[]
    expect(removed.map(({ before }) => before.version)).toEqual([2, 2])
    const [id] = (await (await send('POST', '/books/bulk', { items: [book('c')] })).json()).items.map(
      (one: { id: number }) => one.id,
    )
    await send('POST', '/books/bulk/update', { items: [1, 2, 3].map((pages) => ({ id, pages })) })
    const pages = (await history(`table=books&row=${id}`)) as {
      before: { pages: number } | null
      after: { pages: number }
    }[]
    expect(pages.map(({ before, after }) => [before?.pages, after.pages])).toEqual([
      [2, 3],
      [1, 2],
      [null, 1],
      [undefined, null],
    ])
    await send('POST', '/loans', { book_id: id, number: 7, reader: 'Ada', due: '2026-12-01' })
    expect(await history('table=loans')).toMatchObject([{ row: `${id}/7`, change: 'create' }])
  })

  test('is only added to', async () => {
    const told = await history()
    await expect(run(opened(), 'delete from changes')).rejects.toThrow()
    await expect(run(opened(), `update changes set who = 'nobody'`)).rejects.toThrow()
    expect(await history()).toEqual(told)
    expect((await send('DELETE', '/history/1')).status).toBe(404)
  })

  test('has what was there when others write at the same time', async () => {
    const { id } = (await (await send('POST', '/authors', { name: 'Many', born: 0 })).json()) as { id: number }
    await Promise.all(Array.from({ length: 10 }, (_, i) => send('PATCH', `/authors/${id}`, { born: i + 1 })))
    const told = (await history(`table=authors&row=${id}`)) as { before: { born: number }; after: { born: number } }[]
    expect(told).toHaveLength(11)
    // Each begins where the one before it ended.
    const updates = told.slice(0, -1)
    for (const [i, one] of updates.slice(0, -1).entries()) expect(one.before).toEqual(updates[i + 1]?.after)
  })
})
