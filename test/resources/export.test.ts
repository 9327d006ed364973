import { api, group } from 'trestle'
import { model, resource } from 'trestle/resources'
import { serve } from 'trestle/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onBothDatabases } from './databases.ts'

onBothDatabases('all rows of a resource, out and in', (opened) => {
  let origin: string
  let stop: () => Promise<void>
  beforeAll(async () => {
    const { tables, db } = opened()
    const book = model(tables.books, { version: 'version', deleted: 'deleted_at' })
    const loan = model(tables.loans)
    const options = { db, export: true, import: true } as const
    const given = api({
      branches: group('/branches', resource(tables.branches, options)),
      books: group(
        '/books',
        resource(book, { ...options, filter: ['title', 'status'], sort: ['title', 'pages'], sparse: true }),
      ),
      loans: group('/loans', resource(loan, options)),
    })
    const server = await serve(given, { port: 0, host: '127.0.0.1', quiet: true, signals: false })
    origin = `http://127.0.0.1:${server.port}`
    stop = () => server.stop()
  })
  afterAll(() => stop())

  const send = async (path: string, type: string, body: string) => {
    const reply = await fetch(`${origin}${path}`, { method: 'POST', headers: { 'content-type': type }, body })
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
  }
  const get = async (path: string, accept: string) => {
    const reply = await fetch(`${origin}${path}`, { headers: { accept } })
    return { status: reply.status, type: reply.headers.get('content-type'), text: await reply.text() }
  }

  test('come in as CSV and as lines of JSON; those that are refused are told and keep no other out', async () => {
    expect(await send('/branches/import', 'text/csv; charset=utf-8', 'name\r\nNorth\r\n"South, ""old"""\r\n')).toEqual({
      status: 200,
      body: { created: 2, refused: 0, rows: [] },
    })
    const lines = [
      { branch_id: 1, isbn: '9780000000001', title: 'A, "b"\nc', pages: 10, added_at: '2026-01-02T03:04:05.678Z' },
      { branch_id: 1, isbn: '9780000000001', title: 'the same ISBN', added_at: '2026-01-02T03:04:05Z' },
      { branch_id: 99, isbn: '9780000000002', title: 'no branch', added_at: '2026-01-02T03:04:05Z' },
      { branch_id: 1, isbn: '97800000000034', title: 7 },
      {
        branch_id: 2,
        isbn: '9780000000004',
        title: 'Ünïcode 🙂',
        tags: { a: [1, 'x,\n'] },
        cover: 'AAEC',
        added_at: '2026-01-02T03:04:05Z',
      },
    ].map((line) => JSON.stringify(line))
    const { status, body } = await send('/books/import', 'application/x-ndjson', `${lines.join('\n')}\n\n{"oops\n`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ created: 2, refused: 4 })
    const refused = body.rows as { row: number; errors: { pointer: string; code: string }[] }[]
    expect(refused.map(({ row }) => row).toSorted()).toEqual([2, 3, 4, 6])
    const of = (row: number) =>
      refused.find((one) => one.row === row)?.errors.map(({ pointer, code }) => [pointer, code])
    expect(of(2)).toEqual([['/isbn', 'taken']])
    expect(of(3)).toEqual([['/branch_id', 'unknown']])
    expect(of(4)?.map(([pointer]) => pointer)).toEqual(expect.arrayContaining(['/isbn', '/title']))
  })

  test('come in all or not at all where that is asked', async () => {
    const before = (await get('/branches/export', 'text/csv')).text
    const { status, body } = await send('/branches/import?atomic=true', 'text/csv', 'name\nWest\nNorth\n')
    expect([status, body.code, body.refused]).toEqual([422, 'import_refused', 1])
    expect((await get('/branches/export', 'text/csv')).text).toBe(before)
  })

  test.each([
    ['text/csv', 'name\n"open', 400],
    ['text/csv', 'name\na,b\n', 400],
    ['application/x-ndjson', '\u{0}', 200],
    ['text/plain', 'name\na\n', 415],
    ['text/csv', '', 200],
  ])('what is no %s is refused: %j', async (type, body, expected) => {
    expect((await send('/branches/import', type, body)).status).toBe(expected)
  })

  test('go out in three forms that say the same', async () => {
    const json = await get('/books/export?sort=title', 'application/json')
    expect([json.status, json.type]).toEqual([200, 'application/json'])
    const items = JSON.parse(json.text) as Record<string, unknown>[]
    expect(items.map(({ title }) => title)).toEqual(['A, "b"\nc', 'Ünïcode 🙂'])
    expect(items[0]).toMatchObject({ added_at: '2026-01-02T03:04:05.678Z', pages: 10, is_rare: false, version: 1 })
    expect(items[1]).toMatchObject({ tags: { a: [1, 'x,\n'] }, cover: 'AAEC' })
    expect(items[0]).not.toHaveProperty('deleted_at')
    const lines = await get('/books/export?sort=title', 'application/x-ndjson')
    expect(
      lines.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(items)
    const csv = await get('/books/export?sort=title&fields=isbn,title,pages,is_rare', 'text/csv')
    expect(csv.text.replaceAll('\r\n', '\n')).toMatch(
      /^(?:id,)?isbn,title,pages,is_rare\n(?:\d,)?9780000000001,"A, ""b""\nc",10,false\n(?:\d,)?9780000000004,Ünïcode 🙂,,false\n$/,
    )
    expect((await get('/books/export?status=out', 'application/json')).text).toBe('[]')
    expect(
      (await get('/books/export?title[contains]=ode', 'application/x-ndjson')).text.trimEnd().split('\n'),
    ).toHaveLength(1)
    expect((await get("/books/export?title[contains]=';--\\", 'application/x-ndjson')).text).toBe('')
    expect((await get('/books/export?limit=3', 'application/json')).status).toBe(422)
  })

  test('go out whole, however many pages of the database they are', async () => {
    const { database, tables } = opened()
    const { items } = (await (await fetch(`${origin}/books`)).json()) as { items: { id: number }[] }
    const [book] = items
    const rows = Array.from({ length: 2345 }, (_, i) => ({
      book_id: book?.id ?? 0,
      number: i,
      reader: `reader ${i}`,
      due: '2026-01-01',
    }))
    for (let i = 0; i < rows.length; i += 500) await database.insert(tables.loans).values(rows.slice(i, i + 500))
    const { text } = await get('/loans/export', 'application/json')
    expect((JSON.parse(text) as { number: number }[]).map(({ number }) => number)).toEqual(
      rows.map(({ number }) => number),
    )
  })
})
