import { connect } from 'node:net'
import { api, depends, get } from 'trestle'
import { serve } from 'trestle/node'
import { expect, it, test } from 'vitest'
import { deferred, onEveryWire, overNode } from './wires.ts'

const quiet = { places: { openapi: false, docs: false, redoc: false, reference: false } } as const

onEveryWire('Background work', (open) => {
  it('runs after the reply, in order, after what the request used is released', async () => {
    const log: string[] = []
    const done = deferred()
    const pool = depends({}, function* () {
      yield 1
      log.push('released')
    })
    const running = await open(
      api(quiet, {
        read: get('/', { use: { pool } }, ({ background }) => {
          background(async () => {
            await new Promise((resolve) => setImmediate(resolve))
            log.push('first')
          })
          background(() => {
            throw new Error('second fails')
          })
          background(() => {
            log.push('third')
            done.resolve()
          })
          log.push('handled')
          return { ok: true }
        }),
      }),
    )
    expect(await (await running.fetch('/')).json()).toEqual({ ok: true })
    await done.promise
    expect(log).toEqual(['handled', 'released', 'first', 'third'])
    expect(running.failures).toEqual([{ error: new Error('second fails'), operation: 'read' }])
  })

  it('is not waited for by the caller, but by the end', async () => {
    const gate = deferred()
    let finished = false
    const running = await open(
      api(quiet, {
        read: get('/', ({ background }) => {
          background(async () => {
            await gate.promise
            finished = true
          })
          return { ok: true }
        }),
      }),
    )
    expect(await (await running.fetch('/')).json()).toEqual({ ok: true })
    expect(finished).toBe(false)
    const closing = running.close()
    gate.resolve()
    await closing
    expect(finished).toBe(true)
  })

  it('runs also where the handler failed', async () => {
    const done = deferred()
    const running = await open(
      api(quiet, {
        read: get('/', ({ background }) => {
          background(() => done.resolve())
          throw new Error('no')
        }),
      }),
    )
    expect((await running.fetch('/')).status).toBe(500)
    await done.promise
  })

  it('runs also where the handler asks for it when its time is up already', async () => {
    const log: string[] = []
    const [gate, done] = [deferred(), deferred()]
    const running = await open(
      api(quiet, {
        read: get('/', { limits: { timeout: 20 } }, async ({ background }) => {
          background(() => log.push('early'))
          await gate.promise
          background(() => {
            log.push('late')
            background(() => done.resolve())
          })
        }),
      }),
    )
    expect((await running.fetch('/')).status).toBe(503)
    await new Promise((resolve) => setTimeout(resolve, 20))
    gate.resolve()
    await done.promise
    expect(log).toEqual(['early', 'late'])
  })
})

overNode('Background work of a caller that leaves', (open) => {
  it('is done: what it is about has happened', async () => {
    const [began, gate, done] = [deferred(), deferred(), deferred()]
    const running = await open(
      api(quiet, {
        read: get('/', async ({ background, signal }) => {
          signal.addEventListener('abort', () => gate.resolve())
          began.resolve()
          await gate.promise
          await new Promise((resolve) => setTimeout(resolve, 20))
          background(() => done.resolve())
          return {}
        }),
      }),
    )
    const socket = connect(running.port as number, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await began.promise
    socket.destroy()
    await done.promise
  })
})

test.each(['trestle', 'node'] as const)(
  'Background work that is asked for after a reply that came at once is done on the engine "%s"',
  async (engine) => {
    const done = deferred<string>()
    const later = api(quiet, {
      read: get('/', ({ background }) => {
        setTimeout(() => background(() => done.resolve('done')), 20)
        return {}
      }),
    })
    const server = await serve(later, { port: 0, host: '127.0.0.1', quiet: true, signals: false, engine })
    expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(200)
    expect(await done.promise).toBe('done')
    await server.stop()
  },
)
