import type { CacheStore, Looked, Wanted } from '../../policies/cache-store.ts'
import type { KeptReply } from '../../policies/replay-store.ts'

interface Entry {
  reply: KeptReply | undefined
  /** The versions that its tags had when it was begun. */
  stamp: string
  made: number
  fresh: number
  ends: number
  /** Who makes it, with what versions, until when. */
  owner: string | undefined
  leaseStamp: string
  leaseEnds: number
  size: number
}

/** Bytes that are held, about; beyond that what was not asked for the longest goes. */
const MOST_BYTES = 64 * 1024 * 1024
/** Tags that are held, and their characters: callers choose paths. What loses its tag is made anew. */
const MOST_TAGS = 200_000
const MOST_LETTERS = 16 * 1024 * 1024
/** Bytes that an entry has beside its reply, about. */
const OVERHEAD = 500

/** Keeps replies in this process. */
export function createMemoryCache(now: () => number = () => performance.now(), most: number = MOST_BYTES): CacheStore {
  const entries = new Map<string, Entry>()
  const versions = new Map<string, number>()
  let version = 0
  let letters = 0
  let held = 0
  const stampOf = (tags: readonly string[]): string => tags.map((tag) => versions.get(tag)).join()
  const remove = (key: string, { size }: Entry): void => {
    held -= size
    entries.delete(key)
  }
  /** Puts an entry last, and lets go of the first where it is too much. */
  const put = (key: string, entry: Entry, size: number): void => {
    held += size - entry.size
    entry.size = size
    entries.delete(key)
    entries.set(key, entry)
    for (const [first, oldest] of entries) {
      if (held <= most) return
      remove(first, oldest)
    }
  }
  const forget = (tag: string): void => {
    if (versions.delete(tag)) letters -= tag.length
  }
  const begin = ({ key, tags, owner }: Wanted, found: Entry | undefined, leaseEnds: number): void => {
    for (const tag of tags) {
      const known = versions.get(tag) ?? ++version
      // The last that was used is the last: the first go where there are too many.
      forget(tag)
      versions.set(tag, known)
      letters += tag.length
    }
    for (const [tag] of versions) {
      if (versions.size <= MOST_TAGS && letters <= MOST_LETTERS) break
      forget(tag)
    }
    const entry = found ?? { reply: undefined, stamp: '', made: 0, fresh: 0, ends: 0, size: 0 }
    const lease = { owner, leaseEnds, leaseStamp: stampOf(tags) }
    put(key, Object.assign(entry, lease), entry.size || OVERHEAD + key.length * 2)
  }
  const ownOf = ({ key, owner }: Wanted): Entry | undefined => {
    const found = entries.get(key)
    return found?.owner === owner ? found : undefined
  }
  return {
    look: (wanted, lease): Looked => {
      const time = now()
      const found = entries.get(wanted.key)
      const stamp = stampOf(wanted.tags)
      const reply = found !== undefined && found.ends > time && found.stamp === stamp ? found.reply : undefined
      const isFresh = reply !== undefined && (found as Entry).fresh > time
      const isLeased = found?.owner !== undefined && found.leaseEnds > time && found.leaseStamp === stamp
      const mine = !isFresh && !isLeased
      if (reply === undefined && isLeased) return { is: 'awaited', owner: found.owner as string }
      const { made = 0, fresh = 0 } = found ?? {}
      if (mine) begin(wanted, found, time + lease)
      if (reply === undefined) return { is: 'mine' }
      if (isFresh) put(wanted.key, found as Entry, (found as Entry).size)
      return { is: 'kept', reply, age: time - made, ttl: fresh - time, mine }
    },
    keep: (wanted, reply, fresh, stale) => {
      const own = ownOf(wanted)
      if (own === undefined) return
      const made = now()
      const kept = { reply, stamp: own.leaseStamp, made, fresh: made + fresh, ends: made + fresh + stale }
      put(wanted.key, Object.assign(own, kept, { owner: undefined }), OVERHEAD + sizeOf(wanted.key, reply))
    },
    drop: (wanted) => {
      const own = ownOf(wanted)
      if (own === undefined) return
      own.owner = undefined
      if (own.reply === undefined) remove(wanted.key, own)
    },
    invalidate: (tags) => {
      for (const tag of tags) forget(tag)
    },
  }
}

/** Two bytes for each character: more than most strings take. */
function sizeOf(key: string, { headers, body }: KeptReply): number {
  const text = headers.reduce((sum, [name, value]) => sum + name.length + value.length, key.length)
  return text * 2 + (typeof body === 'string' ? body.length * 2 : (body?.byteLength ?? 0))
}
