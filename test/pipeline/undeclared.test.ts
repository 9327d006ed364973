import { Conflict, NotFound, api, created, get, group, post, reply } from 'trestle'
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
