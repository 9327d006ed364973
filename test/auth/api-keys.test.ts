import { api, del, get, post } from 'trestle'
import { type ApiKey, type ApiKeys, anyOf, apiKeys, bearer } from 'trestle/auth'
import { toOpenApi } from 'trestle/openapi'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it, test } from 'vitest'
import { onEveryBackend } from '../backends/backends.ts'

const { key, keys } = apiKeys({ prefix: 'shop' })
const others = apiKeys({ prefix: 'shop_test' })
const inBearer = apiKeys({ prefix: 'part', header: 'Authorization', name: 'bearerKey' })

const shop = api({
  me: get('/me', { use: { key } }, ({ key }) => {
    expectTypeOf(key).toEqualTypeOf<ApiKey>()
    return key
  }),
  write: post('/orders', { use: { key: key.scopes('orders:write') } }, ({ key }) => ({ by: key.owner })),
  bearer: get('/bearer', { use: { key: inBearer.key } }, ({ key }) => ({ by: key.owner })),
  take: get('/take', { use: { keys, others: others.keys, bearers: inBearer.keys } }, ({ keys, others, bearers }) => {
    managers = { keys, others, bearers }
  }),
})
let managers: Record<'keys' | 'others' | 'bearers', ApiKeys>

onEveryBackend('API keys', (behind) => {
  let one: Awaited<ReturnType<typeof createTestClient<typeof shop>>>
  let other: typeof one
  beforeAll(async () => {
    one = await createTestClient(shop, { backend: behind.setting })
    // Another process would be no other to the store; of memory there is only this one.
    other = behind.setting === 'memory' ? one : await createTestClient(shop, { backend: behind.setting })
    await one.fetch('/take')
  })
  afterAll(async () => {
    await one.close()
    if (other !== one) await other.close()
  })

  const ask = async (text: string | undefined, path = '/me', method = 'GET', from = one) => {
    const reply = await from.fetch(path, { method, headers: text === undefined ? {} : { 'x-api-key': text } })
    return { status: reply.status, challenge: reply.headers.get('www-authenticate'), body: await reply.json() }
  }
  const make = (more: { scopes?: string[]; lifetime?: number } = {}) =>
    managers.keys.create({ name: 'CI', owner: 'acme', ...more })

  it('let in who shows one, with its scopes', async () => {
    const made = await make({ scopes: ['orders:write'] })
    expect(made.text).toMatch(/^shop_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}$/)
    expect(await ask(made.text)).toMatchObject({ status: 200, body: { id: made.id, name: 'CI', owner: 'acme' } })
    expect(await ask(made.text, '/orders', 'POST')).toMatchObject({ status: 200, body: { by: 'acme' } })
    const without = await make()
    expect(await ask(without.text, '/orders', 'POST')).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  })

  it('are refused where they do not hold', async () => {
    const { text, id } = await make()
    const test = await managers.others.create({ name: 'test', owner: 'acme' })
    const swapped = text.slice(0, -8) + (text.at(-8) === 'A' ? 'B' : 'A') + text.slice(-7)
    const refused = { status: 401, challenge: 'ApiKey' }
    expect(await ask(undefined)).toMatchObject(refused)
    for (const wrong of [
      '',
      'shop',
      'x'.repeat(5000),
      `${text}x`,
      text.slice(0, -1),
      text.toUpperCase(),
      swapped,
      `${text}, ${text}`,
      test.text,
      test.text.replace('shop_test', 'shop'),
      text.replace('shop_', 'shop_test_'),
      text.replace(id, '0'.repeat(16)),
    ]) {
      expect([wrong, await ask(wrong)]).toEqual([wrong, expect.objectContaining(refused)])
    }
    const { fetch } = one
    expect((await fetch(`/me?api_key=${text}&x-api-key=${text}`)).status).toBe(401)
    expect((await fetch('/me', { headers: { authorization: `Bearer ${text}` } })).status).toBe(401)
    expect(await ask(text)).toMatchObject({ status: 200 })
  })

  it('end at once in every process when they are revoked', async () => {
    const made = await make()
    expect(await ask(made.text, '/me', 'GET', other)).toMatchObject({ status: 200 })
    expect(await managers.keys.revoke(made.id)).toBe(true)
    expect(await ask(made.text, '/me', 'GET', other)).toMatchObject({ status: 401, challenge: 'ApiKey' })
    expect(await ask(made.text)).toMatchObject({ status: 401 })
    expect(await managers.keys.revoke(made.id)).toBe(false)
    expect(await managers.keys.find(made.id)).toBeUndefined()
  })

  it('end when their time is over', async () => {
    const made = await make({ lifetime: 0.2 })
    expect(await ask(made.text)).toMatchObject({ status: 200 })
    await expect.poll(async () => (await ask(made.text)).status).toBe(401)
    await expect(make({ lifetime: 0 })).rejects.toThrow('lifetime is seconds above 0')
  })

  it('say when they were last used, which is written once a minute', async () => {
    const made = await make()
    const before = Date.now()
    expect(await ask(made.text)).toMatchObject({ status: 200 })
    const used = () => managers.keys.find(made.id)
    await expect.poll(async () => (await used())?.lastUsedAt).toBeGreaterThanOrEqual(before)
    const first = (await used())?.lastUsedAt
    await new Promise((resolve) => setTimeout(resolve, 20))
    for (let i = 0; i < 5; i++) await ask(made.text)
    expect((await used())?.lastUsedAt).toBe(first)
  })

  it('that are used while they are revoked stay revoked', async () => {
    for (let round = 0; round < 10; round++) {
      const made = await make()
      await Promise.all([ask(made.text), managers.keys.revoke(made.id), ask(made.text, '/me', 'GET', other)])
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect(await ask(made.text)).toMatchObject({ status: 401 })
    }
  })

  it('are listed by owner, the newest first, and revoked together', async () => {
    const owner = crypto.randomUUID()
    const names = ['a', 'b', 'c']
    for (const name of names) {
      await managers.keys.create({ name, owner })
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect((await managers.keys.list(owner)).map(({ name }) => name)).toEqual(['c', 'b', 'a'])
    expect((await managers.keys.list()).length).toBeGreaterThan(3)
    expect(await managers.keys.revokeAll(owner)).toBe(3)
    expect(await managers.keys.list(owner)).toEqual([])
  })

  it('are rotated: for a while both hold', async () => {
    const old = await make({ scopes: ['orders:write'] })
    const next = await managers.keys.rotate(old.id, 0.3)
    expect(next).toMatchObject({ name: 'CI', owner: 'acme', scopes: ['orders:write'], expiresAt: undefined })
    expect(await ask(next?.text, '/orders', 'POST')).toMatchObject({ status: 200 })
    expect(await ask(old.text)).toMatchObject({ status: 200 })
    await expect.poll(async () => (await ask(old.text)).status).toBe(401)
    expect(await ask(next?.text)).toMatchObject({ status: 200 })
    expect(await managers.keys.rotate('nobody')).toBeUndefined()
    for (const overlap of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(managers.keys.rotate(next?.id as string, overlap)).rejects.toThrow('overlap is seconds from 0')
    }
    expect(await ask(next?.text)).toMatchObject({ status: 200 })
  })

  it('that are revoked while they are rotated leave none behind', async () => {
    for (let i = 0; i < 20; i++) {
      const owner = `race-${i}`
      const { id } = await managers.keys.create({ name: 'old', owner })
      const [next] = await Promise.all([managers.keys.rotate(id), managers.keys.revoke(id)])
      // Rotated first, or not at all; in memory it is read, revoked and only then made anew.
      if (behind.setting === 'memory') expect(next).toBeUndefined()
      expect(await managers.keys.list(owner)).toHaveLength(next === undefined ? 0 : 1)
    }
  })

  it('in Authorization are Bearer tokens', async () => {
    const made = await managers.bearers.create({ name: 'part', owner: 'acme' })
    const { fetch } = one
    const withToken = (authorization: string) => fetch('/bearer', { headers: { authorization } })
    expect((await withToken(`Bearer ${made.text}`)).status).toBe(200)
    for (const text of [`${made.text}x`, 'something-else']) {
      const wrong = await withToken(`Bearer ${text}`)
      expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer error="invalid_token", error_description="The API key is not valid"',
      ])
    }
  })
})

