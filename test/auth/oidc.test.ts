import { createPublicKey } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Validator } from '@seriousme/openapi-schema-validator'
import { SignJWT, decodeJwt, decodeProtectedHeader } from 'jose'
import { api, get } from 'trestle'
import { type Claims, type Scheme, anyOf, jwt, oidc, secretKey } from 'trestle/auth'
import { toOpenApi } from 'trestle/openapi'
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest'
import {
  type IdentityProvider,
  SIGNED,
  type SigningKey,
  signingKey,
  startIdentityProvider,
} from '../servers/identity-provider.ts'
import { createTestClient } from 'trestle/testing'
import { AUDIENCE, type Caller, ISSUER, SECRET, bySecret, callerOf, fine, part } from './tokens.ts'

let provider: IdentityProvider
let firstKey: SigningKey
const callers: Caller[] = []

async function open(token: Scheme<Claims>): Promise<Caller> {
  const caller = await callerOf(token)
  callers.push(caller)
  return caller
}

const pause = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000))
const keysAsked = (): number => provider.asked.filter((url) => url === '/jwks').length

beforeAll(async () => {
  provider = await startIdentityProvider()
  firstKey = signingKey('first')
  await provider.start([firstKey])
})

afterAll(async () => {
  for (const { close } of callers) await close()
  await provider.stop()
})

it('takes tokens of a login with a code and PKCE', async () => {
  const caller = await open(oidc({ issuer: provider.issuer, audience: SIGNED, typ: 'at+jwt' }))
  const token = await provider.logIn('ada', 'orders:read')
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt', kid: 'first' })
  expect(await caller.ask(`Bearer ${token}`)).toMatchObject({
    status: 200,
    body: { iss: provider.issuer, sub: 'ada', aud: SIGNED, client_id: 'docs', scope: 'orders:read' },
  })
  expect(await caller.ask(`Bearer ${token}`, '/read')).toMatchObject({ status: 200 })
  expect(await caller.ask(`Bearer ${token}`, '/write')).toMatchObject({
    status: 403,
    challenge: 'Bearer error="insufficient_scope", scope="orders:write"',
  })
})

it('refuses tokens of the same provider for another API', async () => {
  const caller = await open(oidc({ issuer: provider.issuer, audience: 'https://other.example' }))
  expect(await caller.ask(`Bearer ${await provider.logIn('ada')}`)).toMatchObject({
    status: 401,
    body: { detail: 'The token is for another audience' },
  })
})

it('asks for keys once, however many come at once', async () => {
  const caller = await open(oidc({ issuer: provider.issuer, audience: SIGNED }))
  const tokens = await Promise.all([1, 2, 3].map((id) => provider.logIn(`user-${id}`)))
  const before = keysAsked()
  const many = Array.from({ length: 60 }, (_, index) => caller.ask(`Bearer ${tokens[index % 3]}`))
  expect((await Promise.all(many)).map(({ status }) => status)).toEqual(many.map(() => 200))
  expect(keysAsked() - before).toBe(1)
})

it('is one of several issuers, and is not asked for the keys of others', async () => {
  const caller = anyOf({
    customer: oidc({ issuer: provider.issuer, audience: SIGNED, name: 'customers' }),
    staff: jwt({ issuer: ISSUER, audience: AUDIENCE, keys: secretKey(SECRET, 'HS256'), name: 'staff' }),
  })
  const client = await createTestClient(
    api({ who: get('/who', { use: { caller } }, ({ caller }) => ({ is: caller.is, sub: caller.value.sub })) }),
  )
  const ask = async (token: string): Promise<Response> =>
    client.fetch('/who', { headers: { authorization: `Bearer ${token}` } })
  const before = provider.asked.length
  expect(await (await ask(bySecret(fine()))).json()).toEqual({ is: 'staff', sub: 'ada' })
  expect(provider.asked.length).toBe(before)
  expect(await (await ask(await provider.logIn('bob'))).json()).toEqual({ is: 'customer', sub: 'bob' })
  expect((await ask(bySecret({ ...fine(), iss: provider.issuer }))).status, 'a key of the other issuer').toBe(401)
  expect((await ask(bySecret({ ...fine(), iss: 'https://evil.example' }))).status).toBe(401)
  await client.close()
})

