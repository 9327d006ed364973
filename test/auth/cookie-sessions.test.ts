import { api, get, noContent, post, query, reply } from 'trestle'
import { cookieSessions } from 'trestle/auth'
import { toOpenApi } from 'trestle/openapi'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { z } from 'zod'
import { onEveryBackend } from '../backends/backends.ts'

interface User {
  readonly id: string
  readonly may: readonly string[]
}

const users = new Map<string, User>([
  ['ada', { id: 'ada', may: ['orders:write'] }],
  ['bob', { id: 'bob', may: [] }],
])

function shopOf(options: { idle?: number; lifetime?: number } = {}) {
  const { session, sessions } = cookieSessions({}, (id): User | undefined => users.get(id), {
    principal: ({ id }) => `user:${id}`,
    scopesOf: ({ may }) => may,
    origins: ['https://app.example'],
    ...options,
  })
  const body = z.object({ id: z.string() })
  return api({
    login: post('/login', { body, use: { sessions }, returns: noContent() }, async ({ body, sessions }) =>
      reply(204, undefined, await sessions.begin(body.id)),
    ),
    logout: post('/logout', { use: { sessions }, returns: noContent() }, async ({ sessions }) =>
      reply(204, undefined, await sessions.end()),
    ),
    everywhere: post('/everywhere', { use: { session, sessions } }, ({ session, sessions }) =>
      sessions.endAll(session.id),
    ),
    me: get('/me', { use: { session } }, ({ session }) => session.id),
    find: query('/me', { use: { session } }, ({ session }) => session.id),
    maybe: get('/', { use: { session: session.optional() } }, ({ session }) => session?.id ?? 'nobody'),
    order: post('/orders', { use: { session: session.scopes('orders:write') } }, ({ session }) => session.id),
  })
}

const OWN = { origin: 'http://test.invalid' }