it('a key stands for its owner beside other schemes', async () => {
  const token = bearer({}, (text) => (text === 'ada' ? { id: 'ada' } : undefined), { principal: ({ id }) => id })
  const caller = anyOf({ user: token, partner: key.scopes('orders:read') })
  const app = api({
    read: get('/', { use: { caller } }, ({ caller }) =>
      caller.is === 'partner' ? caller.value.owner : caller.value.id,
    ),
    create: post('/keys', { use: { keys } }, ({ keys }) =>
      keys.create({ name: 'a', owner: 'acme', scopes: ['orders:read'] }),
    ),
    revoke: del('/keys/{id}', { use: { keys } }, ({ keys, params }) => keys.revoke(params.id)),
  })
  const { fetch, close } = await createTestClient(app)
  const made = (await (await fetch('/keys', { method: 'POST' })).json()) as { id: string; text: string }
  expect(await (await fetch('/', { headers: { 'x-api-key': made.text } })).json()).toBe('acme')
  expect(await (await fetch('/', { headers: { authorization: 'Bearer ada' } })).json()).toBe('ada')
  const none = await fetch('/')
  expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer, ApiKey'])
  expect(await (await fetch(`/keys/${made.id}`, { method: 'DELETE' })).json()).toBe(true)
  expect((await fetch('/', { headers: { 'x-api-key': made.text } })).status).toBe(401)
  await close()
})

