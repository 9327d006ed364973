import { Conflict, type Middleware, type Policy, api, depends, policy, post, reply } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { describe, expect, it } from 'vitest'
import { transaction } from 'trestle/transaction'
import { idempotent } from 'trestle/policies'
import { onEveryWire } from './wires.ts'

const quiet = { places: { docs: false, redoc: false, reference: false } } as const
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

onEveryWire('A dependency that ends with the reply', (open) => {
  it('ends before it is sent, in reverse, with what uses it, and before the others', async () => {
    const steps: string[] = []
    const noting = (name: string) =>
      async function* (): AsyncGenerator<string> {
        steps.push(`make ${name}`)
        yield name
        steps.push(`end ${name}`)
      }
    const sent = depends({}, noting('sent'))
    const first = depends({}, noting('first'), { until: 'reply' })
    const second = depends({ first, sent }, noting('second'))
    const note: Policy = policy('note', {}, () => ({
      encode: () => void steps.push('encode'),
      record: () => void steps.push('record'),
    }))
    const running = await open(
      api(
        {
          ...quiet,
          middleware: [
            async (context, next) => {
              const given = await next(context)
              steps.push('middleware')
              return given
            },
          ],
        },
        { send: post('/send', { use: { second, sent }, policies: [note] }, () => void steps.push('handle')) },
      ),
    )
    expect((await running.fetch('/send', { method: 'POST' })).status).toBe(204)
    await expect.poll(() => steps.at(-1)).toBe('end sent')
    expect(steps).toEqual([
      ...['make first', 'make sent', 'make second', 'handle', 'encode'],
      ...['end second', 'end first', 'record', 'middleware', 'end sent'],
    ])
  })

  it('answers with what its end throws, which is the failure of all that ends later', async () => {
    const failures: unknown[] = []
    const records: unknown[] = []
    const inner = depends(
      {},
      async function* () {
        const failure: Error | undefined = yield 1
        failures.push(failure?.message)
        throw new Error('not heard')
      },
      { until: 'reply' },
    )
    const outer = depends({ inner }, async function* () {
      yield 1
      throw Conflict({ detail: 'at the end' })
    })
    const sent = depends({}, async function* () {
      const failure: Error | undefined = yield 1
      failures.push(failure?.message)
    })
    const stamp: Policy = policy('stamp', {}, () => ({
      encode: (_, reply) => reply.append('x-stamp', String(reply.status)),
      record: (context, reply) => void records.push([reply.status, context.failure?.message]),
    }))
    const spec = { use: { sent, outer }, policies: [stamp], throws: [Conflict] }
    const running = await open(api(quiet, { send: post('/send', spec, () => ({ fine: true })) }))
    const reply = await running.fetch('/send', { method: 'POST' })
    expect([reply.status, reply.headers.get('x-stamp'), await reply.json()]).toMatchObject([
      409,
      '409',
      { detail: 'at the end' },
    ])
    await expect.poll(() => failures.length).toBe(2)
    expect(failures).toEqual(['at the end', 'at the end'])
    expect(records).toEqual([[409, 'at the end']])
  })

  it('learns that the time was up, and is not cut off once it ends', async () => {
    const seen: (string | undefined)[] = []
    const ending = (ends: number) =>
      depends(
        {},
        async function* () {
          const failure: Error | undefined = yield 1
          seen.push(failure?.name)
          await pause(ends)
        },
        { until: 'reply' },
      )
    const limits = { timeout: 200 }
    const running = await open(
      api(quiet, {
        slow: post('/slow', { use: { ending: ending(0) }, limits }, () => pause(300)),
        late: post('/late', { use: { ending: ending(300) }, limits }, () => pause(50)),
        never: post('/never', { use: { ending: ending(1000) }, limits }, () => {}),
      }),
    )
    const status = async (path: string): Promise<number> => (await running.fetch(path, { method: 'POST' })).status
    expect(await status('/slow')).toBe(503)
    await expect.poll(() => seen).toEqual(['Problem(handler_timeout)'])
    expect(await status('/late')).toBe(204)
    expect(await status('/never')).toBe(503)
    expect(seen).toEqual(['Problem(handler_timeout)', undefined, undefined])
  })

  it('waits for a handler whose middleware did not, and learns where that does not end', async () => {
    const steps: string[] = []
    const own = depends(
      {},
      async function* () {
        const failure: Error | undefined = yield 1
        steps.push(failure === undefined ? 'end' : failure.message)
      },
      { until: 'reply' },
    )
    const impatient: Middleware = async (context, next) => {
      void next(context)
      await pause(20)
      return reply(503, 'no time')
    }
    const slow = (timeout: number, takes: number) =>
      post('/slow', { use: { own }, limits: { timeout } }, async () => {
        await pause(takes)
        steps.push('handler')
      })
    const app = (timeout: number, takes: number) =>
      api({ ...quiet, middleware: [impatient] }, { slow: slow(timeout, takes) })
    for (const timeout of [0, 5000]) {
      const running = await open(app(timeout, 100))
      expect((await running.fetch('/slow', { method: 'POST' })).status).toBe(503)
      await expect.poll(() => steps.length).toBe(2)
      expect(steps.splice(0)).toEqual(['handler', 'end'])
    }
    const running = await open(app(100, 400))
    await running.fetch('/slow', { method: 'POST' })
    await expect.poll(() => steps.length).toBe(2)
    expect(steps[0]).toMatch(/went on for 100 ms after its reply was over/)
    expect(steps[1]).toBe('handler')
  })
})

describe('The start fails', () => {
  it('where what lives as long as the process is to end with a reply', async () => {
    const odd = depends({}, () => 1, { scope: 'app', until: 'reply' })
    await expect(createTestClient(api(quiet, { a: post('/a', { use: { odd } }, () => 1) }))).rejects.toThrow(
      "use.odd: lives as long as the process, and is to end with the reply\n    → leave out scope: 'app', or until: 'reply'",
    )
  })

  it('where two could keep a reply', async () => {
    const [one, two] = [depends({}, () => 1, { scope: 'app' }), depends({}, () => 2, { scope: 'app' })]
    const spec = { use: { one: transaction(one), two: transaction(two) }, policies: [idempotent()] }
    await expect(createTestClient(api(quiet, { a: post('/a', spec, () => 1) }))).rejects.toThrow(
      'use.two: serves "replays" for a policy of this endpoint, and so does one\n    → use one of them alone',
    )
  })
})
