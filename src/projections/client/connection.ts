import type { Api } from '../../contract/api.ts'
import { ApiError } from './api-error.ts'
import type { CallOptions } from './call.ts'
import { CallError, type Target } from './call-error.ts'
import { type Deadline, createDeadline } from './deadline.ts'
import { otherVersions, readDescription } from './description.ts'
import { type ClientReply, readReply } from './incoming.ts'
import { type ClientOperation, type Operations, operationsOf } from './operation.ts'
import { type CallInput, toRequest } from './outgoing.ts'

/** How a client reaches its API. */
export interface ClientOptions<A extends Api = Api> {
  /** The contract. With it nothing is asked of the server first, and endpoints that are `hidden` can be called. */
  readonly contract?: A
  /** Where the description is, when it is not at `/openapi.json`: a path under the client's URL, or another URL. */
  readonly openapi?: string
  /** Takes the place of the global `fetch`: `toFetch(shop)` calls an API in this process. */
  readonly fetch?: (request: Request, init?: RequestInit) => Promise<Response>
  /** Header fields of every call, or a function that gives them for each; the place for a token. */
  readonly headers?: HeadersInit | ((operation: string) => HeadersInit | Promise<HeadersInit>)
  /** Milliseconds a whole reply may take, for a stream its beginning; 0 for no limit, which is the default. */
  readonly timeout?: number
}

/** Finds operations and calls them. */
export interface Connection {
  /** The operations, once they are known. */
  readonly operations: (id: string) => Promise<Operations>
  readonly call: (id: string, input?: CallInput, options?: CallOptions) => Promise<ClientReply>
}

export function createConnection(url: string | URL, options: ClientOptions): Connection {
  const base = toBase(url)
  const fetch = options.fetch ?? ((request: Request): Promise<Response> => globalThis.fetch(request))
  const description: Target = { method: 'GET', url: toPlace(options.openapi ?? '/openapi.json', base) }
  let known: Promise<Operations> | undefined
  if (options.contract !== undefined) known = Promise.resolve(operationsOf(options.contract))

  const headersOf = async (id: string, more: HeadersInit | undefined): Promise<Headers> => {
    const headers = new Headers(typeof options.headers === 'function' ? await options.headers(id) : options.headers)
    new Headers(more).forEach((value, name) => {
      headers.set(name, value)
    })
    return headers
  }

  const learn = async (id: string): Promise<Operations> => {
    // A token for this API must not go to another host that keeps its description.
    const own = new URL(description.url).origin === new URL(base).origin
    const headers = own ? await headersOf(id, undefined) : new Headers()
    headers.set('accept', 'application/json')
    const deadline = createDeadline(options.timeout)
    const read = async (url: string): Promise<unknown> => {
      const response = await deadline.race(fetch(new Request(url, { headers, signal: deadline.signal })))
      if (!response.ok) throw new TypeError(`it answered ${response.status}`)
      return deadline.race(response.json())
    }
    try {
      const first = await read(description.url)
      const others = await Promise.all(otherVersions(first).map((name) => read(ofVersion(description.url, name))))
      return new Map([first, ...others].flatMap((document) => [...readDescription(document)]))
    } finally {
      deadline.stop()
    }
  }

  /** Calls that come meanwhile share one look-up; one that fails is forgotten, so that a later call tries again. */
  const operations = (id: string): Promise<Operations> => {
    known ??= learn(id).catch((cause: unknown) => {
      known = undefined
      throw cause
    })
    return known.catch((cause: unknown) => {
      const mend = 'where it has moved give { openapi }, or { contract } to do without it'
      throw new CallError('description', id, description, `must tell what the API has: ${why(cause)}; ${mend}`, cause)
    })
  }

  const find = async (id: string, deadline: Deadline): Promise<ClientOperation> => {
    const learning = operations(id)
    const all = await (options.contract === undefined ? during(learning, deadline, id, description) : learning)
    const operation = all.get(id)
    if (operation !== undefined) return operation
    const source = options.contract === undefined ? description.url : 'the contract'
    const hint =
      options.contract === undefined ? '; one that is hidden, or of the method QUERY, needs { contract }' : ''
    throw new TypeError(`${id} is not an operation of ${source}, which has ${list([...all.keys()])}${hint}`)
  }

  const call = async (id: string, input: CallInput = {}, own: CallOptions = {}): Promise<ClientReply> => {
    const deadline = createDeadline(own.timeout ?? options.timeout, own.signal)
    try {
      const operation = await find(id, deadline)
      const request = toRequest(base, operation, input, await headersOf(id, own.headers), deadline.signal)
      const response = await during(fetch(request), deadline, id, request)
      return await during(readReply(id, operation, request, response), deadline, id, request)
    } finally {
      deadline.stop()
    }
  }

  return { operations, call }
}

/** Waits for a part of a call, and says what call it was when that fails. */
async function during<T>(work: Promise<T>, deadline: Deadline, id: string, target: Target): Promise<T> {
  try {
    return await deadline.race(work)
  } catch (cause) {
    if (cause instanceof ApiError || cause instanceof CallError) throw cause
    if (deadline.over === 'timeout') {
      throw new CallError('timeout', id, target, `took longer than ${deadline.milliseconds} ms`, cause)
    }
    if (deadline.over === 'aborted') throw new CallError('aborted', id, target, 'was aborted', cause)
    throw new CallError('network', id, target, `cannot be reached: ${why(cause)}`, cause)
  }
}

/** Node's `fetch` says only "fetch failed" and keeps what happened in `cause`. */
function why(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
  return cause instanceof Error ? cause.message || cause.name : String(cause)
}

function toBase(url: string | URL): string {
  const { origin, pathname } = new URL(url, globalThis.location?.href)
  return origin + pathname.replace(/\/+$/, '')
}

function toPlace(place: string, base: string): string {
  return /^[a-z][a-z0-9+.-]*:/i.test(place) ? place : base + (place.startsWith('/') ? place : `/${place}`)
}

function ofVersion(url: string, name: string): string {
  const found = new URL(url)
  found.searchParams.set('version', name)
  return found.href
}

function list(names: readonly string[]): string {
  return names.length > 12 ? `${names.slice(0, 12).join(', ')} and ${names.length - 12} more` : names.join(', ')
}
