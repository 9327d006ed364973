import { expect, test } from 'vitest'
import { z } from 'zod'
import { NotFound, Problem, problem } from '../../src/index.ts'

const Sold = problem('sold', { status: 409 })
const OutOfStock = problem('out_of_stock', { status: 409, extra: z.object({ sku: z.string() }) })
const Late = problem('late', { status: 503, extra: z.object({ by: z.int() }).optional() })

test('a problem without members of its own takes only what happened this time', () => {
  const cause = new Error('inner')
  const thrown = Sold({ detail: 'To somebody else', headers: { 'retry-after': '1' }, cause })
  expect(thrown).toBeInstanceOf(Problem)
  expect(thrown).toMatchObject({ code: 'sold', extra: undefined, detail: 'To somebody else', cause })
  expect(thrown.headers).toEqual({ 'retry-after': '1' })
  expect(Sold()).toMatchObject({ code: 'sold', extra: undefined, detail: undefined })
  expect(NotFound({ detail: 'No order 7' })).toMatchObject({ status: 404, detail: 'No order 7' })
})

test('a problem with members of its own takes them first', () => {
  expect(OutOfStock({ sku: 'tea' }, { detail: 'No tea' })).toMatchObject({ extra: { sku: 'tea' }, detail: 'No tea' })
  expect(Late({ by: 3 })).toMatchObject({ extra: { by: 3 }, detail: undefined })
  expect(Late(undefined, { detail: 'Soon' })).toMatchObject({ extra: undefined, detail: 'Soon' })
})

test('wrong arguments do not compile', () => {
  // @ts-expect-error: the sku is missing
  expect(OutOfStock().extra).toBeUndefined()
  // @ts-expect-error: it has no members of its own
  expect(Sold({ sku: 'tea' }).extra).toBeUndefined()
})
