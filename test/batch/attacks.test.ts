import { connect } from 'node:net'
import { api, depends, get, group, mount, noContent, post } from 'trestle'
import { cookieSessions } from 'trestle/auth'
import { batch } from 'trestle/batch'
import { serve } from 'trestle/node'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { onEveryWire } from '../pipeline/wires.ts'
import { bodyOf, together } from './calls.ts'

const quiet = { places: { docs: false, redoc: false, reference: false } } as const

/** What a handler can see of who asks and from where. */
const seen = get('/seen', ({ request }) => ({
  headers: Object.fromEntries(request.headers()),
  url: request.url,
  address: request.remoteAddress,
}))

onEveryWire('who sends a batch', (open) => {
  test('is nobody else in what is in it, by whatever field somebody tries', async () => {
    const { fetch } = await open(api(quiet, { seen, batch: batch() }))
    const tried = [
      'Authorization',
      'Cookie',
      'Host',
      'Origin',
      'Referer',
      'Sec-Fetch-Site',
      'Forwarded',
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'X-Forwarded-Proto',
      'X-Forwarded-User',
      'X-Real-IP',
      'Via',
      'Content-Length',
      'Content-Encoding',
      'Transfer-Encoding',
      'Connection',
      'Keep-Alive',
      'TE',
      'Trailer',
      'Upgrade',
      'Expect',
      'Proxy-Authorization',
      'HTTP2-Settings',
      ':authority',
      'X-Authenticated-User',
      'X-HTTP-Method-Override',
      'Access-Control-Request-Method',
      'no name',
      'line\r\nx',
      '',
      '__proto__x',
    ]
    const { replies } = await together(
      fetch,
      tried.flatMap((name) => [
        { path: '/seen', headers: { [name]: 'x' } },
        { path: '/seen', headers: { [name.toLowerCase()]: '0' } },
      ]),
    )
    expect(replies.map(({ status }) => status)).toEqual(Array(tried.length * 2).fill(400))
  })

  test('is not by values that would end a field, nor by a field that comes twice', async () => {
    const { fetch } = await open(api(quiet, { seen, batch: batch() }))
    const headers: Record<string, string>[] = [
      { accept: 'a\r\nauthorization: Bearer x' },
      { accept: 'a\nb' },
      { accept: 'a\0' },
      { accept: 'é€' },
      { accept: 'x'.repeat(8193) },
      { Accept: 'a', accept: 'b' },
    ]
    const { replies } = await together(
      fetch,
      headers.map((fields) => ({ path: '/seen', headers: fields })),
    )
    expect(replies.map(({ status }) => status)).toEqual(Array(headers.length).fill(400))
    expect(replies.every(({ body }) => !JSON.stringify(body).includes('Bearer'))).toBe(true)
  })

  test('has what a proxy says of it in each of them, and no field that they declare in its place', async () => {
    const who = get('/who', { headers: z.object({ 'x-user': z.string().optional() }) }, ({ headers }) => headers)
    const { fetch } = await open(api(quiet, { who, batch: batch() }))
    const as = (user: string) => ({ path: '/who', headers: { 'x-user': user } })
    const { replies } = await together(fetch, [{ path: '/who' }, as('mira'), as('admin')], { 'x-user': 'mira' })
    expect(replies.map(({ status, body }) => [status, status === 200 && body])).toEqual([
      [200, { 'x-user': 'mira' }],
      [200, { 'x-user': 'mira' }],
      [400, false],
    ])
  })

  test('cannot hand on what is of the whole: its length, its conditions, its key', async () => {
    const { fetch } = await open(api(quiet, { seen, batch: batch() }))
    const shown = { 'if-none-match': '*', range: 'bytes=0-1', accept: 'a/b', 'accept-language': 'fr', 'x-own': 'kept' }
    const { replies } = await together(fetch, [{ path: '/seen' }], shown)
    const { headers } = bodyOf<{ headers: Record<string, string> }>(replies[0])
    expect(headers).toMatchObject({ 'accept-language': 'fr', 'x-own': 'kept' })
    for (const name of ['content-type', 'content-length', 'if-none-match', 'range', 'accept']) {
      expect(headers).not.toHaveProperty(name)
    }
  })
})

