import { api, get } from 'trestle'
import { bearer, jwt, oidc, secretKey } from 'trestle/auth'
import { createTestClient } from 'trestle/testing'
import { describe, expect, it, test } from 'vitest'
import { ISSUER, SECRET } from './tokens.ts'

const PLACE = '/.well-known/oauth-protected-resource'
const RESOURCE = 'https://shop.example/api'
const keys = secretKey(SECRET, 'HS256')
const token = jwt({ issuer: ISSUER, audience: RESOURCE, keys, resource: RESOURCE, realm: 'shop' })

const shop = api(
  { title: 'Shop' },
  {
    read: get('/orders', { use: { token: token.scopes('orders:read') } }, () => ({})),
    write: get('/write', { use: { token: token.scopes('orders:write', 'orders:read') } }, () => ({})),
  },
)

describe('an API that says what it is to those who issue its tokens', () => {
  it('serves its metadata', async () => {
    const { fetch, close } = await createTestClient(shop)
    const reply = await fetch(PLACE)
    expect(reply.status).toBe(200)
    expect(await reply.json()).toEqual({
      resource: RESOURCE,
      resource_name: 'Shop',
      authorization_servers: [ISSUER],
      scopes_supported: ['orders:read', 'orders:write'],
      bearer_methods_supported: ['header'],
    })
    await close()
  })

  it('names that in what it asks for', async () => {
    const { fetch, close } = await createTestClient(shop)
    const challengeOf = async (headers: Record<string, string>) =>
      (await fetch('/orders', { headers })).headers.get('www-authenticate')
    const metadata = `Bearer realm="shop", resource_metadata="${RESOURCE}${PLACE}"`
    expect(await challengeOf({})).toBe(metadata)
    expect(await challengeOf({ authorization: 'Bearer x' })).toBe(
      `${metadata}, error="invalid_token", error_description="The token cannot be read"`,
    )
    await close()
  })

  it('has several issuers where several schemes say so', async () => {
    const other = oidc({ issuer: 'https://id.example', audience: RESOURCE, resource: RESOURCE, name: 'other' })
    const app = api({
      one: get('/one', { use: { token } }, () => ({})),
      two: get('/two', { use: { other } }, () => ({})),
    })
    const { fetch, close } = await createTestClient(app)
    expect(await (await fetch(PLACE)).json()).toMatchObject({ authorization_servers: [ISSUER, 'https://id.example'] })
    await close()
  })
})

it('is not there where no scheme says so, or where it is switched off', async () => {
  const other = bearer({}, () => 1, { principal: String })
  for (const app of [
    api({ me: get('/me', { use: { other } }, () => ({})) }),
    api({ places: { resource: false } }, { me: get('/me', { use: { token } }, () => ({})) }),
  ]) {
    const { fetch, close } = await createTestClient(app)
    expect((await fetch(PLACE)).status).toBe(404)
    await close()
  }
})

test.each(['http://shop.example', 'https://shop.example?a', 'https://shop.example#a', 'shop'])(
  '%s is no resource',
  (resource) => {
    expect(() => jwt({ issuer: ISSUER, audience: RESOURCE, keys, resource })).toThrow(/^jwt: resource: /)
  },
)
