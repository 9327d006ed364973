import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { api, get } from 'trestle'
import { type Claims, type Scheme, introspection, jwks, jwt } from 'trestle/auth'
import { toOpenApi } from 'trestle/openapi'
import { Secret } from 'trestle/settings'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { ASKER, type IdentityProvider, OPAQUE, startIdentityProvider } from '../servers/identity-provider.ts'
import { type Caller, callerOf, now } from './tokens.ts'

let provider: IdentityProvider
const callers: Caller[] = []

async function open(token: Scheme<Claims>): Promise<Caller> {
  const caller = await callerOf(token)
  callers.push(caller)
  return caller
}

const usual = () => ({
  endpoint: `${provider.issuer}/token/introspection`,
  clientId: ASKER.clientId,
  clientSecret: new Secret(ASKER.clientSecret),
  audience: OPAQUE,
})
const questions = (): number => provider.asked.filter((url) => url === '/token/introspection').length

beforeAll(async () => {
  provider = await startIdentityProvider()
})

afterAll(async () => {
  for (const { close } of callers) await close()
  await provider.stop()
})

describe('opaque tokens', () => {
  it('are what the provider says of them, which is asked once for a while', async () => {
    const { ask } = await open(introspection(usual()))
    const token = await provider.logIn('ada', 'orders:read', OPAQUE)
    expect(token).not.toContain('.')
    const before = questions()
    const many = await Promise.all(Array.from({ length: 20 }, () => ask(`Bearer ${token}`)))
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set([200]))
    expect(many[0]?.body).toMatchObject({ sub: 'ada', aud: OPAQUE, scope: 'orders:read' })
    expect(await ask(`Bearer ${token}`, '/read')).toMatchObject({ status: 200 })
    expect(await ask(`Bearer ${token}`, '/write')).toMatchObject({ status: 403 })
    expect(questions() - before).toBe(1)
  })

  it('are asked about each time where nothing is kept', async () => {
    const { ask } = await open(introspection({ ...usual(), keep: 0 }))
    const token = await provider.logIn('ada', 'orders:read', OPAQUE)
    const before = questions()
    for (let times = 0; times < 3; times++) expect(await ask(`Bearer ${token}`)).toMatchObject({ status: 200 })
    expect(questions() - before).toBe(3)
  })

  it('that are nobody’s are refused', async () => {
    const { ask } = await open(introspection(usual()))
    expect(await ask('Bearer nobodys')).toMatchObject({
      status: 401,
      challenge: 'Bearer error="invalid_token", error_description="The token is not active"',
    })
    expect(await ask()).toMatchObject({ status: 401, challenge: 'Bearer' })
    expect(await ask(`Bearer ${'x'.repeat(9000)}`)).toMatchObject({ body: { detail: 'The token is too long' } })
  })

  it('for another API are refused', async () => {
    const { ask } = await open(introspection({ ...usual(), audience: 'https://other.example' }))
    const token = await provider.logIn('ada', 'orders:read', OPAQUE)
    expect(await ask(`Bearer ${token}`)).toMatchObject({ body: { detail: 'The token is for another audience' } })
  })
})

it('where the provider is away, or does not know who asks, is 503; what is known holds', async () => {
  const caller = await open(introspection(usual()))
  const token = await provider.logIn('ada', 'orders:read', OPAQUE)
  const wrong = await open(introspection({ ...usual(), clientSecret: 'a-wrong-secret' }))
  expect(await wrong.ask(`Bearer ${token}`)).toMatchObject({ status: 503, retryAfter: '1', challenge: null })
  expect(String((wrong.failures[0] as Error).cause)).toBe(`ProviderAway: ${usual().endpoint} is 401`)

  expect(await caller.ask(`Bearer ${token}`)).toMatchObject({ status: 200 })
  await provider.stop()
  expect(await caller.ask(`Bearer ${token}`)).toMatchObject({ status: 200 })
  expect(await caller.ask('Bearer another')).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  await provider.start()

  const shown = inspect([wrong.failures, caller.failures, introspection(usual())], { depth: 20, showHidden: true })
  for (const text of [ASKER.clientSecret, 'a-wrong-secret', token]) expect(shown).not.toContain(text)
})

/** What a provider answers that does not do as it should. */
test.each([{ clientSecret: undefined }, { clientSecret: '' }, { clientId: undefined }, { clientId: '' }])(
  '%j is refused at the declaration',
  (wrong) => {
    const rest = { endpoint: 'https://login.shop.example/introspect', clientId: 'a', clientSecret: 'b', audience: 'c' }
    expect(() => introspection({ ...rest, ...(wrong as object) })).toThrow('clientId and clientSecret are who asks')
  },
)

