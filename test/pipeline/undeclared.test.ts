import { Conflict, NotFound, api, get, group } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'

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
