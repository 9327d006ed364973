import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { NotFound, api, csv, depends, get, ok, reply, rows } from 'trestle'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { MOST_GROWTH, measureRows } from '../load/rows-run.ts'
import { canMeasure } from '../load/subject.ts'
import { deferred, onEveryWire, overNode } from './wires.ts'

const quiet = { places: { openapi: false, docs: false, redoc: false, reference: false } } as const
const Item = z.object({ id: z.int(), name: z.string() })
const accepting = (accept: string): RequestInit => ({ headers: { accept } })
const items = [
  { id: 1, name: 'kettle', secret: 'not declared' },
  { id: 2, name: 'a "cup", blue' },
]

function streamOf<T>(values: readonly T[]): ReadableStream<T> {
  return new ReadableStream({
    start: (controller) => {
      for (const value of values) controller.enqueue(value)
      controller.close()
    },
  })
}

onEveryWire('Rows', (open) => {
  const shop = api(quiet, {
    listed: get('/listed', { returns: rows(Item) }, () => items),
    generated: get('/generated', { returns: rows(Item) }, async function* () {
      yield* items
    }),
    web: get('/web', { returns: rows(Item) }, () => streamOf(items)),
    none: get('/none', { returns: rows(Item) }, () => []),
    stated: get('/stated', { returns: ok(rows(Item), { description: 'All' }) }, () =>
      reply(200, items, { 'x-total': '2' }),
    ),
  })

  it.each([
    ['application/json', '[{"id":1,"name":"kettle"},{"id":2,"name":"a \\"cup\\", blue"}]'],
    ['application/x-ndjson', '{"id":1,"name":"kettle"}\n{"id":2,"name":"a \\"cup\\", blue"}\n'],
    ['text/csv', 'id,name\r\n1,kettle\r\n2,"a ""cup"", blue"\r\n'],
  ])('are %s, each without what it does not declare', async (type, text) => {
    const { fetch } = await open(shop)
    for (const path of ['/listed', '/generated', '/web', '/stated']) {
      const got = await fetch(path, accepting(type))
      expect([got.status, got.headers.get('content-type')?.split(';')[0], got.headers.get('vary')]).toEqual([
        200,
        type,
        'Accept',
      ])
      expect(await got.text()).toBe(text)
    }
    expect((await fetch('/stated')).headers.get('x-total')).toBe('2')
  })

  it.each([
    ['application/json', '[]'],
    ['application/x-ndjson', ''],
    ['text/csv', 'id,name\r\n'],
  ])('of which there are none are whole in %s', async (type, text) => {
    const { fetch } = await open(shop)
    expect(await (await fetch('/none', accepting(type))).text()).toBe(text)
  })

  it('have a column for each field of what is in them, and JSON for what is a list', async () => {
    const Deep = z.object({
      id: z.int(),
      customer: z.object({ name: z.string(), at: z.object({ city: z.string().optional() }) }).nullable(),
      tags: z.array(z.string()),
      extra: z.record(z.string(), z.int()),
      on: z.boolean().optional(),
      'a,b': z.string(),
    })
    const { fetch } = await open(
      api(quiet, {
        it: get('/', { returns: rows(Deep), formats: ['json', csv({ forSpreadsheets: true })] }, () => [
          {
            id: -1,
            customer: { name: '@SUM(A1)', at: {} },
            tags: ['x', 'y,z'],
            extra: { k: 1 },
            on: true,
            'a,b': '\t=1',
          },
          { id: 2, customer: null, tags: [], extra: {}, 'a,b': "it's fine - really" },
        ]),
      }),
    )
    expect(await (await fetch('/', accepting('text/csv'))).text()).toBe(
      'id,customer.name,customer.at.city,tags,extra,on,"a,b"\r\n' +
        `-1,'@SUM(A1),,"[""x"",""y,z""]","{""k"":1}",true,'\t=1\r\n` +
        `2,,,[],{},,it's fine - really\r\n`,
    )
  })

  it('of one empty field are no empty line', async () => {
    const { fetch } = await open(
      api(quiet, { it: get('/', { returns: rows(z.object({ a: z.string() })) }, () => [{ a: '' }, { a: 'x' }]) }),
    )
    expect(await (await fetch('/', accepting('text/csv'))).text()).toBe('a\r\n""\r\nx\r\n')
  })

  it.each([
    ['the source fails', 'the disk is gone', undefined],
    ['a row does not fit', undefined, { id: 'no number' }],
  ])('break off where %s: nobody takes a part for the whole, and it is told', async (_, message, row) => {
    const ended = deferred()
    const running = await open(
      api(quiet, {
        half: get('/half', { returns: rows(Item) }, async function* () {
          try {
            yield { id: 1, name: 'x'.repeat(40_000) }
            await sleep(30)
            if (message !== undefined) throw new Error(message)
            yield row as never
            yield { id: 3, name: 'never' }
          } finally {
            ended.resolve()
          }
        }),
      }),
    )
    const got = await running.fetch('/half', accepting('application/x-ndjson'))
    expect(got.status).toBe(200)
    await expect(got.text()).rejects.toThrow()
    await ended.promise
    expect(running.failures).toHaveLength(1)
    expect(String(running.failures[0]?.error)).toMatch(message ?? /half.*200.*1\.id|1\/id|1.*id/s)
  })

  it('are what a problem is where a generator throws before the first, and its end is seen to', async () => {
    const ended = deferred()
    const running = await open(
      api(quiet, {
        gone: get('/gone', { returns: rows(Item), throws: [NotFound] }, async function* ({ request }) {
          if (request.search === '') throw NotFound()
          yield items[0] as (typeof items)[0]
        }),
        wrong: get('/wrong', { returns: rows(Item) }, async function* () {
          try {
            yield { id: 'no number' } as never
          } finally {
            ended.resolve()
          }
        }),
      }),
    )
    expect((await running.fetch('/gone')).status).toBe(404)
    expect(await (await running.fetch('/gone?here')).json()).toHaveLength(1)
    expect((await running.fetch('/wrong')).status).toBe(500)
    await ended.promise
    expect(running.failures).toHaveLength(1)
  })

  it('end their source where their header fields cannot be sent, or their time is up', async () => {
    const [odd, slow] = [deferred(), deferred()]
    const running = await open(
      api(quiet, {
        odd: get('/odd', { returns: rows(Item) }, () => {
          const source = (async function* () {
            try {
              yield { id: 1, name: 'a' }
            } finally {
              odd.resolve()
            }
          })()
          return reply(200, source, { 'x-odd': 'a\nb' })
        }),
        slow: get('/slow', { returns: rows(Item), limits: { timeout: 30 } }, async function* ({ signal }) {
          try {
            await new Promise((resolve) => signal.addEventListener('abort', resolve))
            yield { id: 1, name: 'late' }
          } finally {
            slow.resolve()
          }
        }),
      }),
    )
    expect((await running.fetch('/odd')).status).toBe(500)
    await odd.promise
    expect((await running.fetch('/slow')).status).toBe(503)
    await slow.promise
  })

  it('are what a problem is where the handler throws before it gives any', async () => {
    const { fetch } = await open(
      api(quiet, {
        gone: get('/gone', { returns: rows(Item), throws: [NotFound] }, () => {
          throw NotFound()
        }),
      }),
    )
    expect((await fetch('/gone')).status).toBe(404)
  })

  it('are checked by schemas that take their time', async () => {
    const Slow = Item.refine(({ id }) => sleep(1, id > 0))
    const { fetch, failures } = await open(
      api(quiet, {
        good: get('/good', { returns: rows(Slow) }, () => items),
        bad: get('/bad', { returns: rows(Slow) }, () => [
          { id: 1, name: 'a' },
          { id: 0, name: 'b' },
        ]),
      }),
    )
    expect(await (await fetch('/good')).json()).toHaveLength(2)
    await expect(fetch('/bad').then((got) => got.text())).rejects.toThrow()
    expect(failures).toHaveLength(1)
  })

  it('of a slow source come when they are there', async () => {
    const more = deferred()
    const { fetch } = await open(
      api(quiet, {
        slow: get('/slow', { returns: rows(Item) }, async function* () {
          yield { id: 1, name: 'first' }
          await more.promise
          yield { id: 2, name: 'second' }
        }),
      }),
    )
    const got = await fetch('/slow', accepting('application/x-ndjson'))
    const reader = (got.body as ReadableStream<Uint8Array>).getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('{"id":1,"name":"first"}\n')
    more.resolve()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('{"id":2,"name":"second"}\n')
    expect((await reader.read()).done).toBe(true)
  })

  it('whose reader leaves end their source and release what it used', async () => {
    const source = deferred()
    const released = deferred<unknown>()
    const pool = depends({}, async function* () {
      released.resolve(yield 'pool')
    })
    const running = await open(
      api(quiet, {
        endless: get('/endless', { returns: rows(Item), use: { pool } }, async function* () {
          try {
            for (let id = 0; ; id++) {
              yield { id, name: 'x'.repeat(1000) }
              if (id % 100 === 0) await sleep(1)
            }
          } finally {
            source.resolve()
          }
        }),
      }),
    )
    const reader = ((await running.fetch('/endless')).body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    await reader.cancel()
    await source.promise
    expect(String(await released.promise)).toContain('left')
    expect(running.failures).toEqual([])
  })

  it.each([
    ['a number', 7],
    ['null', null],
    ['an object', {}],
  ])('that are %s are a failure', async (_, value) => {
    const { fetch, failures } = await open(
      api(quiet, { odd: get('/odd', { returns: rows(Item) }, () => value as never) }),
    )
    expect((await fetch('/odd')).status).toBe(500)
    expect(String(failures[0]?.error)).toContain('rows()')
  })
})

overNode('Rows over a connection', (open) => {
  it('that break off have no last chunk', async () => {
    const { port } = await open(
      api(quiet, {
        half: get('/half', { returns: rows(Item) }, async function* () {
          yield { id: 1, name: 'a' }
          await sleep(30)
          throw new Error('gone')
        }),
      }),
    )
    const socket = connect(port as number, '127.0.0.1')
    socket.write('GET /half HTTP/1.1\r\nHost: a\r\n\r\n')
    let all = ''
    for await (const piece of socket) all += piece
    expect(all).toContain('transfer-encoding: chunked')
    expect(all).toContain('{"id":1,"name":"a"}')
    expect(all).not.toContain('\r\n0\r\n')
  })

  it('that nobody reads are not made', async () => {
    let made = 0
    const { port } = await open(
      api(quiet, {
        many: get('/many', { returns: rows(Item) }, async function* () {
          for (; made < 2_000_000; made++) yield { id: made, name: 'x'.repeat(100) }
        }),
      }),
    )
    const socket = connect(port as number, '127.0.0.1')
    socket.pause()
    socket.write('GET /many HTTP/1.1\r\nHost: a\r\n\r\n')
    let before = -1
    for (let i = 0; i < 100 && before !== made; i++) {
      before = made
      await sleep(200)
    }
    // What the system holds for a socket is some megabytes.
    expect(made).toBeLessThan(200_000)
    socket.destroy()
  })
})

describe.runIf(canMeasure)('A hundred thousand rows', () => {
  it.each(['application/json', 'application/x-ndjson', 'text/csv'] as const)(
    'in %s need no memory to speak of',
    async (type) => {
      const { count, growth } = await measureRows({ type, count: 100_000 })
      expect(count).toBe(100_000)
      expect(growth).toBeLessThan(MOST_GROWTH)
    },
  )

  it('that are held by their source are seen to need some', async () => {
    const { growth } = await measureRows({ type: 'text/csv', count: 300_000, source: 'held' })
    expect(growth).toBeGreaterThan(MOST_GROWTH)
  })
})
