import { describe, expect, it } from 'vitest'
import { type Badness, SLOWLORIS, SLOW_BODY, SLOW_READER, STALLED_READERS } from './bad-caller.ts'
import { slow } from './slow-run.ts'
import { canMeasure } from './subject.ts'

const TIMEOUT = 1000
const limits = { headerTimeout: TIMEOUT, bodyTimeout: TIMEOUT, sendTimeout: TIMEOUT }
const MB = 1_000_000

const CASES: readonly (Badness & { readonly count: number })[] = [
  { ...SLOWLORIS, count: 100 },
  { ...SLOW_BODY, count: 100 },
  { ...SLOW_READER, count: 60 },
  ...STALLED_READERS.map((one) => ({ ...one, count: 30 })),
]

// The short form of `npm run slow`, which holds a quiet machine to closer bounds.
describe.skipIf(!canMeasure)('slow callers', () => {
  it.each(CASES)('$name: others are served, and its connections are closed', async (badness) => {
    const { held, good, growth } = await slow(badness, { count: badness.count, limits, warmUp: 600 })
    expect(good.failures).toEqual([])
    expect(good.requests).toBeGreaterThan(100)
    expect(good.p99).toBeLessThan(1000)
    expect(held.left).toBe(0)
    expect(held.longest).toBeGreaterThan(TIMEOUT * 0.5)
    expect(held.longest).toBeLessThan(TIMEOUT + 4000)
    expect(growth).toBeLessThan(64 * MB)
  })
})
