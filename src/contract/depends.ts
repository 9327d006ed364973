import type { AnyProblem } from './problem.ts'
import type { Request } from './request.ts'
import type { Security } from './security.ts'

/** How long a dependency lives: the whole process, or one request. */
export type Scope = 'app' | 'request'

/** Until when a dependency of a request lives: its reply is made and nothing of it sent, or all of it is sent. */
export type Until = 'reply' | 'sent'

/** Something a handler needs, and how to make and release it. */
export interface Dependency<Value = unknown> {
  readonly is: 'dependency'
  readonly scope: Scope
  readonly name: string | undefined
  readonly uses: Uses
  readonly make: (context: never) => unknown
  readonly eager: boolean
  readonly throws: readonly AnyProblem[]
  readonly security: Security | undefined
  /** What `/readyz` asks of its value. */
  readonly check: Check | undefined
  readonly until: Until
  /** The name by which backends know it, where it is for one of them to make. */
  readonly port: string | undefined
  /** What serves ports in the backend's place where policies of an endpoint that uses it need them, by their names. */
  readonly ports: Readonly<Record<string, Dependency>>
  /** Set by `spanning`: there may be one for several requests. */
  readonly spans?: boolean
  /** What it is made from, where others are made from that too: a test that puts something in its place means theirs as well. */
  readonly source?: Source
  /** Never set: carries the type of the value. */
  readonly value?: Value
}

/** What several dependencies are made from. */
export interface Source {
  readonly of: Dependency
  /** What stands in its place, where this stands in the place of one of them. */
  readonly as: (by: Dependency) => Dependency
}

/** Dependencies by the name under which a handler gets them. */
export type Uses = Readonly<Record<string, Dependency>>

/** The values of dependencies, by name. */
export type Values<U> = { readonly [K in keyof U]: U[K] extends { readonly value?: infer V } ? V : never }

/** What a request-scoped dependency is made from, besides what it uses. */
export interface DependencyContext {
  readonly request: Request
  /** Fires when the caller leaves, the time is up or the server stops. */
  readonly signal: AbortSignal
}

/** Whether a value that lives as long as the process can be worked with. */
export interface Check {
  /** Fine unless it throws, rejects or gives false. The signal fires when its time is up. */
  readonly run: (value: never, signal: AbortSignal) => unknown
  /** Milliseconds that it may take. */
  readonly timeout: number
}

/** Milliseconds that a check may take where it does not say. */
const CHECK_TIMEOUT = 1000

export interface DependsOptions<S extends Scope, Value = unknown> {
  /** `request` unless told. */
  readonly scope?: S
  /**
   * `sent` unless told. With `reply`, the code after the yield of a `request` dependency runs when the reply is made and
   * before any of it is sent: what it throws is answered in place of that reply. What uses it ends then too.
   */
  readonly until?: Until
  /** True to make an `app` dependency at start, so that a database that is away stops the start and not the first request. */
  readonly eager?: boolean
  /** A name for messages about it, and for its check. */
  readonly name?: string
  /** Problems it throws; every endpoint that uses it declares them. */
  readonly throws?: readonly AnyProblem[]
  readonly security?: Security
  /**
   * Whether an `app` dependency can be worked with, for `/readyz`, which lists it by `name`: fine unless it throws,
   * rejects or gives false. The signal fires when its time is up.
   */
  readonly check?: (value: Value, signal: AbortSignal) => unknown
  /** Milliseconds that the check may take: 1,000 unless told. */
  readonly checkTimeout?: number
}

type Made<T> = T extends AsyncGenerator<infer V> | Generator<infer V> ? V : Awaited<T>

/**
 * Declares a dependency: what it uses, and how it is made. A generator yields the value and goes on
 * after the yield when its scope ends: for `request` after the last byte of the reply, or before the
 * first with `until: 'reply'`; for `app` at shutdown. The code after the yield always runs; `yield` gives the failure where the request failed,
 * and undefined where it did not.
 *
 * Made once in its scope, when it is first needed, after what it uses; released in reverse.
 *
 * @example
 * const db = depends({}, async function* () {
 *   const pool = await openPool()
 *   yield pool
 *   await pool.close()
 * }, { scope: 'app' })
 */
export function depends<const U extends Uses, T, const S extends Scope = 'request'>(
  uses: U,
  make: (context: Values<U> & (S extends 'app' ? unknown : DependencyContext)) => T,
  options: DependsOptions<S, NoInfer<Made<T>>> = {},
): Dependency<Made<T>> {
  return Object.freeze({
    is: 'dependency',
    scope: options.scope ?? 'request',
    until: options.until ?? 'sent',
    eager: options.eager ?? false,
    name: options.name,
    uses: Object.freeze({ ...uses }),
    make: make as (context: never) => unknown,
    throws: options.throws ?? [],
    security: options.security,
    port: undefined,
    ports: {},
    check:
      options.check === undefined
        ? undefined
        : { run: options.check as Check['run'], timeout: options.checkTimeout ?? CHECK_TIMEOUT },
  })
}
