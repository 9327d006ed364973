import { api, created, errorEnvelope, get, group, implement, mount, options, post, versions } from 'trestle'
import { createClient } from 'trestle/client'
import { toOpenApi } from 'trestle/openapi'
import { cors, deprecated, idempotent } from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { onEveryWire, outcome } from './wires.ts'

const Order = z.object({ id: z.string() })

const shop = api(
  { title: 'Shop', version: '9.9.9' },
  {
    ...versions(
      {
        '2025-01-01': {
          orders: group('/orders', {
            read: get('/{id}', { returns: z.object({ id: z.string(), total: z.number() }) }, ({ params }) => ({
              id: params.id,
              total: 5,
            })),
            create: post('/', { body: z.object({ sku: z.string() }), returns: created(Order) }, () => ({ id: '7' })),
          }),
          old: get('/old', { policies: [deprecated({ since: new Date('2025-06-01') })] }, () => 'old'),
        },
        '2025-06-01': api(
          { title: 'left behind', errors: errorEnvelope },
          {
            orders: group('/orders', {
              read: get(
                '/{id}',
                { returns: z.object({ id: z.string(), total: z.object({ amount: z.string() }) }) },
                ({ params }) => ({ id: params.id, total: { amount: '5.00' } }),
              ),
            }),
            new: post('/new', () => 'new'),
          },
        ),
      },
      { default: '2025-01-01' },
    ),
    ping: get('/ping', () => 'pong'),
  },
)

const asked = (version: string): RequestInit => ({ headers: { 'api-version': version } })

/** What a reply says of versions. */
const said = (reply: Response): readonly (string | null)[] => [
  reply.headers.get('api-version'),
  reply.headers.get('vary'),
]

onEveryWire('versions', (open) => {
  it('are told apart by the header field, and the reply says which it was', async () => {
    const { fetch } = await open(shop)
    for (const [init, version, total] of [
      [undefined, '2025-01-01', 5],
      [asked('2025-01-01'), '2025-01-01', 5],
      [asked('2025-06-01'), '2025-06-01', { amount: '5.00' }],
    ] as const) {
      const reply = await fetch('/orders/7', init)
      expect(said(reply)).toEqual([version, 'API-Version'])
      expect(await reply.json()).toEqual({ id: '7', total })
    }
    const head = await fetch('/orders/7', { method: 'HEAD', ...asked('2025-06-01') })
    expect([head.status, ...said(head)]).toEqual([200, '2025-06-01', 'API-Version'])
  })

  it('are 400 where they are not known, in the format of what is there, and the known ones are named', async () => {
    const { fetch } = await open(shop)
    for (const version of ['2025-07-01', '', '2025-01-01, 2025-06-01', '__proto__', 'constructor']) {
      const reply = await fetch('/orders/7', asked(version))
      expect([reply.status, ...said(reply)]).toEqual([400, null, 'API-Version'])
      expect(await reply.json()).toMatchObject({
        code: 'unknown_version',
        detail: 'API-Version is one of 2025-01-01, 2025-06-01',
      })
    }
    expect(await outcome(await fetch('/nowhere', asked('none')))).toEqual([400, 'unknown_version'])
  })

  it('have what is in them, and nothing else', async () => {
    const { fetch } = await open(shop)
    const reply = await fetch('/old', asked('2025-06-01'))
    expect([reply.status, ...said(reply)]).toEqual([404, null, 'API-Version'])
    expect((await fetch('/old')).headers.get('deprecation')).toBe('@1748736000')
    expect((await fetch('/orders', { method: 'POST', ...asked('2025-06-01') })).status).toBe(404)
    const wrong = await fetch('/new', { method: 'PUT', ...asked('2025-06-01') })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
    expect((await wrong.json()).error.code).toBe('method_not_allowed')
  })

  it('are no matter of what stands beside them', async () => {
    const { fetch } = await open(shop)
    for (const path of ['/ping', '/healthz']) {
      const reply = await fetch(path, asked('none'))
      expect([reply.status, ...said(reply)]).toEqual([200, null, null])
    }
  })

  it('lead from what was made to a reader of the same version', async () => {
    const { fetch } = await open(shop)
    const body = { method: 'POST', body: '{"sku":"tea"}' }
    const reply = await fetch('/orders', { ...body, headers: { 'content-type': 'application/json' } })
    expect([reply.status, reply.headers.get('location')]).toEqual([201, '/orders/7'])
  })

  it('are all told of where a browser asks beforehand, for it names none', async () => {
    const { fetch } = await open(
      api({ middleware: [cors({ origins: 'https://app.example' })] }, { shop: mount('/', shop) }),
    )
    const reply = await fetch('/new', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'api-version',
      },
    })
    expect(reply.headers.get('access-control-allow-methods')).toBe('POST, OPTIONS')
    expect(reply.headers.get('access-control-allow-headers')).toBe('api-version')
    const read = await fetch('/orders/7', { headers: { origin: 'https://app.example' } })
    expect(said(read)).toEqual(['2025-01-01', 'Origin, API-Version'])
  })
})

