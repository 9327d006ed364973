import { api, depends, get, group, post, walk } from 'trestle'
import { InvalidCredentials, anyOf, bearer, securityScheme } from 'trestle/auth'
import { toOpenApi } from 'trestle/openapi'
import { createTestClient } from 'trestle/testing'
import { describe, expect, expectTypeOf, it, test } from 'vitest'

interface User {
  readonly id: string
  readonly may: readonly string[]
}

const users: Readonly<Record<string, User>> = {
  'ada-token': { id: 'ada', may: ['orders:read', 'orders:write'] },
  'bob-token': { id: 'bob', may: ['orders:read'] },
}

let checks = 0
const token = bearer(
  {},
  async (text) => {
    checks++
    if (text === 'old-token') throw new InvalidCredentials('The token has expired', { error: 'invalid_token' })
    return users[text]
  },
  { name: 'token', realm: 'shop', principal: ({ id }) => `user:${id}`, scopesOf: ({ may }) => may },
)

const key = securityScheme(
  {},
  ({ request }): string | undefined => {
    const shown = request.header('x-key')
    if (shown === undefined) return undefined
    if (shown !== 'k-1') throw new InvalidCredentials('There is no such key')
    return 'one'
  },
  {
    name: 'key',
    scheme: { type: 'apiKey', in: 'header', name: 'X-Key' },
    challenge: { scheme: 'Key' },
    principal: (id) => `key:${id}`,
    scopesOf: () => ['orders:read'],
  },
)

const caller = anyOf({ customer: token, partner: key })

const shop = api({
  me: get('/me', { use: { token } }, ({ token }) => token),
  maybe: get('/maybe', { use: { token: token.optional() } }, ({ token }) => ({ who: token?.id ?? 'nobody' })),
  write: post('/orders', { use: { token: token.scopes('orders:write') } }, ({ token }) => ({ by: token.id })),
  read: get('/orders', { use: { caller: caller.scopes('orders:read') } }, ({ caller }) => {
    if (caller.is === 'customer') expectTypeOf(caller.value).toEqualTypeOf<User>()
    else expectTypeOf(caller.value).toEqualTypeOf<string>()
    return caller.is === 'partner' ? { key: caller.value } : { user: caller.value.id }
  }),
  both: get('/both', { use: { token, key } }, ({ token, key }) => ({ token: token.id, key })),
  twice: get('/twice', { use: { token, writer: token.scopes('orders:read') } }, ({ token, writer }) => ({
    same: token === writer,
  })),
  group: group(
    '/inside',
    { security: token.scopes('orders:read') },
    {
      closed: get('/closed', () => ({})),
      open: get('/open', { security: 'public' }, () => ({})),
    },
  ),
})

const ada = { authorization: 'Bearer ada-token' }
const bob = { authorization: 'bearer bob-token' }

async function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const client = await createTestClient(shop)
  const reply = await client.fetch(path, { method, headers })
  const told = { status: reply.status, challenge: reply.headers.get('www-authenticate'), body: await reply.json() }
  await client.close()
  return told
}

