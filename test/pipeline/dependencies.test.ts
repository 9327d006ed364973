import { connect } from 'node:net'
import { Conflict, Unauthorized, api, depends, file, get, post, stream } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { deferred, json, onEveryWire, outcome, overNode } from './wires.ts'

const quiet = { places: { openapi: false, docs: false, redoc: false, reference: false } } as const

/** A log of what is made and released, and dependencies that write it. */
function traced() {
  const log: string[] = []
  const done = deferred()
  const a = depends({}, async function* () {
    log.push('make a')
    const failure: unknown = yield 'a'
    log.push(`release a${failure === undefined ? '' : `: ${(failure as Error).message}`}`)
    done.resolve()
  })
  const b = depends({ a }, function* ({ a }) {
    log.push(`make b of ${a}`)
    const failure: unknown = yield 'b'
    log.push(`release b${failure === undefined ? '' : `: ${(failure as Error).message}`}`)
  })
  const c = depends({ a, b }, async ({ a, b }) => {
    log.push(`make c of ${a} and ${b}`)
    return 'c'
  })
  return { log, done: done.promise, a, b, c }
}
const MADE = ['make a', 'make b of a', 'make c of a and b']

onEveryWire('Request dependencies', (open) => {
  it('are made once, after what they use, and released in reverse', async () => {
    const { log, done, a, b, c } = traced()
    const running = await open(
      api(quiet, {
        read: get('/', { use: { c, b, again: a } }, ({ c, b, again }) => {
          log.push('handle')
          return { c, b, again }
        }),
      }),
    )
    expect(await (await running.fetch('/')).json()).toEqual({ c: 'c', b: 'b', again: 'a' })
    await done
    expect(log).toEqual([...MADE, 'handle', 'release b', 'release a'])
  })

  it('are released after the last piece of a stream', async () => {
    const { log, done, c } = traced()
    const running = await open(
      api(quiet, {
        read: get('/', { use: { c }, returns: stream('text/plain') }, async function* () {
          yield 'one'
          await new Promise((resolve) => setImmediate(resolve))
          log.push('last piece')
          yield 'two'
        }),
      }),
    )
    expect(await (await running.fetch('/')).text()).toBe('onetwo')
    await done
    expect(log).toEqual([...MADE, 'last piece', 'release b', 'release a'])
  })

  it('are released after a file', async () => {
    const { log, done, c } = traced()
    const running = await open(api(quiet, { read: get('/', { use: { c }, returns: file() }, () => new Blob(['abc'])) }))
    expect(await (await running.fetch('/')).text()).toBe('abc')
    await done
    expect(log).toEqual([...MADE, 'release b', 'release a'])
  })

  it('learn of a failure where they yielded', async () => {
    const { log, done, c } = traced()
    const running = await open(
      api(quiet, {
        read: get('/', { use: { c } }, () => {
          throw new Error('no luck')
        }),
      }),
    )
    expect((await running.fetch('/')).status).toBe(500)
    await done
    expect(log).toEqual([...MADE, 'release b: no luck', 'release a: no luck'])
  })

  it('learn of a problem, of a reply that is wrong and of a stream that fails', async () => {
    for (const [make, message] of [
      [
        (c: never) =>
          get('/', { use: { c }, throws: [Conflict] }, () => {
            throw Conflict({ detail: 'taken' })
          }),
        /taken/,
      ],
      [
        (c: never) => get('/', { use: { c }, returns: z.object({ id: z.int() }) }, () => ({ id: 'x' }) as never),
        /does not declare/,
      ],
      [
        (c: never) =>
          get('/', { use: { c }, returns: stream() }, async function* () {
            yield 'a'
            throw new Error('torn')
          }),
        /torn/,
      ],
    ] as const) {
      const { log, done, c } = traced()
      const running = await open(api(quiet, { read: make(c as never) as never }))
      await running
        .fetch('/')
        .then((reply) => reply.text())
        .catch(() => {})
      await done
      expect(log.slice(3)).toEqual([expect.stringMatching(message), expect.stringMatching(message)])
    }
  })

  it('that cannot be made release what was made before', async () => {
    const { log, done, b } = traced()
    const broken = depends({ b }, () => {
      throw new Error('cannot')
    })
    let handled = false
    const running = await open(
      api(quiet, {
        read: get('/', { use: { broken } }, () => {
          handled = true
        }),
      }),
    )
    expect((await running.fetch('/')).status).toBe(500)
    await done
    expect(log).toEqual(['make a', 'make b of a', 'release b: cannot', 'release a: cannot'])
    expect(handled).toBe(false)
  })

  it('that fail while they are released are reported, and keep no other from it', async () => {
    const { log, done, b } = traced()
    const broken = depends({ b }, async function* () {
      yield 1
      throw new Error('cannot let go')
    })
    const twice = depends({ broken }, async function* () {
      yield 1
      yield 2
    })
    const running = await open(api(quiet, { read: get('/', { use: { twice } }, () => ({ ok: true })) }))
    expect((await running.fetch('/')).status).toBe(200)
    await done
    expect(log).toEqual(['make a', 'make b of a', 'release b', 'release a'])
    expect(running.failures.map(({ error }) => (error as Error).message)).toEqual([
      'a dependency yielded twice: yield its value once',
      'cannot let go',
    ])
    expect(running.failures[0]?.operation).toBe('read')
  })

  it('that yield nothing are a fault', async () => {
    const empty = depends({}, async function* () {})
    const running = await open(api(quiet, { read: get('/', { use: { empty } }, () => ({})) }))
    expect((await running.fetch('/')).status).toBe(500)
    expect(String(running.failures[0]?.error)).toContain('without a yield')
  })

  it('are not made where the input is not valid, nor where no endpoint matches', async () => {
    const { log, c } = traced()
    const running = await open(
      api(quiet, { read: get('/{id}', { params: z.object({ id: z.int() }), use: { c } }, () => ({})) }),
    )
    expect((await running.fetch('/x')).status).toBe(422)
    expect((await running.fetch('/1', { method: 'PUT' })).status).toBe(405)
    expect(log).toEqual([])
  })

  it('that say who is calling are made before the body is read', async () => {
    const log: string[] = []
    const lookup = depends({}, () => void log.push('lookup'))
    const user = depends(
      { lookup },
      ({ request }) => {
        log.push('user')
        if (request.header('authorization') === undefined)
          throw Unauthorized({ headers: { 'www-authenticate': 'Bearer' } })
        return 'me'
      },
      { security: { name: 'bearer', scheme: { type: 'http', scheme: 'bearer' } }, throws: [Unauthorized] },
    )
    const late = depends({ user }, ({ user }) => {
      log.push('late')
      return user
    })
    const running = await open(
      api(quiet, { create: post('/', { body: z.object({ a: z.int() }), use: { late } }, ({ late }) => ({ late })) }),
    )
    const wrong = json({ a: 'x' })
    expect(await outcome(await running.fetch('/', wrong))).toEqual([401, 'unauthorized'])
    expect(log).toEqual(['lookup', 'user'])
    const authorized = { ...wrong, headers: { ...wrong.headers, authorization: 'Bearer x' } }
    expect((await running.fetch('/', authorized)).status).toBe(422)
    expect(log).toEqual(['lookup', 'user', 'lookup', 'user'])
    expect(await (await running.fetch('/', { ...json({ a: 1 }), headers: authorized.headers })).json()).toEqual({
      late: 'me',
    })
    expect(log.slice(4)).toEqual(['lookup', 'user', 'late'])
  })

  it('of two requests at once are two', async () => {
    let made = 0
    const one = depends({}, async () => ++made)
    const running = await open(api(quiet, { read: get('/', { use: { one } }, ({ one }) => ({ one })) }))
    const replies = await Promise.all([1, 2, 3].map(async () => (await running.fetch('/')).json()))
    expect(replies.map(({ one }: { one: number }) => one).toSorted()).toEqual([1, 2, 3])
  })
})

