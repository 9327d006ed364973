import { exportJWK, generateKeyPair, jwtVerify, SignJWT, decodeJwt, importJWK } from 'jose'
import { depends } from 'trestle'
import { createPasswords, logins, RefreshTokenReused } from 'trestle/auth'
import { toOpenApi } from 'trestle/openapi'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { onEveryBackend } from '../backends/backends.ts'
import { type Users, shopOf } from './shop.ts'
import { part } from './tokens.ts'

const PASSWORD = 'correct horse'
const hash = await (await createPasswords()).hash(PASSWORD)
const fast = { perAddress: '10000/minute', perName: '10000/minute' }

const usersOf = (): Users =>
  new Map([
    ['u1', { id: 'u1', name: 'ada', hash, scopes: ['orders:write'] }],
    ['u2', { id: 'u2', name: 'bob', hash }],
  ])

type Shop = Awaited<ReturnType<typeof openShop>>

async function openShop(backend = 'memory', options: Parameters<typeof shopOf>[1] = fast, users = usersOf()) {
  const { fetch, close, failures, client } = await createTestClient(shopOf(users, options), { backend })
  const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const given = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    const text = await given.text()
    return { status: given.status, headers: given.headers, body: text === '' ? undefined : JSON.parse(text) }
  }
  const login = async (username = 'ada') => {
    const { status, body } = await post('/auth/login', { username, password: PASSWORD })
    expect(status).toBe(200)
    return body as { access_token: string; refresh_token: string }
  }
  const refresh = (refresh_token: string) => post('/auth/refresh', { refresh_token })
  const me = async (token: string) => {
    const given = await fetch('/me', { headers: { authorization: `Bearer ${token}` } })
    return { status: given.status, challenge: given.headers.get('www-authenticate'), body: await given.json() }
  }
  return { post, login, refresh, me, close, failures, users, client, fetch }
}

