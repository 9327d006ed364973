import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { api, get, noContent, post, reply } from 'trestle'
import { apiKeys, basic, cookieSessions, oidc } from 'trestle/auth'
import { type Server, serve } from 'trestle/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { freePort } from '../servers/free-port.ts'
import { type IdentityProvider, SIGNED, startIdentityProvider } from '../servers/identity-provider.ts'
import { type TestDatabase, createDatabase, passwords } from '../shop/database.ts'
import { type Running, startNode } from '../shop/process.ts'
import { type Chromium, type Watched, createChromium } from './chromium.ts'
import { unreadable } from './readable.ts'

/** Ways to say to a page who one is: those that the API has. */

let database: TestDatabase
let running: Running
let url: string
let browser: Chromium
let provider: IdentityProvider
const servers: Server[] = []

beforeAll(async () => {
  database = await createDatabase('SQLite')
  running = await startNode('shop', 'main.ts', { ...database.env, NODE_ENV: 'development' })
  url = running.url.replace('localhost', '127.0.0.1')
  browser = await createChromium()
}, 60_000)

afterAll(async () => {
  await browser?.close()
  for (const server of servers) await server.stop()
  await running?.stop()
  await database?.remove()
  await provider?.stop()
})

const LOOKS = [
  { name: 'desktop-light', width: 1280, height: 900, scheme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, scheme: 'dark' },
] as const

/** Set SCREENSHOTS to a folder to have pictures of what the tests saw. */
async function picture({ page }: Watched, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `browse-shop-${name}.png`), fullPage: true })
}

/** Without what a browser says of the refusal with which a login begins. */
function faultsOf({ faults }: Watched): string[] {
  return faults.filter((fault) => !/status of 401/.test(fault))
}

async function started(app: Parameters<typeof serve>[0], port = 0): Promise<Server> {
  const server = await serve(app, { port, host: '127.0.0.1', quiet: true, signals: false, development: true })
  servers.push(server)
  return server
}

