import { type Known, SWEEP_AT, countTakes } from '../counting.ts'
import type { RateStore } from '../../policies/rate-store.ts'

/** Counts in this process. */
export function createMemoryRates(): RateStore {
  const origin = performance.timeOrigin
  const known = new Map<string, Known>()
  let sweepAt = SWEEP_AT
  return {
    take: (takes) => {
      const time = origin + performance.now()
      if (known.size >= sweepAt) {
        for (const [key, { ends }] of known) if (ends <= time) known.delete(key)
        sweepAt = Math.max(SWEEP_AT, known.size * 2)
      }
      return countTakes(takes, known, time)
    },
  }
}
