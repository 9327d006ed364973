import type { ContentCoding } from './content-coding.ts'
import type { Dependency, Uses, Values } from './depends.ts'
import type { EndpointSpec } from './endpoint.ts'
import type { Reply } from './hooks.ts'
import type { Principal } from './principal.ts'
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
  /** What its stages need, such as a store: dependencies of the scope `app`. */
  readonly use: Uses
  /** Called once for each endpoint at start-up. */
  readonly attach: (endpoint: PolicyTarget) => PolicyStages<never>
}

/** The endpoint that a policy is attached to. */
export interface PolicyTarget {
  readonly operation: string
  readonly method: string
  /** The whole path template: `/orders/{id}`. */
  readonly path: string
  /** Names of what its declared input is made of, header fields in lower case; `*` where a schema takes any. */
  readonly input: { readonly headers: readonly string[]; readonly cookies: readonly string[] }
  /**
   * What an `Accept` field chooses: the media type that each reply would have of those that come in several forms.
   * undefined where callers have no choice.
   */
  readonly negotiate: ((accept: string | undefined) => readonly string[]) | undefined
  /** Tells whoever runs the API of a failure that callers are not told of. */
  readonly report: (error: unknown) => void
}

export interface PolicyContract {
  readonly throws?: readonly AnyProblem[]
  /** Header fields a caller may send, by name: JSON Schema and whether it must. */
  readonly requestHeaders?: Readonly<Record<string, { readonly schema: object; readonly required?: boolean }>>
  /** Header fields of successful replies, by name: JSON Schema. */
  readonly replyHeaders?: Readonly<Record<string, object>>
  /** Replies that it gives in place of the handler's, by status, beside problems. */
  readonly replies?: Readonly<
    Record<number, { readonly description: string; readonly headers?: Record<string, object> }>
  >
  readonly deprecated?: boolean
  /** True where it may leave out the body of a reply to a write: that of a 200 is 204 then. */
  readonly isMinimal?: boolean
  /** True where it keeps something of a caller: security of the endpoint has to say who that is. */
  readonly isOfCaller?: boolean
  /** True where it is of writes: of a group, it stands on the endpoints that are not GET, HEAD, OPTIONS or QUERY. */
  readonly isOfWrites?: boolean
  /** True where it may stand on an endpoint once. */
  readonly isOnce?: boolean
  /** True where of several on the levels of an endpoint the nearest to it counts, and the others are as if not there. */
  readonly isNearest?: boolean
  /** What it counts requests under, as far as that is known at start: two of an endpoint would count each twice. */
  readonly counts?: readonly string[]
  /** What is wrong with it on an endpoint, for the start. */
  readonly check?: (endpoint: CheckedEndpoint) => readonly PolicyFault[]
}

/** An endpoint as a policy may look at it before the start. */
export interface CheckedEndpoint {
  readonly method: string
  /** The whole path template. */
  readonly path: string
  readonly spec: EndpointSpec
  /** All that it uses, and what that uses. */
  readonly uses: readonly Dependency[]
}

export interface PolicyFault {
  /** The part of the endpoint that it is about, `params.id`: nothing else is said of that then. The policy unless told. */
  readonly field?: string
  readonly what: string
  readonly mend: string
}

export interface PolicyContext {
  readonly request: Request
  readonly signal: AbortSignal
  readonly operation: string
  /** Who is calling, where a security dependency of the endpoint says so. */
  readonly principal: Principal | undefined
  /**
   * Ids of all that security dependencies say is calling, the principal's first: with a partner's key, its user. What is
   * one caller's alone is theirs together. One is undefined where credentials hold and do not say whose they are.
   */
  readonly callers: readonly (string | undefined)[]
  /** Path parameters as the handler gets them, from the stage `replay` on. */
  readonly params: unknown
  /** The query as the handler gets it, from the stage `replay` on; undefined where the endpoint declares none. */
  readonly query: unknown
  /** The body as the handler gets it, from the stage `replay` on; undefined where the endpoint declares none. */
  readonly body: unknown
  /** True once the handler, or a before hook, was called. */
  readonly handled: boolean
  /** What the request failed with, where it did. */
  readonly failure: Error | undefined
  /** What a policy has to know of this request at a later stage, by a key of its own. */
  readonly notes: Map<object, unknown>
  /** Runs `task` after the last byte of the reply, when what the handler used is released. */
  readonly background: (task: () => unknown) => void
  /**
   * Runs the endpoint without its policies, apart from this request: with dependencies of its own, and to its end
   * though the caller leaves. It never rejects: a failure is a reply by then.
   */
  readonly compute: () => Promise<Computed>
}

/** What came of an endpoint that was run apart. */
export interface Computed {
  readonly reply: Reply
  /**
   * Header fields of the request that were read, beside what security and the declared input are made of: their names
   * in lower case, and `*` for all of them or the caller's address.
   */
  readonly read: ReadonlySet<string>
}

/** A reply that a policy was given, or one that it states. */
export type GivenReply = Reply | StatedReply | undefined

/** What a policy does, by the stage of the pipeline at which it does it. Each is optional. `use` has its dependencies. */
export interface PolicyStages<Use = unknown> {
  /** Before anything of the body is read: throw a problem to refuse. */
  readonly limit?: (context: PolicyContext, use: Use) => void | Promise<void>
  /** When the input is valid: a reply here, such as `reply(status, body, headers)`, is sent in place of running the handler. */
  readonly replay?: (context: PolicyContext, use: Use) => GivenReply | Promise<GivenReply>
  /** When the reply is encoded: change its header fields, or give another reply. */
  readonly encode?: (context: PolicyContext, reply: Reply, use: Use) => GivenReply | Promise<GivenReply>
  /** The last thing before the reply is sent. */
  readonly record?: (context: PolicyContext, reply: Reply, use: Use) => void | Promise<void>
  /**
   * After all else, middleware included: the content coding in which the reply is sent (RFC 9110 §8.4), undefined for
   * none. Nobody sees its coded bytes but the caller. What it goes by belongs in `Vary`. It is
   * not asked where there is no zlib.
   */
  readonly code?: (context: PolicyContext, reply: Reply) => ContentCoding | undefined
}

/**
 * Declares a policy.
 *
 * @param use what its stages need: dependencies of the scope `app`.
 */
export function policy<const U extends Uses = Readonly<Record<never, never>>>(
  name: string,
  contract: PolicyContract,
  attach: (endpoint: PolicyTarget) => PolicyStages<Values<U>>,
  use?: U,
): Policy {
  return Object.freeze({ is: 'policy', name, contract, use: Object.freeze({ ...use }), attach })
}
