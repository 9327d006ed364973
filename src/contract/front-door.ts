import { type Dependency, depends } from './depends.ts'
import type { Problem } from './problem.ts'
import type { Request } from './request.ts'

/** A request that comes with another: what it asks for is its own, and who asks is whoever sent that one. */
export interface Call {
  readonly method: string
  /** Path and query: `/orders?status=open`. */
  readonly target: string
  /** Header fields of its own, names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array | undefined
  /** What is put behind the id of the request that it comes with. */
  readonly suffix: string
}

/** Why a reply has no body though it had one: it is longer than it may be, it took too long, or it has no end. */
export type Omitted = 'too_large' | 'too_slow' | 'endless'

/** The reply to a call. */
export interface Called {
  readonly status: number
  /** Names in lower case; one that came more than once is there more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string | Uint8Array | undefined
  readonly omitted: Omitted | undefined
}

/** What calls have together that have their effect together, or none. */
export interface Together {
  /** Ends what they have together: well, or with the failure, which undoes it. */
  readonly end: (failure: Error | undefined) => Promise<void>
  /** Runs background work of calls that had their effect; of others nothing. */
  readonly afterwards: () => Promise<void>
}

export interface CallOptions {
  /** The request that it comes with. */
  readonly from: Request
  /** Fires where nobody waits for it any more. */
  readonly signal: AbortSignal
  /** Bytes that the body of the reply may have. */
  readonly limit: number
  /** With which others it has its effect; it is on its own unless told. */
  readonly together?: Together
}

/** Where calls come in that no wire has brought: all that holds for requests holds for them. */
export interface FrontDoor {
  /** Answers a call. It never rejects: failures are replies. */
  readonly call: (call: Call, options: CallOptions) => Promise<Called>
  /** A problem as the reply to a call that is not made. */
  readonly refuse: (problem: Problem) => Called
  /** For each of some calls, why it cannot have its effect together with those before it; undefined where it can. */
  readonly misfits: (calls: readonly Call[], from: Request) => readonly (string | undefined)[]
  /** Begins what calls have together. */
  readonly together: (from: Request) => Together
}

/** The front door of the API that an endpoint is part of. The pipeline provides it. */
export const frontDoor: Dependency<FrontDoor> = depends(
  {},
  (): FrontDoor => {
    throw new Error('the pipeline provides the front door of its API')
  },
  { scope: 'app', name: 'front door' },
)
