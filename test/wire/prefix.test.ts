import { api, created, get, group, page, post, redirect, url } from 'trestle'
import { type ProxyOptions, type Server, serve } from 'trestle/node'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type PrefixProxy, prefixProxy } from '../browser/prefix-proxy.ts'

const Item = z.object({ id: z.int() })
const items = group('/items', {
  create: post('/', { returns: created(Item) }, () => ({ id: 7 })),
  copy: post('/copy', { returns: created(Item, { location: ({ id }) => `/items/${id}` }) }, () => ({ id: 7 })),
  send: post('/send', { returns: created(Item, { location: () => 'https://far.example/7' }) }, () => ({ id: 7 })),
  cast: post('/cast', { returns: created(Item, { location: () => '//far.example/7' }) }, () => ({ id: 7 })),
  read: get('/{id}', { params: z.object({ id: z.coerce.number() }), returns: Item }, ({ params }) => params),
  list: get('/', { query: page.offset(), returns: page.of(Item, 'offset') }, () => ({ items: [{ id: 1 }], total: 9 })),
})
const first = get('/first', { returns: redirect() }, ({ request }) => request.prefix + url(items.read, { id: 1 }))
const where = get('/where', ({ request: { path, prefix, url } }) => ({ path, prefix, url }))
const members = { items, first, where }

const open: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

async function start(proxy: ProxyOptions, options: Parameters<typeof api>[0] = {}): Promise<Server> {
  const server = await serve(api(options, members), {
    port: 0,
    host: '127.0.0.1',
    quiet: true,
    signals: false,
    deadline: 100,
    proxy,
  })
  open.push(server.stop)
  return server
}

/** A server behind a proxy that takes `/shop/api` off and says nothing of it. */
async function behind(options: Parameters<typeof api>[0] = {}): Promise<PrefixProxy> {
  const { port } = await start({ prefix: '/shop/api' }, options)
  const proxy = await prefixProxy('/shop/api', `http://127.0.0.1:${port}`)
  open.push(proxy.close)
  return proxy
}

/** The address of a reply's field as its caller resolves it. */
function resolve(reply: Response, reference: string | null | undefined): string {
  return new URL(reference ?? 'missing:', reply.url).href
}

describe('behind a proxy that takes a prefix off', () => {
  test('what was made is found at its Location', async () => {
    const { url } = await behind()
    const made = await fetch(`${url}/shop/api/items`, { method: 'POST' })
    expect(made.headers.get('location')).toBe('/shop/api/items/7')
    const read = await fetch(resolve(made, made.headers.get('location')))
    expect(await read.json()).toEqual({ id: 7 })
  })

  test.each([
    ['a path that the contract gives is the own of the API', 'copy', '/shop/api/items/7'],
    ['an address elsewhere stays', 'send', 'https://far.example/7'],
    ['another host stays', 'cast', '//far.example/7'],
  ])('%s', async (_, name, location) => {
    const { url } = await behind()
    const reply = await fetch(`${url}/shop/api/items/${name}`, { method: 'POST' })
    expect(reply.headers.get('location')).toBe(location)
  })

  test('the next page is found at its Link', async () => {
    const { url } = await behind()
    const list = await fetch(`${url}/shop/api/items?limit=2`)
    const link = list.headers.get('link')
    expect(link).toContain('</shop/api/items?limit=2&offset=2>; rel="next"')
    const next = await fetch(resolve(list, /<([^>]*)>; rel="next"/.exec(link ?? '')?.[1]))
    expect(await next.json()).toMatchObject({ total: 9 })
  })

  test('a handler redirects with request.prefix', async () => {
    const { url } = await behind()
    expect(await (await fetch(`${url}/shop/api/first`)).json()).toEqual({ id: 1 })
  })

  test('the URL is the caller’s, the path is the one that was matched', async () => {
    const { url } = await behind()
    const reply = await fetch(`${url}/shop/api/where?x=1`)
    const seen = await reply.json()
    expect(seen).toMatchObject({ path: '/where', prefix: '/shop/api' })
    expect(new URL(seen.url).pathname + new URL(seen.url).search).toBe('/shop/api/where?x=1')
  })

  test('the servers of the OpenAPI document lead to the API', async () => {
    const { url } = await behind()
    const reply = await fetch(`${url}/shop/api/openapi.json`)
    const { servers, paths } = await reply.json()
    expect(servers).toEqual([{ url: '/shop/api' }])
    expect(paths['/where']).toBeDefined()
    expect((await fetch(`${resolve(reply, servers[0].url)}/where`)).status).toBe(200)
  })

  test('servers that the API declares are under the prefix where they are paths', async () => {
    const { url } = await behind({ servers: ['/', '/v1/', 'https://far.example/api', '//far.example'] })
    const { servers } = await (await fetch(`${url}/shop/api/openapi.json`)).json()
    const addresses = servers.map((server: { url: string }) => server.url)
    expect(addresses).toEqual(['/shop/api', '/shop/api/v1', 'https://far.example/api', '//far.example'])
  })

  test.each(['/docs', '/redoc', '/reference'])('everything that %s refers to is there', async (place) => {
    const { url } = await behind()
    const reply = await fetch(`${url}/shop/api${place}`)
    const references = [...(await reply.text()).matchAll(/(?:src|href|data-document)="(?!data:)([^"]+)"/g)]
    expect(references.length).toBeGreaterThan(2)
    for (const [, reference] of references) {
      const part = await fetch(resolve(reply, reference))
      expect([reference, part.status]).toEqual([reference, 200])
      await part.body?.cancel()
    }
  })
})

