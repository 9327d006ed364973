import { Conflict, api, created, get, post, put, reply } from 'trestle'
import { batch } from 'trestle/batch'
import { type TestClient, createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { bodyOf, together } from './calls.ts'

/** What a request in a batch takes of the replies to those before it. */

const app = api({
  make: post(
    '/things',
    { body: z.object({ name: z.string() }), returns: created(z.object({ id: z.string() })) },
    (given) => ({
      id: given.body.name,
    }),
  ),
  echo: post('/echo', { body: z.unknown() }, ({ body, request }) => ({
    body,
    field: request.header('if-match'),
    type: request.header('content-type'),
  })),
  read: get('/things/{id}', ({ params, request }) =>
    reply(200, { ...params, search: request.search }, { etag: '"v1"' }),
  ),
  list: get('/list', () => ({ items: [{ id: 1 }, { id: 2 }], none: null, 'a/b~c': 'odd' })),
  fails: put('/fails', { throws: [Conflict] }, () => {
    throw Conflict()
  }),
  batch: batch(),
})
let client: TestClient<typeof app>
beforeAll(async () => {
  client = await createTestClient(app)
})
afterAll(() => client.close())
const ask = (...requests: object[]) => together(client.fetch, requests)
const made = (name: string, id = 'made') => ({ id, method: 'POST', path: '/things', body: { name } })
const echo = (copy: Record<string, string>, body: unknown = {}) => ({ method: 'POST', path: '/echo', body, copy })

test('a path takes a value as one segment, or one value of its query, whatever is in it', async () => {
  for (const name of [
    'plain',
    'a/b',
    '../admin',
    'a?b=c&d#e',
    '%2F',
    '{x#/body}',
    'ü €',
    '\r\nx: y',
    '//evil.example',
  ]) {
    const { replies } = await ask(made(name), { path: '/things/{made#/body/id}?q={made#/body/id}&last=1' })
    if (name === '../admin' || name === '..') continue
    const one = replies[1] as { status: number; body: { id: string; search: string } }
    expect([name, one.status, one.body.id]).toEqual([name, 200, name])
    expect(new URLSearchParams(one.body.search).get('q')).toBe(name)
  }
})

test('dots are no way out: what is taken leads nowhere else', async () => {
  for (const name of ['..', '.', '../things']) {
    const { replies } = await ask(made(name), { path: '/things/{made#/body/id}' })
    expect([name, replies[1]?.status]).toEqual([name, 400])
  }
})

test('a body takes values of any kind, at any place that there is', async () => {
  const copy = {
    '/body/id': 'made#/body/id',
    '/body/status': 'made#/status',
    '/body/type': 'made#/headers/content-type',
    '/body/list/0': 'list#/body/items/1',
    '/body/list/-': 'list#/body/items',
    '/body/none': 'list#/body/none',
    '/body/a~1b': 'list#/body/a~1b~0c',
  }
  const { replies } = await ask(made('m'), { id: 'list', path: '/list' }, echo(copy, { list: ['x'], kept: true }))
  const { body } = bodyOf<{ body: object }>(replies[2])
  expect(body).toEqual({
    list: [{ id: 2 }, [{ id: 1 }, { id: 2 }]],
    kept: true,
    id: 'm',
    status: 201,
    type: 'application/json',
    none: null,
    'a/b': 'odd',
  })
})

test('a body gets no prototype: it is refused as it would be alone', async () => {
  const { replies } = await ask(
    made('m'),
    echo({ '/body/__proto__': 'made#/body' }),
    echo({ '/body/__proto__/x': 'made#/body' }),
  )
  expect(replies.map(({ status }) => status)).toEqual([201, 400, 400])
  expect(({} as { id?: string }).id).toBeUndefined()
})

test('the whole body, and header fields such as a condition', async () => {
  const read = { id: 'read', path: '/things/7' }
  const { replies } = await ask(
    read,
    echo({ '/headers/If-Match': 'read#/headers/etag', '/body': 'read#/body' }, undefined),
  )
  expect(replies[1]?.body).toEqual({ body: { id: '7', search: '' }, field: '"v1"', type: 'application/json' })
})

test('what looks like a reference in a body is what it looks like, and no reference', async () => {
  const body = { $from: 'made', pointer: '/body/id', text: '{made#/body/id}', copy: { '/body': 'made#/body' } }
  const { replies } = await ask(made('secret'), { method: 'POST', path: '/echo', body })
  expect(bodyOf<{ body: object }>(replies[1]).body).toEqual(body)
})

test('what cannot be taken is 424, and so is what needs that; the rest is done', async () => {
  const { status, replies } = await ask(
    { id: 'fails', method: 'PUT', path: '/fails' },
    { id: 'second', ...echo({ '/body/x': 'fails#/body/code' }) },
    { path: '/things/{second#/body/x}' },
    { id: 'list', path: '/list' },
    { path: '/things/{list#/body/items}' },
    { path: '/things/{list#/body/missing}' },
    echo({ '/body/x': 'list#/body/items/01' }),
    echo({ '/body/x/y': 'list#/status' }),
    made('done'),
  )
  expect(status).toBe(200)
  expect(replies.map((one) => [one.status, (one.body as { code?: string }).code])).toEqual([
    [409, 'conflict'],
    [424, 'failed_dependency'],
    [424, 'failed_dependency'],
    [200, undefined],
    [424, 'failed_dependency'],
    [424, 'failed_dependency'],
    [424, 'failed_dependency'],
    [400, 'bad_request'],
    [201, undefined],
  ])
  expect(replies[1]?.body).toMatchObject({ detail: '"fails" was answered with 409' })
  expect(replies[5]?.body).toMatchObject({ detail: 'The reply to "list" has nothing at /body/missing' })
})

test('what is taken does not grow for ever: neither by many copies, nor by copies of copies', async () => {
  const big = { id: 'big', ...echo({}, 'x'.repeat(300_000)) }
  const copies = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`/body/${at}`, 'big#/body']))
  const grown = await ask(big, echo(copies(3)), echo(copies(1)), { path: `/list?${'{big#/body/body}'.repeat(400)}` })
  expect(grown.replies.map(({ status }) => status)).toEqual([200, 200, 413, 413])

  const doubled = Array.from({ length: 30 }, (_, at) => ({
    id: `n${at}`,
    ...echo(at === 0 ? {} : { '/body/0': `n${at - 1}#/body`, '/body/1': `n${at - 1}#/body` }, ['xxxxxxxxxx', 'y']),
  }))
  const { replies } = await ask(...doubled)
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 413, 424]))

  const many = await ask(big, echo(copies(101)), { path: '/{}'.repeat(100_000) }, { path: '{}'.repeat(4000) })
  expect(many.status).toBe(422)
  expect(many.problem.errors[0]).toMatchObject({ pointer: '/body/requests/1/copy', code: 'too_big' })
  expect(many.problem.errors.length).toBeLessThan(200)
})

