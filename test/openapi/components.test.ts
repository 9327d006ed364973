import { api, created, get, ok, page, post } from 'trestle'
import { toOpenApi } from 'trestle/openapi'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

const Item = z.object({ sku: z.string(), qty: z.int().default(1) })
const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` })

async function schemasOf(given: Parameters<typeof toOpenApi>[0]) {
  const { components } = await toOpenApi(given)
  const { Problem: _, ...schemas } = components.schemas ?? {}
  return schemas
}

describe('names', () => {
  test('come from the API first, then from .meta({ id }), then from the operation', async () => {
    const A = z.object({ a: z.string() }).meta({ id: 'ById' })
    const B = z.object({ b: z.string() }).meta({ id: 'ById2' })
    const C = z.object({ c: z.string() })
    const names = Object.keys(
      await schemasOf(api({ schemas: { Given: A } }, { x: { y: post('/', { body: B, returns: [A, created(C)] }) } })),
    )
    expect(names).toEqual(['ById2', 'Given', 'XYReply201'])
  })

  test('are given to what is a body before what is an item of one, by the first to use it', async () => {
    const Order = z.object({ id: z.string() })
    const given = api({
      orders: { list: get('/', { returns: page.of(Order) }), read: get('/{id}', { returns: Order }) },
      lines: { all: get('/lines', { returns: z.array(z.object({ n: z.int() })) }) },
    })
    expect(Object.keys(await schemasOf(given))).toEqual(['LinesAllItem', 'OrdersReadReply'])
  })

  test('are not given to what has no fields', async () => {
    const given = api({
      a: post('/a', { body: z.string(), returns: z.record(z.string(), z.int()) }),
      b: get('/b', { returns: z.union([z.string(), z.int()]) }),
      c: get('/c', { returns: z.enum(['x', 'y']) }),
    })
    expect(await schemasOf(given)).toEqual({})
  })

  test('of nested schemas are referred to, with what is said beside them', async () => {
    const Named = Item.meta({ id: 'Line' })
    const given = api({
      a: get('/a', { returns: z.object({ one: Named.describe('The first'), none: Named.nullable() }) }),
    })
    expect(await schemasOf(given)).toMatchObject({
      AReply: {
        properties: {
          one: { ...refTo('Line'), description: 'The first' },
          none: { anyOf: [refTo('Line'), { type: 'null' }] },
        },
      },
    })
  })

  test('that two schemas claim are an error that names both places', async () => {
    const A = z.object({ a: z.string() }).meta({ id: 'Clash' })
    const B = z.object({ b: z.string() })
    await expect(
      toOpenApi(api({ schemas: { Clash: B } }, { a: get('/a', { returns: A }), b: get('/b', { returns: B }) })),
    ).rejects.toThrow(
      'two different schemas are named "Clash": in "Clash" in the schemas of the API and in the 200 reply of a',
    )
  })

  test('that JSON pointers or generators cannot hold are an error', async () => {
    await expect(toOpenApi(api({ schemas: { 'No good': Item } }, { a: get('/a', { returns: Item }) }))).rejects.toThrow(
      '"No good"',
    )
  })

  test('taken by the error format are an error', async () => {
    const Problem = z.object({ what: z.string() })
    await expect(toOpenApi(api({ schemas: { Problem } }, { a: get('/a', { returns: Problem }) }))).rejects.toThrow(
      '"Problem"',
    )
  })
})

describe('the two sides of a schema', () => {
  test('are one component where they are the same', async () => {
    const Same = z.object({ a: z.string(), b: z.int().optional() }).meta({ id: 'Same' })
    expect(Object.keys(await schemasOf(api({ a: post('/a', { body: Same, returns: Same }) })))).toEqual(['Same'])
  })

  test('are two where they differ, in themselves or in what they hold', async () => {
    const Line = Item.meta({ id: 'Line2' })
    const Cart = z.object({ lines: z.array(Line) }).meta({ id: 'Cart' })
    expect(await schemasOf(api({ a: post('/a', { body: Cart, returns: Cart }) }))).toMatchObject({
      Cart: { properties: { lines: { items: refTo('Line2') } } },
      CartInput: { properties: { lines: { items: refTo('Line2Input') } } },
      Line2: { required: ['sku', 'qty'] },
      Line2Input: { required: ['sku'] },
    })
  })

  test('keep the plain name where only one side is used', async () => {
    expect(Object.keys(await schemasOf(api({ a: post('/a', { body: Item.meta({ id: 'Sent' }) }) })))).toEqual(['Sent'])
  })

  test('differ in strictness: callers may not add fields, replies may grow', async () => {
    const Strict = z.strictObject({ a: z.string() }).meta({ id: 'Strict' })
    const { Strict: reply, StrictInput: request } = await schemasOf(
      api({ a: post('/a', { body: Strict, returns: Strict }) }),
    )
    expect(request).toHaveProperty('additionalProperties', false)
    expect(reply).not.toHaveProperty('additionalProperties')
  })
})

describe('replies', () => {
  test('with a codec have its input, and always the fields that have defaults', async () => {
    const Day = z.codec(z.iso.date(), z.date(), {
      decode: (day) => new Date(day),
      encode: (day) => day.toISOString().slice(0, 10),
    })
    const Visit = z.object({ day: Day, guests: z.int().default(1), note: z.string().optional() })
    expect(await schemasOf(api({ a: get('/a', { returns: Visit }) }))).toEqual({
      AReply: {
        type: 'object',
        required: ['day', 'guests'],
        properties: {
          day: { type: 'string', format: 'date' },
          guests: { type: 'integer', default: 1 },
          note: { type: 'string' },
        },
      },
    })
  })

  test('with a transform and no codec have what it gives', async () => {
    const Count = z.object({ n: z.string().transform(Number).pipe(z.int()) })
    expect(await schemasOf(api({ a: post('/a', { body: Count, returns: ok(Count) }) }))).toMatchObject({
      ABody: { properties: { n: { type: 'integer' } } },
      ABodyInput: { properties: { n: { type: 'string' } } },
    })
  })
})

describe('schemas that hold themselves', () => {
  test('are named after where they stand', async () => {
    interface Part {
      parts: Part[]
    }
    const Part: z.ZodType<Part> = z.lazy(() => z.object({ parts: z.array(Part) }))
    const given = api({ machine: get('/m', { returns: z.object({ engine: Part }) }) })
    expect(await schemasOf(given)).toEqual({
      MachineReply: { type: 'object', required: ['engine'], properties: { engine: refTo('MachineReplyEngine') } },
      MachineReplyEngine: {
        type: 'object',
        required: ['parts'],
        properties: { parts: { type: 'array', items: refTo('MachineReplyEngine') } },
      },
    })
  })

  test('by way of each other, of which one is named, need no second name', async () => {
    const Author = z
      .object({
        get books() {
          return z.array(Book)
        },
      })
      .meta({ id: 'Author' })
    const Book = z.object({
      get author() {
        return Author
      },
    })
    const given = api({ shelf: get('/s', { returns: z.object({ top: Author, first: z.array(Book) }) }) })
    const found = await schemasOf(given)
    expect(Object.keys(found)).toEqual(['Author', 'ShelfReply'])
    expect(found.Author).toMatchObject({
      properties: { books: { items: { properties: { author: refTo('Author') } } } },
    })
  })
})

describe('what zod adds', () => {
  const { object, email, iso, uuid, string, int, number, ipv6 } = z
  test.each([
    ['a format instead of its pattern', uuid(), { type: 'string', format: 'uuid' }],
    ['an address', email(), { type: 'string', format: 'email' }],
    [
      'an address with a pattern of your own',
      email().regex(/@shop/),
      { type: 'string', format: 'email', pattern: '@shop' },
    ],
    ['a time', iso.datetime({ offset: true }), { type: 'string', format: 'date-time' }],
    [
      'a time without a zone, which RFC 3339 has no format for',
      iso.datetime({ local: true }).min(4),
      expect.not.objectContaining({ format: 'date-time' }),
    ],
    ['a long pattern', ipv6(), { type: 'string', format: 'ipv6' }],
    ['how text begins, which is no format', string().startsWith('a'), { type: 'string', pattern: '^a.*' }],
    ['whole numbers', int(), { type: 'integer' }],
    ['whole numbers with a bound', int().min(1), { type: 'integer', minimum: 1 }],
    ['numbers', number().max(2), { type: 'number', maximum: 2 }],
    ['a record', z.record(string(), int()), { type: 'object', additionalProperties: { type: 'integer' } }],
  ])('%s', async (_what, schema, expected) => {
    const found = await schemasOf(api({ a: post('/a', { body: object({ it: schema }) }) }))
    expect(found.ABody).toHaveProperty('properties.it', expected)
  })

  test('data that looks like a schema stays as it is', async () => {
    const example = { minimum: Number.MIN_SAFE_INTEGER, additionalProperties: false, $schema: 'x' }
    const found = await schemasOf(
      api({ a: get('/a', { returns: z.object({ it: z.any() }).meta({ examples: [example] }) }) }),
    )
    expect(found.AReply).toHaveProperty('examples', [example])
  })

  test('fields named like keywords are fields', async () => {
    const body = z.object({ properties: z.int(), format: z.uuid(), id: z.string(), additionalProperties: z.boolean() })
    const found = await schemasOf(api({ a: post('/a', { body }) }))
    expect(Object.keys(found.ABody?.properties as object)).toEqual([
      'properties',
      'format',
      'id',
      'additionalProperties',
    ])
  })
})
