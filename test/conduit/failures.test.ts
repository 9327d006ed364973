/** However a request fails, the answer has RealWorld's one shape. */
import { connect } from 'node:net'
import { api, get } from 'trestle'
import { ApiError, createClient } from 'trestle/client'
import { serve } from 'trestle/node'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { genericError } from '../../examples/conduit/errors.ts'
import { type Caller, conduit, startConduit } from './server.ts'

let server: Caller
let token: string
beforeAll(async () => {
  server = await startConduit()
  token = await server.register('jake')
})
afterAll(() => server.stop())

/** What an answer holds, once it is known to be `{"errors": {"body": [texts]}}` as JSON and nothing else. */
async function messagesOf(response: Response): Promise<string[]> {
  expect(response.headers.get('content-type')).toBe('application/json')
  const body = (await response.json()) as { errors: { body: string[] } }
  expect(body).toEqual({ errors: { body: expect.any(Array) } })
  expect(body.errors.body.length).toBeGreaterThan(0)
  for (const message of body.errors.body) expect(message).toMatch(/\S/)
  return body.errors.body
}

const JSON_TYPE = { 'content-type': 'application/json' }
const register = (body: BodyInit, headers: Record<string, string> = JSON_TYPE): [string, RequestInit] => [
  '/api/users',
  { method: 'POST', body, headers },
]

describe('a request that', () => {
  test.each<[string, number, [string, RequestInit?], string]>([
    ['asks for a path that there is not', 404, ['/nothing'], 'Nothing is here'],
    ['asks for a path that there is not under /api', 404, ['/api/nothing'], 'Nothing is here'],
    [
      'uses a method that a path does not have',
      405,
      ['/api/tags', { method: 'DELETE' }],
      'This path does not have that method',
    ],
    ['uses a method that nobody knows', 501, ['/api/tags', { method: 'BREW' }], 'This method is not known'],
    [
      'has a path that is no text',
      400,
      ['/api/articles/%ff'],
      'The path has percent-encoding that is not UTF-8, or a NUL',
    ],
    ['has a query that is no text', 422, ['/api/articles?tag=%ff'], 'query: '],
    ['has a path without end', 414, [`/api/articles/${'a'.repeat(9000)}`], 'The request target is too long'],
    ['has no body', 400, ['/api/users', { method: 'POST' }], 'The body is empty'],
    ['has a body that ends too soon', 400, register('{"user":'), 'JSON'],
    ['has a body of other bytes', 400, register(new Uint8Array([0xff, 0xfe])), 'The body is not UTF-8'],
    ['has a body that nests 1,000 deep', 400, register('['.repeat(1000)), ''],
    ['has a body of 2 MiB', 413, register(' '.repeat(2 ** 21)), 'The body may have 1048576 bytes'],
    [
      'has a body of another type',
      415,
      register('user=jake', { 'content-type': 'text/plain' }),
      'Send the body as application/json',
    ],
    [
      'has a body of a mutated type',
      415,
      register('{}', { 'content-type': 'application/json/x' }),
      'Send the body as application/json',
    ],
    ['has a body of no type', 415, register(new Uint8Array([0x7b, 0x7d]), {}), 'Say what the body is'],
    [
      'has a body in a coding that is not taken',
      415,
      register('{}', { ...JSON_TYPE, 'content-encoding': 'compress' }),
      'coding',
    ],
    ['has a body of the wrong shape', 422, register('[]'), 'body: '],
    ['lacks what wraps the body', 422, register('{}'), 'user: This field is required'],
    ['gives a query field twice', 422, ['/api/articles?limit=1&limit=2'], 'limit: '],
    ['gives a query field that is no number', 422, ['/api/articles?offset=x'], 'offset: '],
    ['has no token', 401, ['/api/user'], 'token: is missing'],
    [
      'has a token that is not ours',
      401,
      ['/api/user', { headers: { authorization: 'Token x' } }],
      'token: is not valid',
    ],
    ['asks for what is gone', 404, ['/api/articles/gone'], 'article: not found'],
  ])('%s: %i', async (_, status, [path, init], message) => {
    const response = await fetch(server.url + path, init)
    expect(response.status).toBe(status)
    expect((await messagesOf(response)).join()).toContain(message)
  })

  test('has several faults is told all of them, by the names of its fields', async () => {
    const user = { username: ' ', email: 'nobody', password: 7 }
    const response = await fetch(`${server.url}/api/users`, register(JSON.stringify({ user }))[1])
    expect(response.status).toBe(422)
    expect(await messagesOf(response)).toEqual([
      "username: can't be blank",
      'email: Invalid email address',
      expect.stringMatching(/^password: /),
    ])
  })

  test('has a fault in a list is told the place', async () => {
    const article = { title: 't', description: 'd', body: 'b', tagList: ['fine', ''] }
    const response = await fetch(`${server.url}/api/articles`, {
      method: 'POST',
      headers: { ...JSON_TYPE, authorization: `Token ${token}` },
      body: JSON.stringify({ article }),
    })
    expect(await messagesOf(response)).toEqual(["tagList.1: can't be blank"])
  })

  test('carries __proto__ is refused', async () => {
    const body = '{"user":{"username":"p","email":"p@test.com","password":"x","__proto__":{"bio":"polluted"}}}'
    const response = await fetch(`${server.url}/api/users`, register(body)[1])
    expect(response.status).toBe(400)
    expect(await messagesOf(response)).toEqual(['The key "__proto__" is not taken'])
  })

  test.each([
    ['is no HTTP', 'GET /api/tags HTTX/1.1\r\nHost: a\r\n\r\n'],
    ['has a header that is none', 'GET /api/tags HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n'],
    ['has a body of two lengths', 'POST /api/users HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nabcde'],
  ])('%s', async (_, bytes) => {
    const answer = await raw(bytes)
    expect(answer.status).toBe(400)
    await messagesOf(answer)
  })
})

