import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import { api, bytes, get, group, post } from 'trestle'
import { createTestClient } from 'trestle/testing'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'

const row = { n: 1, inner: { a: 'x', hidden: 1 }, secret: 'canary' }

test.each([
  ['zod', z.object({ n: z.int(), inner: z.object({ a: z.string() }) })],
  ['valibot', toStandardJsonSchema(v.object({ n: v.number(), inner: v.object({ a: v.string() }) }))],
  ['arktype', type({ n: 'number', inner: { a: 'string' } })],
])('a field that the schema does not declare never leaves: %s', async (_library, returns) => {
  const { fetch, close } = await createTestClient(api({ read: get('/', { returns }, () => row) }))
  expect(await (await fetch('/')).json()).toEqual({ n: 1, inner: { a: 'x' } })
  await close()
})

test('a reply that may be undefined is refused at start', async () => {
  const read = get('/', { returns: z.object({ n: z.int() }).optional() }, () => undefined)
  await expect(createTestClient(api({ read }))).rejects.toThrow('the whole reply may be undefined')
})

test.each([
  ['Image/PNG', 'image/png'],
  ['text/csv; header=present', 'text/csv'],
])('a body declared as %s is taken as %s', async (declared, sent) => {
  const save = post('/', { body: bytes(declared) }, ({ body }) => body.byteLength)
  const { fetch, close } = await createTestClient(api({ save }))
  const reply = await fetch('/', { method: 'POST', headers: { 'content-type': sent }, body: 'abc' })
  expect([reply.status, await reply.json()]).toEqual([200, 3])
  await close()
})

test('a member that is undefined is named', () => {
  const member = undefined as never
  expect(() => api({ orders: member })).toThrow('"orders" is undefined: check for modules that import each other')
  expect(() => group('/orders', { read: member })).toThrow('"read" is undefined')
})
