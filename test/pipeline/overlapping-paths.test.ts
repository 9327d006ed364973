import { api, del, get, group, head, options, patch, post, put, reply } from 'trestle'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Connection } from '../matrix/connection.ts'
import { onEveryWire, overNode } from './wires.ts'

const places = { openapi: false, docs: false, redoc: false, reference: false } as const

const app = api(
  { places },
  {
    users: group('/users', {
      me: get('/me', () => 'me'),
      read: get('/{id}', ({ params }) => params),
      change: patch('/{id}', ({ params }) => params),
      orders: group('/{id}/orders', { list: get('/', ({ params }) => params), add: post('/', ({ params }) => params) }),
      drop: del('/me/orders', () => 'all of mine'),
    }),
    files: group('/files', {
      index: get('/index', () => 'index'),
      remove: del('/{name}', ({ params }) => params),
      save: put('/{path...}', ({ params }) => params),
    }),
    told: group('/told', {
      one: post('/one', () => 'one'),
      any: options('/{id}', ({ params }) => reply(200, params, { 'x-own': 'yes' })),
      seen: head('/{id}', () => undefined),
    }),
    numbers: group('/numbers', {
      last: get('/last', () => 'last'),
      set: put('/{n}', { params: z.object({ n: z.int() }) }, ({ params }) => params),
    }),
  },
)

onEveryWire('where several paths fit', (open) => {
  test.each([
    ['GET', '/users/me', 'me'],
    ['GET', '/users/7', { id: '7' }],
    ['PATCH', '/users/me', { id: 'me' }],
    ['GET', '/users/me/orders', { id: 'me' }],
    ['POST', '/users/me/orders', { id: 'me' }],
    ['DELETE', '/users/me/orders', 'all of mine'],
    ['DELETE', '/files/index', { name: 'index' }],
    ['PUT', '/files/index', { path: 'index' }],
    ['PUT', '/files/a%20b', { path: 'a b' }],
    ['PUT', '/files/a/b', { path: 'a/b' }],
    ['OPTIONS', '/told/one', { id: 'one' }],
  ])('%s %s is answered by the first that has the method', async (method, path, body) => {
    const { fetch } = await open(app)
    const answered = await fetch(path, { method })
    expect([answered.status, await answered.json()]).toEqual([200, body])
  })

  test.each([
    ['/users/me', 'GET, PATCH, HEAD, OPTIONS'],
    ['/users/7', 'GET, PATCH, HEAD, OPTIONS'],
    ['/users/me/orders', 'DELETE, GET, POST, HEAD, OPTIONS'],
    ['/files/index', 'GET, DELETE, PUT, HEAD, OPTIONS'],
    ['/files/other', 'DELETE, PUT, OPTIONS'],
    ['/files/a/b', 'PUT, OPTIONS'],
  ])('Allow of %s has the methods of all of them', async (path, allow) => {
    const { fetch } = await open(app)
    const told = await fetch(path, { method: 'OPTIONS' })
    expect([told.status, told.headers.get('allow')]).toEqual([204, allow])
    const refused = await fetch(path, { method: 'QUERY' })
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, allow])
  })

  test('HEAD is that of the first that has HEAD or GET', async () => {
    const { fetch } = await open(app)
    const me = await fetch('/users/me', { method: 'HEAD' })
    expect([me.status, me.headers.get('content-length')]).toEqual([200, '4'])
    expect((await fetch('/told/one', { method: 'HEAD' })).status).toBe(204)
    expect((await fetch('/files/other', { method: 'HEAD' })).status).toBe(405)
  })

  test('a parameter that does not take the text refuses it', async () => {
    const { fetch } = await open(app)
    expect((await fetch('/numbers/last', { method: 'PUT' })).status).toBe(422)
  })

  test('an unknown method is not implemented', async () => {
    const { fetch } = await open(app)
    expect((await fetch('/users/me', { method: 'BREW' })).status).toBe(501)
  })
})

onEveryWire('literals of one length', (open) => {
  test.each([
    [['aa', 'ab'], 'any'],
    [['aa', 'ab', 'ac', 'ad', 'ae'], 'ae'],
  ])('%j are told apart, and from what is none', async (words, last) => {
    const literals = Object.fromEntries(words.map((word) => [word, get(`/${word}/{id}`, () => word)]))
    const { fetch } = await open(api({ places }, { ...literals, any: get('/{any}/{id}', () => 'any') }))
    const asked = ['aa', 'ab', '%61b', 'ae', 'af', 'xa', 'a', 'aaa']
    const came = await Promise.all(asked.map(async (word) => (await fetch(`/${word}/7?ab`)).json()))
    expect(came).toEqual(['aa', 'ab', 'ab', last, 'any', 'any', 'any', 'any'])
  })
})

overNode('CONNECT', (open) => {
  test.each(['/{id}', '/{path...}'] as const)(
    'leads nowhere, not to %s: its target is no path (RFC 9110 §9.3.6)',
    async (path) => {
      const { port } = await open(api({ places }, { read: get(path, () => 1) }))
      const connection = await Connection.open(port as number)
      connection.write('CONNECT api.test:80 HTTP/1.1\r\nHost: api.test:80\r\n\r\n')
      const refused = await connection.reply('CONNECT')
      connection.end()
      expect([refused?.status, refused?.headers.find(([name]) => name === 'allow')?.[1]]).toEqual([405, ''])
    },
  )
})
