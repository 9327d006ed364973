import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { Validator } from '@seriousme/openapi-schema-validator'
import { SignJWT, exportJWK } from 'jose'
import { api, get, policy } from 'trestle'
import { type Claims, type PublicAlgorithm, type Scheme, jwt, publicKey, secretKey } from 'trestle/auth'
import { toOpenApi } from 'trestle/openapi'
import { Secret } from 'trestle/settings'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it, test } from 'vitest'
import { z } from 'zod'
import { AUDIENCE, type Caller, ISSUER, SECRET, bySecret, callerOf, fine, invalid, now, signedBy } from './tokens.ts'

const usual = { issuer: ISSUER, audience: AUDIENCE }
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const RSA_PEM = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string

const byRsa = (claims: Record<string, unknown>): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(rsa.privateKey)

const callers: Caller[] = []
async function open(token: Scheme<Claims>): Promise<Caller> {
  const caller = await callerOf(token)
  callers.push(caller)
  return caller
}
let withRsa: Caller
let withSecret: Caller

beforeAll(async () => {
  withRsa = await open(jwt({ ...usual, keys: publicKey(RSA_PEM, 'RS256') }))
  withSecret = await open(jwt({ ...usual, keys: secretKey(new Secret(SECRET), 'HS256') }))
})

afterAll(async () => {
  for (const { close } of callers) await close()
})

