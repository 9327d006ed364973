import type { Locator, Page } from 'playwright-core'
import { api, get } from 'trestle'
import { type CodeLogin, oidc } from 'trestle/auth'
import { type Server, serve } from 'trestle/node'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest'
import { type IdentityProvider, SIGNED, startIdentityProvider } from '../servers/identity-provider.ts'
import { freePort } from '../servers/free-port.ts'
import { type Chromium, createChromium } from './chromium.ts'
import { type PrefixProxy, prefixProxy } from './prefix-proxy.ts'

/** Where a login leads back to: the page itself, and behind a proxy that takes a prefix off. */
const PREFIX = '/behind/a-prefix'

let provider: IdentityProvider
let browser: Chromium
let byDiscovery: Server
let byFlow: Server
let proxy: PrefixProxy

function shop(login?: CodeLogin) {
  const token = oidc({ issuer: provider.issuer, audience: SIGNED, name: 'login', ...(login && { login }) })
  return api(
    { title: 'Shop', docsLogin: { clientId: 'docs', scopes: ['openid', 'orders:read'] } },
    {
      orders: get(
        '/orders',
        { summary: 'List the orders', use: { token: token.scopes('orders:read') } },
        ({ token }) => ({
          of: token.sub,
        }),
      ),
    },
  )
}

const options = { host: '127.0.0.1', quiet: true, signals: false } as const

beforeAll(async () => {
  const [first, second] = [await freePort(), await freePort()]
  proxy = await prefixProxy(PREFIX, `http://127.0.0.1:${second}`)
  provider = await startIdentityProvider({
    redirectUris: [`http://127.0.0.1:${first}/docs/oauth2-redirect`, `${proxy.url}${PREFIX}/docs/oauth2-redirect`],
  })
  byDiscovery = await serve(shop(), { ...options, port: first })
  const login = {
    authorizationUrl: `${provider.issuer}/auth`,
    tokenUrl: `${provider.issuer}/token`,
    scopes: { openid: 'Know who you are', 'orders:read': 'Read orders' },
  }
  byFlow = await serve(shop(login), { ...options, port: second, proxy: { prefix: PREFIX } })
  browser = await createChromium()
})

afterAll(async () => {
  await browser?.close()
  await byDiscovery?.stop()
  await byFlow?.stop()
  await proxy?.close()
  await provider?.stop()
})

/** What the form offers is what the page knows when it opens: it may still be asking the provider. */
async function openForm(page: Page): Promise<Locator> {
  const form = page.locator('.auth-container').filter({ hasText: /authorization_?code with PKCE/i })
  await vi.waitFor(async () => {
    if (await page.locator('.modal-ux').isVisible()) await page.locator('.modal-ux .close-modal').click()
    await page.getByRole('button', { name: 'Authorize' }).click()
    await form.first().waitFor({ timeout: 500 })
  }, 15_000)
  return form
}

describe('/docs logs in with a code and PKCE, and calls the API with the token', { timeout: 60_000 }, () => {
  test.each<[string, () => string]>([
    ['by the description of the provider', () => `${byDiscovery.url}/docs`],
    ['by what the scheme says, behind a proxy', () => `${proxy.url}${PREFIX}/docs`],
  ])('%s', async (_, address) => {
    const { page, faults } = await browser.open(address())
    const form = await openForm(page)
    expect(
      await form
        .locator('input[data-name="clientId"], input#client_id_authorizationCode, input#client_id_authorization_code')
        .first()
        .inputValue(),
    ).toBe('docs')
    const opens = page.waitForEvent('popup')
    await form.locator('button.authorize').first().click()
    const popup = await opens
    await popup.waitForSelector('input[name=login]')
    const begun = new URL(popup.url())
    expect(begun.origin).toBe(provider.issuer)
    const asked = provider.asked.findLast((url) => url.startsWith('/auth?')) ?? ''
    const query = new URLSearchParams(asked.slice('/auth?'.length))
    expect(query.get('code_challenge_method')).toBe('S256')
    expect(query.get('code_challenge')).toHaveLength(43)
    expect(query.get('response_type')).toBe('code')
    expect(query.get('scope')).toBe('openid orders:read')
    await popup.fill('input[name=login]', 'ada')
    await popup.fill('input[name=password]', 'any')
    await popup.click('button[type=submit]')
    await popup.waitForSelector('input[value=consent]', { state: 'attached' })
    const closes = popup.waitForEvent('close')
    await popup.click('button[type=submit]')
    await closes
    await form.first().locator('button', { hasText: 'Logout' }).waitFor()
    await page.locator('.modal-ux .close-modal').click()

    const operation = page.locator('.opblock', { hasText: 'List the orders' })
    await operation.locator('.opblock-summary-control').click()
    await operation.getByRole('button', { name: 'Execute' }).click()
    const live = operation.locator('.live-responses-table')
    await live.locator('.response-col_status', { hasText: '200' }).waitFor()
    expect(await live.innerText()).toMatch(/"of":\s*"ada"/)
    // The page asked the provider, and nobody else; its policy refused nothing.
    expect(faults.filter((fault) => !fault.startsWith(`asked ${provider.issuer}/`))).toEqual([])
    // The next one begins as a stranger again.
    await page.evaluate(() => localStorage.clear())
    await page.context().clearCookies()
    await page.close()
  })
})