onEveryWire('the address of a request in a batch', (open) => {
  test('is a path of this API, and plain', async () => {
    const app = api(quiet, {
      admin: group('/admin', { before: [() => 'guarded'] }, { read: get('/', () => 'admin') }),
      open: get('/open/{rest...}', ({ params }) => params.rest),
      batch: batch(),
    })
    const { fetch } = await open(app)
    const paths: [string, number][] = [
      ['http://evil.example/admin', 400],
      ['https://user@evil.example/', 400],
      ['//evil.example/admin', 404],
      ['//admin', 404],
      ['/open/../admin', 400],
      ['/open/%2e%2e/admin', 400],
      ['/open/..%2fadmin', 400],
      ['/open/a\\..\\admin', 400],
      ['/./admin', 400],
      ['/admin/', 404],
      ['/admin#x', 400],
      ['/admin?a#b', 400],
      ['/admin x', 400],
      ['/admin\r\nHost: x', 400],
      ['/admin?x=\r\n', 400],
      ['/admin?x=\0', 400],
      ['/ädmin', 400],
      ['/open/%00', 400],
      ['/open/%ff', 400],
      ['*', 400],
      ['admin', 400],
      ['', 400],
      [`/open/${'x'.repeat(8192)}`, 414],
      ['/%61dmin', 200],
    ]
    const { replies } = await together(
      fetch,
      paths.map(([path]) => ({ path })),
    )
    expect(replies.map(({ status }, index) => [paths[index]?.[0], status])).toEqual(paths)
    expect(replies.at(-1)?.body).toBe('guarded')
  })

  test('has methods as they are: none that is put in another way, none that makes a tunnel', async () => {
    const { fetch } = await open(api(quiet, { read: get('/', () => 'x'), batch: batch() }))
    const methods: [string, number][] = [
      ['TRACE', 405],
      ['CONNECT', 405],
      ['get', 501],
      ['BREW', 501],
      ['GET ', 400],
      ['GET / HTTP/1.1\r\nX', 400],
      ['', 400],
      ['X'.repeat(33), 400],
      ['OPTIONS', 204],
      ['HEAD', 200],
      ['QUERY', 405],
    ]
    const { replies } = await together(
      fetch,
      methods.map(([method]) => ({ method, path: '/' })),
    )
    expect(replies.map(({ status }, index) => [methods[index]?.[0], status])).toEqual(methods)
    expect(replies[0]?.headers.allow).toBe('GET, HEAD, OPTIONS')
  })
})

onEveryWire('a batch that would be too much', (open) => {
  test('is not in a batch, wherever another is', async () => {
    const inner = api({ read: get('/', () => 'x'), more: batch({ path: '/more' }) })
    const { fetch, failures } = await open(api(quiet, { batch: batch(), inner: mount('/inner', inner) }))
    const nested = { requests: [{ path: '/inner' }] }
    const { replies } = await together(fetch, [
      { method: 'POST', path: '/batch', body: nested },
      { method: 'POST', path: '/inner/more', body: nested },
      { method: 'POST', path: '/b%61tch', body: 'anything' },
      { path: '/inner' },
    ])
    expect(replies.map(({ status }) => status)).toEqual([400, 400, 400, 200])
    const atomic = await together(fetch, [{ method: 'POST', path: '/batch', body: nested }], {}, { atomic: true })
    expect([atomic.status, atomic.problem]).toMatchObject([424, { request: 0, reply: { status: 400 } }])
    expect(failures).toEqual([])
  })

  test('is refused as a whole: too many, too long, too deep, too little, something else', async () => {
    const { fetch } = await open(api(quiet, { read: get('/', () => 'x'), batch: batch({ requests: 3 }) }))
    const many = (count: number) => Array(count).fill({ path: '/' })
    expect((await together(fetch, many(3))).status).toBe(200)
    expect((await together(fetch, many(4))).problem.errors).toMatchObject([{ pointer: '/body/requests' }])
    expect((await together(fetch, [])).status).toBe(422)
    expect((await together(fetch, [{ path: '/', body: 'x'.repeat(1_100_000) }])).status).toBe(413)
    const deep = JSON.parse('['.repeat(200) + ']'.repeat(200))
    expect((await together(fetch, [{ path: '/', body: deep }])).status).toBe(400)
    const odd = [{ path: '/', heders: {} }, { path: 1 }, { method: 'GET' }]
    expect((await together(fetch, odd)).problem.errors).toMatchObject([
      { pointer: '/body/requests/0/heders' },
      { pointer: '/body/requests/1/path' },
      { pointer: '/body/requests/2/path' },
    ])
    expect((await together(fetch, many(1), { 'content-type': 'text/plain' })).status).toBe(415)
  })

  test('has bodies that are too long for their own endpoint refused there, and replies cut off', async () => {
    const say = post('/say', { body: z.string(), limits: { body: 10, depth: 1 } }, ({ body }) => body)
    const big = get('/big', () => 'x'.repeat(600))
    const { fetch } = await open(api(quiet, { say, big, batch: batch({ repliesBytes: 1000 }) }))
    const { replies } = await together(fetch, [
      { method: 'POST', path: '/say', body: 'x'.repeat(20) },
      { method: 'POST', path: '/say', body: [[1]] },
      { method: 'POST', path: '/say', body: 'short' },
      { path: '/big' },
      { path: '/big' },
    ])
    expect(replies.map(({ status, omitted }) => [status, omitted])).toEqual([
      [413, undefined],
      [400, undefined],
      [200, undefined],
      [200, undefined],
      [200, 'too_large'],
    ])
  })
})

