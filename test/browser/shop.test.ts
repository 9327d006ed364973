import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, createDatabase, passwords } from '../shop/database.ts'
import { type Running, startNode } from '../shop/process.ts'
import { type Chromium, createChromium } from './chromium.ts'
import { LOOKS, camera } from './looks.ts'

/** The shop's pages, as somebody sees them who has just started it. */

let database: TestDatabase
let running: Running
/** By its number: no host name has an address in the tests' browser. */
let url: string
let browser: Chromium

beforeAll(async () => {
  // Takes no time where the files are there; without them each test would wait for a page that stays empty.
  execFileSync(process.execPath, [join(import.meta.dirname, '../../scripts/vendor-assets.mjs')], { timeout: 50_000 })
  database = await createDatabase('SQLite')
  running = await startNode('shop', 'main.ts', database.env)
  url = running.url.replace('localhost', '127.0.0.1')
  browser = await createChromium()
})

afterAll(async () => {
  await browser?.close()
  await running?.stop()
  await database?.remove()
})

const picture = camera('shop')

test.each(LOOKS)('/docs orders what the example says, and shows 201: $name', async (look) => {
  const seen = await browser.open(`${url}/docs`, look)
  const { page } = seen
  const operation = page.locator('.opblock', { hasText: 'orders.create' })
  await operation.waitFor()
  await picture(seen, `docs-${look.name}`)
  // As `npm start` says: log in, and give the token to the page.
  const login = await fetch(`${url}/session/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'mira', password: passwords.staff }),
  })
  const { access_token } = (await login.json()) as { access_token: string }
  await page.getByRole('button', { name: 'Authorize' }).first().click()
  const dialog = page.locator('.auth-container', { hasText: 'token' }).first()
  await dialog.waitFor()
  // The page remembers who was here before.
  const remove = dialog.getByRole('button', { name: 'Remove authorization' })
  if (await remove.isVisible()) await remove.click()
  await dialog.locator('input').fill(access_token)
  await picture(seen, `docs-authorize-${look.name}`)
  await dialog.getByRole('button', { name: 'Apply credentials' }).click()
  await dialog.getByRole('button', { name: 'Close' }).click()
  await operation.locator('.opblock-summary-control').click()
  await operation.getByPlaceholder('Idempotency-Key').fill(`from-the-page-${look.name}`)
  const example = JSON.parse(await operation.locator('textarea.body-param__text').inputValue())
  expect(example).toMatchObject({ customer_id: 1, items: [{ sku: 'TEA-ASSAM-250', qty: 2 }] })
  await operation.scrollIntoViewIfNeeded()
  await picture(seen, `docs-create-${look.name}`)

  await operation.getByRole('button', { name: 'Execute' }).click()
  const live = operation.locator('.live-responses-table')
  await live.locator('.response-col_status', { hasText: '201' }).waitFor()
  const shown = await live.innerText()
  const [, id] = /location: \/orders\/(\S+)/.exec(shown) ?? []
  await live.scrollIntoViewIfNeeded()
  await picture(seen, `docs-sent-${look.name}`)

  const headers = { authorization: `Bearer ${access_token}` }
  const order = (await (await fetch(`${url}/orders/${id}`, { headers })).json()) as { status: string }
  expect(order).toMatchObject({ ...example, id, items: [example.items[0]] })
  expect(shown).toContain(`"status": "${order.status}"`)
  // Nothing stands out over the edge of its card.
  const outside = await operation.evaluate((card) => {
    const edge = card.getBoundingClientRect().right + 1
    const shown = [...card.querySelectorAll<HTMLElement>('table, td, select, .btn')]
    return shown.filter((one) => one.getBoundingClientRect().right > edge).map((one) => one.className)
  })
  expect(outside).toEqual([])
  // What headers there are is not written in dark on dark.
  const colours = await operation
    .locator('.header-col')
    .evaluateAll((cells) => cells.map((cell) => Number(/\d+/.exec(getComputedStyle(cell).color)?.[0])))
  expect(colours.length).toBeGreaterThan(0)
  for (const red of colours) expect([red, red > 128]).toEqual([red, look.scheme === 'dark'])
  // The only server is the one that serves the page: there is nothing to choose.
  expect(await page.getByText('Servers').isVisible()).toBe(false)
  expect(seen.faults).toEqual([])
  await page.close()
})

/** What people look for: the summaries of all operations, and the names of all schemas. */
async function described(): Promise<{ summaries: string[]; schemas: string[]; tags: string[] }> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as Described
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item))
  const schemas = Object.keys(document.components.schemas)
  expect(operations).toHaveLength(27)
  expect(schemas).toContain('OutOfStockProblem')
  return { summaries: operations.map(({ summary }) => summary), schemas, tags: document.tags.map(({ name }) => name) }
}

interface Described {
  readonly paths: Record<string, Record<string, { readonly summary: string }>>
  readonly components: { readonly schemas: Record<string, unknown> }
  readonly tags: readonly { readonly name: string }[]
}

test.each(LOOKS)('/redoc shows all operations and schemas: $name', async (look) => {
  const seen = await browser.open(`${url}/redoc`, look)
  const { page } = seen
  await page.getByRole('heading', { name: 'Order something' }).waitFor()
  await picture(seen, `redoc-${look.name}`)
  const text = await page.locator('.api-content').innerText()
  const { summaries, schemas, tags } = await described()
  expect([...tags, ...summaries, ...schemas].filter((name) => !text.includes(name))).toEqual([])
  await page.getByRole('heading', { name: 'Order something' }).scrollIntoViewIfNeeded()
  await page.waitForTimeout(500)
  await picture(seen, `redoc-create-${look.name}`)
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  expect(seen.faults).toEqual([])
  await page.close()
})

test.each(LOOKS)('/reference shows all operations and schemas: $name', async (look) => {
  const seen = await browser.open(`${url}/reference`, look)
  const { page } = seen
  await page.getByRole('heading', { name: 'Shop' }).waitFor()
  await picture(seen, `reference-${look.name}`)
  if (look.width < 1000) await page.getByRole('button', { name: 'Open Menu' }).click()
  const { summaries, schemas, tags } = await described()
  for (const group of [...tags, 'Models']) {
    const closed = page.getByRole('button', { name: `Open Group - ${group}` })
    await page.getByRole('button', { name: new RegExp(`(Open|Close) Group - ${group}`) }).waitFor()
    if (await closed.isVisible()) await closed.click()
  }
  const menu = page.locator('aside:visible').first()
  for (const name of [...summaries, ...schemas]) await menu.getByText(name, { exact: true }).first().waitFor()
  await picture(seen, `reference-menu-${look.name}`)
  await menu.getByText('Order something', { exact: true }).click()
  await page.getByRole('heading', { name: 'Order something' }).waitFor()
  await page.waitForTimeout(1000)
  await picture(seen, `reference-create-${look.name}`)
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  expect(seen.faults).toEqual([])
  await page.close()
})