onEveryBackend('Logins', (behind) => {
  let shop: Shop
  let other: Shop
  beforeAll(async () => {
    shop = await openShop(behind.setting)
    other = behind.setting === 'memory' ? shop : await openShop(behind.setting)
  })
  afterAll(async () => {
    await shop.close()
    if (other !== shop) await other.close()
  })

  it('give tokens that let in, and are refreshed', async () => {
    const first = await shop.post('/auth/login', { username: 'ada', password: PASSWORD })
    expect(first).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 300, scope: 'orders:write' },
    })
    expect(first.headers.get('cache-control')).toBe('no-store')
    const known = await shop.me(first.body.access_token)
    expect(known).toMatchObject({ status: 200, body: { id: 'u1', scopes: ['orders:write'] } })
    const second = await other.refresh(first.body.refresh_token)
    expect(second.status).toBe(200)
    expect(second.headers.get('cache-control')).toBe('no-store')
    expect(second.body.refresh_token).not.toBe(first.body.refresh_token)
    expect((await shop.me(second.body.access_token)).body.login).toBe(known.body.login)
    expect((await shop.refresh(second.body.refresh_token)).status).toBe(200)
  })

  it('end where a refresh token is shown twice, and are reported', async () => {
    const { refresh_token: first } = await shop.login()
    const { refresh_token: second } = (await shop.refresh(first)).body
    const before = other.failures.length
    const reused = await other.refresh(first)
    expect(reused).toMatchObject({ status: 401, body: { code: 'unauthorized' } })
    expect(reused.headers.get('www-authenticate')).toBe('Bearer')
    await expect.poll(() => other.failures.length).toBe(before + 1)
    expect(other.failures.at(-1)).toBeInstanceOf(RefreshTokenReused)
    expect(other.failures.at(-1)).toMatchObject({ owner: 'u1' })
    expect((await shop.refresh(second)).status).toBe(401)
    expect((await shop.refresh(first)).status).toBe(401)
    // It is over, and told once.
    expect(other.failures).toHaveLength(before + 1)
  })

  it('end with their logout, and others go on', async () => {
    const [one, two] = [await shop.login(), await shop.login()]
    expect((await other.post('/auth/logout', { refresh_token: one.refresh_token })).status).toBe(204)
    expect((await shop.refresh(one.refresh_token)).status).toBe(401)
    expect((await shop.refresh(two.refresh_token)).status).toBe(200)
    for (const wrong of [one.refresh_token, 'wrong']) {
      expect((await shop.post('/auth/logout', { refresh_token: wrong })).status).toBe(204)
    }
  })

  it('of an account end all at once', async () => {
    const [one, two, theirs] = [await shop.login(), await shop.login(), await shop.login('bob')]
    const ended = await shop.post('/everywhere', {}, { authorization: `Bearer ${one.access_token}` })
    expect(ended.body).toBeGreaterThanOrEqual(2)
    expect((await other.refresh(one.refresh_token)).status).toBe(401)
    expect((await other.refresh(two.refresh_token)).status).toBe(401)
    expect((await other.refresh(theirs.refresh_token)).status).toBe(200)
  })

  it('end with their account, and have its scopes of the day', async () => {
    const users = usersOf()
    const changing = await openShop(behind.setting, fast, users)
    const { refresh_token } = await changing.login('bob')
    users.set('u2', { id: 'u2', name: 'bob', hash, scopes: ['orders:read'] })
    const { body } = await changing.refresh(refresh_token)
    expect(body.scope).toBe('orders:read')
    users.delete('u2')
    expect((await changing.refresh(body.refresh_token)).status).toBe(401)
    users.set('u2', { id: 'u2', name: 'bob', hash })
    expect((await changing.refresh(body.refresh_token)).status).toBe(401)
    await changing.close()
  })

  it('go on where their account cannot be looked up for a while', async () => {
    let isAway = false
    const users = usersOf()
    const find = (id: string) => {
      if (isAway) throw new Error('the database is away')
      return users.get(id)
    }
    const failing = await openShop(behind.setting, { ...fast, find }, users)
    const { refresh_token } = await failing.login()
    isAway = true
    expect((await failing.refresh(refresh_token)).status).toBe(500)
    isAway = false
    expect((await failing.refresh(refresh_token)).status).toBe(200)
    await failing.close()
  })

  it('are not ended by a token that is mistyped or made up', async () => {
    const { refresh_token: text } = await shop.login()
    const before = shop.failures.length
    for (const wrong of ['x', `${text}x`, text.slice(0, -1), text.toLowerCase(), text.replace('refresh', 'session')]) {
      expect((await shop.refresh(wrong)).status).toBe(401)
    }
    expect(shop.failures).toHaveLength(before)
    expect((await shop.refresh(text)).status).toBe(200)
  })

  it('end when they are not refreshed, and in the end whatever is done', async () => {
    const brief = await openShop(behind.setting, { ...fast, idle: 1, lifetime: 2 })
    const idle = await brief.login()
    let { refresh_token } = await brief.login()
    const began = Date.now()
    for (let over = false; !over; ) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      const { status, body } = await brief.refresh(refresh_token)
      over = status === 401
      refresh_token = body.refresh_token
      expect(Date.now() - began).toBeLessThan(4000)
    }
    expect(Date.now() - began).toBeGreaterThan(1800)
    expect((await brief.refresh(idle.refresh_token)).status).toBe(401)
    await brief.close()
  })

  it('of many that show one token at once, one has the next', async () => {
    for (let round = 0; round < 5; round++) {
      const { refresh_token } = await shop.login()
      const all = await Promise.all(
        Array.from({ length: 10 }, (_, at) => (at % 2 === 0 ? shop : other).refresh(refresh_token)),
      )
      expect(all.map(({ status }) => status).sort()).toEqual([200, ...new Array(9).fill(401)])
      const next = all.find(({ status }) => status === 200)?.body.refresh_token
      expect((await shop.refresh(next)).status).toBe(401)
    }
  })
})

