import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type Api, type ApiOptions, api, created, del, depends, get, group, noContent, post } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { docsPages } from '../../src/projections/docs/pages.ts'
import { type Chromium, type Watched, createChromium } from './chromium.ts'
import { prefixProxy } from './prefix-proxy.ts'

const TITLE = 'Shop <b>&</b> "Sons"'
const ID = '7d444840-9dc0-41d2-8fae-4b1d6f3ac001'

const Status = z.enum(['open', 'paid', 'shipped']).meta({ id: 'Status' })
const OrderIn = z
  .object({
    customer_id: z.int().meta({ examples: [42] }),
    items: z
      .array(
        z.object({
          sku: z
            .string()
            .min(1)
            .meta({ examples: ['BOLT'] }),
          qty: z.int().min(1),
        }),
      )
      .min(1),
    notes: z.string().optional(),
  })
  .meta({ id: 'OrderIn' })
const Order = OrderIn.extend({ id: z.uuid(), status: Status }).meta({ id: 'Order' })

const user = depends({}, ({ request }) => request.header('authorization') ?? 'nobody', {
  security: { name: 'bearer', scheme: { type: 'http', scheme: 'bearer' }, optional: true },
})

const orders = group(
  '/orders',
  { description: 'What customers *buy*.' },
  {
    list: get(
      '/',
      { summary: 'List the orders', query: z.object({ status: Status.optional() }), returns: z.array(Order) },
      () => [],
    ),
    create: post(
      '/',
      { summary: 'Create an order', body: OrderIn, returns: created(Order), use: { user } },
      ({ body }) => ({ ...body, id: ID, status: 'open' as const }),
    ),
    read: get('/{id}', { summary: 'Read an order', params: z.object({ id: z.uuid() }), returns: Order }, () => ({
      id: ID,
      customer_id: 42,
      items: [{ sku: 'BOLT', qty: 1 }],
      status: 'open' as const,
    })),
    remove: del(
      '/{id}',
      { summary: 'Remove an order', deprecated: true, params: z.object({ id: z.uuid() }), returns: noContent() },
      () => {},
    ),
  },
)

/** The shop with its pages at the places given. */
function shop(options: ApiOptions = {}): Api {
  return api({ title: TITLE, description: 'Orders. **Amounts** are in cents.', ...options }, { orders })
}

const servers: Server[] = []
/** What the servers told of failures of their own. */
const reported: unknown[] = []
let usual: Server
let browser: Chromium

async function started(api: Api): Promise<Server> {
  const server = await serve(api, {
    port: 0,
    host: '127.0.0.1',
    quiet: true,
    signals: false,
    report: (error) => reported.push(error),
  })
  servers.push(server)
  return server
}

beforeAll(async () => {
  // Takes no time where the files are there; without them each test would wait for a page that stays empty.
  execFileSync(process.execPath, [join(import.meta.dirname, '../../scripts/vendor-assets.mjs')], { timeout: 50_000 })
  usual = await started(shop())
  browser = await createChromium()
})

afterAll(async () => {
  await browser?.close()
  for (const server of servers) await server.stop()
})

const LOOKS = [
  { name: 'desktop-light', width: 1280, height: 900, scheme: 'light' },
  { name: 'desktop-dark', width: 1280, height: 900, scheme: 'dark' },
  { name: 'phone-light', width: 390, height: 844, scheme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, scheme: 'dark' },
] as const

/** When the document is shown, and what a page might ask for after that has been asked for. */
async function settled({ page }: Watched): Promise<void> {
  await page.locator(':text("List the orders"):visible').first().waitFor()
  await page.waitForTimeout(500)
}

