import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'
import { createClient } from 'redis'
import { api, get, group, noContent, post, reply } from 'trestle'
import { anyOf, apiKeys, basic, cookieSessions, createPasswords, logins, passwords } from 'trestle/auth'
import { toOpenApi } from 'trestle/openapi'
import { createTestClient } from 'trestle/testing'
import { describe, expect, it, vi } from 'vitest'
import { BACKENDS, startBackend } from '../backends/backends.ts'

const PASSWORD = 'canary-password-5c1f'
const KEY = 'canary-key-of-logins-a8d27be1-f4a2'
const hash = await (await createPasswords()).hash(PASSWORD)

const { key, keys } = apiKeys({ prefix: 'shop' })
const { session, sessions } = cookieSessions({}, (id) => ({ id }), { principal: ({ id }) => id })
const own = logins(
  { passwords },
  {
    issuer: 'shop',
    key: KEY,
    verify: async ({ username, password }, { passwords }) =>
      (await passwords.verify(username === 'ada' ? hash : undefined, password)) ? { id: 'ada' } : undefined,
    find: (id) => ({ id }),
    perName: '1000/minute',
  },
)
const admin = basic(
  { passwords },
  async ({ password }, { passwords }) => ((await passwords.verify(hash, password)) ? { id: 'admin' } : undefined),
  { realm: 'shop', principal: ({ id }) => id },
)
const caller = anyOf({ admin, token: own.token, key, session })

const shop = api({
  auth: group('/auth', own.endpoints),
  begin: post('/begin', { use: { sessions }, returns: noContent() }, async ({ sessions }) =>
    reply(204, undefined, await sessions.begin('ada')),
  ),
  end: post('/end', { use: { sessions }, returns: noContent() }, async ({ sessions }) =>
    reply(204, undefined, await sessions.end()),
  ),
  create: post('/keys', { use: { keys } }, ({ keys }) => keys.create({ name: 'CI', owner: 'ada' })),
  list: get('/keys', { use: { keys } }, ({ keys }) => keys.list()),
  me: get('/me', { use: { caller } }, ({ caller }) => caller.is),
  order: post('/order', { use: { caller: caller.scopes('none') } }, ({ caller }) => caller.is),
  fail: get('/fail', { use: { caller } }, ({ caller }) => {
    throw new Error('it failed', { cause: caller })
  }),
})

