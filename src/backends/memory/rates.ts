import type { RateStore, Take, Taken } from '../../policies/rate-store.ts'

/** What is known of one key. Its meaning is the strategy's. */
interface Count {
  /** Of a token bucket, when it is full again; of windows, when this one began. */
  at: number
  /** Taken in this window. */
  taken: number
  /** Taken in the one before. */
  before: number
  /** When nothing of it matters any more. */
  ends: number
}

/** Keys that are held before those that do not matter any more are looked for. */
const SWEEP_AT = 10_000

/** Counts in this process. */
export function createMemoryRates(now: () => number = () => performance.timeOrigin + performance.now()): RateStore {
  const counts = new Map<string, Count>()
  let sweepAt = SWEEP_AT
  const sweep = (time: number): void => {
    for (const [key, { ends }] of counts) if (ends <= time) counts.delete(key)
    sweepAt = Math.max(SWEEP_AT, counts.size * 2)
  }
  return {
    take: (takes) => {
      const time = now()
      if (counts.size >= sweepAt) sweep(time)
      const looked = takes.map((take) => look(take, counts.get(take.key), time))
      const all = looked.every(({ taken }) => taken.allowed)
      return looked.map(({ next, taken }, index) => {
        if (all) counts.set((takes[index] as Take).key, next)
        return taken
      })
    },
  }
}

interface Looked {
  readonly taken: Taken
  /** What is known of the key where all are allowed. */
  readonly next: Count
}

function look(take: Take, count: Count | undefined, time: number): Looked {
  return take.strategy === 'token-bucket' ? bucket(take, count, time) : inWindow(take, count, time)
}

/** GCRA (ITU-T I.371): a bucket is known by the time at which it is full again. */
function bucket({ count, window, burst, cost }: Take, known: Count | undefined, time: number): Looked {
  const one = window / count
  const full = Math.max(known?.at ?? 0, time)
  const next = full + cost * one
  const allowed = next - time <= burst * one + SLACK
  const at = allowed ? next : full
  return {
    taken: {
      allowed,
      remaining: Math.max(0, Math.floor((burst * one - (at - time)) / one + SLACK)),
      reset: at - time,
      retryAfter: allowed ? 0 : next - time - burst * one,
    },
    next: { at, taken: 0, before: 0, ends: at },
  }
}

/** Milliseconds by which sums of fractions may be off. */
const SLACK = 1e-6

/** Windows that begin at multiples of their length; a sliding one adds what is left of the one before. */
function inWindow({ strategy, count, window, cost }: Take, known: Count | undefined, time: number): Looked {
  const began = time - (time % window)
  const taken = known?.at === began ? known.taken : 0
  const before = known === undefined ? 0 : known.at === began ? known.before : known.at === began - window ? known.taken : 0
  const left = 1 - (time - began) / window
  const weighed = strategy === 'sliding-window' ? before * left : 0
  const allowed = taken + weighed + cost <= count + SLACK
  const now = allowed ? taken + cost : taken
  return {
    taken: {
      allowed,
      remaining: Math.max(0, Math.floor(count - now - weighed + SLACK)),
      reset: began + window - time,
      retryAfter: allowed ? 0 : waitFor(strategy, { count, window, cost, taken, before, left }),
    },
    next: { at: began, taken: now, before, ends: began + 2 * window },
  }
}