describe('a login', () => {
  it('tells nobody and a wrong password apart neither by reply nor by time', async () => {
    const shop = await openShop()
    const wrong = await shop.post('/auth/login', { username: 'ada', password: 'wrong' })
    const nobody = await shop.post('/auth/login', { username: 'eve', password: 'wrong' })
    expect(wrong).toMatchObject({ status: 401, body: { detail: 'The name or the password is wrong' } })
    expect(nobody.body).toEqual(wrong.body)
    const fields = (headers: Headers): string[] => [...headers.keys()].sort()
    expect(fields(nobody.headers)).toEqual(fields(wrong.headers))
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer')
    const times = { ada: [] as number[], eve: [] as number[] }
    for (let i = 0; i < 20; i++) {
      for (const username of ['ada', 'eve'] as const) {
        const began = performance.now()
        await shop.post('/auth/login', { username, password: 'wrong' })
        times[username].push(performance.now() - began)
      }
    }
    const median = (list: number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1] as number
    expect(median(times.eve) / median(times.ada)).toBeGreaterThan(0.5)
    expect(median(times.eve) / median(times.ada)).toBeLessThan(2)
    await shop.close()
  })

  it.each([
    [{}, ['/body/username', '/body/password']],
    [{ username: 'ada', password: 7 }, ['/body/password']],
    [{ username: '', password: 'x'.repeat(1025) }, ['/body/username', '/body/password']],
    [[], ['/body']],
  ])('with %j says what it lacks', async (body, pointers) => {
    const shop = await openShop()
    const { status, body: told } = await shop.post('/auth/login', body)
    expect([status, told.errors.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([422, pointers])
    await shop.close()
  })

  it('is tried ten times for a name from one address, whatever its case, and others are let be', async () => {
    const shop = await openShop('memory', { perAddress: '10000/minute' })
    const attempt = (username: string, password = 'wrong') => shop.post('/auth/login', { username, password })
    for (let i = 0; i < 10; i++) expect((await attempt(i % 2 === 0 ? 'ada' : ' ADA')).status).toBe(401)
    const refused = await attempt('ada', PASSWORD)
    expect([refused.status, refused.body.code]).toEqual([429, 'quota_exceeded'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await attempt('bob', PASSWORD)).status).toBe(200)
    await shop.close()
  })

  it('is tried thirty times from one address', async () => {
    const shop = await openShop('memory', {})
    const body = (i: number) => ({ username: `user-${i}`, password: 'wrong' })
    // At once: while they are slow, the limit lets others in.
    const tries = await Promise.all(Array.from({ length: 30 }, (_, i) => shop.post('/auth/login', body(i))))
    expect(new Set(tries.map(({ status }) => status))).toEqual(new Set([401]))
    expect((await shop.post('/auth/login', body(30))).status).toBe(429)
    await shop.close()
  })

  it('is called by the typed client', async () => {
    const { client, close } = await openShop()
    const tokens = await client.auth.login({ body: { username: 'ada', password: PASSWORD } })
    const next = await client.auth.refresh({ body: { refresh_token: tokens.refresh_token } })
    expect(next.token_type).toBe('Bearer')
    await client.auth.logout({ body: { refresh_token: next.refresh_token } })
    await close()
  })
})

describe('an access token', () => {
  const key = new TextEncoder().encode('a key of the tests, long enough for HS256')
  const sign = (
    claims: Record<string, unknown>,
    header: Record<string, string> = {},
    by: Uint8Array | CryptoKey = key,
  ) =>
    new SignJWT({
      iss: 'https://shop.example',
      aud: 'https://shop.example',
      sub: 'u1',
      sid: 's',
      iat: now(),
      exp: now() + 60,
      ...claims,
    })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', ...header })
      .sign(by)
  const now = (): number => Math.floor(Date.now() / 1000)

  it('that holds lets in', async () => {
    const shop = await openShop()
    expect(await shop.me(await sign({ scope: 'a b' }))).toEqual({
      status: 200,
      challenge: null,
      body: { id: 'u1', login: 's', scopes: ['a', 'b'] },
    })
    await shop.close()
  })

  it('that does not hold is refused', async () => {
    const shop = await openShop()
    const { privateKey } = await generateKeyPair('RS256')
    const good = await sign({})
    const [head, claims] = good.split('.') as [string, string]
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
    for (const [why, wrong] of [
      ['has expired', await sign({ exp: now() - 1 })],
      ['is of another issuer', await sign({ iss: 'https://other.example' })],
      ['has no iss', await sign({ iss: undefined })],
      ['is for another audience', await sign({ aud: 'https://other.example' })],
      ['is of another type', await sign({}, { typ: 'JWT' })],
      [
        'has a signature that does not hold',
        await sign({}, {}, new TextEncoder().encode('another key, also long enough')),
      ],
      ['is signed with a key that is not known here', await sign({}, { alg: 'HS512' }, new Uint8Array(64))],
      ['is signed with a key that is not known here', await sign({}, { alg: 'RS256' }, privateKey)],
      ['has no exp', await sign({ exp: undefined })],
      ['has no sub', await sign({ sub: undefined })],
      ['has no sid', await sign({ sid: undefined })],
      ['is signed with a key that is not known here', `${none}.${claims}.`],
      ['cannot be read', `${head}.${claims}`],
      ['has a signature that does not hold', good.replace(claims, part({ sub: 'u2' }))],
      ['cannot be read', 'x'],
      ['is too long', `${head}.${claims}.${'A'.repeat(9000)}`],
    ] as const) {
      const told = await shop.me(wrong)
      expect([told.status, told.challenge]).toEqual([
        401,
        `Bearer error="invalid_token", error_description="The token ${why}"`,
      ])
    }
    await shop.close()
  })

  it('needs its scopes', async () => {
    const shop = await openShop()
    const { access_token } = await shop.login('bob')
    const { status, headers } = await shop.post('/orders', {}, { authorization: `Bearer ${access_token}` })
    expect([status, headers.get('www-authenticate')]).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="orders:write"',
    ])
    await shop.close()
  })

  it('is signed by an Ed25519 key, and checked by its public half', async () => {
    const pair = await generateKeyPair('EdDSA', { extractable: true })
    const { x, d } = await exportJWK(pair.privateKey)
    const own = { kty: 'OKP', crv: 'Ed25519', x: x as string, d: d as string, kid: '2026' } as const
    const shop = await openShop('memory', { ...fast, key: own })
    const { access_token } = await shop.login()
    expect(await shop.me(access_token)).toMatchObject({ status: 200 })
    const { payload, protectedHeader } = await jwtVerify(access_token, pair.publicKey)
    expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: '2026' })
    expect(payload).toMatchObject({ iss: 'https://shop.example', aud: 'https://shop.example', sub: 'u1' })
    expect((payload.exp as number) - (payload.iat as number)).toBe(300)
    // The public half is no secret of HS256.
    const publicHalf = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: x as string }, 'EdDSA')
    expect(publicHalf).toBeDefined()
    expect(await shop.me(await sign({}, {}, new TextEncoder().encode(x)))).toMatchObject({ status: 401 })
    await shop.close()
  })

  it('does not name what would end its login', async () => {
    const shop = await openShop()
    const { access_token, refresh_token } = await shop.login()
    const { sid } = decodeJwt(access_token)
    expect(refresh_token).not.toContain(sid)
    await shop.close()
  })
})