/** Set SCREENSHOTS to a folder to have pictures of what the tests saw. */
async function picture({ page }: Watched, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`) })
}

describe.each([
  { place: '/docs', hasDark: true },
  { place: '/redoc', hasDark: false },
  { place: '/reference', hasDark: true },
])('$place', ({ place, hasDark }) => {
  test.each(LOOKS)('renders the document, $name', async (look) => {
    const seen = await browser.open(`${usual.url}${place}`, look)
    await settled(seen)
    await picture(seen, `${place.slice(1)}-${look.name}`)
    expect(await seen.page.title()).toContain(TITLE)
    expect(await seen.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    const isDark = await seen.page.locator('html.dark-mode, body.dark-mode').count()
    expect(isDark).toBe(hasDark && look.scheme === 'dark' ? 1 : 0)
    expect(seen.faults).toEqual([])
    await seen.page.close()
  })

  test('works at another place', async () => {
    const places = {
      docs: '/inner/a/docs',
      redoc: '/inner/redoc',
      reference: '/a/b/reference',
      openapi: '/a/c.json',
    } as const
    const server = await started(shop({ places }))
    const found = Object.values(places).find((path) => path.endsWith(place))
    const seen = await browser.open(`${server.url}${found}`)
    await settled(seen)
    expect(seen.faults).toEqual([])
    await seen.page.close()
  })

  test('works behind a proxy that takes a prefix off', async () => {
    const proxy = await prefixProxy('/behind/a-prefix', usual.url)
    try {
      const seen = await browser.open(`${proxy.url}/behind/a-prefix${place}`)
      await settled(seen)
      expect(seen.faults).toEqual([])
      await seen.page.close()
    } finally {
      await proxy.close()
    }
  })

  test('forbids all that is not the host or a declared server', async () => {
    const server = await started(
      shop({
        servers: ['https://api.shop.example/v1', '/v2', 'https://{region}.shop.example', 'https://api.shop.example/v3'],
      }),
    )
    const reply = await fetch(`${server.url}${place}`)
    const policy = new Map(
      (reply.headers.get('content-security-policy') ?? '').split('; ').map((directive) => {
        const [name = '', ...sources] = directive.split(' ')
        return [name, sources.join(' ')]
      }),
    )
    expect(Object.fromEntries(policy)).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': place === '/docs' ? "'self'" : "'self' 'unsafe-inline'",
      'connect-src': "'self' https://api.shop.example",
      'img-src': "'self' data:",
      'font-src': "'self' data:",
      'worker-src': place === '/redoc' ? 'blob:' : "'none'",
      'frame-ancestors': "'none'",
      'base-uri': "'none'",
      'form-action': "'self'",
    })
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
    expect(reply.headers.get('referrer-policy')).toBe('no-referrer')
    expect(reply.headers.get('cache-control')).toBe('no-cache')
    expect(reply.headers.get('content-type')).toMatch(/^text\/html\b/)
  })

  test('escapes the title, and holds no script of its own', async () => {
    const html = await (await fetch(`${usual.url}${place}`)).text()
    expect(html).toContain('<title>Shop &lt;b&gt;&amp;&lt;/b&gt; &quot;Sons&quot; · ')
    expect(html).toContain('<html lang="en">')
    expect(html).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">')
    expect(html.match(/<script(?! src="[^"]+"><\/script>)/)).toBeNull()
  })

  test('its files are cached for ever, gzipped for who takes that, and plain for others', async () => {
    const html = await (await fetch(`${usual.url}${place}`)).text()
    const files = [...html.matchAll(/(?:src|href)="([^"]*\/assets\/[^"]+)"/g)].map((found) => found[1] as string)
    expect(files.length).toBeGreaterThanOrEqual(3)
    for (const file of files) {
      const url = new URL(file, `${usual.url}${place}`)
      const reply = await fetch(url, { headers: { 'accept-encoding': 'gzip' } })
      expect(reply.status).toBe(200)
      expect(reply.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
      expect(reply.headers.get('content-type')).toMatch(file.endsWith('.css') ? /^text\/css\b/ : /^text\/javascript\b/)
      const bundled = !file.includes('start-')
      expect(reply.headers.get('content-encoding')).toBe(bundled ? 'gzip' : null)
      const body = await reply.text()
      for (const refusal of ['identity', 'gzip;q=0', '*;q=0, br']) {
        const plain = await fetch(url, { headers: { 'accept-encoding': refusal } })
        expect(plain.headers.get('content-encoding')).toBeNull()
        expect(await plain.text()).toBe(body)
      }
    }
  })

  test.each([
    ['nothing.js', 404],
    ['LICENSE-redoc.txt', 404],
    ['swagger-ui-5.35.0.js.gz', 404],
    ['%2e%2e%2f%2e%2e%2fpackage.json', 400],
  ])('has no other file: %s', async (name, status) => {
    const reply = await fetch(`${usual.url}${place}/assets/${name}`)
    expect(reply.status).toBe(status)
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
    expect(reported).toEqual([])
  })
})

test('/docs sends an order and shows 201', async () => {
  const seen = await browser.open(`${usual.url}/docs`)
  const { page } = seen
  const operation = page.locator('.opblock', { hasText: 'orders.create' })
  await operation.locator('.opblock-summary-control').click()
  const body = JSON.stringify({ customer_id: 42, items: [{ sku: 'BOLT', qty: 3 }], notes: 'from the page' })
  await operation.locator('textarea.body-param__text').fill(body)
  await operation.getByRole('button', { name: 'Execute' }).click()
  const live = operation.locator('.live-responses-table')
  await live.locator('.response-col_status', { hasText: '201' }).waitFor()
  expect(await live.innerText()).toContain('from the page')
  expect(await live.innerText()).toMatch(new RegExp(`location: /orders/${ID}`))
  await live.scrollIntoViewIfNeeded()
  await picture(seen, 'docs-sent')
  expect(seen.faults).toEqual([])
  await page.close()
})

test('/docs keeps what one logs in with, and links to operations', async () => {
  const first = await browser.open(`${usual.url}/docs`)
  await first.page.getByRole('button', { name: 'Authorize' }).click()
  await first.page.locator('.modal-ux input[type=text], .modal-ux input[type=password]').fill('a-token')
  await picture(first, 'docs-authorize')
  await first.page.locator('.modal-ux button.authorize').click()
  await first.page.close()
  const seen = await browser.open(`${usual.url}/docs#/orders/orders.create`)
  await seen.page.locator('.opblock.is-open', { hasText: 'orders.create' }).waitFor()
  await seen.page.locator('.auth-wrapper .btn.authorize.locked').waitFor()
  expect(seen.faults).toEqual([])
  await seen.page.close()
})