describe('versions', () => {
  it('take another header field, stand below a group, and keep their keys for idempotency', async () => {
    const pay = (total: number) => post('/pay', { policies: [idempotent({ required: false })] }, () => total)
    const app = api({
      v: group(
        '/shop',
        versions({ one: { pay: pay(1) }, two: { pay: pay(2) } }, { default: 'two', header: 'X-Version' }),
      ),
    })
    const { fetch, close } = await createTestClient(app)
    const send = async (version?: string): Promise<unknown> => {
      const headers = { 'idempotency-key': 'k', ...(version !== undefined && { 'x-version': version }) }
      return (await fetch('/shop/pay', { method: 'POST', headers })).json()
    }
    expect([await send('one'), await send('two'), await send()]).toEqual([1, 2, 2])
    await close()
  })

  it('are called by clients that name them, with the contract and without', async () => {
    const { client, fetch, close } = await createTestClient(shop)
    expect((await client['2025-01-01'].orders.read({ params: { id: '7' } })).total).toBe(5)
    expect((await client['2025-06-01'].orders.read({ params: { id: '7' } })).total.amount).toBe('5.00')
    const learning = createClient<typeof shop>('http://api.test', {
      fetch: (request) => fetch(request.url, request),
      headers: { 'api-version': '2025-06-01' },
    })
    expect((await learning['2025-06-01'].orders.read({ params: { id: '7' } })).total.amount).toBe('5.00')
    expect((await learning['2025-01-01'].orders.read({ params: { id: '7' } })).total).toBe(5)
    expect(await learning.ping()).toBe('pong')
    await close()
  })

  it('get their handlers from a contract', async () => {
    const contract = api(
      versions(
        { a: { one: get('/one', { returns: z.string() }) }, b: { one: get('/one', { returns: z.string() }) } },
        { default: 'b' },
      ),
    )
    const app = implement(contract, { a: { one: () => 'a' }, b: { one: () => 'b' } })
    const { client, close } = await createTestClient(app)
    expect([await client.a.one(), await client.b.one()]).toEqual(['a', 'b'])
    await close()
  })

  it('answer OPTIONS of their own', async () => {
    const app = api(
      versions({ a: { own: options('/x', () => 'a') }, b: { own: options('/x', () => 'b') } }, { default: 'b' }),
    )
    const { fetch, close } = await createTestClient(app)
    const of = async (init?: RequestInit) => (await fetch('/x', { method: 'OPTIONS', ...init })).json()
    expect([await of(), await of(asked('a')), await of(asked('b'))]).toEqual(['b', 'a', 'b'])
    await close()
  })
})