describe('a provider that takes another key', () => {
  it('is asked again, once in a while, and not once for each name that somebody invents', async () => {
    const caller = await open(oidc({ issuer: provider.issuer, audience: SIGNED, coolDown: 1, maxAge: 600 }))
    const old = await provider.logIn('ada')
    expect(await caller.ask(`Bearer ${old}`)).toMatchObject({ status: 200 })

    const second = signingKey('second')
    await provider.start([second, firstKey])
    const token = await provider.logIn('ada')
    expect(decodeProtectedHeader(token).kid).toBe('second')
    await pause(1.1)
    expect(await caller.ask(`Bearer ${token}`)).toMatchObject({ status: 200 })
    expect(await caller.ask(`Bearer ${old}`), 'the old key is still published').toMatchObject({ status: 200 })

    const before = keysAsked()
    const from = performance.now()
    const [, claims, signature] = token.split('.')
    for (let index = 0; index < 20; index++) {
      const head = Buffer.from(JSON.stringify({ alg: 'ES256', kid: `invented-${index}` })).toString('base64url')
      expect(await caller.ask(`Bearer ${head}.${claims}.${signature}`)).toMatchObject({
        status: 401,
        body: { detail: 'The token is signed with a key that is not known here' },
      })
    }
    const seconds = (performance.now() - from) / 1000
    expect(keysAsked() - before).toBeLessThanOrEqual(1 + Math.floor(seconds))

    await provider.start([second])
    const third = await open(oidc({ issuer: provider.issuer, audience: SIGNED }))
    expect(await third.ask(`Bearer ${old}`), 'the old key is gone').toMatchObject({ status: 401 })
    await provider.start([firstKey])
  })

  it('is believed that the old one is gone once keys are old, also of tokens that were let in before', async () => {
    const caller = await open(oidc({ issuer: provider.issuer, audience: SIGNED, coolDown: 0.2, maxAge: 1 }))
    const old = await provider.logIn('ada')
    expect(await caller.ask(`Bearer ${old}`)).toMatchObject({ status: 200 })
    await provider.start([signingKey('later')])
    await pause(1.1)
    expect((await caller.ask(`Bearer ${old}`)).status, 'nobody waits for keys that are not very old').toBe(200)
    await vi.waitFor(async () => expect(await caller.ask(`Bearer ${old}`)).toMatchObject({ status: 401 }), 5000)
    await provider.start([firstKey])
  })

  it('is waited for where nobody came for long', async () => {
    const caller = await open(oidc({ issuer: provider.issuer, audience: SIGNED, coolDown: 0.1, maxAge: 0.3 }))
    const old = await provider.logIn('ada')
    expect(await caller.ask(`Bearer ${old}`)).toMatchObject({ status: 200 })
    await provider.start([signingKey('later')])
    await pause(0.8)
    expect(await caller.ask(`Bearer ${old}`)).toMatchObject({ status: 401 })
    await provider.start([firstKey])
  })
})

describe('a provider that is away', () => {
  it('keeps nobody out whose key is known', async () => {
    const caller = await open(oidc({ issuer: provider.issuer, audience: SIGNED, coolDown: 0.1, maxAge: 0.2 }))
    const [ada, bob] = [await provider.logIn('ada'), await provider.logIn('bob')]
    expect(await caller.ask(`Bearer ${ada}`)).toMatchObject({ status: 200 })
    await provider.stop()
    for (let tries = 0; tries < 3; tries++) {
      await pause(0.5)
      expect(await caller.ask(`Bearer ${bob}`)).toMatchObject({ status: 200 })
    }
    const [, claims, signature] = ada.split('.')
    const head = Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'newer' })).toString('base64url')
    expect(await caller.ask(`Bearer ${head}.${claims}.${signature}`), 'it may have a newer key').toMatchObject({
      status: 503,
      retryAfter: '1',
    })
    await provider.start([firstKey])
  })

  it('from the start is 503, until it is there', async () => {
    const token = await provider.logIn('ada')
    await provider.stop()
    const caller = await open(oidc({ issuer: provider.issuer, audience: SIGNED, coolDown: 1 }))
    expect(await caller.ask()).toMatchObject({ status: 401, challenge: 'Bearer' })
    expect(await caller.ask('Bearer garbage')).toMatchObject({ status: 401 })
    expect(await caller.ask(`Bearer ${token}`)).toMatchObject({
      status: 503,
      retryAfter: '1',
      challenge: null,
      body: { code: 'unavailable', detail: 'Tokens cannot be checked now' },
    })
    expect(String((caller.failures[0] as Error).cause)).toBe(
      `ProviderAway: ${provider.issuer}/.well-known/openid-configuration cannot be reached`,
    )
    await provider.start([firstKey])
    await pause(1.1)
    expect(await caller.ask(`Bearer ${token}`)).toMatchObject({ status: 200 })
  })

  it('does not hold up for longer than its time', async () => {
    const silent = (await import('node:net')).createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const issuer = `http://127.0.0.1:${port}`
    const caller = await open(oidc({ issuer, audience: SIGNED, timeout: 1 }))
    const head = Buffer.from(JSON.stringify({ alg: 'ES256' })).toString('base64url')
    const from = performance.now()
    expect(await caller.ask(`Bearer ${head}.e30.AA`)).toMatchObject({ status: 503, retryAfter: '10' })
    expect(performance.now() - from).toBeLessThan(4000)
    const again = performance.now()
    expect(await caller.ask(`Bearer ${head}.e30.AA`), 'nobody else waits').toMatchObject({ status: 503 })
    expect(performance.now() - again).toBeLessThan(900)
    expect(String((caller.failures[0] as Error).cause)).toContain('did not answer within 1 s')
    silent.close()
  })
})

