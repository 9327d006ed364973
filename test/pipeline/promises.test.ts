import { api, get, page, post } from 'trestle'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { json, onEveryWire } from './wires.ts'

/** Codecs and refinements that ask somebody else. */

const names = new Map([[1, 'tea']])
/** Not an `async` function: nobody can see beforehand that it gives a promise. */
const nameOf = (id: number): Promise<string> => {
  const name = names.get(id)
  return name === undefined ? Promise.reject(new Error('the shop is closed')) : Promise.resolve(name)
}
const Name = z.codec(z.string(), z.int(), {
  decode: async (name) => [...names].find(([, other]) => other === name)?.[0] ?? 0,
  encode: nameOf,
})
const Item = z.object({ item: Name, qty: z.int() })

let unheard: unknown[]
const hear = (error: unknown): void => void unheard.push(error)
beforeEach(() => {
  unheard = []
  process.on('unhandledRejection', hear)
})
afterEach(() => {
  process.off('unhandledRejection', hear)
})

onEveryWire('What gives promises', (open) => {
  it('in a reply is waited for: by itself, in objects, lists, unions, pages', async () => {
    const row = { item: 1, qty: 2, secret: 'canary' }
    const { fetch } = await open(
      api({
        bare: get('/bare', { returns: Name }, () => 1),
        object: get('/object', { returns: Item }, () => row),
        list: get('/list', { returns: z.array(Item) }, () => [row, row]),
        union: get('/union', { returns: z.union([z.object({ no: z.string() }), Item]) }, () => row),
        page: get('/page', { query: page.cursor(), returns: page.of(Item) }, () => ({
          items: [row],
          next_cursor: null,
        })),
      }),
    )
    const sent = { item: 'tea', qty: 2 }
    for (const [path, expected] of [
      ['/bare', 'tea'],
      ['/object', sent],
      ['/list', [sent, sent]],
      ['/union', sent],
      ['/page', { items: [sent], next_cursor: null }],
    ] as const) {
      for (const _time of [1, 2]) expect(await (await fetch(path)).json(), path).toEqual(expected)
    }
  })

  it('in a reply is waited for, though the first replies had no need of it', async () => {
    const Maybe = z.object({ item: Name.optional() })
    const { fetch } = await open(
      api({ maybe: get('/{is}', { returns: Maybe }, ({ params }) => (params.is === 'yes' ? { item: 1 } : {})) }),
    )
    const replies: unknown[] = []
    for (const is of ['no', 'yes', 'no', 'yes']) replies.push(await (await fetch(`/${is}`)).json())
    expect(replies).toEqual([{}, { item: 'tea' }, {}, { item: 'tea' }])
  })

  it('in a reply and fails is a 500 that is told, and ends nothing', async () => {
    const { fetch, failures } = await open(
      api({
        closed: get('/closed/{id}', { returns: Item }, ({ params }) => ({ item: Number(params.id), qty: 1 })),
        wrong: get('/wrong', { returns: Item }, () => ({ item: 1, qty: 'x' }) as never),
      }),
    )
    expect((await fetch('/closed/2')).status).toBe(500)
    expect((await fetch('/closed/1')).status).toBe(200)
    expect((await fetch('/closed/2')).status).toBe(500)
    expect((await fetch('/wrong')).status).toBe(500)
    expect(failures.map(({ error }) => String(error))).toEqual([
      'Error: the shop is closed',
      'Error: the shop is closed',
      expect.stringContaining('wrong returned what its 200 reply does not declare: qty: '),
    ])
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(unheard).toEqual([])
  })

  it('in a body and fails is a 500 that is told, ends nothing and is asked once', async () => {
    let asked = 0
    const Free = z.string().refine(async (name) => {
      asked++
      if (name === 'broken') throw new Error('the shop is closed')
      return name !== 'taken'
    })
    const { fetch, failures } = await open(
      api({ create: post('/', { body: z.object({ name: Free }) }, ({ body }) => body) }),
    )
    const statuses: number[] = []
    for (const name of [7, 'broken', 'free', 'taken', 'broken']) {
      statuses.push((await fetch('/', json({ name }))).status)
    }
    expect(statuses).toEqual([422, 500, 200, 422, 500])
    expect(failures.map(({ error }) => String(error))).toEqual(Array(2).fill('Error: the shop is closed'))
    const before = asked
    await fetch('/', json({ name: 'free' }))
    expect(asked - before).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(unheard).toEqual([])
  })

  const away = (): Promise<boolean> => Promise.reject(new Error('the shop is closed'))
  const field = (schema: z.ZodType): z.ZodType => z.object({ n: z.string(), e: schema.optional() })
  /** What asks somebody on its second value at the earliest. `async` says so beforehand, an arrow does not. */
  const seldom: Readonly<Record<string, z.ZodType>> = {
    'a refinement declared async': field(z.email().refine(async () => away())),
    'a refinement': field(z.email().refine(away)),
    'a refinement of all': field(z.string()).refine((value) => (value as { e?: string }).e === undefined || away()),
    'a check': field(z.string().superRefine(away as never)),
    'a custom schema': field(z.custom(away)),
    'a transform': field(z.string().transform(away)),
    'a codec': field(z.codec(z.string(), z.boolean(), { decode: away, encode: String })),
    'one of a union': field(z.union([z.string().transform(away), z.int()])),
    'an item': z.object({ n: z.string(), e: z.array(z.string().refine(away)).optional() }),
    'a lazy one': z.object({ n: z.string(), e: z.lazy(() => z.string().refine(away)).optional() }),
    'one of two': field(z.string().refine(away).refine(away)),
    'one with a condition': field(z.string().refine(away, { when: () => true })),
    'one that catches': z.object({ n: z.string(), e: z.string().refine(away).optional().catch('x') }),
    'one beside another': z.object({ n: z.string(), e: z.string().refine(away).optional(), f: z.any().refine(away) }),
  }

  it.each(Object.keys(seldom))(
    'in a field that few bodies have, %s that fails is a 500 and ends nothing',
    async (name) => {
      const body = seldom[name] as z.ZodType
      const { fetch, failures } = await open(api({ create: post('/', { body }, () => 'made') }))
      const e = name === 'an item' ? ['a@b.cd'] : 'a@b.cd'
      if (name !== 'one beside another') expect((await fetch('/', json({ n: 'x' }))).status).toBe(200)
      expect((await fetch('/', json({ n: 'x', e }))).status).toBe(500)
      expect((await fetch('/', json({ n: 'x', e }))).status).toBe(500)
      expect(failures.map(({ error }) => String(error))).toEqual(Array(2).fill('Error: the shop is closed'))
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect(unheard).toEqual([])
    },
  )

  it('beside what throws ends nothing', async () => {
    const broken = (): never => {
      throw new Error('a fault')
    }
    const { fetch, failures } = await open(
      api({
        fields: post('/fields', { body: z.object({ e: z.string().refine(away), f: z.any().refine(broken) }) }, () => 1),
        one: post(
          '/one',
          {
            body: z.object({
              e: z
                .string()
                .refine(async () => away())
                .refine(broken),
            }),
          },
          () => 1,
        ),
        both: post('/both', { body: z.object({ e: z.string().refine(away).transform(broken) }) }, () => 1),
      }),
    )
    for (const path of ['/fields', '/one', '/both']) {
      for (const _time of [1, 2]) expect((await fetch(path, json({ e: 'x', f: 1 }))).status).toBe(500)
    }
    expect(failures).toHaveLength(6)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(unheard).toEqual([])
  })

  it('in one of a union and fails ends nothing, though another accepts the value', async () => {
    const name = z.union([z.string().refine(away), z.string()])
    const { fetch } = await open(api({ create: post('/', { body: z.object({ name }) }, ({ body }) => body) }))
    for (const _time of [1, 2]) expect((await fetch('/', json({ name: 'x' }))).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(unheard).toEqual([])
  })

  it('does what it did where the schema is used by itself', async () => {
    const Free = z.string().refine((name) => Promise.resolve(name !== 'taken'))
    await open(api({ create: post('/', { body: z.object({ name: Free }) }, ({ body }) => body) }))
    expect(() => Free.safeParse('free')).toThrow(z.core.$ZodAsyncError)
    expect((await Free.safeParseAsync('taken')).success).toBe(false)
  })

  it('in a query and fails while the body is read, or where the body is refused, ends nothing', async () => {
    const query = z.object({ name: z.string().refine(away) })
    const { fetch, failures } = await open(api({ create: post('/', { query, body: z.object({}) }, () => 'made') }))
    let send: (piece: Uint8Array | undefined) => void = () => {}
    const late = new ReadableStream<Uint8Array>({
      start: (to) => {
        send = (piece) => (piece === undefined ? to.close() : to.enqueue(piece))
      },
    })
    const headers = { 'content-type': 'application/json' }
    const reply = fetch('/?name=x', { method: 'POST', headers, body: late, duplex: 'half' } as RequestInit)
    send(new TextEncoder().encode('{'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    send(new TextEncoder().encode('}'))
    send(undefined)
    expect((await reply).status).toBe(500)
    expect((await fetch('/?name=x', { method: 'POST', headers, body: '{' })).status).toBe(400)
    expect((await fetch('/?name=x', { method: 'POST', body: '{}' })).status).toBe(415)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(unheard).toEqual([])
    expect(failures.map(({ error }) => String(error))).toEqual(['Error: the shop is closed'])
  })

  it('where there is no body is waited for', async () => {
    const Body = z.object({ name: z.string() }).optional()
    const open_ = Body.refine(async (body) => body !== undefined || names.has(1), 'empty')
    const closed = Body.refine(async () => away())
    const { fetch, failures } = await open(
      api({
        open: post('/open', { body: open_ }, ({ body }) => body ?? 'none'),
        closed: post('/closed', { body: closed }, () => 'made'),
      }),
    )
    expect(await (await fetch('/open', { method: 'POST' })).json()).toBe('none')
    expect((await fetch('/closed', { method: 'POST' })).status).toBe(500)
    expect(failures.map(({ error }) => String(error))).toEqual(['Error: the shop is closed'])
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(unheard).toEqual([])
  })
})
