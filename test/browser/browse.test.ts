import { type Server, serve } from 'trestle/node'
import { createClient } from 'trestle/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PLANTED, library } from '../browse/library.ts'
import { type Opened, openSqlite } from '../resources/databases.ts'
import { type Chromium, createChromium } from './chromium.ts'
import { LOOKS, camera } from './looks.ts'
import { prefixProxy } from './prefix-proxy.ts'
import { unreadable } from './readable.ts'

let opened: Opened
let server: Server
let browser: Chromium
const reported: unknown[] = []

beforeAll(async () => {
  opened = await openSqlite()
  const { branches } = opened.tables
  await opened.database.insert(branches).values({ name: 'North' })
  const made = library(opened)
  server = await serve(made, {
    port: 0,
    host: '127.0.0.1',
    quiet: true,
    signals: false,
    report: (error) => reported.push(error),
  })
  const client = createClient<typeof made>(server.url, { contract: made })
  for (const name of ['Ursula K. Le Guin', 'Octavia E. Butler', PLANTED])
    await client.authors.create({ body: { name, born: 1929 } })
  for (let i = 1; i <= 12; i++) {
    const rest = { pages: i * 50, status: i % 3 === 0 ? ('out' as const) : ('in' as const), tags: ['shelf', { at: i }] }
    await client.books.create({
      body: { branch_id: 1, author_id: 1 + (i % 3), isbn: `97800000000${10 + i}`, title: `The ${i}. book`, ...rest },
    })
  }
  for (let i = 1; i <= 3; i++) {
    await client.loans.create({
      body: { book_id: 1, number: i, reader: i === 1 ? PLANTED : `Reader ${i}`, due: `2026-12-0${i}` },
    })
  }
  browser = await createChromium()
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await server?.stop()
  await opened?.close()
})

const picture = camera('browse', { fullPage: true })

const PAGES = {
  start: '/browse',
  list: '/books',
  filtered: '/books?status=in&expand=author&sort=-pages',
  thing: '/books/1?expand=author,loans',
  refused: '/books?pages[gte]=many',
  missing: '/books/4711',
}

test.each(LOOKS)(
  'pages fit the screen, can be read, and run nothing that was planted: $name',
  async (look) => {
    for (const [name, path] of Object.entries(PAGES)) {
      const seen = await browser.open(server.url + path, look)
      const { page } = seen
      if (name === 'thing') await page.getByText('Change a book').click()
      await picture(seen, `${name}-${look.name}`)
      expect([name, await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)]).toEqual([name, 0])
      expect([name, await page.evaluate(() => 'planted' in window)]).toEqual([name, false])
      expect([name, await unreadable(page)]).toEqual([name, []])
      const faults = seen.faults.filter((fault) => !/status of (?:404|422)/.test(fault))
      expect([name, faults]).toEqual([name, []])
      await page.close()
    }
  },
  120_000,
)

test('a reader filters, sorts, turns pages and opens a row, by keyboard alone', async () => {
  const seen = await browser.open(`${server.url}/books`)
  const { page } = seen
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content')
  await page.keyboard.press('Enter')
  await page.getByLabel('Search').focus()
  await page.keyboard.type('book')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/books?q=book')
  await page.getByText('Filters', { exact: true }).press('Enter')
  await page.getByLabel('Status', { exact: true }).selectOption('in')
  await page.getByLabel('Pages from').fill('100')
  await page.getByRole('button', { name: 'Apply' }).press('Enter')
  await page.waitForURL((url) => url.searchParams.get('pages[gte]') === '100')
  expect(new URL(page.url()).search).toBe('?q=book&status=in&pages%5Bgte%5D=100')
  await page.getByRole('link', { name: 'Pages' }).press('Enter')
  await page.locator('th[aria-sort="ascending"]').waitFor()
  await page.getByRole('link', { name: 'Pages' }).press('Enter')
  await page.locator('th[aria-sort="descending"]').waitFor()
  const first = page.locator('table.rows tbody tr').first()
  expect(await first.innerText()).toContain('The 11. book')
  await page.getByRole('link', { name: 'Next page' }).press('Enter')
  await page.getByRole('link', { name: 'First page' }).waitFor()
  expect(await first.innerText()).toContain('The 4. book')
  await first.getByRole('rowheader').getByRole('link').press('Enter')
  await page.getByRole('heading', { name: 'The 4. book' }).waitFor()
  await page.waitForURL('**/books/4')
  expect(seen.faults).toEqual([])
  await page.close()
})

test('pages can be read and filtered without JavaScript', async () => {
  const context = await browser.withoutScripts()
  const page = await context.newPage()
  await page.goto(`${server.url}/books`)
  await page.getByText('Filters', { exact: true }).click()
  await page.getByLabel('Status', { exact: true }).selectOption('out')
  await page.getByRole('button', { name: 'Apply' }).click()
  await page.waitForURL('**/books?status=out')
  expect(await page.locator('table.rows tbody tr').count()).toBe(4)
  await page.getByRole('rowheader').first().getByRole('link').click()
  await page.getByRole('heading', { name: 'The 3. book' }).waitFor()
  await context.close()
})

