import { type } from 'arktype'
import { expect, test } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'
import { holdsCodec } from '../../src/compile/zod-schema.ts'

const Codec = z.codec(z.string(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() })
interface Loop {
  next?: Loop | undefined
  at: Date
}
const Loop: z.ZodType<Loop> = z.lazy(() => z.object({ next: Loop.optional(), at: Codec }))

test.each([
  ['a codec', Codec],
  ['a field', z.object({ a: z.object({ b: Codec.nullable().optional() }) })],
  ['an item', z.array(Codec)],
  ['a tuple', z.tuple([z.string()], Codec)],
  ['a record', z.record(z.string(), Codec)],
  ['a map', z.map(z.string(), Codec)],
  ['a set', z.set(Codec)],
  ['a union', z.union([z.string(), Codec])],
  ['an intersection', z.intersection(z.object({ a: z.string() }), z.object({ b: Codec }))],
  ['a catchall', z.object({}).catchall(Codec)],
  ['a default', Codec.default(new Date(0))],
  ['a pipe', z.string().pipe(Codec)],
  ['a loop', Loop],
  ['stringbool, which is one', z.stringbool()],
  ['zod/mini', mini.object({ a: mini.optional(Codec) })],
])('found in %s', (_where, schema) => {
  expect(holdsCodec(schema)).toBe(true)
})

interface Chain {
  next?: Chain | undefined
}
const Chain: z.ZodType<Chain> = z.lazy(() => z.object({ next: Chain.optional() }))

test.each([
  ['plain fields', z.object({ a: z.string(), b: z.array(z.int()) })],
  ['a transform, which only goes forward', z.string().transform(Number)],
  ['a preprocess', z.preprocess(Number, z.number())],
  ['a loop without one', Chain],
  ['a schema of another library', type('string.date.parse')],
])('not found in %s', (_where, schema) => {
  expect(holdsCodec(schema)).toBe(false)
})
