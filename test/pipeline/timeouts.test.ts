import { HandlerTimeout, type Middleware, api, depends, get, mount, post, reply, stream, text } from 'trestle'
import { cors } from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { expect, it } from 'vitest'
import { deferred, onEveryWire, outcome } from './wires.ts'

const quiet = { places: { openapi: false, docs: false, redoc: false, reference: false } } as const
const limits = { timeout: 20 }

onEveryWire('A handler that takes too long', (open) => {
  it('is answered for with 503 and Retry-After, told by its signal, and reported once', async () => {
    const told = deferred<unknown>()
    const running = await open(
      api(quiet, {
        never: get('/never', { limits }, ({ signal }) => {
          signal.addEventListener('abort', () => told.resolve(signal.reason))
          return new Promise(() => {})
        }),
      }),
    )
    const answer = await running.fetch('/never')
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(await outcome(answer)).toEqual([503, 'handler_timeout'])
    expect(await told.promise).toMatchObject({ code: HandlerTimeout.code })
    expect(running.failures).toHaveLength(1)
  })

  it('is not reported a second time for stopping when it is told to', async () => {
    const done = deferred()
    const running = await open(
      api(quiet, {
        obedient: get(
          '/obedient',
          { limits },
          ({ signal }) =>
            new Promise((_, reject) => {
              signal.addEventListener('abort', () => {
                reject(signal.reason)
                setImmediate(done.resolve)
              })
            }),
        ),
      }),
    )
    expect((await running.fetch('/obedient')).status).toBe(503)
    await done.promise
    expect(running.failures).toHaveLength(1)
  })

  it('has its dependencies released, those too that are made later', async () => {
    const slow = deferred()
    const released: string[] = []
    const all = deferred()
    const first = depends({}, async function* () {
      yield 1
      released.push('first')
      all.resolve()
    })
    const second = depends({ first }, async function* () {
      await slow.promise
      yield 2
      released.push('second')
    })
    let handled = false
    const running = await open(
      api(quiet, {
        late: get('/late', { limits, use: { second } }, () => {
          handled = true
        }),
      }),
    )
    expect((await running.fetch('/late')).status).toBe(503)
    slow.resolve()
    await all.promise
    expect(released).toEqual(['second', 'first'])
    expect(handled).toBe(false)
  })

  it('whose stream comes too late has it let go', async () => {
    const late = deferred()
    const cancelled = deferred()
    const running = await open(
      api(quiet, {
        late: get('/late', { limits, returns: stream('text/csv') }, async () => {
          await late.promise
          return new ReadableStream<string>({ cancel: () => cancelled.resolve() })
        }),
      }),
    )
    expect((await running.fetch('/late')).status).toBe(503)
    late.resolve()
    await cancelled.promise
  })

  it('has the time that it is given, and all of it where there is no limit', async () => {
    const running = await open(
      api(quiet, {
        soon: get('/soon', { limits: { timeout: 5000 } }, async () => ({ ok: true })),
        free: get('/free', { limits: { timeout: 0 } }, async () => ({ ok: true })),
      }),
    )
    expect((await running.fetch('/soon')).status).toBe(200)
    expect((await running.fetch('/free')).status).toBe(200)
  })

  it('counts what hooks take', async () => {
    const slow: Middleware = () => new Promise(() => {})
    const running = await open(api(quiet, { never: get('/never', { limits, middleware: [slow] }, () => reply(200)) }))
    expect((await running.fetch('/never')).status).toBe(503)
  })

  it('has its 503 go out through its middleware, be it of a mounted API', async () => {
    const seen: number[] = []
    const marked: Middleware = async (context, next) => {
      const given = await next(context)
      seen.push(given.status)
      return given.set('x-marked', 'yes')
    }
    const inner = api(
      { middleware: [marked, cors({ origins: 'https://app.example' })] },
      {
        never: get('/never', { limits, middleware: [marked] }, () => new Promise(() => {})),
      },
    )
    const running = await open(api(quiet, { inner: mount('/inner', inner) }))
    const answer = await running.fetch('/inner/never', { headers: { origin: 'https://app.example' } })
    expect(answer.headers.get('x-marked')).toBe('yes')
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(await outcome(answer)).toEqual([503, 'handler_timeout'])
    expect(seen).toEqual([503, 503])
    expect(running.failures).toHaveLength(1)
  })

  it('is answered for all the same where middleware goes on', async () => {
    const slow: Middleware = async (context, next) => {
      await next(context)
      return new Promise(() => {})
    }
    const running = await open(
      api(quiet, { never: get('/never', { limits, middleware: [slow] }, () => new Promise(() => {})) }),
    )
    expect(await outcome(await running.fetch('/never'))).toEqual([503, 'handler_timeout'])
    expect(running.failures).toHaveLength(1)
  })

  it('keeps what it uses until it ends, though its middleware has answered', async () => {
    const held = deferred()
    const released = deferred()
    const order: string[] = []
    const thing = depends({}, async function* () {
      yield 1
      order.push('released')
      released.resolve()
    })
    const passing: Middleware = (context, next) => next(context)
    const running = await open(
      api(quiet, {
        held: get('/held', { limits: { timeout: 300 }, middleware: [passing], use: { thing } }, async () => {
          await held.promise
          order.push('ended')
        }),
      }),
    )
    const answer = await running.fetch('/held')
    expect(answer.status).toBe(503)
    await answer.text()
    await new Promise((resolve) => setTimeout(resolve, 50))
    order.push('answered')
    held.resolve()
    await released.promise
    expect(order).toEqual(['answered', 'ended', 'released'])
  })

  it('whose stream comes when its middleware has answered has it let go', async () => {
    const late = deferred()
    const cancelled = deferred()
    const passing: Middleware = (context, next) => next(context)
    const running = await open(
      api(quiet, {
        late: get('/late', { limits, middleware: [passing], returns: stream('text/csv') }, async () => {
          await late.promise
          return new ReadableStream<string>({ cancel: () => cancelled.resolve() })
        }),
      }),
    )
    expect((await running.fetch('/late')).status).toBe(503)
    late.resolve()
    await cancelled.promise
  })
})

it('A body that nothing but the time limit of its endpoint ends is the fault of its caller', async () => {
  const app = api(quiet, {
    read: post('/read', { limits: { timeout: 50 }, body: text(), returns: text() }, async ({ body }) => {
      await new Promise((resolve) => setTimeout(resolve, 40))
      return body
    }),
  })
  const { fetch, failures, close } = await createTestClient(app)
  const send = (after: number): Promise<Response> => {
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, after))
        controller.enqueue(Buffer.from('hello'))
        controller.close()
      },
    })
    const init = { method: 'POST', headers: { 'content-type': 'text/plain' }, body, duplex: 'half' } as const
    return fetch('/read', init)
  }
  expect((await send(30)).status).toBe(200)
  const late = await send(500)
  expect(late.headers.get('connection')).toBe('close')
  expect(await outcome(late)).toEqual([408, 'request_timeout'])
  expect(failures).toEqual([])
  await close()
})
