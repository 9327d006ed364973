import type { Attempt, KeptReply, ReplayStore } from '../../policies/replay-store.ts'
import { StoreAway } from '../../policies/store-away.ts'

interface Kept extends Attempt {
  /** Milliseconds of the clock. */
  readonly leaseEnds: number
  readonly ends: number
  /** Those that are kept for as long, this among them. */
  readonly line: Line
  reply: KeptReply | undefined
}

/** Keys in the order in which their time ends: that of all is equally long. */
type Line = Map<string, Kept>

/** What is held at most; one more is refused: what is forgotten too soon could have its effect twice. */
export interface ReplaysHeld {
  readonly keys: number
  /** Bytes of replies. Those under way come on top. */
  readonly bytes: number
}

const HELD: ReplaysHeld = { keys: 100_000, bytes: 100_000_000 }

/** Keeps replies in this process. */
export function createMemoryReplays(held: ReplaysHeld = HELD): ReplayStore {
  const kept = new Map<string, Kept>()
  const lines = new Map<number, Line>()
  let bytes = 0
  const drop = (key: string, { line, reply }: Kept): void => {
    kept.delete(key)
    line.delete(key)
    bytes -= sizeOf(reply)
  }
  const sweep = (time: number): void => {
    for (const line of lines.values()) {
      // The first that is still to be kept ends the search in its line.
      for (const [key, one] of line) {
        if (one.ends > time) break
        drop(key, one)
      }
    }
  }
  const ownOf = ({ key, owner }: Attempt): Kept | undefined => {
    const found = kept.get(key)
    return found?.owner === owner ? found : undefined
  }
  return {
    begin: (attempt, lease, keep) => {
      const time = performance.now()
      sweep(time)
      const found = kept.get(attempt.key)
      if (found === undefined) {
        if (kept.size >= held.keys || bytes >= held.bytes) {
          throw new StoreAway(
            `${kept.size} replies of ${bytes} bytes are kept in memory, and no more are: take another backend`,
            { asked: false },
          )
        }
        const line = lines.get(keep) ?? new Map<string, Kept>()
        lines.set(keep, line)
        const one: Kept = { ...attempt, leaseEnds: time + lease, ends: time + keep, line, reply: undefined }
        kept.set(attempt.key, one)
        line.set(attempt.key, one)
        return { is: 'begun' }
      }
      if (found.fingerprint !== attempt.fingerprint) return { is: 'other' }
      if (found.reply !== undefined) return { is: 'done', reply: found.reply }
      return { is: found.leaseEnds > time ? 'running' : 'unknown' }
    },
    finish: (attempt, reply) => {
      const own = ownOf(attempt)
      if (own === undefined) return
      bytes += sizeOf(reply) - sizeOf(own.reply)
      own.reply = reply
    },
    forget: (attempt) => {
      const own = ownOf(attempt)
      if (own !== undefined) drop(attempt.key, own)
    },
  }
}

/** Bytes, at most: a character of a text takes one or two. */
function sizeOf(reply: KeptReply | undefined): number {
  if (reply === undefined) return 0
  const { headers, body } = reply
  const fields = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  return fields * 2 + (typeof body === 'string' ? body.length * 2 : (body?.byteLength ?? 0))
}
