import { type } from 'arktype'
import * as v from 'valibot'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { api, created, get, page, post, reply } from 'trestle'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'
import { json, onEveryWire } from './wires.ts'

const places = { openapi: false, docs: false, redoc: false, reference: false } as const

/** The same endpoints in each library. */
const shops = {
  zod: api(
    { places },
    {
      read: get(
        '/orders/{id}',
        {
          params: z.object({ id: z.int() }),
          query: z.object({
            limit: z.int().optional(),
            tags: z.array(z.string()).optional(),
            dry: z.boolean().optional(),
          }),
          returns: z.object({ id: z.int(), tags: z.array(z.string()) }),
        },
        ({ params, query }) => ({ id: params.id + (query.limit ?? 0), tags: query.tags ?? [], secret: 1 }),
      ),
      create: post(
        '/orders',
        {
          body: z.object({ name: z.string().min(1), qty: z.int().min(1) }),
          returns: created(z.object({ id: z.int(), name: z.string() })),
        },
        ({ body }) => ({ id: body.qty, name: body.name, secret: 1 }),
      ),
      wrong: get('/wrong', { returns: z.object({ id: z.int() }) }, () => ({ id: 'x' }) as never),
    },
  ),
  'zod/mini': api(
    { places },
    {
      read: get(
        '/orders/{id}',
        {
          params: mini.object({ id: mini.int() }),
          query: mini.object({
            limit: mini.optional(mini.int()),
            tags: mini.optional(mini.array(mini.string())),
            dry: mini.optional(mini.boolean()),
          }),
          returns: mini.object({ id: mini.int(), tags: mini.array(mini.string()) }),
        },
        ({ params, query }) => ({ id: params.id + (query.limit ?? 0), tags: query.tags ?? [], secret: 1 }),
      ),
      create: post(
        '/orders',
        {
          body: mini.object({ name: mini.string().check(mini.minLength(1)), qty: mini.int().check(mini.minimum(1)) }),
          returns: created(mini.object({ id: mini.int(), name: mini.string() })),
        },
        ({ body }) => ({ id: body.qty, name: body.name, secret: 1 }),
      ),
      wrong: get('/wrong', { returns: mini.object({ id: mini.int() }) }, () => ({ id: 'x' }) as never),
    },
  ),
  valibot: api(
    { places },
    {
      read: get(
        '/orders/{id}',
        {
          params: toStandardJsonSchema(v.object({ id: v.pipe(v.number(), v.integer()) })),
          query: toStandardJsonSchema(
            v.object({
              limit: v.optional(v.number()),
              tags: v.optional(v.array(v.string())),
              dry: v.optional(v.boolean()),
            }),
          ),
          returns: v.object({ id: v.number(), tags: v.array(v.string()) }),
        },
        ({ params, query }) => ({ id: params.id + (query.limit ?? 0), tags: query.tags ?? [], secret: 1 }),
      ),
      create: post(
        '/orders',
        {
          body: v.object({
            name: v.pipe(v.string(), v.minLength(1)),
            qty: v.pipe(v.number(), v.integer(), v.minValue(1)),
          }),
          returns: created(v.object({ id: v.number(), name: v.string() })),
        },
        ({ body }) => ({ id: body.qty, name: body.name, secret: 1 }),
      ),
      wrong: get('/wrong', { returns: v.object({ id: v.number() }) }, () => ({ id: 'x' }) as never),
    },
  ),
  arktype: api(
    { places },
    {
      read: get(
        '/orders/{id}',
        {
          params: type({ id: 'number.integer' }),
          query: type({ 'limit?': 'number', 'tags?': 'string[]', 'dry?': 'boolean' }),
          returns: type({ '+': 'delete', id: 'number', tags: 'string[]' }),
        },
        ({ params, query }) => ({ id: params.id + (query.limit ?? 0), tags: query.tags ?? [], secret: 1 }),
      ),
      create: post(
        '/orders',
        {
          body: type({ name: 'string >= 1', qty: 'number.integer >= 1' }),
          returns: created(type({ '+': 'delete', id: 'number', name: 'string' })),
        },
        ({ body }) => ({ id: body.qty, name: body.name, secret: 1 }),
      ),
      wrong: get('/wrong', { returns: type({ id: 'number' }) }, () => ({ id: 'x' }) as never),
    },
  ),
}

