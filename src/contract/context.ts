import type { BodyIn } from './content.ts'
import type { Values } from './depends.ts'
import type { PathParams } from './path.ts'
import type { Request } from './request.ts'
import type { Decoded } from './schema.ts'

/** What every handler and hook gets, whatever the endpoint declares. */
export interface BaseContext {
  readonly request: Request
  /** Fires when the caller leaves, the time is up or the server stops. Hand it to what you await. */
  readonly signal: AbortSignal
  /** The endpoint's operation id, such as `orders.create`. */
  readonly operation: string
  /** Runs `task` after the last byte of the reply. A failure is logged, never sent. */
  readonly background: (task: () => unknown) => void
}

/** Names that `use` cannot take, because the context has them. */
export const RESERVED: readonly ReservedName[] = [
  'request',
  'signal',
  'operation',
  'background',
  'params',
  'query',
  'headers',
  'cookies',
  'body',
]

export type ReservedName = keyof BaseContext | keyof Inputs<string, object>

/** The decoded parts of a request. */
export interface Inputs<P extends string, S> {
  readonly params: S extends { readonly params: infer X } ? Decoded<X> : PathParams<P>
  readonly query: S extends { readonly query: infer X } ? Decoded<X> : Undeclared<'query'>
  readonly headers: S extends { readonly headers: infer X } ? Decoded<X> : Undeclared<'headers'>
  readonly cookies: S extends { readonly cookies: infer X } ? Decoded<X> : Undeclared<'cookies'>
  readonly body: S extends { readonly body: infer X } ? BodyIn<X> : Undeclared<'body'>
}

/** A part that the endpoint does not declare: give it a schema to read it. */
export interface Undeclared<Part extends string> {
  readonly undeclared: `give the endpoint a schema for its ${Part} to read it`
}

/** What a handler gets: inputs, dependencies by name, and the base. */
export type HandlerContext<P extends string, S> = BaseContext &
  Inputs<P, S> &
  (S extends { readonly use: infer U } ? Values<U> : unknown)