test.each([
  [{ key: 'short' }, 'fewer than 32 characters'],
  [{ key: { kty: 'OKP', crv: 'Ed25519', x: 'a' } }, 'neither a text of 32 characters or more'],
  [{ key: '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA' }, 'a PEM and no secret'],
  [{ issuer: undefined }, 'issuer is who issues access tokens'],
  [{ issuer: '' }, 'issuer is who issues access tokens'],
  [{ key: undefined }, 'neither a text of 32 characters or more'],
  [{ idle: 0 }, 'idle is seconds from 1, not 0'],
  [{ accessLifetime: Number.NaN }, 'accessLifetime is seconds from 1'],
])('%j is refused', (options, message) => {
  const rest = { issuer: 'shop', key: 'x'.repeat(32), verify: () => undefined, find: () => undefined }
  expect(() => logins({}, { ...rest, ...(options as object) })).toThrow(message)
})

test('a key of the settings is taken as it is, and shown nowhere', async () => {
  const shop = await openShop('memory', { ...fast, key: { reveal: () => 'a key of the tests, long enough for HS256' } })
  expect((await shop.me((await shop.login()).access_token)).status).toBe(200)
  await shop.close()
})

test('a key may come of a dependency, which is made at start', async () => {
  const config = depends({}, () => ({ key: 'a key of the tests, long enough for HS256' }), { scope: 'app' })
  const key = depends({ config }, ({ config }) => config.key, { scope: 'app' })
  const shop = await openShop('memory', { ...fast, key })
  expect((await shop.me((await shop.login()).access_token)).status).toBe(200)
  await shop.close()
  const short = depends({}, () => 'short', { scope: 'app' })
  await expect(openShop('memory', { ...fast, key: short })).rejects.toThrow('fewer than 32 characters')
})

test('a scope with a space in it would be two: nobody gets it', async () => {
  const shop = await openShop('memory', { ...fast, verify: () => ({ id: 'u1', scopes: ['orders:read admin'] }) })
  const { status } = await shop.post('/auth/login', { username: 'ada', password: 'correct horse' })
  expect(status).toBe(500)
  expect(String(shop.failures[0])).toContain('"orders:read admin" is no scope')
  await shop.close()
})

test('OpenAPI describes the three', async () => {
  const { paths, components } = await toOpenApi(shopOf(usersOf()))
  const replies = (path: string) => Object.keys(paths[path]?.post?.responses ?? {})
  expect(replies('/auth/login')).toEqual(expect.arrayContaining(['200', '401', '422', '429', '503']))
  expect(replies('/auth/refresh')).toEqual(expect.arrayContaining(['200', '401', '422', '429', '503']))
  expect(replies('/auth/logout')).toEqual(expect.arrayContaining(['204', '422', '503']))
  expect(components?.securitySchemes).toEqual({ token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } })
  expect(JSON.stringify(components?.schemas)).toContain('refresh_token')
})
