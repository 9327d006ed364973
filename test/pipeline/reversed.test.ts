import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { reversed } from '../../src/compile/reversed.ts'
import type { ZodSchema } from '../../src/compile/zod-schema.ts'

/** A schema that is turned around parses what the schema itself encodes, and gives the same. */

const Instant = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
})
const Big = z.codec(z.string().regex(/^\d+$/), z.bigint(), { decode: BigInt, encode: String })
const date = new Date('2026-01-02T03:04:05.678Z')

const schemas: Record<string, z.ZodType> = {
  codec: Instant,
  'codec in a codec': z.codec(Big, z.string(), {
    decode: (n) => `<${n}>`,
    encode: (text) => BigInt(text.replace(/\D/g, '')),
  }),
  object: z.object({ at: Instant, name: z.string().min(2) }),
  'strict object': z.strictObject({ at: Instant }),
  'loose object': z.looseObject({ at: Instant }),
  'object with a catchall': z.object({ at: Instant }).catchall(Big),
  nested: z.object({ inner: z.object({ at: Instant.nullable(), many: z.array(Big).optional() }), n: z.int() }),
  array: z.array(z.object({ at: Instant })),
  record: z.record(z.string(), Instant),
  tuple: z.tuple([Instant, z.string()], Big),
  readonly: z.object({ at: Instant }).readonly(),
  'a default beside': z.object({ at: Instant, n: z.number().default(3) }),
  'a default around': z.object({ at: Instant.default(date) }),
}

const values: readonly unknown[] = [
  date,
  new Date(Number.NaN),
  12n,
  -12n,
  '<7>',
  null,
  undefined,
  'text',
  { at: date, name: 'ab', more: 1 },
  { at: date, name: 'a' },
  { at: 'text', name: 'ab' },
  { at: date },
  { at: date, more: 5n },
  { at: date, more: 'x' },
  { at: date, n: 4 },
  { at: undefined },
  {},
  { inner: { at: null }, n: 1 },
  { inner: { at: date, many: [1n, 2n] }, n: 1 },
  { inner: { at: date, many: [1n, 'x'] }, n: 1.5 },
  [{ at: date }, { at: date }],
  [{ at: date }, { at: null }],
  [date, 'x', 1n, 2n],
  [date, 'x', 'y'],
  [],
  Object.create({ at: date }),
  JSON.parse('{"__proto__":{"at":1}}'),
]

describe.each(Object.entries(schemas))('%s', (_, schema) => {
  const turned = reversed(schema as unknown as ZodSchema)
  const ready = z.compile(turned as unknown as z.ZodType)

  test.each(values.map((value, i) => [i, value] as const))('encodes value %i as it is encoded by zod', (_, value) => {
    const expected = z.safeEncode(schema, value)
    const seen = ready.safeParse(value)
    expect(seen.success).toBe(expected.success)
    expect(seen.data).toEqual(expected.data)
    const pathsOf = (result: { error?: z.ZodError | undefined }) =>
      result.error?.issues.map(({ path }) => path.join('.'))
    expect(pathsOf(seen)).toEqual(pathsOf(expected))
  })
})

test.each([
  ['a transform', z.object({ at: Instant, size: z.string().transform((text) => text.length) })],
  ['a check of the whole', z.object({ at: Instant, n: z.number() }).refine(({ n }) => n > 1)],
  ['a union', z.union([Instant, Big])],
  [
    'a lazy schema',
    z.object({
      at: Instant,
      get inner() {
        return z.string().optional()
      },
      more: z.lazy(() => Big),
    }),
  ],
])('%s is left to zod', (_, schema) => {
  expect(reversed(schema as unknown as ZodSchema)).toBeUndefined()
})
