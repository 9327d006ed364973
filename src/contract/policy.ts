import type { Reply } from './hooks.ts'
import type { AnyProblem } from './problem.ts'
import type { StatedReply } from './reply-spec.ts'
import type { Request } from './request.ts'

/**
 * A rule that holds for an endpoint beside its handler. One value with two halves: `contract` is
 * what callers can see of it, `attach` what it does to a request. Projections read the first half,
 * so a new policy shows in documentation without a change to it.
 */
export interface Policy {
  readonly is: 'policy'
  readonly name: string
  readonly contract: PolicyContract
  /** Called once for each endpoint at start-up. */
  readonly attach: (endpoint: { readonly operation: string; readonly method: string }) => PolicyStages
}

export interface PolicyContract {
  readonly throws?: readonly AnyProblem[]
  /** Header fields a caller may send, by name: JSON Schema and whether it must. */
  readonly requestHeaders?: Readonly<Record<string, { readonly schema: object; readonly required?: boolean }>>
  /** Header fields of successful replies, by name: JSON Schema. */
  readonly replyHeaders?: Readonly<Record<string, object>>
  readonly deprecated?: boolean
}

export interface PolicyContext {
  readonly request: Request
  readonly signal: AbortSignal
  readonly operation: string
}

/** A reply that a policy was given, or one that it states. */
export type GivenReply = Reply | StatedReply | undefined

/** What a policy does, by the stage of the pipeline at which it does it. Each is optional. */
export interface PolicyStages {
  /** Before anything of the body is read: throw a problem to refuse. */
  readonly limit?: (context: PolicyContext) => void | Promise<void>
  /** When the input is valid: a reply here, such as `reply(200, body)`, is sent in place of running the handler. */
  readonly replay?: (context: PolicyContext) => GivenReply | Promise<GivenReply>
  /** When the reply is encoded: change its header fields, or give another reply. */
  readonly encode?: (context: PolicyContext, reply: Reply) => GivenReply | Promise<GivenReply>
  /** The last thing before the reply is sent. */
  readonly record?: (context: PolicyContext, reply: Reply) => void | Promise<void>
}

/** Declares a policy. */
export function policy(name: string, contract: PolicyContract, attach: Policy['attach']): Policy {
  return Object.freeze({ is: 'policy', name, contract, attach })
}