async function openShop(backend = 'memory', options: { idle?: number; lifetime?: number } = {}) {
  const { fetch, close, failures } = await createTestClient(shopOf(options), { backend })
  const ask = async (path: string, cookie: string | undefined, init: RequestInit = {}) => {
    const headers = { ...(cookie === undefined ? {} : { cookie }), ...(init.headers as Record<string, string>) }
    const given = await fetch(path, { ...init, headers })
    const text = await given.text()
    return {
      status: given.status,
      challenge: given.headers.get('www-authenticate'),
      set: given.headers.get('set-cookie'),
      body: text === '' ? undefined : JSON.parse(text),
    }
  }
  const send = (path: string, cookie?: string, headers: Record<string, string> = OWN, body?: object) =>
    ask(path, cookie, {
      method: 'POST',
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
  const login = async (id: string, before?: string): Promise<string> => {
    const { status, set } = await send('/login', before, OWN, { id })
    expect(status).toBe(204)
    return (set as string).split(';')[0] as string
  }
  return { ask, send, login, close, failures }
}

onEveryBackend('A session', (behind) => {
  let shop: Awaited<ReturnType<typeof openShop>>
  let other: typeof shop
  beforeAll(async () => {
    shop = await openShop(behind.setting)
    other = behind.setting === 'memory' ? shop : await openShop(behind.setting)
  })
  afterAll(async () => {
    expect(shop.failures).toEqual([])
    await shop.close()
    if (other !== shop) await other.close()
  })

  it('begins with a login, in every process, and ends with a logout', async () => {
    const cookie = await shop.login('ada')
    expect(await other.ask('/me', cookie)).toMatchObject({ status: 200, body: 'ada' })
    expect(await other.ask('/', `theme=dark; ${cookie}; x=y`)).toMatchObject({ body: 'ada' })
    const { status, set } = await other.send('/logout', cookie)
    expect([status, set]).toEqual([204, '__Host-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure'])
    expect(await shop.ask('/me', cookie)).toMatchObject({ status: 401, challenge: 'Cookie' })
    expect(await shop.send('/logout', cookie)).toMatchObject({ status: 204 })
  })

  it('has another id after each login, and the one before is worth nothing', async () => {
    const first = await shop.login('bob')
    const second = await shop.login('ada', first)
    expect(second).not.toBe(first)
    expect(await shop.ask('/me', first)).toMatchObject({ status: 401 })
    expect(await shop.ask('/me', second)).toMatchObject({ body: 'ada' })
  })

  it('that somebody made up is none', async () => {
    const mine = await shop.login('ada')
    const text = mine.slice('__Host-session='.length)
    for (const wrong of [
      '__Host-session=',
      '__Host-session=ada',
      `${mine}x`,
      mine.slice(0, -1),
      `session=${text}`,
      `__Secure-session=${text}`,
      `__Host-session=${'x'.repeat(5000)}`,
      // What a browser takes from any host of the domain, for to it the name is another.
      `\u00a0${mine}`,
      `theme=dark;\u00a0${mine}`,
      `theme=dark;\u00a0 ${mine}`,
      `__Host-session\u00a0=${text}`,
    ]) {
      expect([wrong, await shop.ask('/me', wrong)]).toEqual([wrong, expect.objectContaining({ status: 401 })])
      expect(await shop.ask('/', wrong)).toMatchObject({ status: 200, body: 'nobody' })
    }
    expect((await shop.ask(`/me?__Host-session=${text}`, undefined)).status).toBe(401)
  })

  it('of an account that is gone is over', async () => {
    const cookie = await shop.login('eve')
    expect(await shop.ask('/me', cookie)).toMatchObject({ status: 401 })
    expect(await shop.ask('/', cookie)).toMatchObject({ body: 'nobody' })
  })

  it('ends with all others of its owner', async () => {
    const [one, two, theirs] = [await shop.login('ada'), await shop.login('ada'), await shop.login('bob')]
    expect((await shop.send('/everywhere', one)).body).toBeGreaterThanOrEqual(2)
    expect(await other.ask('/me', one)).toMatchObject({ status: 401 })
    expect(await other.ask('/me', two)).toMatchObject({ status: 401 })
    expect(await other.ask('/me', theirs)).toMatchObject({ status: 200 })
  })

  it('needs its scopes', async () => {
    expect(await shop.send('/orders', await shop.login('ada'))).toMatchObject({ status: 200, body: 'ada' })
    expect(await shop.send('/orders', await shop.login('bob'))).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    })
  })

  it('goes on while it is used, and ends when it is not', async () => {
    const brief = await openShop(behind.setting, { idle: 1 })
    const cookie = await brief.login('ada')
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect(await brief.ask('/me', cookie)).toMatchObject({ status: 200 })
    }
    await new Promise((resolve) => setTimeout(resolve, 1300))
    expect(await brief.ask('/me', cookie)).toMatchObject({ status: 401 })
    await brief.close()
  })

  it('ends however much it is used', async () => {
    const brief = await openShop(behind.setting, { idle: 0.5, lifetime: 1 })
    const began = Date.now()
    const cookie = await brief.login('ada')
    while ((await brief.ask('/me', cookie)).status === 200) {
      expect(Date.now() - began).toBeLessThan(3000)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(Date.now() - began).toBeGreaterThan(900)
    await brief.close()
  })

  it('that ended while it was used stays ended', async () => {
    for (let round = 0; round < 10; round++) {
      const brief = await openShop(behind.setting, { idle: 1 })
      const cookie = await brief.login('ada')
      await new Promise((resolve) => setTimeout(resolve, 110))
      await Promise.all([brief.ask('/me', cookie), brief.send('/logout', cookie), brief.ask('/me', cookie)])
      await new Promise((resolve) => setTimeout(resolve, 10))
      expect(await brief.ask('/me', cookie)).toMatchObject({ status: 401 })
      await brief.close()
    }
  }, 20_000)
})

test('the cookie is of this host, over TLS, out of reach of scripts and other sites', async () => {
  const { send, close } = await openShop()
  const { set } = await send('/login', undefined, OWN, { id: 'ada' })
  expect(set).toMatch(
    /^__Host-session=session_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure$/,
  )
  await close()
})

describe('in development', () => {
  test('on plain HTTP the cookie needs no TLS', async () => {
    process.env.NODE_ENV = 'development'
    const { ask, send, login, close } = await openShop()
    process.env.NODE_ENV = 'test'
    const cookie = await login('ada')
    expect(cookie).toMatch(/^session=session_/)
    const { set } = await send('/logout', cookie)
    expect(set).toBe('session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax')
    expect(await ask('/me', cookie)).toMatchObject({ status: 401 })
    await close()
  })
})

