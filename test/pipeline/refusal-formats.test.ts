import { type Api, api, errorEnvelope, errorFormat, get, group, mount, patch, post } from 'trestle'
import { expect, test } from 'vitest'
import { onEveryWire } from './wires.ts'

const old = api(
  { errors: errorEnvelope },
  {
    items: group('/items', { list: get('/', () => []), read: get('/{id}', ({ params }) => params) }),
    root: get('/', () => 'old'),
  },
)
const app = api({
  v1: mount('/v1', old),
  tenants: mount('/{tenant}/v1', old),
  v2: group('/v2', { list: get('/items', () => []) }),
  mixed: group('/mixed', {
    old: group('/both', { errors: errorEnvelope }, { add: post('/{id}', () => 1) }),
    now: patch('/both/own', () => 1),
    more: get('/more', () => 1),
  }),
})

const PROBLEM = 'application/problem+json'
const ENVELOPE = 'application/json'

onEveryWire('a request that no endpoint takes is refused in the format', (open) => {
  test.each([
    ['of the path, without the method', 'PUT', '/v1/items', 405, ENVELOPE],
    ['of the path with a parameter, without the method', 'PUT', '/v1/items/7', 405, ENVELOPE],
    ['of the mounted API itself', 'PUT', '/v1', 405, ENVELOPE],
    ['of the path, by a method that is none', 'BREW', '/v1/items', 501, ENVELOPE],
    ['of all below a path that is none', 'GET', '/v1/nothing/at/all', 404, ENVELOPE],
    ['of all below, in a segment that is no text', 'GET', '/v1/items/%ff', 400, ENVELOPE],
    ['of all below, where the last segment is no text', 'GET', '/v1/%ff', 400, ENVELOPE],
    ['of all below a prefix with a parameter', 'GET', '/acme/v1/nothing', 404, ENVELOPE],
    ['of the outer API, beside what is mounted', 'GET', '/v2/nothing', 404, PROBLEM],
    ['of the outer API, without the method', 'PUT', '/v2/items', 405, PROBLEM],
    ['of the outer API, where nothing is', 'GET', '/', 404, PROBLEM],
    ['of the outer API, where those below differ', 'GET', '/mixed/nothing', 404, PROBLEM],
    ['of the outer API, where those of the path differ', 'GET', '/mixed/both/own', 405, PROBLEM],
    ['of the one of two paths that fits', 'GET', '/mixed/both/other', 405, ENVELOPE],
  ])('%s', async (_, method, path, status, type) => {
    const { fetch, failures } = await open(app)
    const reply = await fetch(path, { method })
    expect([reply.status, reply.headers.get('content-type')]).toEqual([status, type])
    expect(await reply.json()).toHaveProperty(type === ENVELOPE ? 'error.code' : 'code')
    expect(reply.headers.has('allow')).toBe(status === 405)
    expect(failures).toEqual([])
  })

  test('with Allow for OPTIONS as ever', async () => {
    const { fetch } = await open(app)
    const reply = await fetch('/v1/items', { method: 'OPTIONS' })
    expect([reply.status, reply.headers.get('allow'), await reply.text()]).toEqual([204, 'GET, HEAD, OPTIONS', ''])
  })

  test('of the outer API where the inner one fails, which is told', async () => {
    const failing: Api = api(
      {
        errors: errorFormat({
          name: 'Failing',
          mediaType: 'application/json',
          schema: () => ({}),
          body: () => {
            throw new Error('no such text')
          },
        }),
      },
      { read: get('/read', () => 1) },
    )
    const { fetch, failures } = await open(api({ v1: mount('/v1', failing), home: get('/', () => 1) }))
    const reply = await fetch('/v1/nothing')
    expect([reply.status, reply.headers.get('content-type')]).toEqual([500, PROBLEM])
    expect(failures.map(({ error }) => String(error))).toEqual(['Error: no such text'])
  })
})
