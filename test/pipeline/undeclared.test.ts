import { Conflict, NotFound, api, created, get, group, noContent, post, problem, reply } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'

test('a problem that is not declared is sent, and told once', async () => {
  const shop = api({
    orders: group('/orders', {
      read: get('/{id}', { throws: [NotFound] }, ({ params }) => {
        throw params.id === '1' ? NotFound() : Conflict()
      }),
    }),
  })
  const { fetch, failures, close } = await createTestClient(shop)
  expect((await fetch('/orders/1')).status).toBe(404)
  expect(failures).toEqual([])
  expect((await fetch('/orders/2')).status).toBe(409)
  expect((await fetch('/orders/2')).status).toBe(409)
  expect(failures.map(String)).toEqual([
    'Error: orders.read threw the problem "conflict", which it does not declare: ' +
      'list it in "throws" of the endpoint, its group, its API or the dependency that throws it',
  ])
  await close()
})

test('a reply that is not declared is not sent, and told with its mend', async () => {
  const shop = api({
    bare: post('/bare', () => reply(201, { id: 7 })),
    other: post('/other', { returns: created(z.object({ id: z.int() })) }, () => reply(202, { id: 7 }) as never),
    odd: post('/odd', () => reply(207)),
  })
  const { fetch, failures, close } = await createTestClient(shop)
  for (const path of ['/bare', '/other', '/odd']) {
    const answer = await fetch(path, { method: 'POST' })
    expect([answer.status, JSON.stringify(await answer.json())]).toEqual([500, expect.not.stringContaining('returns')])
  }
  expect(failures.map(String)).toEqual([
    'Error: bare stated a 201 reply, which it does not declare: add created(schema) to its "returns"',
    'Error: other stated a 202 reply, which it does not declare: add accepted(schema) to its "returns"',
    'Error: odd stated a 207 reply, which it does not declare: add status(207, undefined) to its "returns"',
  ])
  await close()
})

test('a problem that is returned is as one that is thrown', async () => {
  const Gone = problem('gone_for_good', { status: 410, extra: z.object({ sku: z.string() }) })
  const throws = [NotFound, Gone]
  const shop = api({
    bare: get('/bare', { throws }, () => NotFound()),
    late: get('/late', { throws }, async () => Gone({ sku: 'tea' })),
    hook: get('/hook', { throws, before: [() => NotFound()] }, () => 'made'),
    after: get('/after', { throws, after: [() => NotFound()] }, () => 'made'),
    declared: get('/declared', { throws, returns: z.looseObject({}), before: [() => NotFound()] }, () => ({})),
    empty: get('/empty', { throws, returns: noContent(), before: [() => NotFound()] }, () => {}),
  })
  const { fetch, failures, close } = await createTestClient(shop)
  for (const path of ['/bare', '/hook', '/after', '/declared', '/empty']) {
    const answer = await fetch(path)
    expect([path, answer.status, (await answer.json()).code]).toEqual([path, 404, 'not_found'])
  }
  expect(await (await fetch('/late')).json()).toMatchObject({ status: 410, code: 'gone_for_good', sku: 'tea' })
  expect(failures).toEqual([])
  await close()
})

test('an error that is returned is told, and says nothing outside', async () => {
  const broken = new Error('hunter2')
  const shop = api({ bare: get('/bare', () => broken), hook: get('/hook', { before: [() => broken] }, () => 'made') })
  const { fetch, failures, close } = await createTestClient(shop)
  for (const path of ['/bare', '/hook']) {
    const answer = await fetch(path)
    expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('hunter2')])
  }
  expect(failures).toEqual([broken, broken])
  await close()
})

const LIST = 'return an array or a plain object, or add stream() to its "returns"'
const BYTES = 'add bytes() to its "returns"'

test.each<[string, () => unknown, string]>([
  ['Response', () => new Response('x'), 'return what its body is, or reply(status, body, headers)'],
  ['Map', () => new Map([['a', 1]]), LIST],
  ['Set', () => new Set([1]), LIST],
  ['URLSearchParams', () => new URLSearchParams('a=1'), LIST],
  ['Uint8Array', () => new Uint8Array([1]), BYTES],
  ['Buffer', () => Buffer.from('x'), BYTES],
  ['ArrayBuffer', () => new ArrayBuffer(1), BYTES],
  ['Blob', () => new Blob(['x']), 'add file() to its "returns"'],
  ['ReadableStream', () => new Blob(['x']).stream(), LIST],
  ['Object', () => ({ [Symbol.iterator]: () => [1].values() }), LIST],
])('%s that is returned where no reply is declared is told, with its mend', async (name, give, mend) => {
  const shop = api({ bare: get('/bare', give), stated: get('/stated', () => reply(200, give())) })
  const { fetch, failures, close } = await createTestClient(shop)
  for (const path of ['/bare', '/stated']) expect((await fetch(path)).status).toBe(500)
  expect(failures.map(String)).toEqual(
    ['bare', 'stated'].map((operation) => `TypeError: ${operation} returned ${name}, which JSON cannot carry: ${mend}`),
  )
  await close()
})

test('a generator that is returned where no reply is declared is told, with its mend', async () => {
  const shop = api({
    some: get('/some', function* () {
      yield 1
    }),
    slow: get('/slow', async function* () {
      yield 1
    }),
  })
  const { fetch, failures, close } = await createTestClient(shop)
  for (const path of ['/some', '/slow']) expect((await fetch(path)).status).toBe(500)
  expect(failures.map(String)).toEqual([
    `TypeError: some returned a generator, which JSON cannot carry: ${LIST}`,
    `TypeError: slow returned a generator, which JSON cannot carry: ${LIST}`,
  ])
  await close()
})

test('what JSON has a form for is sent where no reply is declared', async () => {
  class Row {
    readonly id = 1
  }
  const rows = Object.assign(new Set([1]), { toJSON: () => [1] })
  const values: readonly unknown[] = [{}, [], new Row(), Object.create(null), rows, new Date(0), null, 0, '', [{}]]
  const shop = api({ read: get('/{i}', ({ params }) => values[Number(params.i)]) })
  const { fetch, failures, close } = await createTestClient(shop)
  const sent: unknown[] = []
  for (const i of values.keys()) sent.push(await (await fetch(`/${i}`)).json())
  expect(sent).toEqual([{}, [], { id: 1 }, {}, [1], '1970-01-01T00:00:00.000Z', null, 0, '', [{}]])
  expect(failures).toEqual([])
  await close()
})
