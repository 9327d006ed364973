import type { Api } from '../../contract/api.ts'
import type { Content, ContentKind } from '../../contract/content.ts'
import { type Formats, contentOf, contentsOf, formatsOf, readableFormat } from '../../contract/formats.ts'
import type { ReplySpec } from '../../contract/reply-spec.ts'
import { walk } from '../../contract/walk.ts'

/** What a client must know of an operation to call it. */
export interface ClientOperation {
  readonly method: string
  /** The path template. */
  readonly path: string
  /** How its request body travels, where it has one. */
  readonly body: Travel | undefined
  /** How the bodies of each successful status travel, told apart by their media types; none where it has no body. */
  readonly replies: ReadonlyMap<number, readonly Travel[]>
  /** True where a call is told apart from others by an Idempotency-Key. */
  readonly isKeyed: boolean
  /** The header field that names its version, where it has one. */
  readonly version: NamedVersion | undefined
}

/** A version as a request names it. */
export interface NamedVersion {
  readonly header: string
  readonly name: string
}

/** How a body travels. A page of a list is JSON; `other` is a form that is not asked for where there is a better. */
export interface Travel {
  readonly kind: Exclude<ContentKind, 'cursor' | 'offset'> | 'other'
  readonly mediaType: string
}

/** Operations by their ids. */
export type Operations = ReadonlyMap<string, ClientOperation>

const JSON_BODY: Travel = { kind: 'json', mediaType: 'application/json' }

/** The operations of an API whose contract is at hand. */
export function operationsOf(api: Api): Operations {
  return new Map(
    walk(api).map(({ id, method, path, spec, policies, version, formats }) => {
      const replies = new Map<number, readonly Travel[]>()
      for (const returned of spec.returns === undefined ? [] : [spec.returns].flat()) {
        const { status, body: sent } = isReply(returned) ? returned : { status: 200, body: returned }
        replies.set(status, [...(replies.get(status) ?? []), ...(isBody(sent) ? replyTravels(sent, formats) : [])])
      }
      const file = method === 'GET' ? replies.get(200)?.find(({ kind }) => kind === 'file') : undefined
      // What comes of it where the caller asked for a part (RFC 9110 §14).
      if (file !== undefined && !replies.has(206)) replies.set(206, [file])
      const body = spec.body === undefined ? undefined : travel(contentsOf(spec.body)[0])
      const isKeyed = policies.some(({ contract }) =>
        Object.keys(contract.requestHeaders ?? {}).some((name) => isIdempotencyKey(name)),
      )
      const named = version && { header: version.of.header, name: version.name }
      return [id, { method, path, body, replies, isKeyed, version: named }]
    }),
  )
}

/** True for the name of the header field. */
export function isIdempotencyKey(name: unknown): boolean {
  return typeof name === 'string' && name.toLowerCase() === 'idempotency-key'
}

function travel(content: Content | undefined): Travel {
  if (content === undefined) return JSON_BODY
  const { kind, mediaType } = content
  return { kind: kind === 'cursor' || kind === 'offset' ? 'json' : kind, mediaType }
}

/** The forms that a reply has: the one that is asked for, then those that a caller may ask for by a field of its own. */
function replyTravels(body: object, formats: Formats | undefined): Travel[] {
  const content = contentOf(body)
  const all = formatsOf(content, formats)
  if (all === undefined) return [travel(content)]
  const own = readableFormat(content.kind, all)
  const others = all.filter((one) => one !== own)
  return [
    { ...travel(content), mediaType: own.mediaType },
    ...others.map(({ mediaType }): Travel => ({ kind: 'other', mediaType })),
  ]
}

function isReply(value: object): value is ReplySpec {
  return (value as Partial<ReplySpec>).is === 'reply'
}

function isBody(body: unknown): body is object {
  return body !== undefined && body !== 'location'
}
