import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { api, get } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Chromium, createChromium } from './chromium.ts'

interface Basket {
  readonly lines: readonly { readonly price: number; readonly quantity: number }[]
}

function totalOf(basket: Basket): number {
  // Wider than the page, on purpose: a basket without lines has no total, and adding up what is not there fails.
  return basket.lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0)
}

const shop = api({
  total: get('/total', () => {
    try {
      return totalOf({} as Basket)
    } catch (cause) {
      throw new Error('The basket <b>7</b> of the customer Ada Okafor cannot be added up', { cause })
    }
  }),
})

let server: Server
let browser: Chromium

beforeAll(async () => {
  server = await serve(shop, {
    port: 0,
    host: '127.0.0.1',
    quiet: true,
    signals: false,
    development: true,
    report: () => {},
  })
  browser = await createChromium()
})

afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

test.each([
  { name: 'desktop-light', width: 1280, height: 900, scheme: 'light' },
  { name: 'desktop-dark', width: 1280, height: 900, scheme: 'dark' },
  { name: 'phone-light', width: 390, height: 844, scheme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, scheme: 'dark' },
] as const)('a failure is shown with its line, and the frames of the reader stand out: $name', async (look) => {
  const { page, faults } = await browser.open(`${server.url}/total`, look)
  const folder = process.env.SCREENSHOTS
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true })
    await page.screenshot({ path: join(folder, `failure-${look.name}.png`), fullPage: true })
  }
  expect(await page.locator('h1').innerText()).toBe(
    'Error: The basket <b>7</b> of the customer Ada Okafor cannot be added up',
  )
  const failed = page.locator('.failed')
  expect(await failed.innerText()).toContain('throw new Error(')

  // The page does not scroll sideways, the source does, and its marked line is marked to the end.
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  const lack = await failed.evaluate(
    (line) => (line.closest('pre')?.scrollWidth ?? 0) - line.getBoundingClientRect().width,
  )
  expect(lack).toBeLessThanOrEqual(0)

  const frames = await page
    .locator('.stack span')
    .evaluateAll((spans) =>
      spans.map((span) => ({ text: span.textContent ?? '', isInner: span.className === 'inner' })),
    )
  const isMine = (text: string): boolean => text.includes('failure-page.test.ts')
  expect(frames.filter(({ text }) => isMine(text)).length).toBeGreaterThanOrEqual(2)
  for (const { text, isInner } of frames)
    if (/^ +at /.test(text)) expect([text, isInner]).toEqual([text, !isMine(text)])
  expect(frames.some(({ text }) => text.startsWith('caused by TypeError'))).toBe(true)
  // The status of the page itself is what the console tells, and nothing else.
  expect(faults.filter((fault) => !fault.includes('status of 500'))).toEqual([])
  await page.close()
})
