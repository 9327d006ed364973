import { eq, sql } from 'drizzle-orm'
import { api, group } from 'trestle'
import { toOpenApi } from 'trestle/openapi'
import { many, model, one, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { beforeAll, expect, test } from 'vitest'
import { caller } from './caller.ts'
import { type Opened, onBothDatabases } from './databases.ts'

function shop({ tables, db }: Opened) {
  const author = model(tables.authors, {
    hide: ['password_hash'],
    use: { caller },
    visible: ({ caller }) => (caller === 'stranger' ? eq(tables.authors.id, 0) : undefined),
  })
  const loan = model(tables.loans)
  // Whose books they are is hidden, and still shown as a row.
  const book = model(tables.books, { version: 'version', deleted: 'deleted_at', hide: ['author_id'] })
  const inBook = { author: one(author, { always: true }), branch: one(tables.branches) }
  return api({
    books: group(
      '/books',
      resource(book, {
        db,
        sparse: true,
        export: true,
        import: true,
        filter: ['title'],
        expand: {
          author: one(author, { always: true }),
          branch: one(tables.branches),
          loans: many(loan, { always: true, most: 2 }),
          first: many(loan, { always: true, most: 1 }),
        },
      }),
    ),
    loans: group('/loans', resource(loan, { db, expand: { book: one(book, { always: true, expand: inBook }) } })),
    authors: group(
      '/authors',
      resource(author, {
        db,
        export: true,
        expand: { books: many(tables.books, { expand: { branch: one(tables.branches, { always: true }) } }) },
      }),
    ),
    branches: group('/branches', resource(tables.branches, { db, expand: { books: many(book, { always: true }) } })),
  })
}

onBothDatabases('rows that are always shown with others', (opened) => {
  let started: Awaited<ReturnType<typeof start>>
  const start = () => createTestClient(shop(opened()))
  beforeAll(async () => {
    const { run, dialect } = opened()
    const at = dialect === 'postgres' ? sql`now()` : sql`0`
    await run(sql`insert into branches (id, name) values (1, 'North')`)
    await run(sql`insert into authors (id, name) values (1, 'Ursula')`)
    for (let id = 1; id <= 5; id++) {
      await run(
        sql`insert into books (id, branch_id, author_id, isbn, title, added_at) values (${id}, 1, ${id === 5 ? null : 1}, ${`${id}`}, ${`book ${id}`}, ${at})`,
      )
      for (let number = 1; number < id; number++)
        await run(sql`insert into loans (book_id, number, reader, due) values (${id}, ${number}, 'r', '2020-01-01')`)
    }
    if (dialect === 'postgres') await run(sql`select setval(pg_get_serial_sequence('books', 'id'), 5)`)
    started = await start()
    return started.close
  })

  const ursula = { id: 1, name: 'Ursula', born: null }

  test('are in each row of a list, with one query for each relation', async () => {
    const { queries } = opened()
    queries.length = 0
    const { items } = await started.client.books.list()
    expect(queries).toHaveLength(4)
    expect(items.map(({ author }) => author)).toEqual([ursula, ursula, ursula, ursula, null])
    expect(items.map(({ loans }) => loans?.map(({ number }) => number))).toEqual([[], [1], [1, 2], [1, 2], [1, 2]])
    expect(items.map(({ first }) => first?.length)).toEqual([0, 1, 1, 1, 1])
    expect(items[0]).not.toHaveProperty('author_id')
    expect(items[0]).not.toHaveProperty('branch')
    const asked = await started.client.books.list({ query: { expand: ['branch'], limit: 1 } })
    expect(asked.items[0]).toMatchObject({ branch: { name: 'North' }, author: ursula, loans: [] })
  })

  test('have their own with them: what is always there, and what is asked for', async () => {
    const { queries } = opened()
    queries.length = 0
    const { items } = await started.client.loans.list({ query: { expand: ['book.branch'] } })
    expect(queries).toHaveLength(4)
    for (const { book, book_id } of items)
      expect(book).toMatchObject({ id: book_id, branch: { name: 'North' }, author: book_id === 5 ? null : ursula })
    const plain = await started.client.loans.list()
    expect(plain.items[0]?.book).toMatchObject({ author: ursula })
    expect(plain.items[0]?.book).not.toHaveProperty('branch')
    // Inside of what was not asked for there is nothing.
    const [author] = (await started.client.authors.list()).items
    expect(author).toEqual(ursula)
    const with_ = await started.client.authors.list({ query: { expand: ['books'] } })
    expect(with_.items[0]?.books?.[0]?.branch).toEqual({ id: 1, name: 'North' })
  })

  test('are no value of expand, and what is inside of them is', async () => {
    for (const path of ['/books?expand=author', '/loans?expand=book', '/loans/2/1?expand=book.author'])
      expect((await started.fetch(path)).status).toBe(422)
    expect((await started.fetch('/loans/2/1?expand=book.branch')).status).toBe(200)
    expect((await started.fetch('/branches?expand=books')).status).toBe(422)
  })

  test('are required in the document, and asked for in no query', async () => {
    const document = (await toOpenApi(shop(opened()))) as unknown as Document
    const { paths, components } = document
    const of = (path: string, method: string): string => JSON.stringify(paths[path]?.[method])
    const whole = (schema: JsonSchema | undefined): JsonSchema =>
      (schema?.$ref === undefined ? schema : components.schemas[schema.$ref.split('/').at(-1) as string]) ?? {}
    const item = (path: string, method: string, status: string): JsonSchema => {
      const schema = whole(paths[path]?.[method]?.responses[status]?.content['application/json']?.schema)
      const { items } = schema.properties ?? {}
      return whole(items?.items ?? schema)
    }
    for (const [method, path, status] of [
      ['get', '/loans', '200'],
      ['get', '/loans/{book_id}/{number}', '200'],
      ['post', '/loans', '201'],
      ['patch', '/loans/{book_id}/{number}', '200'],
      ['put', '/loans/{book_id}/{number}', '200'],
      ['post', '/loans/bulk', '201'],
      ['post', '/loans/bulk/update', '200'],
    ] as const) {
      expect(item(path, method, status).required, `${method} ${path}`).toContain('book')
    }
    const book = item('/loans', 'get', '200').properties?.book
    const shown = whole(book?.anyOf?.[0] ?? book)
    expect(shown.required).toContain('author')
    expect(shown.required).not.toContain('branch')
    expect(Object.keys(shown.properties ?? {})).toContain('branch')
    expect(of('/loans', 'get')).toContain('"enum":["book.branch"]')
    expect(of('/books', 'get')).toContain('"enum":["branch"]')
    expect(of('/branches', 'get')).not.toContain('"name":"expand"')
  })

  test('are in one row, which has no version then: it may change without it', async () => {
    const reply = await started.fetch('/books/2')
    expect(await reply.json()).toMatchObject({ author: ursula, loans: [{ number: 1 }], first: [{ number: 1 }] })
    expect(reply.headers.get('etag')).toBeNull()
    const alone = await started.fetch('/books/2?fields=title')
    expect(await alone.json()).toEqual({ id: 2, title: 'book 2' })
    expect(alone.headers.get('etag')).toBe('"1"')
  })

  test('are left out where some fields are asked for, but for those that are among them', async () => {
    const { queries } = opened()
    queries.length = 0
    const { items } = await started.client.books.list({ query: { fields: ['title'] } })
    expect(items[1]).toEqual({ id: 2, title: 'book 2' })
    expect(queries).toHaveLength(1)
    const some = await started.client.books.list({ query: { fields: ['title', 'loans'], expand: ['branch'] } })
    expect(some.items[1]).toEqual({
      id: 2,
      title: 'book 2',
      loans: [{ book_id: 2, number: 1, reader: 'r', due: '2020-01-01' }],
      branch: { id: 1, name: 'North' },
    })
  })

  test('are in what writes give back', async () => {
    const { client } = started
    const made = await client.books.create({ body: { branch_id: 1, isbn: 'new', title: 'new' } })
    expect(made).toMatchObject({ author: null, loans: [], first: [] })
    await opened().run(sql`update books set author_id = 1 where id = ${made.id}`)
    const body = { title: 'changed' }
    const changed = await started.fetch(`/books/${made.id}`, {
      method: 'PATCH',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', 'if-match': '"1"' },
    })
    expect(await changed.json()).toMatchObject({ author: ursula, loans: [], first: [], version: 2 })
    expect(changed.headers.get('etag')).toBe('"2"')
    const several = await client.loans.createMany({
      body: { items: [1, 2].map((number) => ({ book_id: made.id, number, reader: 'r', due: '2020-01-01' })) },
    })
    expect(several.items.map(({ book }) => book)).toMatchObject([
      { title: 'changed', author: ursula },
      { title: 'changed', author: ursula },
    ])
    const due = await client.loans.updateMany({
      body: { items: [{ book_id: made.id, number: 2, due: '2021-01-01' }] },
    })
    expect(due.items[0]?.book?.author).toEqual(ursula)
    const replaced = await client.loans.replace({
      params: { book_id: made.id, number: 1 },
      body: { reader: 'other', due: '2022-01-01' } as never,
    })
    expect(replaced.book?.author).toEqual(ursula)
    for (const number of [1, 2]) await client.loans.remove({ params: { book_id: made.id, number } })
    await client.books.remove({ params: { id: made.id } })
  })

  test('are not there for who may not see them', async () => {
    const headers = { 'x-caller': 'stranger' }
    const { items } = await (await started.fetch('/books', { headers })).json()
    expect(items.map(({ author }: { author: unknown }) => author)).toEqual([null, null, null, null, null])
    await opened().run(
      sql`update books set deleted_at = ${opened().dialect === 'postgres' ? sql`now()` : 1} where id = 5`,
    )
    expect((await started.client.loans.list()).items.filter(({ book }) => book === null)).toHaveLength(4)
    expect((await started.client.branches.list()).items[0]?.books).toHaveLength(4)
    await opened().run(sql`update books set deleted_at = null where id = 5`)
  })

  test('are in an export, in each of its forms', async () => {
    const asked = async (path: string, accept: string): Promise<string> =>
      (await started.fetch(path, { headers: { accept } })).text()
    const rows = JSON.parse(await asked('/books/export', 'application/json'))
    expect(rows.map(({ loans }: { loans: unknown[] }) => loans.length)).toEqual([0, 1, 2, 2, 2])
    const lines = (await asked('/books/export?title=book+2', 'application/x-ndjson')).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ author: ursula, loans: [{ number: 1 }] }])
    const [head, first] = (await asked('/books/export', 'text/csv')).split('\r\n')
    expect(head).toContain('author.id,author.name')
    expect(first).toContain('1,Ursula')
    expect(await asked('/books/export?fields=title&expand=branch&title=book+1', 'text/csv')).toBe(
      'id,title,branch.id,branch.name\r\n1,book 1,1,North\r\n',
    )
    // An import takes no rows of others.
    const report = await started.fetch('/books/import', {
      method: 'POST',
      body: '{"branch_id":1,"isbn":"i","title":"i","author":{"id":1}}\n',
      headers: { 'content-type': 'application/x-ndjson' },
    })
    expect(await report.json()).toMatchObject({ created: 0, refused: 1 })
  })
})

interface JsonSchema {
  readonly $ref?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}
interface Operation {
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, { schema?: JsonSchema }>> }>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}
