import { api, get, group, implement, mount, url } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'

const items = group('/{order}/items', {
  list: get('/', () => []),
  read: get('/{item}', ({ params }) => ({ ...params })),
})
const shop = api({
  orders: group('/orders', { items }),
  tenants: mount('/{tenant}', api({ me: get('/me', () => 'me') })),
})

test('parameters of a prefix are asked for where an endpoint is called', async () => {
  const { client } = await createTestClient(shop)

  const params = { order: '7', item: 'tea' }
  expect(await client.orders.items.read({ params })).toEqual(params)
  expect(url(shop.orders.items.read, params)).toBe('/orders/7/items/tea')
  expect(url(shop.tenants.me, { tenant: 'ann' })).toBe('/ann/me')

  // @ts-expect-error the prefix has {order}
  await expect(client.orders.items.read({ params: { item: 'tea' } })).rejects.toThrow('order')
  // @ts-expect-error the prefix has {order}
  await expect(client.orders.items.list()).rejects.toThrow('order')
  // @ts-expect-error the prefix has {tenant}
  expect(() => url(shop.tenants.me, {})).toThrow('tenant')
})

test('a handler that is given later sees the parameters of prefixes', async () => {
  const contract = api({ items: group('/{order}/items', { read: get('/{item}', {}) }) })
  const orders = implement(contract, { items: { read: ({ params }) => `${params.order} ${params.item}` } })
  expect(await (await (await createTestClient(orders)).fetch('/7/items/tea')).json()).toBe('7 tea')
})

test('a schema of parameters says them all', async () => {
  const params = z.object({ order: z.int(), item: z.string() })
  const app = api({ items: group('/{order}/items', { read: get('/{item}', { params }, ({ params }) => params) }) })
  const { client } = await createTestClient(app)
  expect(await client.items.read({ params: { order: 7, item: 'tea' } })).toEqual({ order: 7, item: 'tea' })
})
