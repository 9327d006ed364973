import { Forbidden, NotFound, api, depends, get, isProblem } from 'trestle'
import { bearer, permissions } from 'trestle/auth'
import { createTestClient } from 'trestle/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'

interface User {
  readonly id: string
  readonly tenant: string
  readonly isAdmin: boolean
}

interface Order {
  readonly id: string
  readonly tenant: string
  readonly owner: string
}

const may = permissions({
  'orders.read': (user: User, order: Order) =>
    order.tenant === user.tenant ? user.isAdmin || order.owner === user.id : 'hidden',
})

const user = (id: string, tenant = 'a', isAdmin = false): User => ({ id, tenant, isAdmin })
const orders = new Map<string, Order>([['1', { id: '1', tenant: 'a', owner: 'ada' }]])
const one = orders.get('1') as Order

describe('permissions', () => {
  test('are asked', () => {
    expect(may.can('orders.read', user('ada'), one)).toBe(true)
    expect(may.can('orders.read', user('bob'), one)).toBe(false)
    expect(may.can('orders.read', user('bob', 'a', true), one)).toBe(true)
    expect(may.can('orders.read', user('eve', 'b', true), one)).toBe(false)
  })

  test('are checked, and give what they let have', () => {
    const found = may.check('orders.read', user('ada'), orders.get('1'))
    expectTypeOf(found).toEqualTypeOf<Order>()
    expect(found).toBe(one)
    expect(thrown(() => may.check('orders.read', user('bob'), one))).toBe('forbidden')
    expect(thrown(() => may.check('orders.read', user('eve', 'b'), one))).toBe('not_found')
    expect(thrown(() => may.check('orders.read', user('ada'), orders.get('2')))).toBe('not_found')
    expect(thrown(() => may.check('orders.read', user('ada'), null))).toBe('not_found')
  })

  test('are nobody’s by accident', () => {
    const careless = permissions({
      'orders.read': (async () => false) as unknown as (user: User, order: Order) => boolean,
    })
    expect(() => careless.check('orders.read', user('ada'), one)).toThrow(
      `permissions: "orders.read" gives object: give true, false or 'hidden'`,
    )
    expect(() => may.can('orders.remove' as 'orders.read', user('ada'), one)).toThrow('there is no "orders.remove"')
    expect(() => may.can('constructor' as 'orders.read', user('ada'), one)).toThrow('there is no "constructor"')
  })

  test('types fit', () => {
    // @ts-expect-error an order is no user
    expect(() => may.can('orders.read', one, one)).not.toThrow()
    // @ts-expect-error there is no such permission
    expect(() => may.can('orders.pay', user('ada'), one)).toThrow()
  })
})

function thrown(work: () => unknown): string | undefined {
  try {
    work()
  } catch (error) {
    if (isProblem(error, NotFound) || isProblem(error, Forbidden)) return error.code
    throw error
  }
  return undefined
}

test('a tenant sees nothing of another, over HTTP either', async () => {
  const token = bearer({}, (id) => ({ id }), { principal: ({ id }) => id })
  const caller = depends({ token }, ({ token }) => user(token.id, token.id === 'eve' ? 'b' : 'a'))
  const app = api({
    read: get('/orders/{id}', { use: { caller }, throws: [Forbidden, NotFound] }, ({ params, caller }) =>
      may.check('orders.read', caller, orders.get(params.id)),
    ),
  })
  const { fetch, close, failures } = await createTestClient(app)
  const ask = async (path: string, id: string) => {
    const reply = await fetch(path, { headers: { authorization: `Bearer ${id}` } })
    return [reply.status, await reply.text()]
  }
  expect(await ask('/orders/1', 'ada')).toEqual([200, JSON.stringify(one)])
  expect((await ask('/orders/1', 'bob'))[0]).toBe(403)
  const hidden = await ask('/orders/1', 'eve')
  expect(hidden[0]).toBe(404)
  expect(await ask('/orders/2', 'eve')).toEqual(hidden)
  expect(failures).toEqual([])
  await close()
})