test('somebody creates a row: what is refused is said beside its field, mended and sent', async () => {
  const seen = await browser.open(`${server.url}/books`)
  const { page } = seen
  await page.getByText('Create a book', { exact: true }).click()
  const form = page.locator('form[data-operation="books.create"]')
  await form.getByLabel('Branch id').fill('1')
  await form.getByLabel('Isbn').fill('97800000009990')
  await form.getByLabel('Title').fill('A new one')
  await form.getByLabel('Pages').fill('1.5')
  await form.getByLabel('Tags').fill('{"not": ')
  await form.getByRole('button', { name: 'Create' }).click()
  await form.getByText('This is no JSON').waitFor()
  await form.getByLabel('Tags').fill('["a", {"b": 1}]')
  await form.getByRole('button', { name: 'Create' }).click()
  const isbn = form.locator('[data-field="isbn"]')
  await isbn.locator('[data-error]').waitFor()
  expect(await form.getByLabel('Isbn').getAttribute('aria-invalid')).toBe('true')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('form-books.create-isbn')
  await picture(seen, 'create-refused')
  await form.locator('[data-field="pages"] [data-error]').waitFor()
  await form.getByLabel('Isbn').fill('9780000000999')
  await form.getByLabel('Pages').fill('15')
  await form.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { name: 'A new one' }).waitFor()
  await page.waitForURL(({ pathname }) => /^\/books\/\d+$/.test(pathname))
  const made = await (await fetch(page.url())).json()
  expect(made).toMatchObject({ title: 'A new one', pages: 15, tags: ['a', { b: 1 }], author_id: null })
  // The same once more: another has it.
  await page.goto(`${server.url}/books`)
  await page.getByText('Create a book', { exact: true }).click()
  await form.getByLabel('Branch id').fill('1')
  await form.getByLabel('Isbn').fill('9780000000999')
  await form.getByLabel('Title').fill('A second one')
  await form.getByRole('button', { name: 'Create' }).click()
  await page.locator('form[data-operation="books.create"] .error:visible').first().waitFor()
  await picture(seen, 'create-twice')
  await page.close()
})

test('two change a row: the second sees what the first has changed, and decides', async () => {
  const seen = await browser.open(`${server.url}/books/2`)
  const { page } = seen
  await page.getByText('Change a book', { exact: true }).click()
  const form = page.locator('form[data-operation="books.update"]')
  await form.getByLabel('Title').fill('Mine')
  const etag = (await fetch(`${server.url}/books/2`)).headers.get('etag') as string
  const theirs = await fetch(`${server.url}/books/2`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', 'if-match': etag },
    body: JSON.stringify({ title: 'Theirs', pages: 7 }),
  })
  expect(theirs.status).toBe(200)
  await form.getByRole('button', { name: 'Save changes' }).click()
  const conflict = form.getByRole('alert').filter({ hasText: 'Somebody else changed this' })
  await conflict.waitFor()
  expect(await conflict.locator('tbody tr').allInnerTexts()).toEqual([
    'title\tThe 2. book\tTheirs\tMine',
    'pages\t100\t7\t100',
  ])
  await picture(seen, 'conflict')
  await conflict.getByRole('button', { name: 'Save mine all the same' }).click()
  await page.getByRole('heading', { name: 'Mine' }).waitFor()
  // What was not touched was not sent.
  expect(await (await fetch(`${server.url}/books/2`)).json()).toMatchObject({ title: 'Mine', pages: 7 })
  await page.close()
})

test('somebody deletes a row, after being asked', async () => {
  const seen = await browser.open(`${server.url}/books/12`)
  const { page } = seen
  await page.getByText('Delete a book', { exact: true }).click()
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByRole('button', { name: 'Press again' }).waitFor()
  expect((await fetch(`${server.url}/books/12`)).status).toBe(200)
  await page.getByRole('button', { name: 'Press again' }).click()
  await page.waitForURL('**/books')
  expect((await fetch(`${server.url}/books/12`)).status).toBe(404)
  expect(seen.faults).toEqual([])
  await page.close()
})

test('the command on the page does what the page shows', async () => {
  const seen = await browser.open(`${server.url}/books?status=out&title[contains]=b'ook`)
  const { page } = seen
  const shown = await page.locator('main > .snippet pre').first().textContent()
  expect(shown).toBe(
    `curl '${server.url}/books?status=out&title%5Bcontains%5D=b%27ook' \\\n  -H 'Accept: application/json'`,
  )
  expect(await page.locator('main > .snippet pre').nth(1).textContent()).toContain(
    `client.books.list({ query: { status: 'out', 'title[contains]': 'b\\'ook' } })`,
  )
  await page.getByText('Create a book', { exact: true }).click()
  const form = page.locator('form[data-operation="books.create"]')
  await form.getByLabel('Title').fill("It's")
  expect(await form.locator('[data-curl]').textContent()).toContain(`-d '{"title":"It'\\''s"}'`)
  await page.close()
})

test('all of it works behind a proxy that takes a prefix off', async () => {
  const options = { port: 0, host: '127.0.0.1', quiet: true, signals: false, report: () => {} }
  const inner = await serve(library(opened), { ...options, proxy: { trust: ['127.0.0.1'], prefix: '/behind' } })
  const proxy = await prefixProxy('/behind', inner.url)
  try {
    const seen = await browser.open(`${proxy.url}/behind/books`)
    const { page } = seen
    await page.getByRole('rowheader').first().getByRole('link').click()
    await page.getByRole('heading', { name: 'The 1. book' }).waitFor()
    await page.waitForURL('**/behind/books/1')
    await page.getByRole('link', { name: 'Start', exact: true }).click()
    await page.getByRole('heading', { name: 'Library' }).waitFor()
    expect(seen.faults).toEqual([])
    await page.close()
  } finally {
    await proxy.close()
    await inner.stop()
  }
})

test('the server told of no failure', () => {
  expect(reported.filter((one) => !/no index/.test(String(one)))).toEqual([])
})
