import type { Dependency } from '../contract/depends.ts'
import { port } from '../contract/port.ts'
import type { KeptReply } from './replay-store.ts'

/** A reply that is looked for. */
export interface Wanted {
  /** The same for all requests that get this reply. */
  readonly key: string
  /** By which it can be invalidated, each once. */
  readonly tags: readonly string[]
  /** Who looks: what it is to make, only it keeps. */
  readonly owner: string
}

/** What is known of a reply when somebody looks for it. */
export type Looked =
  /** It is kept. Past its time (`ttl` below 0) it may still be given; `mine` where this owner is to make it anew. */
  | {
      readonly is: 'kept'
      readonly reply: KeptReply
      /** Milliseconds since it was made. */
      readonly age: number
      /** Milliseconds for which it is fresh. */
      readonly ttl: number
      readonly mine: boolean
    }
  /** It is this owner's to make. */
  | { readonly is: 'mine' }
  /** Another makes it. */
  | { readonly is: 'awaited'; readonly owner: string }

/**
 * Where replies are kept for all who may have them. Of any number that look at once for what is not there, one is to
 * make it. What is invalidated is never given to who looks after that, nor is what was begun before that and is kept
 * only then.
 */
export interface CacheStore {
  /**
   * @param lease milliseconds in which who is to make it should have done so; then it is another's.
   * @param life milliseconds for which it may be of use: the lease, and the time for which it is kept.
   * @throws {StoreAway} where the store does not answer in time.
   */
  readonly look: (wanted: Wanted, lease: number, life: number) => Looked | Promise<Looked>
  /**
   * Keeps what this owner was to make.
   *
   * @param fresh milliseconds for which it is fresh.
   * @param stale milliseconds after those in which it may still be given.
   */
  readonly keep: (wanted: Wanted, reply: KeptReply, fresh: number, stale: number) => void | Promise<void>
  /** Tells that this owner does not make it. */
  readonly drop: (wanted: Wanted) => void | Promise<void>
  /** Whatever has one of these tags is not given any more. */
  readonly invalidate: (tags: readonly string[]) => void | Promise<void>
}

/** Where replies are kept by `cached()`. */
export const cacheStore: Dependency<CacheStore> = port('cache')
