import { api, depends, get } from 'trestle'
import { expect, it } from 'vitest'
import { deferred, onEveryWire } from './wires.ts'

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
})
