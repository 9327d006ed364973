import { api, depends, group } from 'trestle'
import { bearer } from 'trestle/auth'
import { appendOnly, auditTrail, many, model, one, resource, sqliteChanges } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Opened, openSqlite } from '../resources/databases.ts'

let opened: Opened
let started: Awaited<ReturnType<typeof start>>

/** Authors, their books within them, and loans of those, as pages. */
function start() {
  const { tables, db } = opened
  const token = bearer({}, (given) => given, { principal: (id) => id })
  const changes = sqliteChanges('changes')
  const trail = auditTrail(changes, { by: depends({ token }, ({ token }) => token) })
  const author = model(tables.authors, { hide: ['password_hash'] })
  const book = model(tables.books, { version: 'version', deleted: 'deleted_at', readOnly: ['added_at'] })
  const loan = model(tables.loans)
  return createTestClient(
    api(
      {
        browse: true,
        admin: { resources: ['authors'], security: 'public', history: 'history' },
      },
      {
        authors: group('/authors', resource(author, { db, expand: { books: many(book, { always: true }) } })),
        books: group(
          '/authors/{author_id}/books',
          { security: token },
          trail.resource(book, {
            db,
            within: { author_id: author },
            sort: ['title'],
            size: { usual: 2 },
            expand: { author: one(author), loans: many(loan, { always: true }) },
          }),
        ),
        loans: group(
          '/authors/{author_id}/books/{book_id}/loans',
          resource(loan, { db, within: { author_id: author, book_id: book } }),
        ),
        history: group('/history', trail.changes({ db, endpoint: { security: token } })),
      },
    ),
  )
}

beforeAll(async () => {
  opened = await openSqlite()
  const { run } = opened
  await run(
    sql`create table changes (id integer primary key autoincrement, at integer not null, who text, change text not null, "table" text not null, row text not null, before text, after text)`,
  )
  for (const statement of appendOnly(sqliteChanges('changes'))) await run(sql.raw(statement))
  started = await start()
  await opened.database.insert(opened.tables.branches).values({ name: 'North' })
  const client = started.as({ authorization: 'Bearer ada' })
  for (const name of ['Ursula', 'Stanisław']) await client.authors.create({ body: { name } })
  for (let i = 1; i <= 3; i++) {
    const body = { branch_id: 1, isbn: `${i}`, title: `Book ${i}` }
    await client.books.create({ params: { author_id: 1 }, body })
  }
  for (const number of [1, 2]) {
    const body = { number, reader: 'Tom', due: '2026-01-01' }
    await client.loans.create({ params: { author_id: 1, book_id: 2 }, body })
  }
})

afterAll(async () => {
  await started?.close()
  await opened?.close()
})

async function page(path: string, view = ''): Promise<string> {
  const headers = { accept: `text/html${view}`, authorization: 'Bearer ada' }
  const reply = await started.fetch(path, { headers })
  // The admin asks for all that belongs to a row.
  if (reply.status === 303) return page(reply.headers.get('location') as string, view)
  expect([path, reply.headers.get('content-type')]).toEqual([path, 'text/html; charset=utf-8'])
  return reply.text()
}

test('a row leads to the rows within it, and these to theirs', async () => {
  expect(await page('/authors/1')).toContain('href="/authors/1/books"')
  const list = await page('/authors/1/books')
  expect(list).toContain('href="/authors/1/books/2"')
  expect(list).toContain('href="/authors/1/books?sort=title"')
  expect(list).toMatch(/rel="next" href="\/authors\/1\/books\?cursor=/)
  expect(await page('/authors/1/books/2')).toContain('href="/authors/1/books/2/loans"')
  expect(await page('/authors/1/books/2/loans')).toContain('href="/authors/1/books/2/loans/1"')
  expect(await page('/authors/2/books')).toContain('There is nothing here yet.')
  expect(await page('/authors/9/books')).toContain('404')
})

test('forms send to where the page is, and do not ask where that is', async () => {
  const list = await page('/authors/1/books')
  expect(list).toContain('data-send="POST" data-url="/authors/1/books"')
  expect(list).not.toMatch(/name="(?:author_id)"|data-name="author_id"/)
  expect(await page('/authors/1/books/2/loans/1')).toContain('data-send="PATCH" data-url="/authors/1/books/2/loans/1"')
  expect(list).not.toContain('{author_id}"')
})

test('the admin does at the address of the page what it does to many, and shows what belongs to a row', async () => {
  const list = await page('/authors/1/books', ';view=admin')
  expect(list).toContain('data-url="/authors/1/books/bulk/delete"')
  expect(list).toContain('data-url="/authors/1/books/bulk/update"')
  const author = await page('/authors/1', ';view=admin')
  expect(author).toContain('href="/admin/authors/1/books/2"')
  expect(author).toContain('<a href="/admin/authors/1/books">These in the list</a>')
  const book = await page('/authors/1/books/2', ';view=admin')
  expect(book).toContain('data-embed="/admin/history?table=books&amp;row=2"')
  expect(book).toContain('href="/admin/authors/1/books/2/loans/1"')
  const history = await started.fetch('/history?table=books&row=2', { headers: { authorization: 'Bearer ada' } })
  expect((await history.json()).items).toMatchObject([{ who: 'ada', change: 'create', row: '2' }])
})