describe('a scheme', () => {
  test.each([
    ['nothing', {}, 401, 'Bearer realm="shop"'],
    ['another scheme', { authorization: 'Basic YTpi' }, 401, 'Bearer realm="shop"'],
    [
      'nobody',
      { authorization: 'Bearer none' },
      401,
      'Bearer realm="shop", error="invalid_token", error_description="The token is not valid"',
    ],
    [
      'an old one',
      { authorization: 'Bearer old-token' },
      401,
      'Bearer realm="shop", error="invalid_token", error_description="The token has expired"',
    ],
    [
      'no token',
      { authorization: 'Bearer' },
      400,
      'Bearer realm="shop", error="invalid_request", error_description="Authorization: Bearer takes one token"',
    ],
    ['two tokens', { authorization: 'Bearer ada-token bob-token' }, 400, expect.stringContaining('invalid_request')],
    [
      'a list of them',
      { authorization: 'Bearer ada-token, Bearer bob-token' },
      400,
      expect.stringContaining('invalid_request'),
    ],
  ])('with %s', async (_, headers, status, challenge) => {
    expect(await ask('/me', headers as Record<string, string>)).toMatchObject({ status, challenge })
  })

  it('gives who is calling', async () => {
    expect(await ask('/me', ada)).toMatchObject({ status: 200, challenge: null, body: { id: 'ada' } })
  })

  it('that is optional lets through who shows nothing, and refuses what does not hold', async () => {
    expect((await ask('/maybe')).body).toEqual({ who: 'nobody' })
    expect((await ask('/maybe', bob)).body).toEqual({ who: 'bob' })
    expect(await ask('/maybe', { authorization: 'Bearer none' })).toMatchObject({ status: 401 })
  })

  it('with scopes refuses who has not all of them', async () => {
    expect(await ask('/orders', ada, 'POST')).toMatchObject({ status: 200, body: { by: 'ada' } })
    expect(await ask('/orders', {}, 'POST')).toMatchObject({ status: 401 })
    expect(await ask('/orders', bob, 'POST')).toMatchObject({
      status: 403,
      challenge: 'Bearer realm="shop", error="insufficient_scope", scope="orders:write"',
      body: { code: 'forbidden', detail: 'This needs the scope orders:write' },
    })
  })

  it('is asked once in a request, however often it is used', async () => {
    checks = 0
    expect((await ask('/twice', ada)).body).toEqual({ same: true })
    expect(checks).toBe(1)
  })

  it('on a group holds for all in it, but for what is public', async () => {
    expect(await ask('/inside/closed')).toMatchObject({ status: 401 })
    expect(await ask('/inside/closed', bob)).toMatchObject({ status: 200 })
    expect(await ask('/inside/open')).toMatchObject({ status: 200 })
  })

  it('is replaced in tests, with the scopes that it has there', async () => {
    const client = await createTestClient(shop, { override: [[token, { id: 'eve', may: ['orders:read'] }]] })
    expect(await (await client.fetch('/me')).json()).toMatchObject({ id: 'eve' })
    expect((await client.fetch('/orders', { method: 'POST' })).status).toBe(403)
    // Wherever else it stands: as optional, and as one of several.
    expect(await (await client.fetch('/maybe')).json()).toEqual({ who: 'eve' })
    expect(await (await client.fetch('/orders')).json()).toEqual({ user: 'eve' })
    await client.close()
  })

  it('is replaced in tests as one of several that is replaced', async () => {
    const maybe = get('/', { use: { caller: caller.optional() } }, ({ caller }) => ({ is: caller?.is ?? 'nobody' }))
    const client = await createTestClient(api({ maybe }), { override: [[caller, { is: 'partner', value: 'one' }]] })
    expect(await (await client.fetch('/')).json()).toEqual({ is: 'partner' })
    await client.close()
  })
})

describe('any of several', () => {
  it('is the one that is shown', async () => {
    expect((await ask('/orders', bob)).body).toEqual({ user: 'bob' })
    expect((await ask('/orders', { 'x-key': 'k-1' })).body).toEqual({ key: 'one' })
  })

  it('asks for all of them where none is', async () => {
    expect(await ask('/orders')).toMatchObject({ status: 401, challenge: 'Bearer realm="shop", Key' })
  })

  it('refuses one that does not hold, whatever else is shown', async () => {
    expect(await ask('/orders', { ...bob, 'x-key': 'none' })).toMatchObject({ status: 401, challenge: 'Key' })
  })
})

