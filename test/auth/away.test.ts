import { api, get, group, noContent, post, reply } from 'trestle'
import { type ApiKeys, apiKeys, cookieSessions, logins } from 'trestle/auth'
import { createTestClient } from 'trestle/testing'
import { expect, it } from 'vitest'
import { startRedis } from '../servers/redis.ts'

const { key, keys } = apiKeys({ prefix: 'shop' })
const { session, sessions } = cookieSessions({}, (id) => ({ id }), { principal: ({ id }) => id })
const login = logins({}, { issuer: 'shop', key: 'x'.repeat(32), verify: () => ({ id: 'ada' }), find: (id) => ({ id }) })
let manager: ApiKeys

const shop = api({
  auth: group('/auth', login.endpoints),
  token: get('/token', { use: { token: login.token } }, ({ token }) => token.id),
  key: get('/key', { use: { key } }, ({ key }) => key.owner),
  maybe: get('/maybe', { use: { key: key.optional() } }, ({ key }) => key?.owner ?? 'nobody'),
  session: get('/session', { use: { session } }, ({ session }) => session.id),
  begin: post('/begin', { use: { sessions }, returns: noContent() }, async ({ sessions }) =>
    reply(204, undefined, await sessions.begin('ada')),
  ),
  take: get('/take', { use: { keys } }, ({ keys }) => {
    manager = keys
  }),
})

it('while the store is away nobody is let in by what stands there, and all is well when it is back', async () => {
  const redis = await startRedis()
  const { fetch, close } = await createTestClient(shop, { backend: redis.url })
  const post = (path: string, body: object) =>
    fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'http://test.invalid' },
      body: JSON.stringify(body),
    })
  const credentials = { username: 'ada', password: 'x' }
  await fetch('/take')
  const made = await manager.create({ name: 'CI', owner: 'acme' })
  const tokens = (await (await post('/auth/login', credentials)).json()) as Record<string, string>
  const cookie = (await post('/begin', {})).headers.get('set-cookie')?.split(';')[0] as string
  const asks = (): Record<string, () => Promise<Response>> => ({
    key: () => fetch('/key', { headers: { 'x-api-key': made.text } }),
    'an optional key': () => fetch('/maybe', { headers: { 'x-api-key': made.text } }),
    session: () => fetch('/session', { headers: { cookie } }),
    begin: () => post('/begin', {}),
    login: () => post('/auth/login', credentials),
    refresh: () => post('/auth/refresh', { refresh_token: tokens.refresh_token }),
    logout: () => post('/auth/logout', { refresh_token: tokens.refresh_token }),
  })
  await redis.kill()
  for (const [what, ask] of Object.entries(asks())) {
    const began = performance.now()
    const given = await ask()
    expect([what, given.status, Number(given.headers.get('retry-after')) > 0]).toEqual([what, 503, true])
    // Half a second for an answer; where two things are asked for, each.
    expect(performance.now() - began).toBeLessThan(2500)
  }
  expect((await fetch('/key')).status).toBe(401)
  expect(await (await fetch('/maybe')).json()).toBe('nobody')
  expect((await fetch('/key', { headers: { 'x-api-key': `${made.text}x` } })).status).toBe(401)
  expect((await fetch('/token', { headers: { authorization: `Bearer ${tokens.access_token}` } })).status).toBe(200)

  await redis.start()
  await expect.poll(async () => (await post('/auth/login', credentials)).status, { timeout: 10_000 }).toBe(200)
  // What it held is gone with it.
  expect((await fetch('/key', { headers: { 'x-api-key': made.text } })).status).toBe(401)
  expect((await fetch('/session', { headers: { cookie } })).status).toBe(401)
  await close()
  await redis.remove()
}, 60_000)
