import { connect } from 'node:net'
import { api, depends, get, post, stream } from 'trestle'
import { expect, it } from 'vitest'
import { deferred, onEveryWire, overNode } from './wires.ts'

const quiet = { places: { openapi: false, docs: false, redoc: false, reference: false } } as const
const octets = (body: Uint8Array<ArrayBuffer>): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/octet-stream' },
  body,
})

onEveryWire('A stream', (open) => {
  it('that fails half-way is not ended as if it were whole', async () => {
    const running = await open(
      api(quiet, {
        half: get('/half', { returns: stream('text/csv') }, async function* () {
          yield 'a,b\n'
          throw new Error('the disk is gone')
        }),
      }),
    )
    const reply = await running.fetch('/half')
    expect(reply.status).toBe(200)
    await expect(reply.text()).rejects.toThrow()
    expect(running.failures).toEqual([{ error: new Error('the disk is gone'), operation: 'half' }])
  })

  it.each([
    ['a number', 7],
    ['null', null],
    ['an object', {}],
  ])('of %s fails, and its source is told', async (_, piece) => {
    const told = deferred()
    const running = await open(
      api(quiet, {
        odd: get('/odd', { returns: stream('text/csv') }, async function* () {
          try {
            yield 'a'
            yield piece as never
          } finally {
            told.resolve()
          }
        }),
      }),
    )
    await expect(running.fetch('/odd').then((reply) => reply.text())).rejects.toThrow()
    await told.promise
    expect(running.failures).toHaveLength(1)
  })

  it('whose reader leaves fires the signal, tells the source and releases what it used', async () => {
    const signal = deferred<unknown>()
    const source = deferred()
    const released = deferred<unknown>()
    const pool = depends({}, async function* () {
      released.resolve(yield 'pool')
    })
    const running = await open(
      api(quiet, {
        endless: get('/endless', { returns: stream('text/csv'), use: { pool } }, async function* (context) {
          context.signal.addEventListener('abort', () => signal.resolve(context.signal.reason))
          try {
            for (;;) {
              yield 'a'.repeat(1000)
              await new Promise((resolve) => setImmediate(resolve))
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
    expect(String(await signal.promise)).toContain('left')
    await source.promise
    expect(String(await released.promise)).toContain('left')
    expect(running.failures).toEqual([])
  })

  it('uses what it was made with until its source has ended, though its reader has left', async () => {
    const seen: string[] = []
    const released = deferred()
    let isOpen = true
    const session = depends({}, async function* () {
      yield { rollback: async () => void seen.push(`rolled back, open: ${isOpen}`) }
      isOpen = false
      released.resolve()
    })
    const running = await open(
      api(quiet, {
        rows: get('/rows', { returns: stream('text/csv'), use: { session } }, async function* (context) {
          try {
            for (;;) {
              yield 'a'.repeat(1000)
              await new Promise((resolve) => setTimeout(resolve, 20))
            }
          } finally {
            await new Promise((resolve) => setTimeout(resolve, 20))
            await context.session.rollback()
          }
        }),
      }),
    )
    const reader = ((await running.fetch('/rows')).body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    await reader.cancel()
    await released.promise
    expect(seen).toEqual(['rolled back, open: true'])
    expect(running.failures).toEqual([])
  })

  it('that waits for ever is waited for as long as its endpoint may take, when its reader leaves', async () => {
    const stuck = deferred()
    const released = deferred<unknown>()
    const pool = depends({}, async function* () {
      released.resolve(yield 'pool')
    })
    const running = await open(
      api(quiet, {
        stuck: get(
          '/stuck',
          { returns: stream('text/csv'), use: { pool }, limits: { timeout: 200 } },
          async function* () {
            yield 'a'
            stuck.resolve()
            await new Promise(() => {})
          },
        ),
      }),
    )
    const reader = ((await running.fetch('/stuck')).body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    void reader.read()
    await stuck.promise
    void reader.cancel()
    expect(String(await released.promise)).toContain('left')
    expect(running.failures.map(({ error }) => String(error))).toEqual([
      expect.stringContaining('went on for 200 ms after its reply was over'),
    ])
  })

  it('is not begun for HEAD, and its source is told where it began', async () => {
    let begun = false
    let cancelled = 0
    const running = await open(
      api(quiet, {
        lazy: get('/lazy', { returns: stream('text/csv') }, async function* () {
          begun = true
          yield 'a'
        }),
        web: get(
          '/web',
          { returns: stream('text/csv') },
          () => new ReadableStream<string>({ cancel: () => void cancelled++ }),
        ),
      }),
    )
    expect(await (await running.fetch('/lazy', { method: 'HEAD' })).text()).toBe('')
    expect(await (await running.fetch('/web', { method: 'HEAD' })).text()).toBe('')
    expect(begun).toBe(false)
    expect(cancelled).toBe(1)
  })

  it('of nothing is an empty reply', async () => {
    const running = await open(api(quiet, { none: get('/none', { returns: stream('text/csv') }, () => []) }))
    const reply = await running.fetch('/none')
    expect([reply.status, await reply.text()]).toEqual([200, ''])
  })

  it('of many pieces arrives whole and in order', async () => {
    const running = await open(
      api(quiet, {
        many: get('/many', { returns: stream('text/plain') }, function* () {
          for (let i = 0; i < 20_000; i++) yield `${i}\n`
        }),
      }),
    )
    const text = await (await running.fetch('/many')).text()
    expect(text).toBe(Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join(''))
  })
})

onEveryWire('A streamed body', (open) => {
  const taken = api(quiet, {
    some: post('/some', { body: stream() }, async ({ body }) => {
      const reader = body.getReader()
      const { value } = await reader.read()
      await reader.cancel()
      return { first: value?.[0] }
    }),
    none: post('/none', { body: stream() }, () => ({ read: false })),
    all: post('/all', { body: stream() }, async ({ body }) => ({
      length: (await new Response(body).bytes()).byteLength,
    })),
    limited: post('/limited', { body: stream(), limits: { body: 10 } }, async ({ body }) => ({
      length: (await new Response(body).bytes()).byteLength,
    })),
  })

  it('may be left where it is, and the reply still comes', async () => {
    const running = await open(taken)
    const body = new Uint8Array(500_000).fill(65)
    expect(await (await running.fetch('/some', octets(body))).json()).toEqual({ first: 65 })
    expect(await (await running.fetch('/none', octets(body))).json()).toEqual({ read: false })
  })

  it('is read whole, or refused past its limit', async () => {
    const running = await open(taken)
    expect(await (await running.fetch('/all', octets(new Uint8Array(700_000)))).json()).toEqual({ length: 700_000 })
    expect((await running.fetch('/limited', octets(new Uint8Array(11)))).status).toBe(413)
    expect(await (await running.fetch('/limited', octets(new Uint8Array(10)))).json()).toEqual({ length: 10 })
    expect(running.failures).toEqual([])
  })

  it('without an end is refused at its limit', async () => {
    const running = await open(taken)
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1000)) })
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: endless,
      duplex: 'half',
    }
    const reply = await running.fetch('/limited', init as RequestInit).catch((error: unknown) => error)
    // A caller that is still sending may find the connection closed before it reads why.
    if (reply instanceof Response) expect(reply.status).toBe(413)
    else expect(running.port).toBeDefined()
  })
})

overNode('A connection that breaks', (open) => {
  it('in the middle of a body fails its reader, and is nobody’s fault', async () => {
    const ended = deferred<unknown>()
    const released = deferred<unknown>()
    const pool = depends({}, async function* () {
      released.resolve(yield 'pool')
    })
    const running = await open(
      api(quiet, {
        all: post('/all', { body: stream(), use: { pool } }, async ({ body, signal }) => {
          signal.addEventListener('abort', () => ended.resolve(signal.reason))
          return { length: (await new Response(body).bytes()).byteLength }
        }),
      }),
    )
    const socket = connect(running.port as number, '127.0.0.1')
    socket.write(
      'POST /all HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nContent-Length: 100\r\n\r\nhalf',
      () => setImmediate(() => socket.resetAndDestroy()),
    )
    expect(String(await ended.promise)).toContain('left')
    expect(await released.promise).toBeInstanceOf(Error)
    await running.close()
    expect(running.failures).toEqual([])
  })
})
