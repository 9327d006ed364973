import type { Attempt, KeptReply, ReplayStore } from '../../policies/replay-store.ts'
import { StoreAway } from '../../policies/store-away.ts'

interface Kept extends Attempt {
  /** Milliseconds of the clock. */
  readonly leaseEnds: number
  readonly ends: number
  reply: KeptReply | undefined
}

/** Keys that are held; one more is refused: what is forgotten too soon could have its effect twice. */
const MOST = 100_000

/** Keeps replies in this process. */
export function createMemoryReplays(now: () => number = () => performance.now()): ReplayStore {
  const kept = new Map<string, Kept>()
  const sweep = (time: number): void => {
    // The oldest first: the first that is still to be kept ends the search.
    for (const [key, { ends }] of kept) {
      if (ends > time) return
      kept.delete(key)
    }
  }
  const ownOf = ({ key, owner }: Attempt): Kept | undefined => {
    const found = kept.get(key)
    return found?.owner === owner ? found : undefined
  }
  return {
    begin: (attempt, lease, keep) => {
      const time = now()
      const found = kept.get(attempt.key)
      if (found === undefined || found.ends <= time) {
        if (kept.size >= MOST) sweep(time)
        if (kept.size >= MOST) throw new StoreAway(`${MOST} replies are kept in memory: take another backend`)
        kept.set(attempt.key, { ...attempt, leaseEnds: time + lease, ends: time + keep, reply: undefined })
        return { is: 'begun' }
      }
      if (found.fingerprint !== attempt.fingerprint) return { is: 'other' }
      if (found.reply !== undefined) return { is: 'done', reply: found.reply }
      return { is: found.leaseEnds > time ? 'running' : 'unknown' }
    },
    finish: (attempt, reply) => {
      const own = ownOf(attempt)
      if (own !== undefined) own.reply = reply
    },
    forget: (attempt) => {
      if (ownOf(attempt) !== undefined) kept.delete(attempt.key)
    },
  }
}