onEveryWire('App dependencies', (open) => {
  it('are opened once however many ask at once, when the first asks, and closed in reverse at the end', async () => {
    const log: string[] = []
    const gate = deferred()
    const pool = depends(
      {},
      async function* () {
        log.push('open pool')
        await gate.promise
        yield { name: 'pool' }
        log.push('close pool')
      },
      { scope: 'app' },
    )
    const shop = depends(
      { pool },
      async function* ({ pool }) {
        log.push(`open shop on ${pool.name}`)
        yield 'shop'
        log.push('close shop')
      },
      { scope: 'app' },
    )
    const user = depends({ shop }, async ({ shop }) => `user of ${shop}`)
    const running = await open(
      api(quiet, {
        read: get('/', { use: { user, pool } }, ({ user }) => ({ user })),
        other: get('/other', { use: { shop } }, ({ shop }) => ({ shop })),
      }),
    )
    expect(log).toEqual([])
    const replies = [...Array.from({ length: 20 }, () => running.fetch('/')), running.fetch('/other')]
    await Promise.resolve()
    gate.resolve()
    for (const reply of await Promise.all(replies)) expect(reply.status).toBe(200)
    expect(log).toEqual(['open pool', 'open shop on pool'])
    await running.close()
    expect(log).toEqual(['open pool', 'open shop on pool', 'close shop', 'close pool'])
  })

  it('that cannot be opened are tried again by the next request', async () => {
    let tries = 0
    const flaky = depends(
      {},
      async () => {
        if (++tries < 3) throw new Error(`try ${tries}`)
        return tries
      },
      { scope: 'app' },
    )
    const running = await open(api(quiet, { read: get('/', { use: { flaky } }, ({ flaky }) => ({ flaky })) }))
    expect((await running.fetch('/')).status).toBe(500)
    expect((await running.fetch('/')).status).toBe(500)
    expect(await (await running.fetch('/')).json()).toEqual({ flaky: 3 })
    expect(await (await running.fetch('/')).json()).toEqual({ flaky: 3 })
  })

  it('that fail to close are reported, and keep no other from it', async () => {
    const log: string[] = []
    const good = depends(
      {},
      function* () {
        yield 1
        log.push('closed')
      },
      { scope: 'app' },
    )
    const bad = depends(
      { good },
      function* () {
        yield 1
        throw new Error('cannot close')
      },
      { scope: 'app' },
    )
    const running = await open(api(quiet, { read: get('/', { use: { bad } }, () => ({})) }))
    await running.fetch('/')
    await running.close()
    expect(log).toEqual(['closed'])
    expect(String(running.failures[0]?.error)).toContain('cannot close')
  })
})

