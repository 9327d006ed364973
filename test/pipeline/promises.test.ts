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
        page: get('/page', { returns: page.of(Item) }, () => ({ items: [row], next_cursor: null })),
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
})