describe('answers', () => {
  let answer: { status?: number; headers?: Record<string, string>; body?: string } = {}
  const server = createServer((request, reply) => {
    request.resume()
    reply.writeHead(answer.status ?? 200, answer.headers).end(answer.body ?? '')
  })
  let address = ''

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const good = (): object => ({ active: true, sub: 'ada', aud: OPAQUE, exp: now() + 60 })
  const asking = (): Promise<Caller> => open(introspection({ ...usual(), endpoint: address, keep: 0 }))

  test.each<[string, () => object, number]>([
    ['as it should be', good, 200],
    ['without an end', () => ({ ...good(), exp: undefined }), 200],
    ['text for active', () => ({ ...good(), active: 'true' }), 401],
    ['nothing of active', () => ({ ...good(), active: undefined }), 401],
    ['expired all the same', () => ({ ...good(), exp: now() - 60 }), 401],
    ['text for exp', () => ({ ...good(), exp: 'tomorrow' }), 401],
    ['not valid yet', () => ({ ...good(), nbf: now() + 60 }), 401],
    ['no audience', () => ({ ...good(), aud: undefined }), 401],
    ['no subject', () => ({ ...good(), sub: undefined }), 401],
    ['bound to a key', () => ({ ...good(), cnf: { jkt: 'x' } }), 401],
  ])('%s', async (_, body, status) => {
    answer = { body: JSON.stringify(body()) }
    expect(await (await asking()).ask('Bearer some')).toMatchObject({ status })
  })

  test.each<[string, typeof answer, RegExp]>([
    ['no JSON', { body: '<html>' }, /something else than a JSON object/],
    ['a list', { body: '[]' }, /something else than a JSON object/],
    ['500', { status: 500 }, /is 500/],
    [
      'a redirect',
      { status: 302, headers: { location: 'http://127.0.0.1:9/' } },
      /leads elsewhere, which is not followed/,
    ],
    ['too much', { body: `"${'x'.repeat(300_000)}"` }, /more than 262144 bytes/],
  ])('%s is 503', async (_, given, why) => {
    answer = given
    const introspecting = await asking()
    const fetching = await open(jwt({ issuer: address, audience: OPAQUE, keys: jwks(`${address}/jwks`) }))
    const head = Buffer.from(JSON.stringify({ alg: 'ES256' })).toString('base64url')
    for (const { ask, failures } of [introspecting, fetching]) {
      expect(await ask(`Bearer ${head}.e30.AA`)).toMatchObject({ status: 503 })
      expect(String((failures[0] as Error).cause)).toMatch(why)
    }
  })

  test.each<[string, object[], number]>([
    ['for encryption', [{ kty: 'EC', crv: 'P-256', use: 'enc', x: 'AA', y: 'AA' }], 503],
    ['that are secrets', [{ kty: 'oct', k: 'AAAA', alg: 'HS256' }], 503],
    ['that are private', [{ kty: 'OKP', crv: 'Ed25519', x: 'AA', d: 'AA' }], 503],
    ['that are broken', [{ kty: 'OKP', crv: 'Ed25519', x: '!' }, null as never], 503],
    ['of the wrong kind', [{ kty: 'RSA', alg: 'ES256', n: 'AQAB', e: 'AQAB' }], 503],
    [
      'of which one is fine',
      [
        { kty: 'oct', k: 'AAAA', alg: 'HS256' },
        { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
      ],
      401,
    ],
  ])('keys %s', async (_, keys, status) => {
    answer = { body: JSON.stringify({ keys }) }
    const { ask } = await open(jwt({ issuer: address, audience: OPAQUE, keys: jwks(`${address}/jwks`) }))
    for (const alg of ['EdDSA', 'HS256']) {
      const head = Buffer.from(JSON.stringify({ alg })).toString('base64url')
      expect(await ask(`Bearer ${head}.e30.${'A'.repeat(86)}`)).toMatchObject({ status })
    }
  })
})

test('OpenAPI says that it is a token, and nothing of who asks', async () => {
  const token = introspection(usual())
  const document = await toOpenApi(api({ me: get('/me', { use: { token } }, () => ({})) }))
  expect(document.components?.securitySchemes).toEqual({ bearer: { type: 'http', scheme: 'bearer' } })
  expect(JSON.stringify(document)).not.toContain(ASKER.clientId)
})