overNode('Dependencies of a caller that leaves', (open) => {
  async function leave(handler: (signal: AbortSignal) => unknown, limits = {}) {
    const { log, done, c } = traced()
    const handling = deferred()
    const read = get('/', { use: { c }, limits }, ({ signal }) => {
      handling.resolve()
      return handler(signal)
    })
    const running = await open(api(quiet, { read }))
    const socket = connect(running.port as number, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await handling.promise
    socket.destroy()
    return { log, done, running }
  }

  it('are released when its handler has ended, and learn that it left', async () => {
    const left = deferred()
    const ends = deferred()
    const { log, done, running } = await leave(async (signal) => {
      signal.addEventListener('abort', () => left.resolve())
      await ends.promise
      log.push('the handler ended')
    })
    await left.promise
    // Whatever else is to be done for a caller that left is done by now.
    await new Promise((resolve) => setImmediate(resolve))
    expect(log.slice(3)).toEqual([])
    ends.resolve()
    await done
    expect(log.slice(3)).toEqual([
      'the handler ended',
      expect.stringContaining('left'),
      expect.stringContaining('left'),
    ])
    expect(running.failures).toEqual([])
  })

  it('are released under a handler that never ends, which is told', async () => {
    const { log, done, running } = await leave(() => new Promise(() => {}), { timeout: 50 })
    await done
    expect(log.slice(3)).toEqual([expect.stringContaining('left'), expect.stringContaining('left')])
    expect(running.failures.map(({ error }) => String(error))).toContain(
      'Error: read went on for 50 ms after its reply was over: hand `signal` to what it awaits',
    )
  })
})

describe('Overrides in tests', () => {
  it('take the place of a dependency everywhere, be they values or dependencies', async () => {
    const log: string[] = []
    const pool = depends(
      {},
      async () => {
        log.push('the real pool')
        return 'real'
      },
      { scope: 'app' },
    )
    const shop = depends({ pool }, ({ pool }) => `shop on ${pool}`)
    const clock = depends({}, () => 'now')
    const tested = api(quiet, {
      read: get('/', { use: { shop, pool, clock } }, ({ shop, pool, clock }) => ({ shop, pool, clock })),
    })
    const closed = deferred()
    const fake = depends(
      {},
      async function* () {
        yield 'fake'
        closed.resolve()
      },
      { scope: 'app' },
    )
    const test = await createTestClient(tested, {
      override: [
        [pool, fake],
        [clock, 'then'],
      ],
    })
    expect(await (await test.fetch('/')).json()).toEqual({ shop: 'shop on fake', pool: 'fake', clock: 'then' })
    await test.close()
    await closed.promise
    expect(log).toEqual([])
  })
})
