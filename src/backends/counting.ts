import type { Take, Taken } from '../policies/rate-store.ts'

/** What is known of one key. Its meaning is the strategy's. */
export interface Known {
  /** Milliseconds since 1970: of a token bucket, when it is full again; of windows, when the last one began. */
  readonly at: number
  /** Taken in that window. */
  readonly taken: number
  /** Taken in the one before. */
  readonly before: number
  /** When nothing of it matters any more. */
  readonly ends: number
}

/** What is known of all keys. */
export interface KnownKeys {
  readonly get: (key: string) => Known | undefined
  readonly set: (key: string, known: Known) => unknown
}

/** Keys that are held before those that do not matter any more are looked for. */
export const SWEEP_AT = 10_000

/**
 * The arithmetic of rate limits, for stores that can hold still meanwhile. All that is asked for is taken, or nothing.
 *
 * @param time milliseconds since 1970.
 */
export function countTakes(takes: readonly Take[], all: KnownKeys, time: number): readonly Taken[] {
  const looks = takes.map((take) =>
    (take.strategy === 'token-bucket' ? bucket : inWindow)(take, all.get(take.key), time),
  )
  // Of limits that let it through nothing is taken where another refuses.
  const isAllowed = looks.every(({ taken }) => taken.retryAfter === 0)
  return looks.map(({ taken, left, next }, index) => {
    if (!isAllowed) return left
    all.set((takes[index] as Take).key, next)
    return taken
  })
}

interface Look {
  /** What comes of it where it is taken. */
  readonly taken: Taken
  /** The same where nothing is. */
  readonly left: Taken
  readonly next: Known
}

/** By which sums of fractions may be off, in parts of one. */
const SLACK = 1e-6

/** GCRA (ITU-T I.371): all that is to be known of a bucket is when it is full again. */
function bucket({ count, window, burst, cost }: Take, known: Known | undefined, time: number): Look {
  const one = window / count
  const full = Math.max(known?.at ?? 0, time)
  const next = full + cost * one
  const over = next - time - burst * one
  const told = (at: number, retryAfter: number): Taken => ({
    allowed: retryAfter === 0,
    remaining: Math.max(0, Math.floor(burst - (at - time) / one + SLACK)),
    reset: at - time,
    retryAfter,
  })
  const retryAfter = over <= SLACK * one ? 0 : over
  return {
    taken: told(next, retryAfter),
    left: told(full, retryAfter),
    next: { at: next, taken: 0, before: 0, ends: next },
  }
}

/** Windows that begin at multiples of their length. A sliding one adds what the last one weighs in the rest of this. */
function inWindow({ strategy, count, window, cost }: Take, known: Known | undefined, time: number): Look {
  const began = time - (time % window)
  const isSame = known?.at === began
  const taken = isSame ? known.taken : 0
  const last = isSame ? known.before : known?.at === began - window ? known.taken : 0
  const before = strategy === 'sliding-window' ? last : 0
  const rest = began + window - time
  const weight = (before * rest) / window
  const told = (now: number, retryAfter: number): Taken => ({
    allowed: retryAfter === 0,
    remaining: Math.max(0, Math.floor(count - now - weight + SLACK)),
    reset: strategy === 'sliding-window' && now > 0 ? rest + window : rest,
    retryAfter,
  })
  const fits = taken + weight + cost <= count + SLACK
  const retryAfter = fits ? 0 : Math.max(1, wait(count - cost, taken, before, rest, window, strategy))
  return {
    taken: told(taken + cost, retryAfter),
    left: told(taken, retryAfter),
    next: { at: began, taken: taken + cost, before: last, ends: began + 2 * window },
  }
}

/** Milliseconds until no more than `room` counts. */
function wait(room: number, taken: number, before: number, rest: number, window: number, strategy: string): number {
  if (strategy === 'fixed-window') return rest
  if (taken <= room) return rest - ((room - taken) / before) * window
  // What counts now is the last window then.
  return rest + Math.max(0, 1 - Math.max(0, room) / taken) * window
}