describe('a token that is fine', () => {
  it('says who is calling', async () => {
    const claims = fine()
    expect(await withRsa.ask(`Bearer ${await byRsa(claims)}`)).toMatchObject({
      status: 200,
      challenge: null,
      body: claims,
    })
    expect(await withSecret.ask(`bearer ${bySecret(claims)}`)).toMatchObject({ status: 200, body: claims })
  })

  test.each(['JWT', 'jwt', 'at+jwt', 'application/at+jwt'])('may say that it is %s', async (typ) => {
    expect(await withSecret.ask(`Bearer ${bySecret(fine(), { typ })}`)).toMatchObject({ status: 200 })
  })

  it('may be for others too', async () => {
    const token = bySecret({ ...fine(), aud: ['https://other.example', AUDIENCE] })
    expect(await withSecret.ask(`Bearer ${token}`)).toMatchObject({ status: 200 })
  })

  test.each<[PublicAlgorithm, () => ReturnType<typeof generateKeyPairSync>]>([
    ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['RS512', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['PS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['ES384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['ES512', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['EdDSA', () => generateKeyPairSync('ed25519')],
  ])('may be signed with %s, by a PEM and by a JWK', async (alg, generate) => {
    const { publicKey: mine, privateKey } = generate()
    const pem = mine.export({ type: 'spki', format: 'pem' }) as string
    const jwk = { ...(await exportJWK(mine)), kid: 'one' }
    const token = await new SignJWT(fine()).setProtectedHeader({ alg, kid: 'one' }).sign(privateKey)
    for (const keys of [publicKey(pem, alg), publicKey(jwk, alg)]) {
      const { ask } = await open(jwt({ ...usual, keys }))
      expect(await ask(`Bearer ${token}`)).toMatchObject({ status: 200 })
    }
    const named = await new SignJWT(fine()).setProtectedHeader({ alg, kid: 'two' }).sign(privateKey)
    const { ask } = await open(jwt({ ...usual, keys: publicKey(jwk, alg) }))
    expect(await ask(`Bearer ${named}`)).toMatchObject(invalid('is signed with a key that is not known here'))
  })

  it('may call EdDSA by its newer name', async () => {
    const { publicKey: mine, privateKey } = generateKeyPairSync('ed25519')
    const token = await new SignJWT(fine()).setProtectedHeader({ alg: 'Ed25519' }).sign(privateKey)
    const { ask } = await open(jwt({ ...usual, keys: publicKey(await exportJWK(mine), 'EdDSA') }))
    expect(await ask(`Bearer ${token}`)).toMatchObject({ status: 200 })
  })

  test.each([
    ['HS384', 48],
    ['HS512', 64],
  ] as const)('may be signed with %s', async (alg, length) => {
    const secret = new Uint8Array(length).fill(7)
    const token = await new SignJWT(fine()).setProtectedHeader({ alg }).sign(secret)
    const { ask } = await open(jwt({ ...usual, keys: secretKey(secret, alg) }))
    expect(await ask(`Bearer ${token}`)).toMatchObject({ status: 200 })
  })

  it('may be signed with any of several keys', async () => {
    const keys = [secretKey(SECRET, 'HS256'), secretKey(`${SECRET}-of-last-year`, 'HS256')]
    const { ask } = await open(jwt({ ...usual, keys }))
    expect(await ask(`Bearer ${bySecret(fine())}`)).toMatchObject({ status: 200 })
    const old = signedBy(`${SECRET}-of-last-year`, { alg: 'HS256' }, fine())
    expect(await ask(`Bearer ${old}`)).toMatchObject({ status: 200 })
  })
})

describe('scopes', () => {
  it('are those of the token', async () => {
    const authorization = `Bearer ${bySecret(fine())}`
    expect(await withSecret.ask(authorization, '/read')).toMatchObject({ status: 200 })
    expect(await withSecret.ask(authorization, '/write')).toMatchObject({
      status: 403,
      challenge: 'Bearer error="insufficient_scope", scope="orders:write"',
      body: { code: 'forbidden' },
    })
  })

  test.each<[string, Record<string, unknown>, number]>([
    ['scp that is a list', { scope: undefined, scp: ['orders:write'] }, 200],
    ['scp that is text', { scope: undefined, scp: 'orders:write' }, 200],
    ['part of a scope', { scope: 'orders:write:all' }, 403],
    ['another case', { scope: 'ORDERS:WRITE' }, 403],
    ['an object', { scope: { 'orders:write': true } }, 403],
    ['none', { scope: undefined }, 403],
  ])('%s', async (_, claims, status) => {
    expect(await withSecret.ask(`Bearer ${bySecret({ ...fine(), ...claims })}`, '/write')).toMatchObject({ status })
  })
})

describe('clocks', () => {
  it('differ by so many seconds, and no more', async () => {
    const { ask } = await open(jwt({ ...usual, keys: secretKey(SECRET, 'HS256'), clockSkew: 60 }))
    const statusWith = async (claims: object): Promise<number> =>
      (await ask(`Bearer ${bySecret({ ...fine(), ...claims })}`)).status
    expect(await statusWith({ exp: now() - 50 })).toBe(200)
    expect(await statusWith({ exp: now() - 61 })).toBe(401)
    expect(await statusWith({ nbf: now() + 50 })).toBe(200)
    expect(await statusWith({ nbf: now() + 70 })).toBe(401)
  })

  it('go on: a token that was let in is not let in for ever', async () => {
    const { ask } = await open(jwt({ ...usual, keys: secretKey(SECRET, 'HS256'), clockSkew: 0 }))
    const exp = now() + 3
    const authorization = `Bearer ${bySecret({ ...fine(), exp })}`
    expect(await ask(authorization)).toMatchObject({ status: 200 })
    expect(await ask(authorization)).toMatchObject({ status: 200 })
    await new Promise((resolve) => setTimeout(resolve, exp * 1000 - Date.now() + 50))
    expect(await ask(authorization)).toMatchObject(invalid('has expired'))
  })
})

describe('claims of a schema', () => {
  const token = jwt({
    ...usual,
    keys: secretKey(SECRET, 'HS256'),
    claims: z.object({ tenant: z.string(), since: z.string().transform((text) => new Date(text)) }),
    principal: ({ tenant, sub }) => `${tenant}/${sub}`,
    scopesOf: ({ tenant }) => [`of:${tenant}`],
  })

  it('are typed and decoded', async () => {
    const app = api({
      me: get('/me', { use: { token: token.scopes('of:north') } }, ({ token }) => {
        expectTypeOf(token.tenant).toEqualTypeOf<string>()
        expectTypeOf(token.since).toEqualTypeOf<Date>()
        expectTypeOf(token.sub).toEqualTypeOf<string | undefined>()
        return { tenant: token.tenant, year: token.since.getUTCFullYear() }
      }),
    })
    const { fetch, close } = await createTestClient(app)
    const ask = (claims: object): Promise<Response> =>
      fetch('/me', { headers: { authorization: `Bearer ${bySecret({ ...fine(), ...claims })}` } })
    expect(await (await ask({ tenant: 'north', since: '2020-02-02' })).json()).toEqual({ tenant: 'north', year: 2020 })
    expect((await ask({ tenant: 'south', since: '2020-02-02' })).status).toBe(403)
    const without = await ask({ tenant: 7 })
    expect(without.status).toBe(401)
    expect(await without.json()).toMatchObject({ detail: 'The token has not the claims that are needed here' })
    await close()
  })

  it('are nobody’s to change, for the same value goes to the next request', async () => {
    const app = api({
      me: get('/me', { use: { token: jwt({ ...usual, keys: secretKey(SECRET, 'HS256') }) } }, ({ token }) => {
        expectTypeOf(token).toEqualTypeOf<Claims>()
        ;(token.roles as string[]).push('admin')
        return token
      }),
    })
    const { fetch, failures, close } = await createTestClient(app)
    const headers = { authorization: `Bearer ${bySecret({ ...fine(), roles: [] })}` }
    expect((await fetch('/me', { headers })).status).toBe(500)
    expect(String(failures[0])).toContain('object is not extensible')
    await close()
  })
})

it('typ is what is asked for', async () => {
  const { ask } = await open(jwt({ ...usual, keys: secretKey(SECRET, 'HS256'), typ: 'at+jwt' }))
  expect(await ask(`Bearer ${bySecret(fine(), { typ: 'at+jwt' })}`)).toMatchObject({ status: 200 })
  expect(await ask(`Bearer ${bySecret(fine(), { typ: 'JWT' })}`)).toMatchObject(invalid('is of another type'))
  expect(await ask(`Bearer ${bySecret(fine())}`)).toMatchObject(invalid('is of another type'))
})

it('says who is calling to policies, by issuer and subject', async () => {
  const ids: unknown[] = []
  const seen = policy('seen', {}, () => ({
    limit: ({ principal }) => {
      ids.push(principal?.id)
    },
  }))
  const token = jwt({ ...usual, keys: secretKey(SECRET, 'HS256') })
  const { fetch, close } = await createTestClient(
    api({ me: get('/me', { use: { token }, policies: [seen] }, () => ({})) }),
  )
  await fetch('/me', { headers: { authorization: `Bearer ${bySecret(fine())}` } })
  expect(ids).toEqual([`${ISSUER} ada`])
  await close()
})

describe('OpenAPI', () => {
  const schemeOf = async (token: Scheme<Claims>): Promise<unknown> => {
    const document = await toOpenApi(api({ me: get('/me', { use: { token } }, () => ({})) }))
    expect(await new Validator().validate({ ...document })).toEqual({ valid: true })
    return document.components?.securitySchemes
  }
  const keys = secretKey(SECRET, 'HS256')

  it('says that it is a JWT', async () => {
    const bearer = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }
    expect(await schemeOf(jwt({ ...usual, keys }))).toEqual({ bearer })
  })

  it('says where to log in', async () => {
    const login = {
      authorizationUrl: `${ISSUER}/auth`,
      tokenUrl: `${ISSUER}/token`,
      scopes: { 'orders:read': 'Read orders' },
    }
    expect(await schemeOf(jwt({ ...usual, keys, name: 'login', login }))).toEqual({
      login: { type: 'oauth2', flows: { authorizationCode: login } },
    })
    expect(() => jwt({ ...usual, keys, login: { ...login, tokenUrl: 'http://login.shop.example' } })).toThrow(
      /login.tokenUrl: .* is not https/,
    )
  })
})

it('neither secrets nor tokens are in replies, failures, OpenAPI or what is printed', async () => {
  const token = jwt({
    ...usual,
    keys: secretKey(SECRET, 'HS256'),
    scopesOf: () => {
      throw new Error('planted')
    },
  })
  const caller = await open(token)
  const good = bySecret(fine())
  const bad = signedBy('another', { alg: 'HS256' }, fine())
  const replies = [
    await caller.ask(`Bearer ${bad}`),
    await caller.ask(`Bearer ${good}`, '/write'),
    await caller.ask(`Bearer ${good} ${bad}`),
    await caller.ask(`Bearer ${bySecret({ ...fine(), exp: 1 })}`),
  ]
  expect(replies.map(({ status }) => status)).toEqual([401, 500, 400, 401])
  const document = await toOpenApi(api({ me: get('/me', { use: { token } }, () => ({})) }))
  const shown = [replies, caller.failures, document, token].map((one) => inspect(one, { depth: 20, showHidden: true }))
  expect(caller.failures).toHaveLength(1)
  for (const text of shown) {
    expect(text).not.toContain(SECRET)
    for (const signature of [good, bad].map((one) => one.split('.')[2] as string)) expect(text).not.toContain(signature)
  }
})