it('lets people say what they are themselves, where the API does not', async () => {
  const token = oidc({ issuer: provider.issuer, audience: SIGNED, name: 'login' })
  const app = api({ orders: get('/orders', { summary: 'List the orders', use: { token } }, () => ({})) })
  const server = await serve(app, { ...options, port: 0 })
  const { page, faults } = await browser.open(`${server.url}/docs`)
  const form = await openForm(page)
  await form.locator('input[data-name="clientId"], input#client_id_authorization_code').first().fill('docs')
  expect(faults.filter((fault) => !fault.startsWith(`asked ${provider.issuer}/`))).toEqual([])
  await page.close()
  await server.stop()
})

it('takes no answer to a login that nobody asked for', async () => {
  const { page, faults } = await browser.open(`${byDiscovery.url}/docs/oauth2-redirect?code=stolen&state=any`)
  await page.locator(':text("Nobody asked for this login")').waitFor()
  expect(faults).toEqual([])
  await page.close()
})

it('takes no answer to another login', async () => {
  const { page } = await browser.open(`${byDiscovery.url}/docs`)
  await page.locator(':text("List the orders"):visible').first().waitFor()
  const popup = page.waitForEvent('popup')
  await page.evaluate(() => {
    const told: unknown[] = []
    Object.assign(window, {
      told,
      swaggerUIRedirectOauth2: {
        state: 'mine',
        auth: { name: 'login' },
        callback: () => told.push('taken'),
        errCb: ({ message }: { message: string }) => told.push(message),
      },
    })
    window.open('./docs/oauth2-redirect?code=stolen&state=of-another')
  })
  await (await popup).waitForEvent('close').catch(() => {})
  await expect
    .poll(() => page.evaluate(() => (window as unknown as { told: string[] }).told))
    .toEqual(['The answer is to another login. Log in again.'])
  await page.close()
})

describe('the policy of the page', () => {
  const connectTo = async (
    app: Parameters<typeof createTestClient>[0],
    place = '/docs',
  ): Promise<string | undefined> => {
    const { fetch, close } = await createTestClient(app)
    const policy = (await fetch(place)).headers.get('content-security-policy') ?? ''
    await close()
    return policy.split('; ').find((directive) => directive.startsWith('connect-src'))
  }
  const token = oidc({ issuer: 'https://login.shop.example/a', audience: SIGNED })
  const flow = oidc({
    issuer: 'https://login.shop.example/a',
    audience: SIGNED,
    login: { authorizationUrl: 'https://a.example/auth', tokenUrl: 'https://b.example/token', scopes: {} },
  })
  const docsLogin = { clientId: 'docs' }

  it('lets it ask the provider, where a scheme says where people log in', async () => {
    const use = (token: typeof flow) => ({ me: get('/me', { use: { token } }, () => ({})) })
    expect(await connectTo(api({ docsLogin }, use(token)))).toBe("connect-src 'self' https://login.shop.example")
    expect(await connectTo(api({ docsLogin }, use(flow)))).toBe("connect-src 'self' https://b.example")
    expect(await connectTo(api(use(flow)))).toBe("connect-src 'self' https://b.example")
    expect(await connectTo(api({ docsLogin }, { open: get('/open', () => ({})) }))).toBe("connect-src 'self'")
    expect(await connectTo(api({ docsLogin }, use(flow)), '/redoc')).toBe("connect-src 'self'")
  })

  it('of the page that it leads back to lets nothing happen but that', async () => {
    const { fetch, close } = await createTestClient(api({ docsLogin }, {}))
    const reply = await fetch('/docs/oauth2-redirect')
    expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'")
    expect(reply.headers.get('cache-control')).toBe('no-store')
    expect(reply.headers.get('referrer-policy')).toBe('no-referrer')
    const script = /src="\.(\/assets\/[^"]+)"/.exec(await reply.text())?.[1]
    expect((await fetch(`/docs${script}`)).headers.get('content-type')).toMatch(/^text\/javascript/)
    await close()
  })
})

test('a login without a client keeps the API from starting', async () => {
  const told = createTestClient(api({ docsLogin: { clientId: '' } }, {}))
  await expect(told).rejects.toThrow(/docsLogin: has no clientId/)
})
