import { type Known, SWEEP_AT, countTakes } from '../counting.ts'
import type { RateStore } from '../../policies/rate-store.ts'
import { StoreAway } from '../../policies/store-away.ts'

/** Keys that are held; one more is refused: what is forgotten too soon would give its caller a new quota. */
const MOST = 1_000_000
/** Milliseconds between two looks for what does not matter any more, while it is full. */
const SWEEP_PAUSE = 1000

/** Counts in this process. */
export function createMemoryRates(most: number = MOST): RateStore {
  const origin = performance.timeOrigin
  const known = new Map<string, Known>()
  let sweepAt = Math.min(SWEEP_AT, most)
  let sweptAt = Number.NEGATIVE_INFINITY
  return {
    take: (takes) => {
      const time = origin + performance.now()
      if (known.size >= sweepAt && time - sweptAt >= (known.size >= most ? SWEEP_PAUSE : 0)) {
        for (const [key, { ends }] of known) if (ends <= time) known.delete(key)
        sweepAt = Math.min(most, Math.max(SWEEP_AT, known.size * 2))
        sweptAt = time
      }
      if (known.size >= most && takes.some(({ key }) => !known.has(key))) {
        throw new StoreAway(`${most} callers are counted in memory: take another backend`, { asked: false })
      }
      return countTakes(takes, known, time)
    },
  }
}