onEveryWire('Schemas', (open) => {
  describe.each(Object.entries(shops))('of %s', (_, shop) => {
    const pointers = async (answer: Response): Promise<string[]> => {
      expect(answer.status).toBe(422)
      const { errors } = await answer.json()
      for (const error of errors)
        expect(error).toEqual({
          pointer: expect.any(String),
          code: expect.stringMatching(/^\w+$/),
          message: expect.stringMatching(/./),
        })
      return errors.map(({ pointer }: { pointer: string }) => pointer)
    }

    it('get text as what they ask for, and drop what a reply does not declare', async () => {
      const running = await open(shop)
      expect(await (await running.fetch('/orders/40?limit=2&tags=a&tags=b&dry=true')).json()).toEqual({
        id: 42,
        tags: ['a', 'b'],
      })
      expect(await (await running.fetch('/orders/40?tags=a')).json()).toEqual({ id: 40, tags: ['a'] })
    })

    it('refuse each field by its pointer', async () => {
      const running = await open(shop)
      expect(await pointers(await running.fetch('/orders/x'))).toEqual(['/params/id'])
      expect(await pointers(await running.fetch('/orders/1.5'))).toEqual(['/params/id'])
      expect((await pointers(await running.fetch('/orders/x?limit=many&dry=maybe'))).toSorted()).toEqual([
        '/params/id',
        '/query/dry',
        '/query/limit',
      ])
      expect((await pointers(await running.fetch('/orders', json({ name: '', qty: true })))).toSorted()).toEqual([
        '/body/name',
        '/body/qty',
      ])
      expect(await pointers(await running.fetch('/orders', json({ name: 'a' })))).toEqual(['/body/qty'])
    })

    it('make a reply, with its Location', async () => {
      const running = await open(shop)
      const answer = await running.fetch('/orders', json({ name: 'tea', qty: 7 }))
      expect([answer.status, answer.headers.get('location'), await answer.json()]).toEqual([
        201,
        '/orders/7',
        { id: 7, name: 'tea' },
      ])
    })

    it('let no other reply out', async () => {
      const running = await open(shop)
      expect((await running.fetch('/wrong')).status).toBe(500)
      expect(String(running.failures[0]?.error)).toContain('wrong returned what its 200 reply does not declare: id: ')
    })
  })

  it('of one library stand beside those of another', async () => {
    const running = await open(
      api(
        { places },
        {
          mixed: post(
            '/mixed/{id}',
            {
              params: type({ id: 'number' }),
              body: v.object({ a: v.string() }),
              returns: z.object({ id: z.int(), a: z.string() }),
            },
            ({ params, body }) => ({ ...params, ...body }),
          ),
          paged: get(
            '/paged',
            {
              query: page.cursor({ kind: type("'a' | 'b'"), least: v.optional(v.string()) }),
              returns: page.of(v.object({ id: v.number() })),
            },
            ({ query }) => ({ items: [{ id: query.limit, secret: query.kind }], next_cursor: null }),
          ),
        },
      ),
    )
    expect(await (await running.fetch('/mixed/7', json({ a: 'b' }))).json()).toEqual({ id: 7, a: 'b' })
    expect(await (await running.fetch('/paged?kind=a&limit=3')).json()).toEqual({
      items: [{ id: 3 }],
      next_cursor: null,
    })
    expect(
      (await (await running.fetch('/paged?kind=c&limit=0')).json()).errors
        .map(({ pointer }: { pointer: string }) => pointer)
        .toSorted(),
    ).toEqual(['/query/kind', '/query/limit'])
  })

  it('of arktype that are unions drop what the member that fits does not declare', async () => {
    const Either = type({ a: 'number' }).or({ b: 'number', inner: { c: 'number' } })
    const Optional = type({ id: 'number', 'name?': 'string' }).or({ id: 'number', 'total?': 'number' })
    const Kinds = type({ kind: "'a'", n: 'number' }).or({ kind: "'b'", n: 'string' })
    const rows = { '/a': { a: 1, secret: 1 }, '/b': { b: 1, inner: { c: 1, secret: 1 }, secret: 1 }, '/none': { c: 1 } }
    const give = ({ request }: { request: { path: string } }): never => rows[request.path as keyof typeof rows] as never
    const running = await open(
      api(
        { places },
        {
          a: get('/a', { returns: Either }, give),
          b: get('/b', { returns: Either }, give),
          none: get('/none', { returns: Either }, give),
          maybe: get('/maybe', { returns: Either.or('null') }, () => null),
          named: get('/named', { returns: Optional }, () => ({ id: 1, name: 'x' })),
          counted: get('/counted', { returns: Optional }, () => ({ id: 1, total: 2 })),
          kinds: get('/kinds', { returns: type({ all: Kinds.array() }) }, () => ({
            all: [{ kind: 'a', n: 1, secret: 1 } as const],
          })),
        },
      ),
    )
    expect(await (await running.fetch('/a')).json()).toEqual({ a: 1 })
    expect(await (await running.fetch('/b')).json()).toEqual({ b: 1, inner: { c: 1 } })
    expect((await running.fetch('/none')).status).toBe(500)
    expect(String(running.failures[0]?.error)).toContain('none returned what its 200 reply does not declare')
    expect(await (await running.fetch('/maybe')).json()).toBe(null)
    expect(await (await running.fetch('/named')).json()).toEqual({ id: 1, name: 'x' })
    expect(await (await running.fetch('/counted')).json()).toEqual({ id: 1, total: 2 })
    expect(await (await running.fetch('/kinds')).json()).toEqual({ all: [{ kind: 'a', n: 1 }] })
  })

  it('that take their time are waited for: refinements that ask somebody else', async () => {
    const Name = z.string().refine(async (name) => name !== 'taken', 'taken')
    const running = await open(
      api(
        { places },
        {
          create: post(
            '/',
            {
              query: z.object({ name: Name.optional() }),
              body: z.object({ name: Name }),
              returns: z.object({ name: Name }),
            },
            ({ body }) => (body.name === 'later' ? { name: 'taken' } : body),
          ),
        },
      ),
    )
    expect((await running.fetch('/', json({ name: 'free' }))).status).toBe(200)
    const { errors } = await (await running.fetch('/?name=taken', json({ name: 'taken' }))).json()
    expect(errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual(['/body/name', '/query/name'])
    expect((await running.fetch('/', json({ name: 'later' }))).status).toBe(500)
  })

  it('that fail themselves are a 500, not a 422', async () => {
    const broken = z.string().refine(() => {
      throw new Error('hunter2')
    })
    const running = await open(
      api(
        { places },
        {
          create: post('/', { body: broken }, () => ({})),
          reads: get('/', { returns: broken }, () => reply(200, 'x')),
        },
      ),
    )
    for (const answer of [await running.fetch('/', json('x')), await running.fetch('/')]) {
      expect(answer.status).toBe(500)
      expect(await answer.text()).not.toContain('hunter2')
    }
  })

  it('with codecs give the handler the decoded value and the caller the encoded one', async () => {
    const When = z.codec(z.iso.datetime(), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString(),
    })
    const running = await open(
      api(
        { places },
        {
          shift: post(
            '/',
            { body: z.object({ at: When }), returns: z.object({ at: When }) },
            ({ body }) => ({ at: new Date(body.at.getTime() + 1000), secret: 1 }) as never,
          ),
        },
      ),
    )
    expect(await (await running.fetch('/', json({ at: '2026-01-01T00:00:00Z' }))).json()).toEqual({
      at: '2026-01-01T00:00:01.000Z',
    })
    expect((await running.fetch('/', json({ at: 'now' }))).status).toBe(422)
  })
})
