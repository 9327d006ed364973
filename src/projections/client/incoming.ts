import { essenceOf } from '../../contract/formats.ts'
import { ApiError } from './api-error.ts'
import { CallError, type Target, place } from './call-error.ts'
import { kindOf } from './description.ts'
import type { ClientOperation, Travel } from './operation.ts'
import { readRows } from './rows.ts'

/** A reply, read. */
export interface ClientReply {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

/** What a call comes to that asked by `If-None-Match` or `If-Modified-Since`: what the caller has is what there is. */
const NOT_MODIFIED = { code: 'not_modified', title: 'What you have is what there is' }

/**
 * Reads a reply as the operation promises it.
 *
 * @throws {ApiError} where the API refused.
 * @throws {CallError} where the reply is not what the operation promises.
 */
export async function readReply(
  id: string,
  operation: ClientOperation,
  target: Target,
  response: Response,
): Promise<ClientReply> {
  const { headers } = response
  // A browser shows nothing of a redirect that is not followed; the promise says which one it is.
  const status = response.type === 'opaqueredirect' ? redirectOf(operation) : response.status
  const promised = operation.replies.has(status)
  if (status === 304 && !promised) throw new ApiError(id, place(target), response, NOT_MODIFIED)
  if (status >= 300 && !(promised && status < 400)) {
    throw new ApiError(id, place(target), response, await readProblem(response))
  }
  if (status >= 300 || status === 204 || status === 205 || operation.method === 'HEAD') {
    await response.body?.cancel()
    return { status, headers, body: undefined }
  }
  const type = headers.get('content-type') ?? ''
  // Asked for by the caller, with `Prefer: return=minimal` (RFC 7240 §4.2).
  if (type === '' && /\breturn=minimal\b/.test(headers.get('preference-applied') ?? '')) {
    await response.body?.cancel()
    return { status, headers, body: undefined }
  }
  const travel = travelOf(operation.replies.get(status) ?? [], type)
  if (promised && travel === undefined) {
    await response.body?.cancel()
    return { status, headers, body: undefined }
  }
  if (travel?.kind === 'json' && kindOf(type) !== 'json') {
    await response.body?.cancel()
    const got = type === '' ? 'no content type' : type
    throw new CallError('reply', id, target, `answered ${status} with ${got}, where JSON is promised`)
  }
  return { status, headers, body: await read(travel?.kind ?? kindOf(type), response, id, target) }
}

/** How this reply travels, of the ways its status has. A file may come as another type than its general one. */
function travelOf(travels: readonly Travel[], type: string): Travel | undefined {
  const [first, second] = travels
  if (second === undefined) return first
  const of = (wanted: string): Travel | undefined => travels.find(({ mediaType }) => essenceOf(mediaType) === wanted)
  return of(essenceOf(type)) ?? of('application/octet-stream') ?? first
}

async function read(kind: Travel['kind'], response: Response, id: string, target: Target): Promise<unknown> {
  switch (kind) {
    case 'stream':
      return response.body ?? new Blob().stream()
    case 'file':
      return response.blob()
    case 'bytes':
      return new Uint8Array(await response.arrayBuffer())
    case 'json': {
      const text = await response.text()
      try {
        return JSON.parse(text)
      } catch (cause) {
        throw new CallError('reply', id, target, `answered ${response.status} with JSON that cannot be read`, cause)
      }
    }
    case 'rows':
      return readRows(response, id, target)
    case 'text':
    case 'form':
    case 'xml':
    case 'other':
    case 'multipart':
      return response.text()
    default:
      // A new kind of body must say here how it is read: the compiler refuses to go on without.
      return kind satisfies never
  }
}

async function readProblem(response: Response): Promise<unknown> {
  const text = await response.text()
  if (kindOf(response.headers.get('content-type') ?? '') !== 'json') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function redirectOf(operation: ClientOperation): number {
  return [...operation.replies.keys()].find((status) => status >= 300) ?? 0
}