/** All that a backend holds, as text. */
const contents: Record<Exclude<(typeof BACKENDS)[number], 'memory'>, (setting: string) => Promise<string>> = {
  sqlite: async (setting) => {
    const file = setting.slice('sqlite:'.length)
    const beside = (await readdir(path.dirname(file))).map((name) => path.join(path.dirname(file), name))
    return (await Promise.all(beside.map((one) => readFile(one, 'latin1')))).join('\n')
  },
  postgres: async (setting) => {
    const client = new pg.Client(setting)
    await client.connect()
    const tables = await client.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE tablename LIKE 'trestle_%'`,
    )
    const all = []
    for (const { name } of tables.rows) all.push(JSON.stringify((await client.query(`SELECT * FROM ${name}`)).rows))
    await client.end()
    return all.join('\n')
  },
  redis: async (setting) => {
    const client = createClient({ url: setting })
    await client.connect()
    const all: string[] = []
    for (const name of await client.keys('*')) {
      const type = await client.type(name)
      const value =
        type === 'hash'
          ? await client.hGetAll(name)
          : type === 'zset'
            ? await client.zRange(name, 0, -1)
            : await client.get(name)
      all.push(name, JSON.stringify(value))
    }
    client.destroy()
    return all.join('\n')
  },
}

describe.each(BACKENDS.filter((name) => name !== 'memory'))('No secret shows, on %s', (name) => {
  it('in replies, reports, on the console, in OpenAPI, or where it is kept', async () => {
    const { setting, remove } = await startBackend(name)
    const written: string[] = []
    const spies = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')]
    for (const spy of spies) {
      spy.mockImplementation((text) => {
        written.push(String(text))
        return true
      })
    }
    const { fetch, close, failures } = await createTestClient(shop, { backend: setting })
    const said: string[] = []
    const origin = 'http://test.invalid'
    const send = async (where: string, headers: Record<string, string> = {}, body?: object, method = 'POST') => {
      const given = await fetch(where, {
        method,
        headers: { origin, 'content-type': 'application/json', ...headers },
        ...(body && { body: JSON.stringify(body) }),
      })
      return { status: given.status, headers: [...given.headers], text: await given.text() }
    }
    // What gives secrets away on purpose is not listened to.
    const json = async (where: string, body?: object) => JSON.parse((await send(where, {}, body)).text)
    const made = await json('/keys')
    const login = await json('/auth/login', { username: 'ada', password: PASSWORD })
    const next = await json('/auth/refresh', { refresh_token: login.refresh_token })
    const begun = await send('/begin')
    const cookie = begun.headers.find(([field]) => field === 'set-cookie')?.[1].split(';')[0] as string
    const basicField = Buffer.from(`admin:${PASSWORD}`).toString('base64')

    const listen = async (...asked: Parameters<typeof send>): Promise<number> => {
      const given = await send(...asked)
      said.push(JSON.stringify(given))
      return given.status
    }
    const ways: Record<string, string>[] = [
      { 'x-api-key': made.text },
      { cookie },
      { authorization: `Bearer ${next.access_token}` },
      { authorization: `Basic ${basicField}` },
    ]
    for (const way of ways) {
      expect(await listen('/me', way, undefined, 'GET')).toBe(200)
      expect(await listen('/order', way)).toBe(403)
      expect(await listen('/fail', way, undefined, 'GET')).toBe(500)
      const wrong = Object.fromEntries(Object.entries(way).map(([field, value]) => [field, `${value}x`]))
      expect([400, 401]).toContain(await listen('/me', wrong, undefined, 'GET'))
    }
    expect(await listen('/order', { cookie, origin: 'http://evil.example' })).toBe(403)
    expect(await listen('/keys', {}, undefined, 'GET')).toBe(200)
    expect(await listen('/auth/login', {}, { username: PASSWORD, password: 'wrong' })).toBe(401)
    expect(await listen('/auth/login', {}, { username: 'ada', password: `${PASSWORD}x` })).toBe(401)
    expect(await listen('/auth/login', {}, { username: 7, password: PASSWORD })).toBe(422)
    expect(await listen('/auth/refresh', {}, { refresh_token: `${next.refresh_token}x` })).toBe(401)

    const secrets = [PASSWORD, KEY, basicField, ...[made.text, login.refresh_token, next.refresh_token].flatMap(parts)]
    secrets.push(next.access_token, next.access_token.split('.')[2], ...parts(cookie.split('=')[1] as string))
    const showing = (text: string): string[] => secrets.filter((secret) => text.includes(secret))
    const kept = await contents[name](setting)
    expect(kept).toContain(made.id)
    expect(showing(kept)).toEqual([])

    // Shown once more, it ends the login and is reported.
    expect(await listen('/auth/refresh', {}, { refresh_token: login.refresh_token })).toBe(401)
    await expect.poll(() => failures.length).toBeGreaterThan(ways.length)
    expect(await listen('/end', { cookie })).toBe(204)
    await close()
    for (const spy of spies) spy.mockRestore()
    expect(showing(said.join('\n'))).toEqual([])
    expect(showing(failures.map(deepText).join('\n'))).toEqual([])
    expect(showing(written.join('\n'))).toEqual([])
    expect(showing(JSON.stringify(await toOpenApi(shop)))).toEqual([])
    await remove()
  }, 60_000)
})

/** A token, and its secret alone. */
function parts(token: string): string[] {
  return [token, token.slice(-49)]
}

/** An error with all that it holds. */
function deepText(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error)
  return [error.stack, JSON.stringify(error), error.cause === undefined ? '' : deepText(error.cause)].join('\n')
}