describe('a failure of ours', () => {
  test('says nothing of what happened', async () => {
    const { store } = await import('../../examples/conduit/store/store.ts')
    const broken = {
      articles: {
        tags: () => {
          throw new Error('SQLITE_CORRUPT at /srv/conduit.db')
        },
      },
    }
    const { fetch, failures, close } = await createTestClient(conduit, { override: [[store, broken as never]] })
    const response = await fetch('/api/tags')
    expect(response.status).toBe(500)
    expect(await messagesOf(response)).toEqual(['Something went wrong on our side'])
    expect(String(failures[0])).toContain('SQLITE_CORRUPT')
    await close()
  })

  test('that takes too long', async () => {
    const slow = api(
      { errors: genericError, limits: { timeout: 30 } },
      { slow: get('/slow', ({ signal }) => new Promise((done) => signal.addEventListener('abort', done))) },
    )
    const running = await serve(slow, { port: 0, host: '127.0.0.1', quiet: true, signals: false, report: () => {} })
    const response = await fetch(`http://127.0.0.1:${running.port}/slow`)
    expect(response.status).toBe(503)
    expect(await messagesOf(response)).toEqual(['The reply took too long'])
    await running.stop()
  })
})

test('the typed client throws them with their status and body', async () => {
  const client = createClient<typeof conduit>(server.url, { headers: { authorization: `Token ${token}` } })
  const made = await client.articles.create({ body: { article: { title: 'By client', description: 'd', body: 'b' } } })
  expect(await client.articles.read({ params: { slug: made.article.slug } })).toEqual(made)
  const error = await client.articles.read({ params: { slug: 'gone' } }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ status: 404, problem: { errors: { body: ['article: not found'] } } })
})

/** Sends bytes as they are, and reads what comes until the server closes. */
function raw(bytes: string): Promise<Response> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    socket.setEncoding('utf8').setTimeout(5000, () => socket.destroy(new Error('no answer')))
    socket.on('data', (text) => {
      received += text
    })
    socket.on('error', reject)
    socket.on('end', () => {
      const [head = '', body = ''] = received.split('\r\n\r\n')
      const [line = '', ...fields] = head.split('\r\n')
      const headers = fields.map((field): [string, string] => [
        field.slice(0, field.indexOf(':')),
        field.slice(field.indexOf(':') + 1).trim(),
      ])
      resolve(new Response(body, { status: Number(line.split(' ')[1]), headers }))
      socket.destroy()
    })
  })
}