it('a provider that is slow at each address does not hold up for longer than its time', async () => {
  const server = createServer((request, reply) => {
    setTimeout(() => {
      if (request.url?.endsWith('/openid-configuration')) reply.writeHead(404).end()
      else reply.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys`, keys: [] }))
    }, 700)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const caller = await open(oidc({ issuer, audience: SIGNED, timeout: 1 }))
  const head = Buffer.from(JSON.stringify({ alg: 'ES256' })).toString('base64url')
  expect(await caller.ask(`Bearer ${head}.e30.AA`)).toMatchObject({ status: 503 })
  expect(String((caller.failures[0] as Error).cause)).toContain('did not answer within 1 s')
  server.closeAllConnections()
  server.close()
})

describe('a provider that has a description of OAuth alone', () => {
  const signer = signingKey('oauth')
  const asked: string[] = []
  let issuer = ''
  let moved = false
  const server = createServer((request, reply) => {
    asked.push(request.url ?? '')
    const answers: Record<string, object> = {
      '/.well-known/oauth-authorization-server/tenant': {
        issuer,
        jwks_uri: moved ? 'http://keys.shop.example' : `${issuer}/k`,
      },
      '/tenant/k': { keys: [{ ...createPublicKey(signer.privateKey).export({ format: 'jwk' }), kid: 'oauth' }] },
    }
    const answer = answers[request.url ?? '']
    reply.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer))
  })
  const signed = (): Promise<string> =>
    new SignJWT({ iss: issuer, sub: 'ada', aud: SIGNED })
      .setProtectedHeader({ alg: 'ES256', kid: 'oauth' })
      .setExpirationTime('5m')
      .sign(signer.privateKey)

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tenant`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  it('is asked for that', async () => {
    const { ask } = await open(oidc({ issuer, audience: SIGNED }))
    expect(await ask(`Bearer ${await signed()}`)).toMatchObject({ status: 200 })
    expect(asked).toEqual([
      '/tenant/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/tenant',
      '/tenant/k',
    ])
  })

  it('is not followed to where there is no TLS', async () => {
    moved = true
    const { ask, failures } = await open(oidc({ issuer, audience: SIGNED }))
    expect(await ask(`Bearer ${await signed()}`)).toMatchObject({ status: 503 })
    expect(String((failures[0] as Error).cause)).toContain('its keys are where they cannot be asked for')
  })
})

test('a description of another issuer is none', async () => {
  const issuer = `${provider.issuer}/`
  const caller = await open(oidc({ issuer, audience: SIGNED }))
  const token = await provider.logIn('ada')
  expect(decodeJwt(token).iss).toBe(provider.issuer)
  expect(await caller.ask(`Bearer ${token}`)).toMatchObject({ body: { detail: 'The token is of another issuer' } })
  const [head, , signature] = token.split('.')
  const forged = `${head}.${part({ ...decodeJwt(token), iss: issuer })}.${signature}`
  expect(await caller.ask(`Bearer ${forged}`)).toMatchObject({ status: 503 })
  expect(String((caller.failures[0] as Error).cause)).toContain(`says that its issuer is "${provider.issuer}"`)
})

test.each([
  ['http://login.shop.example', /is not https/],
  ['ftp://127.0.0.1', /is not https/],
  ['login.shop.example', /is no address/],
  ['https://user:word@login.shop.example', /no user and no password/],
])('%s is no issuer', (issuer, what) => {
  expect(() => oidc({ issuer, audience: SIGNED })).toThrow(what)
})

test('OpenAPI names the description of the provider', async () => {
  const token = oidc({ issuer: 'https://login.shop.example/shop/', audience: SIGNED, name: 'login' })
  const document = await toOpenApi(api({ me: get('/me', { use: { token: token.scopes('orders:read') } }, () => ({})) }))
  expect(await new Validator().validate({ ...document })).toEqual({ valid: true })
  const { paths, components } = document
  expect(components?.securitySchemes).toEqual({
    login: {
      type: 'openIdConnect',
      openIdConnectUrl: 'https://login.shop.example/shop/.well-known/openid-configuration',
    },
  })
  expect(paths['/me']?.get?.security).toEqual([{ login: ['orders:read'] }])
  expect(Object.keys(paths['/me']?.get?.responses ?? {})).toEqual(expect.arrayContaining(['400', '401', '403', '503']))
})
