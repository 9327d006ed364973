import { describe, expect, it } from 'vitest'
import { isFlat, slopeOf } from './slope.ts'
import { type Sample, soak } from './soak-run.ts'
import { canMeasure } from './subject.ts'

const MB = 1_000_000

// The short form of `npm run soak`. In seconds, a heap still grows by what is compiled.
describe.skipIf(!canMeasure)('a mixed load', () => {
  it('is answered as it should be, and leaves nothing behind', async () => {
    const { samples, failures, talks } = await soak({ seconds: 9, every: 1.5 })
    expect(failures).toEqual([])
    expect(talks).toBeGreaterThan(200)
    expect(samples.length).toBeGreaterThan(1)
    const [first, last] = [samples[0] as Sample, samples.at(-1) as Sample]
    expect(last.files).toBeLessThanOrEqual(first.files)
    expect(last.active).toBeLessThanOrEqual(first.active)
    expect(last.heap - first.heap).toBeLessThan(4 * MB)
    expect(last.external - first.external).toBeLessThan(4 * MB)
  })
})

describe('a slope', () => {
  it('is that of the line, and tells a rise from noise', () => {
    const rise = slopeOf([1, 2, 3, 4, 5].map((x) => [x, 3 * x + 7]))
    expect(rise.slope).toBeCloseTo(3)
    expect(rise.error).toBeCloseTo(0)
    expect(isFlat(rise, 2)).toBe(false)
    expect(isFlat(rise, 4)).toBe(true)
    const noise = slopeOf([5, 1, 6, 2, 7, 1].map((y, x) => [x, y]))
    expect(noise.slope).not.toBeCloseTo(0)
    expect(isFlat(noise, 0)).toBe(true)
  })
})