describe('X-Forwarded-Prefix', () => {
  async function prefixOf(options: ProxyOptions, headers: Record<string, string>): Promise<unknown> {
    const { port } = await start({ trust: ['loopback', '10.0.0.0/8'], ...options })
    const reply = await fetch(`http://127.0.0.1:${port}/items`, { method: 'POST', headers })
    const location = reply.headers.get('location')
    const document = await (await fetch(`http://127.0.0.1:${port}/openapi.json`, { headers })).json()
    const server = document.servers[0].url
    const prefix = location?.slice(0, -'/items/7'.length)
    expect(server).toBe(prefix === '' ? '/' : prefix)
    return prefix
  }

  test.each([
    ['of a proxy that is trusted', '/api', '/api'],
    ['of two segments', '/shop/api', '/shop/api'],
    ['with a slash at its end', '/api/', '/api'],
    ['that is no more than that', '/', ''],
    ['nothing', '', ''],
    ['that a caller put before', '/evil, /api', '/api'],
  ])('%s', async (_, value, prefix) => {
    expect(await prefixOf({}, { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-prefix': value })).toBe(prefix)
  })

  test('of two proxies, both are trusted: the outer one goes first', async () => {
    const chain = { 'x-forwarded-for': '198.51.100.7, 10.0.0.1', 'x-forwarded-prefix': '/evil, /shop, /api' }
    expect(await prefixOf({}, chain)).toBe('/shop/api')
  })

  test('goes before the option, which counts where nobody says otherwise', async () => {
    expect(await prefixOf({ prefix: '/usual' }, { 'x-forwarded-prefix': '/api' })).toBe('/api')
    expect(await prefixOf({ prefix: '/usual' }, {})).toBe('/usual')
    expect(await prefixOf({ prefix: '/usual/' }, { 'x-forwarded-prefix': '//evil.example' })).toBe('/usual')
  })

  test('of somebody else is nothing', async () => {
    expect(await prefixOf({ trust: ['10.0.0.0/8'] }, { 'x-forwarded-prefix': '/evil' })).toBe('')
  })

  test.each([
    'api',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/a/../../b',
    '/..',
    '/./a',
    '/a//b',
    '/a b',
    '/a?b',
    '/a#b',
    '/a"b',
    '/<script>',
    '/a>; rel="x"',
    '/%0d%0aset-cookie: a=b',
    '/%2e%2e',
    'https://evil.example',
    '/é',
  ])('%s is nothing', async (value) => {
    expect(await prefixOf({}, { 'x-forwarded-prefix': value })).toBe('')
  })

  test('what one caller says stays out of what the next one gets', async () => {
    const { port } = await start({ trust: ['loopback'] })
    const ask = async (prefix: string): Promise<string> => {
      const headers = { 'x-forwarded-prefix': prefix }
      const reply = await fetch(`http://127.0.0.1:${port}/openapi.json`, { headers })
      return (await reply.json()).servers[0].url
    }
    expect([await ask('/a'), await ask('/b'), await ask('')]).toEqual(['/a', '/b', '/'])
  })
})
