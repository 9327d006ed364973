import { fillPath, toSearch } from '../../contract/url.ts'
import type { ClientOperation, Travel } from './operation.ts'

/** What a call is given, in parts. */
export interface CallInput {
  readonly params?: Fields
  readonly query?: Fields
  readonly headers?: Fields
  readonly cookies?: Fields
  readonly body?: unknown
}

type Fields = Readonly<Record<string, unknown>>

/**
 * The request that an input makes.
 *
 * @throws {TypeError} naming a path parameter that is missing, or a path that would lead elsewhere.
 */
export function toRequest(
  base: string,
  operation: ClientOperation,
  input: CallInput,
  headers: Headers,
  signal: AbortSignal,
): Request {
  const path = fillPath(operation.path, input.params)
  // A URL drops dot segments, so with "../admin" for {path...} the request would reach another endpoint.
  if (/\/\.\.?(\/|$)/.test(path)) throw new TypeError(`${operation.path}: "." and ".." cannot be parts of a value`)
  const url = base + path + toSearch((input.query ?? {}) as never)
  for (const [name, value] of Object.entries(input.headers ?? {})) {
    if (isGiven(value)) headers.set(name, String(value))
  }
  const cookies = Object.entries(input.cookies ?? {}).filter(([, value]) => isGiven(value))
  if (cookies.length > 0) {
    headers.set('cookie', cookies.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('; '))
  }
  // A new effect, unless the caller says that it is an earlier one tried again.
  if (operation.isKeyed && !headers.has('idempotency-key')) headers.set('idempotency-key', crypto.randomUUID())
  // What comes is read as that version promises it.
  if (operation.version !== undefined) headers.set(operation.version.header, operation.version.name)
  if (!headers.has('accept')) headers.set('accept', accept(operation))
  const init: RequestInit & { duplex?: 'half' } = { method: operation.method, headers, signal }
  // A followed redirect would hide the reply that the endpoint promises.
  if ([...operation.replies.keys()].some((status) => status >= 300)) init.redirect = 'manual'
  if (operation.body !== undefined && input.body !== undefined) {
    // That of a multipart form has a boundary, which whoever writes the form chooses.
    if (operation.body.kind !== 'multipart') headers.set('content-type', operation.body.mediaType)
    init.body = encode(operation.body, input.body)
    // The Fetch standard demands it beside a stream: the request is sent whole before the reply is read.
    if (init.body instanceof ReadableStream) init.duplex = 'half'
  }
  return new Request(url, init)
}

/** Text has no form for nothing: the field is left out, and the API reads that as nothing again. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)
}

/** The promised media types; failures come as they come. */
function accept(operation: ClientOperation): string {
  const types = [...operation.replies.values()].flatMap((travels) =>
    travels.flatMap(({ kind, mediaType }) => (kind === 'other' ? [] : [mediaType])),
  )
  return types.length === 0 ? '*/*' : [...new Set(types), '*/*;q=0.5'].join(', ')
}

function encode(travel: Travel, body: unknown): BodyInit {
  if (travel.kind === 'json') return JSON.stringify(body)
  if (travel.kind === 'form') return new URLSearchParams(toSearch(body as never))
  if (travel.kind === 'multipart') return toFormData(body as Fields)
  return body as BodyInit
}

/** @throws {TypeError} naming the list that holds `null`. */
function toFormData(fields: Fields): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one instanceof Blob) form.append(name, one)
      else if (one === null && Array.isArray(value)) {
        throw new TypeError(`"${name}" holds null, which text has no form for`)
      } else if (one !== undefined && one !== null) form.append(name, String(one))
    }
  }
  return form
}