test('what is named must be there, and before: the whole is refused, and nothing is done', async () => {
  const { status, problem } = await ask(
    { id: 'a', path: '/things/{b#/body/id}' },
    { id: 'b', path: '/things/{b#/body/id}' },
    { id: 'b', path: '/things/{nobody#/body/id}' },
    { path: '/things/{a}' },
    { path: '/things/{' },
    { path: '/things/{a#/request/x}' },
    echo({ '/path': 'a#/body', '/headers': 'a#/body', nowhere: 'a#/body', '/body/x': 'a' }),
    { id: 'no id!', path: '/' },
  )
  expect(status).toBe(422)
  // The schema is asked first.
  expect(problem.errors).toMatchObject([{ pointer: '/body/requests/7/id' }])

  const again = await ask(
    { id: 'a', path: '/things/{b#/body/id}' },
    { id: 'b', path: '/things/{b#/body/id}' },
    { id: 'b', path: '/things/{nobody#/body/id}' },
    { path: '/things/{a}' },
    { path: '/things/{' },
    { path: '/things/{a#/request/x}' },
    echo({ '/path': 'a#/body', '/headers': 'a#/body', nowhere: 'a#/body', '/body/x': 'a' }),
  )
  expect(again.status).toBe(422)
  expect(again.problem.errors.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code])).toEqual([
    ['/body/requests/0/path', 'unknown_reference'],
    ['/body/requests/1/path', 'unknown_reference'],
    ['/body/requests/2/path', 'unknown_reference'],
    ['/body/requests/2/id', 'repeated'],
    ['/body/requests/3/path', 'invalid_reference'],
    ['/body/requests/4/path', 'invalid_reference'],
    ['/body/requests/5/path', 'invalid_reference'],
    ['/body/requests/6/copy/~1path', 'invalid_pointer'],
    ['/body/requests/6/copy/~1headers', 'invalid_pointer'],
    ['/body/requests/6/copy/nowhere', 'invalid_pointer'],
    ['/body/requests/6/copy/~1body~1x', 'invalid_reference'],
  ])
  expect(client.failures).toEqual([])
})
