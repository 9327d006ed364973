import { api, get, group, mount, page, url } from 'trestle'
import { expect, test } from 'vitest'
import { z } from 'zod'

const orders = group('/orders', {
  list: get('/', { query: page.cursor({ status: z.string().optional() }) }, () => []),
  read: get('/{id}', { params: z.object({ id: z.int() }) }, () => 1),
  file: get('/{id}/files/{path...}', () => 1),
})
const shop = api({ orders })

test('a URL is filled from the params of its endpoint, escaped', () => {
  expect(url(shop.orders.read, { id: 7 })).toBe('/orders/7')
  expect(url(shop.orders.file, { id: 'a/b', path: 'x y/ü?.txt' })).toBe('/orders/a%2Fb/files/x%20y/%C3%BC%3F.txt')
})

test('query fields repeat for lists, and undefined is left out', () => {
  expect(url(shop.orders.list, {}, { status: ['open', 'paid'], limit: 3, cursor: undefined })).toBe(
    '/orders?status=open&status=paid&limit=3',
  )
})

test('prefixes of groups and mounts are in it', () => {
  const outer = api({ v1: mount('/v1', shop), nested: group('/a', { b: group('/b', { orders }) }) })
  expect(url(outer.v1.orders.read, { id: 7 })).toBe('/v1/orders/7')
  expect(url(outer.nested.b.orders.list, {})).toBe('/a/b/orders')
})

test('a missing or empty param is named', () => {
  expect(() => url(shop.orders.file, { id: '', path: 'x' })).toThrow(
    '/orders/{id}/files/{path...} needs a value for "id"',
  )
  expect(() => url(shop.orders.file, { path: 'x' } as never)).toThrow('needs a value for "id"')
})

test.each(['..', '.', 'a/../b', 'a/.'])('%s cannot lead to another endpoint', (path) => {
  expect(() => url(shop.orders.file, { id: '1', path })).toThrow('"." and ".." segments')
})