describe('what changes something', () => {
  const table: [Record<string, string>, boolean][] = [
    [{ 'sec-fetch-site': 'same-origin' }, true],
    [{ 'sec-fetch-site': 'same-origin', origin: 'http://test.invalid' }, true],
    [{ 'sec-fetch-site': 'none' }, true],
    [{ 'sec-fetch-site': 'same-site' }, false],
    [{ 'sec-fetch-site': 'cross-site' }, false],
    [{ 'sec-fetch-site': 'same-site', origin: 'http://test.invalid' }, false],
    [{ 'sec-fetch-site': 'cross-site', origin: 'http://test.invalid' }, false],
    [{ 'sec-fetch-site': 'same-origin, cross-site' }, false],
    [{ 'sec-fetch-site': '' }, false],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://app.example' }, true],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://app.example.evil.example' }, false],
    [{ 'sec-fetch-site': 'cross-site', origin: 'http://app.example' }, false],
    [{ origin: 'http://test.invalid' }, true],
    // TLS may end at a proxy before the server.
    [{ origin: 'https://test.invalid' }, true],
    [{ origin: 'https://app.example' }, true],
    [{ origin: 'http://test.invalid:8080' }, false],
    [{ origin: 'http://evil.example' }, false],
    [{ origin: 'http://test.invalid.evil.example' }, false],
    [{ origin: 'http://evil.example/http://test.invalid' }, false],
    [{ origin: 'null' }, false],
    [{ origin: '' }, false],
    [{ referer: 'http://test.invalid/' }, false],
    [{}, false],
  ]

  test.each(table)('with %j is let in: %j', async (headers, allowed) => {
    const { ask, send, login, close } = await openShop()
    const cookie = await login('ada')
    const refused = { status: 403, body: { code: 'csrf' } }
    expect(await send('/orders', cookie, headers)).toMatchObject(allowed ? { status: 200, body: 'ada' } : refused)
    // No other site logs anybody in or out.
    const again = await send('/login', undefined, headers, { id: 'bob' })
    expect(again).toMatchObject(allowed ? { status: 204 } : { ...refused, set: null })
    expect(await send('/logout', cookie, headers)).toMatchObject(allowed ? { status: 204 } : refused)
    expect(await ask('/me', cookie)).toMatchObject({ status: allowed ? 401 : 200 })
    await close()
  })

  test.each(['GET', 'HEAD', 'QUERY'])('is not %s', async (method) => {
    const { ask, login, close } = await openShop()
    const cookie = await login('ada')
    const { status } = await ask('/me', cookie, { method, headers: { 'sec-fetch-site': 'cross-site' } })
    expect(status).toBe(200)
    await close()
  })

  test('without a cookie is not the matter of sessions', async () => {
    const { send, close } = await openShop()
    expect(await send('/orders', undefined, {})).toMatchObject({ status: 401, challenge: 'Cookie' })
    await close()
  })
})

test('OpenAPI says which cookie, and what it may be refused with', async () => {
  const { components, paths } = await toOpenApi(shopOf())
  expect(components?.securitySchemes).toEqual({ session: { type: 'apiKey', in: 'cookie', name: '__Host-session' } })
  expect(paths['/orders']?.post?.security).toEqual([{ session: ['orders:write'] }])
  expect(Object.keys(paths['/orders']?.post?.responses ?? {})).toEqual(expect.arrayContaining(['401', '403', '503']))
  expect(Object.keys(paths['/login']?.post?.responses ?? {})).toEqual(expect.arrayContaining(['403', '503']))
})

test.each([
  [{ idle: 0 }, 'idle is seconds above 0'],
  [{ lifetime: Number.POSITIVE_INFINITY }, 'lifetime is seconds above 0'],
  [{ name: 'my session' }, 'is no name for a cookie'],
  [{ origins: ['app.example'] }, 'is no origin: write it as "https://app.example.com"'],
  [{ origins: ['https://app.example/'] }, 'is no origin'],
])('%j is refused', (options, message) => {
  expect(() => cookieSessions({}, () => 1, { principal: String, ...options })).toThrow(message)
})
