import { expect, it } from 'vitest'
import { canMeasure } from '../load/subject.ts'
import { makeBombs } from './bomb.ts'
import { sendBombs } from './run.ts'

const MB = 1_048_576

// The short form of `npm run bombs`, whose zeros are 1 GB.
it.skipIf(!canMeasure)(
  'bombs are refused with 413, and need no memory',
  async () => {
    const outcomes = await sendBombs(await makeBombs(100))
    expect(outcomes).toHaveLength(7)
    for (const { coding, statuses, growth, size } of outcomes) {
      expect([coding, ...new Set(statuses)]).toEqual([coding, 413])
      expect(size).toBeLessThan(200_000)
      expect(growth, `${coding} grew it by ${growth}`).toBeLessThan(20 * MB)
    }
  },
  60_000,
)