describe('any of several that read the same field', () => {
  const staff = bearer({}, (text) => (text === 'staff-token' ? 'eve' : undefined), {
    name: 'staff',
    principal: (id) => `staff:${id}`,
    scopesOf: () => ['orders:write'],
  })
  const either = anyOf({ customer: token, staff, partner: key })
  const who = get('/', { use: { caller: either } }, ({ caller }) => ({ is: caller.is }))
  const client = createTestClient(
    api({
      who,
      write: post('/', { use: { caller: either.scopes('orders:write') } }, ({ caller }) => ({ is: caller.is })),
      maybe: get('/maybe', { use: { caller: either.optional() } }, ({ caller }) => ({ is: caller?.is ?? 'nobody' })),
    }),
  )
  const told = async (headers: Record<string, string>, path = '/', method = 'GET') => {
    const reply = await (await client).fetch(path, { method, headers })
    return { status: reply.status, ...((await reply.json()) as object) }
  }

  it('is the one that it holds for, wherever that stands', async () => {
    expect(await told(ada)).toMatchObject({ status: 200, is: 'customer' })
    expect(await told({ authorization: 'Bearer staff-token' })).toMatchObject({ status: 200, is: 'staff' })
    expect(await told({ authorization: 'Bearer staff-token' }, '/maybe')).toMatchObject({ is: 'staff' })
    expect(await told({}, '/maybe')).toMatchObject({ is: 'nobody' })
  })

  it('refuses what holds for none of them, whatever else is shown', async () => {
    expect(await told({ authorization: 'Bearer none' })).toMatchObject({ status: 401 })
    expect(await told({ authorization: 'Bearer none' }, '/maybe')).toMatchObject({ status: 401 })
    expect(await told({ authorization: 'Bearer none', 'x-key': 'k-1' })).toMatchObject({ status: 401 })
    expect(await told({ authorization: 'Bearer staff-token', 'x-key': 'none' })).toMatchObject({ status: 401 })
  })

  it('looks for scopes in what it holds for', async () => {
    expect(await told({ authorization: 'Bearer staff-token' }, '/', 'POST')).toMatchObject({ status: 200, is: 'staff' })
    expect(await told(bob, '/', 'POST')).toMatchObject({ status: 403 })
  })
})

test('any of several, some of which are any of several', async () => {
  const staff = bearer({}, (text) => (text === 'staff-token' ? 'eve' : undefined), { name: 'staff', principal: String })
  const nested = anyOf({ known: anyOf({ token, key }), staff })
  const client = await createTestClient(
    api({
      who: get('/', { use: { caller: nested } }, ({ caller }) => ({ is: caller.is })),
      maybe: get('/maybe', { use: { caller: nested.optional() } }, ({ caller }) => ({ is: caller?.is ?? 'nobody' })),
    }),
  )
  const told = async (headers: Record<string, string>, path = '/') => {
    const reply = await client.fetch(path, { headers })
    return reply.ok ? ((await reply.json()) as { is: string }).is : reply.status
  }
  const eve = { authorization: 'Bearer staff-token' }
  expect(await told(eve)).toBe('staff')
  expect(await told({ ...eve, 'x-key': 'k-1' })).toBe('known')
  expect(await told({ ...eve, 'x-key': 'none' })).toBe(401)
  expect(await told({ ...eve, 'x-key': 'none' }, '/maybe')).toBe(401)
  expect(await told({ authorization: 'Bearer none', 'x-key': 'k-1' })).toBe(401)
  expect(await told({}, '/maybe')).toBe('nobody')
  await client.close()
})

describe('what is declared wrongly', () => {
  test.each(['', 'orders read', 'größe', 'a"b', 'a\\b', 'a\nb'])('%j is no scope', (scope) => {
    expect(() => token.scopes('orders:read', scope)).toThrow('is no scope: use visible ASCII characters')
  })

  test.each(['', 'my token', '__proto__', 'a/b'])('%j is no name of a scheme', (name) => {
    expect(() => bearer({}, () => 'ada', { name, principal: String })).toThrow('OpenAPI takes names of letters')
  })

  test('scopes that are no list let nobody in, though a part of them would fit', async () => {
    const careless = bearer({}, () => 'ada', { principal: String, scopesOf: () => 'orders:readonly' as never })
    const app = api({ read: get('/', { use: { who: careless.scopes('orders:read') } }, () => ({})) })
    const { fetch, close, failures } = await createTestClient(app)
    expect((await fetch('/', { headers: ada })).status).toBe(500)
    expect(String(failures[0])).toContain('scopesOf of bearer gives string: give a list of scopes')
    await close()
  })
})