test('/reference sends an order and shows 201', async () => {
  const seen = await browser.open(`${usual.url}/reference`)
  const { page } = seen
  await page.locator('a:has-text("Create an order"):visible').first().click()
  await page.getByRole('button', { name: /Test Request.*post \/orders/i }).click()
  await page.getByRole('button', { name: /^Send/ }).first().click()
  await page.locator(':text("201"):visible').first().waitFor()
  await page.locator(`:text("${ID}"):visible`).first().waitFor()
  await picture(seen, 'reference-sent')
  expect(seen.faults).toEqual([])
  await page.close()
})

test('/redoc searches', async () => {
  const seen = await browser.open(`${usual.url}/redoc`)
  await settled(seen)
  await seen.page.getByPlaceholder('Search...').fill('Create')
  await seen.page.locator('[data-role="search:results"]:has-text("Create an order")').waitFor()
  await picture(seen, 'redoc-search')
  expect(seen.faults).toEqual([])
  await seen.page.close()
})

test('an API without an OpenAPI document has no pages', () => {
  const places = { openapi: false, docs: '/docs', redoc: '/redoc', reference: '/reference' } as const
  expect(docsPages(api({}), places)).toEqual({})
})

test('a page that is switched off is not there', () => {
  const places = { openapi: '/openapi.json', docs: false, redoc: '/redoc', reference: false } as const
  expect(Object.keys(docsPages(api({}), places))).toEqual(['redoc'])
})

test('what is shipped says under which licence', async () => {
  const { readFile, readdir } = await import('node:fs/promises')
  const folder = new URL('../../assets/docs/', import.meta.url)
  const files = await readdir(folder)
  expect(files.sort()).toEqual([
    'LICENSE-api-reference.txt',
    'LICENSE-redoc.txt',
    'LICENSE-swagger-ui-dist.txt',
    'redoc-2.5.4.js.gz',
    'scalar-1.72.1.js.gz',
    'swagger-ui-5.35.0.css.gz',
    'swagger-ui-5.35.0.js.gz',
  ])
  for (const file of files.filter((name) => name.startsWith('LICENSE'))) {
    expect(await readFile(new URL(file, folder), 'utf8')).toMatch(/MIT License|Apache License/i)
  }
  const redoc = gunzipSync(await readFile(new URL('redoc-2.5.4.js.gz', folder))).toString()
  expect(redoc).not.toContain('cdn.redoc.ly')
})