describe('the documents of versions', () => {
  it('are one for each, in which nothing is called by its version', async () => {
    const first = await toOpenApi(shop)
    expect(first.info).toEqual({ title: 'Shop', version: '2025-01-01' })
    expect(Object.keys(first.paths)).toEqual(['/orders/{id}', '/orders', '/old', '/ping'])
    const read = first.paths['/orders/{id}']?.get
    expect([read?.operationId, read?.['x-trestle-id'], read?.summary, read?.tags]).toEqual([
      'orders.read',
      '2025-01-01.orders.read',
      'Orders: read',
      ['orders'],
    ])
    expect(read?.parameters?.at(-1)).toEqual({
      name: 'API-Version',
      in: 'header',
      description: 'The version that is asked for',
      schema: { type: 'string', const: '2025-01-01' },
    })
    expect(Object.keys(read?.responses ?? {})).toContain('400')
    expect(Object.keys(first.components.schemas ?? {})).toContain('OrdersReadReply')
    expect(first.paths['/ping']?.get?.parameters).toBe(undefined)
    const second = await toOpenApi(shop, { version: '2025-06-01' })
    expect(second.info.version).toBe('2025-06-01')
    expect(Object.keys(second.paths)).toEqual(['/orders/{id}', '/new', '/ping'])
    expect(second.paths['/new']?.post?.parameters?.[0]).toMatchObject({ name: 'API-Version', required: true })
    await expect(toOpenApi(shop, { version: 'none' })).rejects.toThrow(
      'OpenAPI: there is no version "none"; there are 2025-01-01, 2025-06-01',
    )
    await expect(toOpenApi(api({ ping: get('/ping', () => 1) }), { version: 'none' })).rejects.toThrow(
      'OpenAPI: this API has no versions side by side, and so no "none"',
    )
  })

  it('are served by the header field, or by the query for pages', async () => {
    const { fetch, close } = await createTestClient(shop)
    for (const [path, init, version] of [
      ['/openapi.json', undefined, '2025-01-01'],
      ['/openapi.json', asked('2025-06-01'), '2025-06-01'],
      ['/openapi.json?version=2025-06-01', undefined, '2025-06-01'],
      ['/openapi.json?version=2025-06-01', asked('2025-01-01'), '2025-06-01'],
    ] as const) {
      const reply = await fetch(path, init)
      expect(said(reply)).toEqual([version, 'API-Version'])
      expect((await reply.json()).info.version).toBe(version)
    }
    expect(await outcome(await fetch('/openapi.json?version=none'))).toEqual([400, 'unknown_version'])
    for (const place of ['/docs', '/redoc', '/reference']) {
      const page = await (await fetch(`${place}?version=2025-06-01`)).text()
      expect(page).toContain('data-document="./openapi.json?version=2025-06-01"')
      expect(page).toContain('<strong aria-current="page">2025-06-01</strong>')
      expect(page).toContain('<a href="?version=2025-01-01">2025-01-01</a>')
      expect(await (await fetch(place)).text()).toContain('data-document="./openapi.json?version=2025-01-01"')
    }
    expect(await outcome(await fetch('/docs?version="><script>'))).toEqual([400, 'unknown_version'])
    await close()
  })
})

describe('versions that cannot be', () => {
  const one = { one: get('/one', () => 1) }

  it('are refused where they are declared', () => {
    expect(() => versions({ a: one }, { default: 'b' as 'a' })).toThrow('versions: the default "b" is not among a')
    expect(() => versions({}, { default: 'b' as never })).toThrow('is not among them: there are none')
    expect(() => versions({ 'a b': one }, { default: 'a b' })).toThrow('versions: "a b" is no name of a version')
    expect(() => versions({ a: one }, { default: 'a', header: 'A B' })).toThrow('"A B" is no name of a header field')
    expect(() => versions({ a: versions({ b: one }, { default: 'b' }) }, { default: 'a' })).toThrow(
      'versions: "a" has versions of its own: a request names one',
    )
    expect(() => versions({ a: undefined as never }, { default: 'a' })).toThrow('"a" is undefined')
  })

  it('are told at start: what answers the same requests in one of them, and a second set', async () => {
    const all = versions({ a: { x: get('/x/{id}', () => 1) }, b: { y: get('/x/{other}', () => 1) } }, { default: 'a' })
    await (await createTestClient(api(all))).close()
    await expect(createTestClient(api({ all, z: get('/x/{more}', () => 1) }))).rejects.toThrow(
      'GET /x/{more} (z)\n    path: all.a.x (/x/{id}) answers the same requests',
    )
    await expect(createTestClient(api({ z: get('/x/{more}', () => 1), all }))).rejects.toThrow(
      '(all.a.x), the same in all.b.y\n    path: z (/x/{more}) answers the same requests',
    )
    const twice = { ...one, two: get('/one', () => 2) }
    await expect(createTestClient(api(versions({ a: twice }, { default: 'a' })))).rejects.toThrow(
      'GET /one (a.two)\n    path: a.one (/one) answers the same requests',
    )
    const other = versions({ c: group('/c', one) }, { default: 'c' })
    await expect(createTestClient(api({ all, other }))).rejects.toThrow('give all of them one header')
  })
})