test('a message of any characters is in the body, and in the field where it can stand there', async () => {
  const told = 'Das Konto „ada“ ist gesperrt\n'
  const locked = bearer(
    {},
    () => {
      throw new InvalidCredentials(told, { error: 'invalid_token' })
    },
    { principal: String },
  )
  const { fetch, close } = await createTestClient(api({ me: get('/', { use: { locked } }, () => ({})) }))
  const reply = await fetch('/', { headers: ada })
  expect(reply.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
  expect(await reply.json()).toMatchObject({ status: 401, detail: told })
  await close()
})

it('all of several are needed where several are used', async () => {
  expect(await ask('/both', ada)).toMatchObject({ status: 401, challenge: 'Key' })
  expect((await ask('/both', { ...ada, 'x-key': 'k-1' })).body).toEqual({ token: 'ada', key: 'one' })
})

it('OpenAPI says who may call, with scopes', async () => {
  const { paths } = await toOpenApi(shop)
  const securityOf = (path: string, method: 'get' | 'post' = 'get') => paths[path]?.[method]?.security
  expect(securityOf('/me')).toEqual([{ token: [] }])
  expect(securityOf('/maybe')).toEqual([{}, { token: [] }])
  expect(securityOf('/orders', 'post')).toEqual([{ token: ['orders:write'] }])
  expect(securityOf('/orders')).toEqual([{ token: ['orders:read'] }, { key: ['orders:read'] }])
  expect(securityOf('/both')).toEqual([{ token: [], key: [] }])
  expect(securityOf('/twice')).toEqual([{ token: ['orders:read'] }])
  expect(securityOf('/inside/closed')).toEqual([{ token: ['orders:read'] }])
  expect(securityOf('/inside/open')).toBeUndefined()
  expect(Object.keys(paths['/orders']?.post?.responses ?? {})).toEqual(expect.arrayContaining(['400', '401', '403']))
})

describe('an API that requires security', () => {
  test('does not start with an endpoint that says nothing of it', async () => {
    const told = createTestClient(
      api({ security: 'required' }, { me: get('/me', { use: { token } }, () => ({})), free: get('/free', () => ({})) }),
    )
    await expect(told).rejects.toThrow(/free[\s\S]*nobody says who may call this[\s\S]*security: 'public'/)
  })

  test.each([
    ['an API', { security: 'public' } as const, {}],
    ['a group', {}, { security: 'public' } as const],
  ])('is also a group in %s that is public', async (_, outer, middle) => {
    const inner = group('/inner', { security: 'required' }, { free: get('/', () => ({})) })
    await expect(createTestClient(api(outer, { middle: group('/middle', middle, { inner }) }))).rejects.toThrow(
      /middle\.inner\.free[\s\S]*nobody says who may call this/,
    )
  })

  test('starts where all say it, by themselves or by their groups', async () => {
    const client = await createTestClient(
      api(
        { security: 'required' },
        {
          me: get('/me', { use: { token: token.optional() } }, () => ({})),
          free: get('/free', { security: 'public' }, () => ({})),
          inner: group('/inner', { security: token }, { one: get('/', () => ({})) }),
        },
      ),
    )
    expect((await client.fetch('/free')).status).toBe(200)
    expect((await client.fetch('/openapi.json')).status).toBe(200)
    expect((await client.fetch('/inner')).status).toBe(401)
    await client.close()
  })

  test.each([
    [{ security: 'public', use: { token } }, 'is "public", but what it uses asks who is calling'],
    [{ security: depends({}, () => 1) }, 'is no security dependency'],
    [{ security: 'open' }, 'give it "public" or a security dependency'],
    [{ security: 'required' }, 'give it "public" or a security dependency'],
  ])('%o is refused', async (spec, what) => {
    await expect(createTestClient(api({ one: get('/', spec as { security: 'public' }, () => ({})) }))).rejects.toThrow(
      what,
    )
  })
})

test('what says who is calling is asked in each request, and lives no longer', async () => {
  const security = { name: 'once', scheme: { type: 'http', scheme: 'bearer' } }
  const once = depends({}, () => 'ada', { scope: 'app', security })
  await expect(createTestClient(api({ one: get('/', { use: { once } }, () => ({})) }))).rejects.toThrow(
    /use\.once: says who is calling, and would say it once[\s\S]*leave out scope: 'app'/,
  )
})

it('walk() gives the guards', () => {
  expect(walk(shop).find(({ id }) => id === 'group.closed')?.guards).toHaveLength(1)
})
