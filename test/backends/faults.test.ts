import {
  type RateStore,
  type ReplayStore,
  StoreAway,
  type Take,
  rateLimit,
  rateStore,
  replayStore,
} from 'trestle/policies'
import { api, get } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ENDS, type OrdersOutcome, ordersUnderRestart } from '../faults/orders.ts'
import { FAULTS, type Fault, underFault } from '../faults/run.ts'
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts'
import { startPostgres } from '../servers/postgres.ts'
import { startRedis } from '../servers/redis.ts'
import { openPort } from './open-port.ts'

const take: Take = { key: 'k', strategy: 'token-bucket', count: 1e6, window: 3_600_000, burst: 1e6, cost: 1 }

describe.each([
  ['postgres', startPostgres],
  ['redis', startRedis],
] as const)('A backend behind a bad network: %s', (_, start) => {
  let proxy: FaultProxy
  let rates: RateStore
  let replays: ReplayStore
  let close: () => Promise<void>
  let server: Awaited<ReturnType<typeof start>>
  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server.remove())
  beforeEach(async () => {
    const { url, port } = server
    proxy = await startFaultProxy(port)
    const setting = url.replace(String(port), String(proxy.port))
    const [first, second] = [await openPort(rateStore, setting), await openPort(replayStore, setting)]
    rates = first.port
    replays = second.port
    close = async () => {
      await Promise.all([first.close(), second.close()])
      await proxy.close()
    }
    await expect.poll(answers, { timeout: 10_000 }).toBe(true)
  })
  afterEach(() => close())

  const ask = async (): Promise<'taken' | 'away'> => {
    try {
      await rates.take([take])
      return 'taken'
    } catch (error) {
      expect(error).toBeInstanceOf(StoreAway)
      return 'away'
    }
  }
  const many = (): Promise<('taken' | 'away')[]> => Promise.all(Array.from({ length: 30 }, ask))
  const answers = async (): Promise<boolean> => (await many()).every((answer) => answer === 'taken')

  it('is connected before the first request', async () => {
    let heard = 0
    proxy.onReply = () => heard++
    const setting = server.url.replace(String(server.port), String(proxy.port))
    const app = api({ read: get('/', { policies: [rateLimit('10/hour')] }, () => 'read') })
    const test = await createTestClient(app, { backend: setting })
    await expect.poll(() => heard, { timeout: 10_000 }).toBeGreaterThan(0)
    await test.close()
  })

  it('connections that break while they are in use end no process, and are made again', async () => {
    for (let round = 0; round < 5; round++) {
      const asked = many()
      const begun = Promise.resolve(
        replays.begin({ key: crypto.randomUUID(), fingerprint: 'f', owner: 'o' }, 1000, 1000),
      ).catch((error: unknown) => expect(error).toBeInstanceOf(StoreAway))
      await new Promise((resolve) => setTimeout(resolve, round))
      proxy.cut()
      await Promise.all([asked, begun])
      await expect.poll(answers, { timeout: 10_000 }).toBe(true)
    }
  })

  it('while it is silent one asks, and the others do not wait', async () => {
    proxy.freeze()
    expect(await many()).toEqual(new Array(30).fill('away'))
    const times: number[] = []
    // Longer than the pause, so that it is asked again meanwhile.
    for (let i = 0; i < 40; i++) {
      const begun = performance.now()
      const asked = ask().then(() => times.push(performance.now() - begun))
      await new Promise((resolve) => setTimeout(resolve, 50))
      if (i === 39) await asked
    }
    await expect.poll(() => times.length).toBe(40)
    expect(times.filter((time) => time > 300).length).toBeLessThan(5)
    proxy.pass()
    await expect.poll(answers, { timeout: 10_000 }).toBe(true)
  })

  it('connections that nobody answers any more are given up', async () => {
    proxy.strand()
    expect(await many()).toEqual(new Array(30).fill('away'))
    await expect.poll(answers, { timeout: 15_000, interval: 100 }).toBe(true)
  })

  it('one that answers nobody who connects is asked again when it does', async () => {
    proxy.freeze()
    proxy.cut()
    await expect.poll(ask).toBe('away')
    await new Promise((resolve) => setTimeout(resolve, 300))
    // Those who connected meanwhile hear nothing for ever.
    proxy.strand()
    proxy.pass()
    await expect.poll(answers, { timeout: 15_000, interval: 100 }).toBe(true)
  })
})

// The short forms of `npm run faults`: a machine that does something else as well has other times.
describe('An API whose backend', () => {
  const faults = Object.fromEntries(FAULTS.map((fault) => [fault.name, fault])) as Record<string, Fault>

  it.each([
    ['redis', 'killed'],
    ['postgres', 'frozen'],
  ] as const)('is %s and %s does what is declared, and needs no restart', { timeout: 40_000 }, async (store, name) => {
    const outcome = await underFault(faults[name] as Fault, { store, before: 0.5, during: 1.5, after: 4, rate: 20 })
    expect(outcome.faults).toEqual([])
    expect(outcome.kinds.flatMap(({ faults }) => faults)).toEqual([])
    for (const { kind, without, statuses } of outcome.kinds) {
      expect(statuses[kind.whenAway === 'closed' ? 503 : 200]).toBeGreaterThan(10)
      if (kind.whenAway === 'closed') expect(without).toBeGreaterThan(10)
    }
  })

  it.each(ENDS)('is $name and started again loses no order', { timeout: 40_000 }, async ({ end }) => {
    const outcome = await ordersUnderRestart(end, { before: 1, away: 0.5, after: 4, callers: 5, pause: 20 })
    expect(outcome).toMatchObject({ lost: 0, twice: 0, faults: [] } satisfies Partial<OrdersOutcome>)
    expect(outcome.acknowledged).toBeGreaterThan(10)
    expect(outcome.statuses[503]).toBeGreaterThan(0)
  })
})
