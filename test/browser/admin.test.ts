import { sql } from 'drizzle-orm'
import { api, depends, group } from 'trestle'
import { bearer } from 'trestle/auth'
import { type Server, serve } from 'trestle/node'
import { appendOnly, auditTrail, many, model, one, sqliteChanges } from 'trestle/resources'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PLANTED } from '../browse/library.ts'
import { type Opened, openSqlite } from '../resources/databases.ts'
import { type Chromium, type Watched, createChromium } from './chromium.ts'
import { LOOKS, camera } from './looks.ts'
import { prefixProxy } from './prefix-proxy.ts'
import { unreadable } from './readable.ts'

const TOKENS: Readonly<Record<string, string>> = { 'token-of-ada': 'ada', 'token-of-tom': 'tom' }

/** A library that staff alone may look at and change. */
function library({ tables, db }: Opened) {
  const token = bearer({}, (given) => TOKENS[given], { principal: (id) => `staff:${id}` })
  const trail = auditTrail(sqliteChanges('changes'), { by: depends({ token }, ({ token }) => token) })
  const author = model(tables.authors, { hide: ['password_hash'] })
  const book = model(tables.books, { version: 'version', deleted: 'deleted_at', readOnly: ['added_at'] })
  const loan = model(tables.loans)
  return api(
    {
      title: 'Library',
      security: token,
      admin: { resources: ['books', 'authors', 'loans'], security: token, history: 'history' },
    },
    {
      authors: group(
        '/authors',
        trail.resource(author, {
          db,
          filter: ['name'],
          sort: ['name'],
          search: ['name'],
          endpoints: { updateMany: false, removeMany: false },
          expand: { books: many(book) },
        }),
      ),
      books: group(
        '/books',
        trail.resource(book, {
          db,
          filter: ['status', 'title', 'author_id'],
          sort: ['title', 'pages'],
          search: ['title'],
          expand: { author: one(author), loans: many(loan) },
        }),
      ),
      loans: group('/loans', trail.resource(loan, { db, filter: ['book_id'] })),
      history: group('/history', trail.changes({ db, endpoint: { security: token } })),
    },
  )
}

let opened: Opened
let server: Server
let browser: Chromium
const reported: unknown[] = []

