/** Where the fixture API is served. `memory` is `toFetch` with `new Request`, without a connection; `tls` and `h2` are the engine over HTTPS. */
export type Runtime = 'memory' | 'engine' | 'tls' | 'h2' | 'node' | 'bun' | 'deno'

export const RUNTIMES: readonly Runtime[] = ['engine', 'tls', 'h2', 'node', 'bun', 'deno', 'memory']

/** One request, and what has to come back. */
export interface Case {
  /** What holds, as a sentence; the words of the documentation where a runtime differs. */
  readonly name: string
  readonly method?: string
  readonly target?: string
  /** Sent after `Host`, which is there unless the case brings its own. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** Sent with its Content-Length, unless the case declares another framing. */
  readonly body?: string | Uint8Array
  /** Exact bytes in place of all of the above; there is no `Request` that holds them. */
  readonly raw?: string
  /** True where the raw request is a HEAD, whose reply has no body however it is framed. */
  readonly head?: true
  /** The last thing the caller does is to close its sending side. */
  readonly cut?: true
  readonly reply: Expected
  /** Replies after the first, of requests on the same connection. */
  readonly then?: readonly Expected[]
  /** Runtimes that answer something else, each with the reason why that is so. */
  readonly differs?: Partial<Record<Runtime, Difference>>
}

export interface Expected {
  readonly status: number
  /** Fields that must have exactly this value; null for one that must not be there. */
  readonly headers?: Readonly<Record<string, string | RegExp | null>>
  /** The code of a problem document, whose every member is then checked. */
  readonly problem?: string
  /** Text that the problem's `detail` has to hold. */
  readonly detail?: string
  /** Pointers of the fields that are refused, in order. */
  readonly pointers?: readonly string[]
  readonly json?: unknown
  readonly text?: string
  readonly bytes?: readonly number[]
  /** No byte of a body. */
  readonly empty?: true
  /** Statuses of 1xx replies before it. */
  readonly interim?: readonly number[]
  /** The connection ends after this reply. Unless told it stays, and answers another request. */
  readonly closes?: true
  /** The connection stays, and waits for a body that never comes. */
  readonly waits?: true
}

/** What a runtime does in place of what the case expects. */
export type Difference = (
  | (Expected & { readonly stray?: true })
  | { readonly closed: true }
  | { readonly absent: true }
) & {
  /** A whole sentence: it stands in the documentation. */
  readonly why: string
}

/** A connection that ends without a reply. */
export const CLOSED = { closed: true } as const

/** The request cannot be made there at all. */
export const ABSENT = { absent: true } as const

export function get(name: string, target: string, reply: Expected, more: Partial<Case> = {}): Case {
  return { name, method: 'GET', target, reply, ...more }
}

export function post(
  name: string,
  target: string,
  body: string | Uint8Array,
  reply: Expected,
  more: Partial<Case> = {},
): Case {
  return { name, method: 'POST', target, body, headers: JSON_BODY, reply, ...more }
}

export const JSON_BODY = [['Content-Type', 'application/json']] as const

/** A problem document of a status. */
export function refused(status: number, problem: string, more: Partial<Expected> = {}): Expected {
  return { status, problem, ...more }
}