it('a key that does not hold is refused where none is needed, in whatever field', async () => {
  const inBearer = apiKeys({ prefix: 'shop', header: 'Authorization', name: 'inBearer' })
  const app = api({
    own: get('/own', { use: { key: key.optional() } }, () => 'in'),
    bearer: get('/bearer', { use: { key: inBearer.key.optional() } }, () => 'in'),
  })
  const { fetch, close } = await createTestClient(app)
  expect((await fetch('/own', { headers: { 'x-api-key': 'rubbish' } })).status).toBe(401)
  expect((await fetch('/bearer', { headers: { authorization: 'Bearer rubbish' } })).status).toBe(401)
  expect((await fetch('/bearer')).status).toBe(200)
  await close()
})

it('of keys in two fields each has to hold', async () => {
  const shop = apiKeys({ prefix: 'shop', header: 'X-Shop-Key', name: 'shop' })
  const staff = apiKeys({ prefix: 'staff', header: 'X-Staff-Key', name: 'staff' })
  const caller = anyOf({ shop: shop.key, staff: staff.key })
  const app = api({
    create: post('/keys', { use: { keys: shop.keys } }, ({ keys }) => keys.create({ name: 'a', owner: 'acme' })),
    who: get('/', { use: { caller } }, ({ caller }) => caller.is),
  })
  const { fetch, close } = await createTestClient(app)
  const { text } = (await (await fetch('/keys', { method: 'POST' })).json()) as { text: string }
  expect((await fetch('/', { headers: { 'x-shop-key': text } })).status).toBe(200)
  expect((await fetch('/', { headers: { 'x-shop-key': text, 'x-staff-key': 'rubbish' } })).status).toBe(401)
  await close()
})

it('OpenAPI says where they go', async () => {
  const { components, paths } = await toOpenApi(shop)
  expect(components?.securitySchemes).toMatchObject({
    apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
    bearerKey: { type: 'http', scheme: 'bearer' },
  })
  expect(Object.keys(paths['/me']?.get?.responses ?? {})).toEqual(expect.arrayContaining(['401', '503']))
})

describe('what is no key of an API', () => {
  test.each(['', 'Shop', 'shop-test', 'shop_', '_shop', 'x'.repeat(33)])('prefix %j', (prefix) => {
    expect(() => apiKeys({ prefix })).toThrow('is no prefix: use lower-case letters and digits')
  })
  test('header', () => {
    expect(() => apiKeys({ prefix: 'shop', header: 'X Key' })).toThrow('is no name for a header field')
  })
})
