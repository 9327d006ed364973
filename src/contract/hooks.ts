import type { BaseContext } from './context.ts'
import type { Request } from './request.ts'

/** A reply on its way out, as hooks see it. Names of header fields are matched without case. */
export interface Reply {
  status: number
  body: unknown
  header(name: string): string | undefined
  /** All header fields in the order in which they were set, names in lower case; one that was added twice comes twice. */
  headers(): Iterable<readonly [name: string, value: string]>
  /** Sets a field, replacing what it held. Throws a TypeError for CR, LF or NUL in a value. */
  set(name: string, value: string): this
  /** Adds a field beside others of that name. */
  append(name: string, value: string): this
  remove(name: string): this
}

/** What middleware gets. Hand it to `next`. */
export interface MiddlewareContext {
  readonly request: Request
  readonly signal: AbortSignal
  /** The operation id, such as `orders.create`; undefined where no endpoint matched. */
  readonly operation: string | undefined
  readonly background: (task: () => unknown) => void
}

export type Next = (context: MiddlewareContext) => Promise<Reply>

/**
 * Runs around everything inside it. `next` always gives a reply: failures inside are problems by
 * then. Answer without calling `next` by throwing a problem or returning `reply(status, body)`.
 *
 * @example
 * const timed: Middleware = async (context, next) => {
 *   const began = performance.now()
 *   const reply = await next(context)
 *   return reply.set('server-timing', `total;dur=${performance.now() - began}`)
 * }
 */
export type Middleware = (context: MiddlewareContext, next: Next) => Promise<unknown> | unknown

/** The context of a before or after hook: what the handler gets, its parts not typed here. */
export type HookContext = BaseContext & {
  readonly params: unknown
  readonly query: unknown
  readonly headers: unknown
  readonly cookies: unknown
  readonly body: unknown
}

/** Runs when inputs are valid and dependencies made, before the handler. What it returns, if anything, is the reply. */
export type Before = (context: HookContext) => unknown

/** Runs after the handler, before the reply is encoded. What it returns, if anything, takes the place of `result`. */
export type After = (context: HookContext, result: unknown) => unknown

/** Hooks at one level: an API, a group or an endpoint. Outer levels run outside inner ones. */
export interface Hooks {
  readonly middleware?: readonly Middleware[]
  readonly before?: readonly Before[]
  readonly after?: readonly After[]
}