const send = (method: string, path: string, body?: unknown) =>
  fetch(server.url + path, {
    method,
    headers: { authorization: 'Bearer token-of-tom', 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
const read = async (path: string) => (await send('GET', path)).json()

beforeAll(async () => {
  opened = await openSqlite()
  const { tables, database } = opened
  const run = (statement: string) => (database as unknown as { run(query: unknown): void }).run(sql.raw(statement))
  run(`create table changes (id integer primary key autoincrement, at integer not null, who text, change text not null,
    "table" text not null, row text not null, before text, after text)`)
  for (const statement of appendOnly(sqliteChanges('changes'))) run(statement)
  await database.insert(tables.branches).values({ name: 'North' })
  server = await serve(library(opened), {
    port: 0,
    host: '127.0.0.1',
    quiet: true,
    signals: false,
    report: (error) => reported.push(error),
  })
  for (const name of ['Ursula K. Le Guin', PLANTED]) await send('POST', '/authors', { name, born: 1929 })
  for (let i = 1; i <= 8; i++) {
    const rest = { pages: i * 50, status: i % 2 === 0 ? 'out' : 'in' }
    await send('POST', '/books', {
      branch_id: 1,
      author_id: 1 + (i % 2),
      isbn: `978${i}`,
      title: `The ${i}. book`,
      ...rest,
    })
  }
  for (const number of [1, 2]) await send('POST', '/loans', { book_id: 1, number, reader: PLANTED, due: '2026-12-01' })
  browser = await createChromium()
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await server?.stop()
  await opened?.close()
})

const picture = camera('admin', { fullPage: true })

/** Opens a page of the admin as Ada, who logs in with a token. */
async function openAsAda(path: string, look: (typeof LOOKS)[number] = LOOKS[0]): Promise<Watched> {
  const seen = await browser.open(server.url + path, look)
  const { page } = seen
  await page.getByRole('heading', { name: 'Log in' }).waitFor()
  await page.getByLabel('Access token').fill('token-of-ada')
  await page.getByRole('button', { name: 'Use it' }).click()
  await page.getByText('Logged in').waitFor()
  return seen
}

/** Without what a browser says of the refusal with which a login begins. */
function faultsOf({ faults }: Watched): string[] {
  return faults.filter((fault) => !/status of 401/.test(fault))
}

test('nobody sees the admin without a login, and a wrong token says so', async () => {
  for (const path of ['/admin', '/admin/books', '/admin/history']) {
    const reply = await fetch(server.url + path, { headers: { accept: 'text/html' } })
    const text = await reply.text()
    expect([path, reply.status, /The 1. book|authors/.test(text)]).toEqual([path, 401, false])
  }
  const seen = await browser.open(`${server.url}/admin`)
  const { page } = seen
  await page.getByLabel('Access token').fill('of-nobody')
  await page.getByRole('button', { name: 'Use it' }).click()
  await page.getByRole('heading', { name: 'Log in' }).waitFor()
  expect(await page.locator('.status').innerText()).toBe('401')
  await page.close()
  // Elsewhere nothing is a page: the admin alone is switched on.
  const json = await fetch(`${server.url}/books`, {
    headers: { accept: 'text/html', authorization: 'Bearer token-of-ada' },
  })
  expect(json.headers.get('content-type')).toBe('application/json')
  expect((await send('GET', '/admin/nothing')).status).toBe(404)
})

test.each(LOOKS)(
  'its pages fit the screen, can be read, and run nothing that was planted: $name',
  async (look) => {
    const seen = await openAsAda('/admin', look)
    const { page } = seen
    const pages = { tables: '/admin', list: '/admin/books', row: '/admin/books/1', history: '/admin/history' }
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(server.url + path)
      await page.locator('[data-visit]').waitFor({ state: 'detached' })
      if (name === 'row') await page.locator('.history table').waitFor()
      await picture(seen, `${name}-${look.name}`)
      expect([name, await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)]).toEqual([name, 0])
      expect([name, await page.evaluate(() => 'planted' in window)]).toEqual([name, false])
      expect([name, await unreadable(page)]).toEqual([name, []])
    }
    expect(faultsOf(seen)).toEqual([])
    await page.close()
  },
  120_000,
)

test('somebody searches, opens a row, changes it, and sees who changed it', async () => {
  const seen = await openAsAda('/admin')
  const { page } = seen
  await page.getByRole('link', { name: 'Books' }).click()
  await page.getByLabel('Search').fill('3.')
  await page.getByLabel('Search').press('Enter')
  await page.waitForURL('**/admin/books?q=3.')
  // The address says so before the rows are there.
  await expect.poll(() => page.getByRole('rowheader').count()).toBe(1)
  await page.getByRole('rowheader').getByRole('link').click()
  await page.getByRole('heading', { name: 'The 3. book' }).waitFor()
  await page.waitForURL('**/admin/books/3')
  const form = page.locator('form[data-operation="books.update"]')
  await form.getByLabel('Title').fill(PLANTED)
  await form.getByLabel('Pages').fill('')
  await form.getByRole('button', { name: 'Save changes' }).click()
  const change = page.locator('.history tbody tr', { hasText: 'update' })
  await change.waitFor()
  const said = (await change.innerText()).replace(/\s+/g, ' ')
  expect(said).toContain(`ada update books 3 Title The 3. book ${PLANTED}`)
  expect(said).toContain('Pages 150 null')
  expect(await read('/books/3')).toMatchObject({ title: PLANTED, pages: null })
  await picture(seen, 'changed')
  expect(await page.evaluate(() => 'planted' in window)).toBe(false)
  expect(faultsOf(seen)).toEqual([])
  await page.close()
})

test('a row shows what refers to it, and leads there', async () => {
  const seen = await openAsAda('/admin/books/1')
  const { page } = seen
  const loans = page.locator('section', { has: page.getByRole('heading', { name: /^Loans/ }) })
  expect(await loans.locator('tbody tr').count()).toBe(2)
  await loans.getByRole('link', { name: 'These in the list' }).click()
  await page.waitForURL('**/admin/loans?book_id=1')
  await page.getByRole('rowheader').first().getByRole('link').click()
  await page.waitForURL('**/admin/loans/1/1**')
  await page.goBack()
  await page.waitForURL('**/admin/loans?book_id=1')
  await page.getByRole('link', { name: 'Tables' }).click()
  await page.getByRole('heading', { name: 'Tables' }).waitFor()
  expect(faultsOf(seen)).toEqual([])
  await page.close()
})

test('somebody sets a field of chosen rows, and deletes them, each with its trace', async () => {
  const seen = await openAsAda('/admin/books?sort=title')
  const { page } = seen
  const bulk = page.getByRole('region', { name: 'Chosen rows' })
  expect(await bulk.isVisible()).toBe(false)
  await page.getByLabel('Choose 4').check()
  await page.getByLabel('Choose 5').check()
  await bulk.getByText('2 chosen').waitFor()
  await bulk.getByLabel('Set', { exact: true }).selectOption('pages')
  await bulk.getByLabel('Pages').fill('-1')
  await bulk.getByRole('button', { name: 'Set it in the chosen' }).click()
  await bulk.getByRole('alert').filter({ hasText: /./ }).waitFor()
  await picture(seen, 'bulk-refused')
  expect(await read('/books/4')).toMatchObject({ pages: 200 })
  await bulk.getByLabel('Pages').fill('7')
  await bulk.getByRole('button', { name: 'Set it in the chosen' }).click()
  await page.getByText('2 rows changed.').waitFor()
  expect([await read('/books/4'), await read('/books/5')]).toMatchObject([{ pages: 7 }, { pages: 7 }])
  await page.getByLabel('Choose 4').check()
  await page.getByLabel('Choose 5').check()
  await bulk.getByRole('button', { name: 'Delete the chosen' }).click()
  await bulk.getByRole('button', { name: 'Press again' }).click()
  await page.getByText('2 rows deleted.').waitFor()
  expect((await send('GET', '/books/4')).status).toBe(404)
  const { items } = (await read('/history?table=books&row=4')) as { items: { who: string; change: string }[] }
  expect(items.map(({ who, change }) => `${who} ${change}`)).toEqual(['ada remove', 'ada update', 'tom create'])
  expect(faultsOf(seen).filter((fault) => !/status of (?:409|422)/.test(fault))).toEqual([])
  await page.close()
})

test('without bulk endpoints each of the chosen rows is asked for, and the page says how far it got', async () => {
  for (const name of ['Aaa', 'Zzz']) await send('POST', '/authors', { name, born: 1900 })
  const seen = await openAsAda('/admin/authors?sort=name')
  const { page } = seen
  const bulk = page.getByRole('region', { name: 'Chosen rows' })
  // The second has books.
  for (const id of ['3', '1', '4']) await page.getByLabel(`Choose ${id}`, { exact: true }).check()
  await bulk.getByLabel('Set', { exact: true }).selectOption('born')
  await bulk.getByLabel('Born').fill('1901')
  await bulk.getByRole('button', { name: 'Set it in the chosen' }).click()
  await page.getByText('3 rows changed.').waitFor()
  expect(await read('/authors/4')).toMatchObject({ born: 1901 })
  for (const id of ['3', '1', '4']) await page.getByLabel(`Choose ${id}`, { exact: true }).check()
  await bulk.getByRole('button', { name: 'Delete the chosen' }).click()
  await bulk.getByRole('button', { name: 'Press again' }).click()
  await bulk.getByText('1 of 3 are done.').waitFor()
  expect((await send('GET', '/authors/3')).status).toBe(404)
  expect((await send('GET', '/authors/4')).status).toBe(200)
  await page.close()
})

test('rows with keys of several columns are chosen too', async () => {
  const seen = await openAsAda('/admin/loans')
  const { page } = seen
  await page.getByLabel('Choose 1/2', { exact: true }).check()
  const bulk = page.getByRole('region', { name: 'Chosen rows' })
  await bulk.getByRole('button', { name: 'Delete the chosen' }).click()
  await bulk.getByRole('button', { name: 'Press again' }).click()
  await page.getByText('1 row deleted.').waitFor()
  expect((await read('/loans')).items).toHaveLength(1)
  expect(faultsOf(seen)).toEqual([])
  await page.close()
})

test('it works behind a proxy that takes a prefix off', async () => {
  const options = { port: 0, host: '127.0.0.1', quiet: true, signals: false, report: () => {} }
  const inner = await serve(library(opened), { ...options, proxy: { trust: ['127.0.0.1'], prefix: '/behind' } })
  const proxy = await prefixProxy('/behind', inner.url)
  try {
    const seen = await browser.open(`${proxy.url}/behind/admin`)
    const { page } = seen
    await page.getByLabel('Access token').fill('token-of-ada')
    await page.getByRole('button', { name: 'Use it' }).click()
    await page.getByRole('link', { name: 'Books' }).click()
    await page.getByRole('rowheader').first().getByRole('link').click()
    await page.waitForURL('**/behind/admin/books/1**')
    await page.locator('.history tbody tr').first().waitFor()
    expect(faultsOf(seen)).toEqual([])
    await page.close()
  } finally {
    await proxy.close()
    await inner.stop()
  }
})

test('who logs out sees nothing any more', async () => {
  const seen = await openAsAda('/admin/books')
  const { page } = seen
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByRole('heading', { name: 'Log in' }).waitFor()
  expect(await page.getByText('The 1. book').count()).toBe(0)
  await page.close()
})

test('the server told of no failure', () => {
  expect(reported.filter((one) => !/no index/.test(String(one)))).toEqual([])
})