test('a page of another site can no more send a batch with the cookie of its reader than any other request', async () => {
  const names = new Map([['1', { id: '1' }]])
  const { session, sessions } = cookieSessions({}, (id) => names.get(id), { principal: ({ id }) => id })
  const changed: string[] = []
  const app = api(quiet, {
    login: post('/login', { use: { sessions }, returns: noContent() }, async ({ sessions }) => {
      const { reply } = await import('trestle')
      return reply(204, undefined, await sessions.begin('1'))
    }),
    change: post('/change', { use: { session }, returns: noContent() }, ({ session }) => void changed.push(session.id)),
    batch: batch(),
  })
  const server = await serve(app, { port: 0, host: '127.0.0.1', quiet: true, signals: false })
  const origin = `http://127.0.0.1:${server.port}`
  const own = { 'sec-fetch-site': 'same-origin', origin }
  // The login is in a batch too: its cookie is set, and not shown.
  const login = await together((path, init) => fetch(origin + path, init), [{ method: 'POST', path: '/login' }], own)
  const cookie = login.headers.getSetCookie()[0]?.split(';')[0] as string
  expect(cookie).toMatch(/^__Host-session=/)
  expect(login.replies).toEqual([
    { status: 204, headers: expect.not.objectContaining({ 'set-cookie': expect.anything() }) },
  ])
  // fetch sets these fields itself: what a browser sends is written to a socket.
  const send = async (fields: Record<string, string>): Promise<number> => {
    const body = JSON.stringify({ requests: [{ method: 'POST', path: '/change' }] })
    const all = { host: `127.0.0.1:${server.port}`, 'content-type': 'application/json', cookie, ...fields }
    const lines = Object.entries({ ...all, 'content-length': String(body.length), connection: 'close' })
    const socket = connect(server.port, '127.0.0.1')
    socket.end(`POST /batch HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`)
    let text = ''
    for await (const chunk of socket) text += chunk
    return JSON.parse(text.slice(text.indexOf('\r\n\r\n'))).replies[0].status
  }
  expect(await send({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })).toBe(403)
  expect(await send({ origin: 'https://evil.example' })).toBe(403)
  expect(await send({ 'sec-fetch-site': 'same-site' })).toBe(403)
  expect(await send({})).toBe(403)
  expect(changed).toEqual([])
  expect(await send(own)).toBe(204)
  expect(changed).toEqual(['1'])
  await server.stop()
})

test('what is undefined in the middle of dependencies is that request alone', async () => {
  const broken = depends({}, () => {
    throw new Error('no database')
  })
  const { createTestClient } = await import('trestle/testing')
  const app = api(quiet, { a: get('/a', { use: { broken } }, () => 1), b: get('/b', () => 2), batch: batch() })
  const client = await createTestClient(app)
  const { replies } = await together(client.fetch, [{ path: '/a' }, { path: '/b' }])
  expect(replies.map(({ status }) => status)).toEqual([500, 200])
  expect(client.failures).toHaveLength(1)
  await client.close()
})
