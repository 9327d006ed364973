import { type Take, type Taken, rateStore } from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { api, get } from 'trestle'
import { beforeAll, afterAll, describe, expect, it } from 'vitest'
import type { RateStore } from 'trestle/policies'
import { LONG, onEveryBackend } from './backends.ts'
import { openPort } from './open-port.ts'

const take = (key: string, more: Partial<Take> = {}): Take => ({
  key,
  strategy: 'token-bucket',
  count: 10,
  window: 60_000,
  burst: 10,
  cost: 1,
  ...more,
})

onEveryBackend('The store of rate limits', (behind) => {
  let rates: RateStore
  let close: () => Promise<void>
  beforeAll(async () => {
    const opened = await openPort(rateStore, behind.setting)
    rates = opened.port
    close = opened.close
  })
  afterAll(() => close())
  const one = async (what: Take): Promise<Taken> => (await rates.take([what]))[0] as Taken

  it.each(['token-bucket', 'fixed-window', 'sliding-window'] as const)(
    '%s: lets as many through as it says',
    async (strategy) => {
      const key = crypto.randomUUID()
      const window = 3_600_000
      const answers: Taken[] = []
      for (let i = 0; i < 12; i++) answers.push(await one(take(key, { strategy, window })))
      expect(answers.map(({ allowed }) => allowed)).toEqual([...new Array(10).fill(true), false, false])
      expect(answers.map(({ remaining }) => remaining)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0])
      expect(answers.slice(0, 10).every(({ retryAfter }) => retryAfter === 0)).toBe(true)
      const last = answers.at(-1) as Taken
      expect(last.retryAfter).toBeGreaterThan(0)
      expect(last.retryAfter).toBeLessThanOrEqual(2 * window)
      expect(last.reset).toBeGreaterThan(0)
    },
  )

  it('a bucket fills steadily', async () => {
    const key = crypto.randomUUID()
    const what = take(key, { count: 10, window: 1000, burst: 2 })
    expect([await one(what), await one(what), await one(what)].map(({ allowed }) => allowed)).toEqual([
      true,
      true,
      false,
    ])
    const { retryAfter } = await one(what)
    expect(retryAfter).toBeGreaterThan(0)
    expect(retryAfter).toBeLessThanOrEqual(100)
    await new Promise((resolve) => setTimeout(resolve, retryAfter + 10))
    expect((await one(what)).allowed).toBe(true)
  })

  it('a window begins anew', async () => {
    const key = crypto.randomUUID()
    const what = take(key, { strategy: 'fixed-window', count: 2, window: 400 })
    // From the start of a window on.
    let answer = await one(take(crypto.randomUUID(), { strategy: 'fixed-window', window: 400 }))
    await new Promise((resolve) => setTimeout(resolve, answer.reset + 5))
    const answers = [await one(what), await one(what), await one(what)]
    expect(answers.map(({ allowed }) => allowed)).toEqual([true, true, false])
    answer = answers[2] as Taken
    expect(answer.retryAfter).toBeLessThanOrEqual(400)
    await new Promise((resolve) => setTimeout(resolve, answer.retryAfter + 10))
    expect((await one(what)).allowed).toBe(true)
  })

  it('a sliding window remembers the one before', async () => {
    const key = crypto.randomUUID()
    const what = take(key, { strategy: 'sliding-window', count: 10, window: 400, cost: 10 })
    expect((await one(what)).allowed).toBe(true)
    const refused = await one({ ...what, cost: 5 })
    expect(refused.allowed).toBe(false)
    await new Promise((resolve) => setTimeout(resolve, refused.retryAfter + 10))
    const later = await one({ ...what, cost: 5 })
    expect(later.allowed).toBe(true)
    expect(later.remaining).toBeLessThan(5)
  })

  it('costs are counted, and what is too dear is never let through', async () => {
    const key = crypto.randomUUID()
    expect(await one(take(key, { cost: 7 }))).toMatchObject({ allowed: true, remaining: 3 })
    expect(await one(take(key, { cost: 4 }))).toMatchObject({ allowed: false, remaining: 3 })
    expect(await one(take(key, { cost: 3 }))).toMatchObject({ allowed: true, remaining: 0 })
    expect(await one(take(crypto.randomUUID(), { cost: 11 }))).toMatchObject({ allowed: false, remaining: 10 })
    expect(await one(take(crypto.randomUUID(), { cost: 0 }))).toMatchObject({ allowed: true, remaining: 10 })
  })

  it('of several limits all are taken, or none', async () => {
    const [wide, narrow] = [crypto.randomUUID(), crypto.randomUUID()]
    const both = [take(wide), take(narrow, { count: 2, burst: 2 })]
    await rates.take(both)
    await rates.take(both)
    const third = await rates.take(both)
    expect(third.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 8],
      [false, 0],
    ])
    expect(await one(take(wide, { cost: 0 }))).toMatchObject({ remaining: 8 })
  })

  it('keys are counted apart, whatever is in them', async () => {
    for (const key of ["a'b", 'a"b', 'a b', 'ключ', 'a:b{c}', '%$1', 'a\0b', 'x'.repeat(2000), LONG]) {
      expect(await one(take(`${behind.setting.length}${key}`))).toMatchObject({ allowed: true, remaining: 9 })
    }
  })

  it('who asks in a hurry is refused, and keeps nobody from asking', async () => {
    const key = crypto.randomUUID()
    const what = take(key, { count: 3, window: 3_600_000, burst: 3 })
    for (let i = 0; i < 4; i++) await one(what)
    const answers = await Promise.all(Array.from({ length: 1000 }, () => one(what)))
    expect(answers.filter(({ allowed }) => allowed)).toEqual([])
    expect(answers.every(({ retryAfter }) => retryAfter > 0)).toBe(true)
    expect((await one(take(crypto.randomUUID()))).allowed).toBe(true)
  })

  it('who ask at once never take the same', async () => {
    const key = crypto.randomUUID()
    const what = take(key, { count: 50, window: 3_600_000, burst: 50 })
    const answers: Taken[] = []
    // As many at once as a store answers in its time, on a machine that does other things as well.
    for (let i = 0; i < 5; i++) answers.push(...(await Promise.all(Array.from({ length: 20 }, () => one(what)))))
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(50)
  })
})

describe('a backend', () => {
  it.each(['mysql://x', 'sqlite', 'sqlite:', ''])('that is none is refused: %s', async (setting) => {
    await expect(openPort(rateStore, setting)).rejects.toThrow('is no backend: use')
  })

  it('is not opened for an API that needs none', async () => {
    const test = await createTestClient(api({ hello: get('/', () => 1) }), { backend: 'redis://127.0.0.1:1' })
    expect((await test.fetch('/')).status).toBe(200)
    await test.close()
  })
})
