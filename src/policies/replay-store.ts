import type { Dependency } from '../contract/depends.ts'
import { port } from '../contract/port.ts'

/** A reply as it is kept. */
export interface KeptReply {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string | Uint8Array | undefined
}

/** A request that is to have its effect once. */
export interface Attempt {
  /** The same for all that are to have that effect. */
  readonly key: string
  /** What tells one request from another: a key is of one. */
  readonly fingerprint: string
  /** Who tries: what it began, only it ends. */
  readonly owner: string
}

/** What is known of a key when somebody begins with it. */
export type Begun =
  /** Nothing was: it is this attempt's now. */
  | { readonly is: 'begun' }
  /** Another attempt is under way. */
  | { readonly is: 'running' }
  /** Another attempt began, and should have ended by now: whether it had its effect, nobody knows. */
  | { readonly is: 'unknown' }
  /** It is of another request. */
  | { readonly is: 'other' }
  | { readonly is: 'done'; readonly reply: KeptReply }

/** Where it is kept which requests had their effect, and their replies. */
export interface ReplayStore {
  /**
   * True where replies are kept in one transaction with their effect: what cannot be kept has no effect then, and what
   * broke off had none.
   */
  readonly atomic?: boolean
  /**
   * Begins an attempt where no other did, in one step: of any number that begin at once, one has it.
   *
   * @param lease milliseconds in which it should end.
   * @param keep milliseconds after which nothing is known of the key any more.
   * @throws {StoreAway} where the store does not answer in time.
   */
  readonly begin: (attempt: Attempt, lease: number, keep: number) => Begun | Promise<Begun>
  /**
   * Keeps the reply of an attempt that its owner began.
   *
   * @param failed true where it is the reply to a failure, whose effect a transaction takes back.
   */
  readonly finish: (attempt: Attempt, reply: KeptReply, failed?: boolean) => void | Promise<void>
  /** Forgets an attempt that had no effect. */
  readonly forget: (attempt: Attempt) => void | Promise<void>
}

/** Where idempotency is kept. */
export const replayStore: Dependency<ReplayStore> = port('replays')
