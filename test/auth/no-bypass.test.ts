import { request } from 'node:http'
import { api, get, group, post } from 'trestle'
import { type ApiKeys, anyOf, apiKeys, basic, bearer, cookieSessions, logins } from 'trestle/auth'
import { type Server, serve } from 'trestle/node'
import { afterAll, beforeAll, expect, test } from 'vitest'

const { key, keys } = apiKeys({ prefix: 'shop' })
const { session, sessions } = cookieSessions({}, (id) => ({ id }), { principal: ({ id }) => id })
const { token, endpoints } = logins(
  {},
  {
    issuer: 'shop',
    key: 'k'.repeat(40),
    verify: ({ username, password }) => (password === 'right' ? { id: username, scopes: [] } : undefined),
    find: (id) => ({ id }),
  },
)
const admin = basic({}, ({ password }) => (password === 'right' ? 'root' : undefined), {
  realm: 'shop',
  principal: String,
})
const machine = bearer({}, (text) => (text === 'right' ? text : undefined), { name: 'machine', principal: String })

/** Ways in, each with endpoints that only it opens. */
const ways = { key, session, token, admin, either: anyOf({ admin, key, session }) }

let reached: string[] = []
let manager: ApiKeys

const guarded = Object.fromEntries(
  Object.entries(ways).map(([name, caller]) => [
    name,
    group(`/${name}`, {
      read: get('/secret', { use: { caller } }, () => void reached.push(`${name}.read`)),
      write: post('/secret', { use: { caller } }, () => void reached.push(`${name}.write`)),
      scoped: get('/scoped', { use: { caller: caller.scopes('none') } }, () => void reached.push(`${name}.scoped`)),
      inner: group('/inner', { security: caller }, { all: get('/secret', () => void reached.push(`${name}.inner`)) }),
    }),
  ]),
)
const shop = api({
  ...guarded,
  auth: group('/auth', endpoints),
  machine: get('/machine', { use: { machine } }, () => void reached.push('machine')),
  begin: post('/begin', { use: { sessions } }, ({ sessions }) => sessions.begin('ada')),
  end: post('/end', { use: { sessions } }, ({ sessions }) => sessions.end()),
  take: get('/take', { use: { keys } }, ({ keys }) => {
    manager = keys
  }),
})

let server: Server
const base = (): string => `http://127.0.0.1:${server.port}`
const json = { 'content-type': 'application/json' }

beforeAll(async () => {
  server = await serve(shop, { port: 0, host: '127.0.0.1', quiet: true, signals: false })
  await fetch(`${base()}/take`)
})
afterAll(() => server.stop())

/** As the bytes are, without what a URL would make of the path. */
function ask(method: string, path: string, headers: Record<string, string>) {
  return new Promise<{ status: number; challenge: string | undefined }>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: server.port, method, path, headers }, (given) => {
      given.resume()
      given.on('end', () =>
        resolve({ status: given.statusCode ?? 0, challenge: given.headers['www-authenticate'] as string | undefined }),
      )
    })
    asked.once('error', reject).end()
  })
}

/** What holds, and what does not, of every scheme. */
async function credentials() {
  const made = await manager.create({ name: 'CI', owner: 'acme' })
  const revoked = await manager.create({ name: 'old', owner: 'acme' })
  await manager.revoke(revoked.id)
  const over = await manager.create({ name: 'over', owner: 'acme', lifetime: 0.001 })
  const begin = async () =>
    Object.values(
      (await (await fetch(`${base()}/begin`, { method: 'POST', headers: { origin: base() } })).json()) as object,
    )
      .join()
      .split(';')[0] as string
  const cookie = await begin()
  const ended = await begin()
  await fetch(`${base()}/end`, { method: 'POST', headers: { origin: base(), cookie: ended } })
  const body = JSON.stringify({ username: 'ada', password: 'right' })
  const login = await fetch(`${base()}/auth/login`, { method: 'POST', headers: json, body })
  const { access_token, refresh_token } = (await login.json()) as Record<string, string>
  const right = {
    key: { 'x-api-key': made.text },
    session: { cookie, origin: base() },
    token: { authorization: `Bearer ${access_token}` },
    admin: { authorization: `Basic ${btoa('root:right')}` },
  }
  const wrong: Record<string, Record<string, string>> = {
    nothing: {},
    'an empty key': { 'x-api-key': '' },
    'a revoked key': { 'x-api-key': revoked.text },
    'a key that is over': { 'x-api-key': over.text },
    'a key as a token': { authorization: `Bearer ${made.text}` },
    'a key as a cookie': { cookie: `__Host-session=${made.text}` },
    'a session that has ended': { cookie: ended, origin: base() },
    'a session as a key': { 'x-api-key': cookie.slice(cookie.indexOf('=') + 1) },
    'a session of another name': { cookie: cookie.replace('__Host-session', 'session'), origin: base() },
    'a refresh token': { authorization: `Bearer ${refresh_token}` },
    'a token as Basic': { authorization: `Basic ${access_token}` },
    'a token of the machine': { authorization: 'Bearer right' },
    'a wrong password': { authorization: `Basic ${btoa('root:wrong')}` },
    'no scheme': { authorization: 'right' },
  }
  return { right, wrong }
}

const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'QUERY']
const spellings = (way: string): string[] => [
  `/${way}/secret`,
  `/${way}/inner/secret`,
  `/${way}/scoped`,
  `/%${way.charCodeAt(0).toString(16)}${way.slice(1)}/secret`,
  `/${way}/%73ecret?x-api-key=1`,
  `//${way}/secret`,
  `/./${way}/secret`,
  `/take/../${way}/secret`,
  `/${way}/secret/`,
  `/${way.toUpperCase()}/secret`,
  `/${way}%2fsecret`,
  `/${way}/secret;x=1`,
]

test('what does not hold opens nothing, whatever the method and however the path is written', async () => {
  const { right, wrong } = await credentials()
  reached = []
  let unauthorized = 0
  for (const way of Object.keys(ways)) {
    const others = Object.entries(right).filter(([name]) => name !== way && way !== 'either')
    for (const [what, headers] of [...Object.entries(wrong), ...others]) {
      for (const path of spellings(way)) {
        for (const method of path.endsWith('/secret') ? METHODS : ['GET']) {
          const { status, challenge } = await ask(method, path, headers)
          const told = `${method} ${path} with ${what}: ${status} ${challenge}`
          expect([204, 400, 401, 403, 404, 405], told).toContain(status)
          if (status === 204) expect(method, told).toBe('OPTIONS')
          if (status === 401) expect(challenge, told).toBeTruthy()
          if (status === 401) unauthorized++
        }
      }
    }
  }
  expect(reached).toEqual([])
  expect(unauthorized).toBeGreaterThan(500)
}, 120_000)

test('what holds opens what it is for, and no more', async () => {
  const { right } = await credentials()
  for (const [way, headers] of Object.entries(right)) {
    reached = []
    expect(await ask('GET', `/${way}/secret`, headers)).toMatchObject({ status: 204 })
    expect(await ask('HEAD', `/${way}/secret`, headers)).toMatchObject({ status: 204 })
    expect(await ask('POST', `/${way}/secret`, headers)).toMatchObject({ status: 204 })
    expect(await ask('GET', `/${way}/inner/secret`, headers)).toMatchObject({ status: 204 })
    expect(await ask('GET', `/${way}/scoped`, headers)).toMatchObject({ status: 403 })
    expect(reached).toEqual([`${way}.read`, `${way}.read`, `${way}.write`, `${way}.inner`])
  }
})
