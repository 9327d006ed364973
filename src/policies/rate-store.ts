import type { Dependency } from '../contract/depends.ts'
import { port } from '../contract/port.ts'

/** How requests are counted. */
export type RateStrategy = 'token-bucket' | 'fixed-window' | 'sliding-window'

/** What one request takes of one limit. */
export interface Take {
  /** Who and what is counted together. */
  readonly key: string
  readonly strategy: RateStrategy
  /** How much may be taken in a window. */
  readonly count: number
  /** Milliseconds. */
  readonly window: number
  /** How much may be taken at once by whoever has taken nothing lately: of a token bucket, how much it holds. */
  readonly burst: number
  /** How much this request takes. */
  readonly cost: number
}

/** What came of it. */
export interface Taken {
  readonly allowed: boolean
  /** What could be taken at once now. */
  readonly remaining: number
  /** Milliseconds until all could be taken again, where nothing more is. */
  readonly reset: number
  /** Milliseconds until this could be taken; 0 where it was. */
  readonly retryAfter: number
}

/**
 * Where requests are counted. All that a request takes is taken in one step, or nothing of it: two processes that ask
 * at once never take the same.
 */
export interface RateStore {
  /** @throws {StoreAway} where the store does not answer in time. */
  readonly take: (takes: readonly Take[]) => readonly Taken[] | Promise<readonly Taken[]>
}

/** Where rate limits are counted. */
export const rateStore: Dependency<RateStore> = port('rate-limits')