test.each(LOOKS)(
  'somebody logs in to the shop, orders, pays and looks: $name',
  async (look) => {
    const seen = await browser.open(`${url}/orders`, look)
    const { page } = seen
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    await picture(seen, `refused-${look.name}`)
    expect(await unreadable(page)).toEqual([])
    const login = page.locator('form[data-login]').first()
    await login.getByLabel('Username').fill('mira')
    await login.getByLabel('Password').fill('wrong')
    await login.getByRole('button', { name: 'Log in' }).click()
    await login.getByRole('alert').filter({ hasText: /./ }).waitFor()
    await login.getByLabel('Password').fill(passwords.staff)
    await login.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('Logged in', { exact: true }).waitFor()
    await page.getByRole('heading', { name: 'List orders' }).waitFor()
    await picture(seen, `orders-${look.name}`)
    expect(await unreadable(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)

    await page.getByText('Order something', { exact: true }).click()
    const form = page.locator('form[data-operation="orders.create"]')
    await form.getByLabel('Customer id').fill('1')
    await form.getByLabel('Sku').fill('TEA-ASSAM-250')
    await form.getByLabel('Qty').fill('0')
    await form.getByRole('button', { name: 'Add to items' }).click()
    await form.getByLabel('Sku').nth(1).fill('nothing')
    await form.getByLabel('Qty').nth(1).fill('1')
    await form.getByLabel('Notes').fill('Ring twice')
    await picture(seen, `order-${look.name}`)
    await form.getByRole('button', { name: 'Create' }).click()
    await form.locator('.item').first().locator('[data-field="qty"] [data-error]').waitFor()
    await form.getByLabel('Qty').first().fill('2')
    await form.getByRole('button', { name: 'Remove this one' }).nth(1).click()
    await form.getByRole('button', { name: 'Create' }).click()
    await page.waitForURL(/\/orders\/[\w-]+$/)
    await page.getByText('TEA-ASSAM-250').first().waitFor()
    await picture(seen, `ordered-${look.name}`)
    expect(await unreadable(page)).toEqual([])

    await page.locator('summary', { hasText: 'Pay an order' }).click()
    await page.getByRole('button', { name: 'Pay an order' }).click()
    await page.locator('dd', { hasText: /^paid$/ }).waitFor()
    await page.locator('summary', { hasText: 'Cancel an order' }).click()
    await page.getByRole('button', { name: 'Cancel an order' }).click()
    await page.getByRole('alert').filter({ hasText: 'paid or cancelled already' }).waitFor()

    // What is no JSON is shown as well, though a browser that asks by itself would have no token.
    await page.getByRole('link', { name: 'Invoice' }).click()
    await page.locator('main > pre', { hasText: 'Assam' }).waitFor()
    await page.goBack()
    await page.locator('dd', { hasText: /^paid$/ }).waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual([])
    expect(faultsOf(seen).filter((fault) => !/status of (?:409|422)/.test(fault))).toEqual([])
    await page.close()
  },
  90_000,
)

test('a request that is sent again has the same key, another has another', async () => {
  const { token } = await login()
  const seen = await browser.open(`${url}/orders`)
  const { page } = seen
  await page.getByLabel('token', { exact: false }).first().waitFor()
  await page.evaluate(
    (value) => sessionStorage.setItem('trestle:', JSON.stringify({ authorization: value })),
    `Bearer ${token}`,
  )
  await page.reload()
  await page.getByText('Order something', { exact: true }).click()
  const keys: (string | undefined)[] = []
  let isCut = true
  await page.route('**/orders', async (route) => {
    const request = route.request()
    if (request.method() !== 'POST') return route.continue()
    keys.push(request.headers()['idempotency-key'])
    if (!isCut) return route.continue()
    // It arrived, and the answer did not.
    await route.fetch()
    return route.abort()
  })
  const form = page.locator('form[data-operation="orders.create"]')
  await form.getByLabel('Customer id').fill('1')
  await form.getByLabel('Sku').fill('TEA-ASSAM-250')
  await form.getByLabel('Qty').fill('1')
  await form.getByRole('button', { name: 'Create' }).click()
  await form.getByText('Nothing is lost').waitFor()
  isCut = false
  await form.getByRole('button', { name: 'Create' }).click()
  await page.waitForURL(/\/orders\/[\w-]+$/)
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
  expect(keys).toEqual([keys[0], keys[0]])
  await page.close()
}, 60_000)

async function login(): Promise<{ token: string }> {
  const given = await fetch(`${url}/session/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'mira', password: passwords.staff }),
  })
  return { token: ((await given.json()) as { access_token: string }).access_token }
}

test('a session of a cookie', async () => {
  const { session, sessions } = cookieSessions({}, (id) => ({ id }), { principal: ({ id }) => id })
  const Login = z.object({ name: z.string(), password: z.string() })
  const server = await started(
    api({
      login: post('/login', { body: Login, use: { sessions }, returns: noContent() }, async ({ body, sessions }) =>
        reply(204, undefined, await sessions.begin(body.name)),
      ),
      me: get('/me', { summary: 'Who I am', use: { session } }, ({ session }) => ({ name: session.id })),
      call: post('/me', { summary: 'Call me', body: z.object({ as: z.string() }), use: { session } }, () => ({})),
    }),
  )
  const { page } = await browser.open(`${server.url}/me`)
  await page.getByLabel('Name').fill('Ada')
  await page.getByLabel('Password').fill('any')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { name: 'Ada' }).waitFor()
  await page.locator('summary', { hasText: 'Call me' }).click()
  await page.getByLabel('As', { exact: true }).fill('Ada')
  await page.getByRole('button', { name: 'Call me' }).click()
  await page.getByText('Done: 200.').waitFor()
  await page.close()
}, 60_000)

test('a name and a password with each request, and a key', async () => {
  const member = basic({}, ({ username, password }) => (password === 'grün' ? username : undefined), {
    realm: 'members',
    principal: (name) => name,
  })
  const { key } = apiKeys({ prefix: 'test' })
  const server = await started(
    api({
      member: get('/member', { use: { member } }, ({ member }) => ({ name: member })),
      program: get('/program', { use: { key } }, () => ({})),
    }),
  )
  // A browser that is asked by Basic asks in a window of its own; a page that is logged in already is not.
  const { page } = await browser.open(`${server.url}/browse`)
  await page.getByRole('link', { name: 'Log in' }).click()
  const form = page.locator('form[data-basic]')
  await form.getByLabel('Name').fill('Jürgen')
  await form.getByLabel('Password').fill('grün')
  await form.getByRole('button', { name: 'Use these' }).click()
  await page.getByText('Logged in', { exact: true }).waitFor()
  await page.getByRole('link', { name: /member/i }).click()
  await page.getByRole('heading', { name: 'Jürgen' }).waitFor()
  await page.close()
}, 60_000)

test('an identity provider, by a code with PKCE', async () => {
  const port = await freePort()
  provider = await startIdentityProvider({ redirectUris: [`http://127.0.0.1:${port}/docs/oauth2-redirect`] })
  const token = oidc({ issuer: provider.issuer, audience: SIGNED, name: 'login' })
  const server = await started(
    api(
      { title: 'Shop', docsLogin: { clientId: 'docs', scopes: ['openid', 'orders:read'] } },
      { orders: get('/orders', { use: { token: token.scopes('orders:read') } }, ({ token }) => ({ name: token.sub })) },
    ),
    port,
  )
  const seen = await browser.open(`${server.url}/orders`)
  const { page } = seen
  const opens = page.waitForEvent('popup')
  await page.getByRole('button', { name: 'Log in at the provider' }).click()
  const popup = await opens
  await popup.waitForSelector('input[name=login]')
  await popup.fill('input[name=login]', 'ada')
  await popup.fill('input[name=password]', 'any')
  await popup.click('button[type=submit]')
  await popup.waitForSelector('input[value=consent]', { state: 'attached' })
  await popup.click('button[type=submit]')
  await page.getByRole('heading', { name: 'ada' }).waitFor()
  expect(faultsOf(seen).filter((fault) => !fault.startsWith(`asked ${provider.issuer}/`))).toEqual([])
  await page.close()
}, 60_000)
