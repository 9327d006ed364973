import { type Weights, readAcceptEncoding } from '../contract/accept-encoding.ts'
import { tagOfCaller } from '../contract/coded-tag.ts'
import type { ContentCoding } from '../contract/content-coding.ts'
import type { Reply } from '../contract/hooks.ts'
import { type Policy, policy } from '../contract/policy.ts'
import type { Request } from '../contract/request.ts'
import { addVary } from '../contract/vary.ts'
import { readDirectives } from './lifetime.ts'

export interface CompressionOptions {
  /** Bytes from which a reply is compressed: 1,024 unless told. What comes in pieces always is. */
  readonly from?: number
}

/** Media types that become shorter. Pictures, films and archives are compressed already. */
const COMPRESSIBLE =
  /^(?:text\/|[^;]*\+(?:json|xml|yaml)\b|application\/(?:json|json-seq|jsonl|ndjson|x-ndjson|xml|javascript|yaml|toml|sql|rtf|wasm|x-www-form-urlencoded)\b|image\/bmp\b|font\/[ot]tf\b)/i

/**
 * Sends replies in a content coding that their caller takes (`Accept-Encoding`, RFC 9110 §12.5.3): `zstd`, `br` or
 * `gzip`. Only what is text, JSON or the like, and long enough to become shorter; what comes in pieces is compressed as it
 * goes. What has a coding already, or says `Cache-Control: no-transform`, stays as it is. Replies say
 * `Vary: Accept-Encoding`, and their `ETag` is one of the coding; who sends that back in `If-None-Match` or `If-Match`
 * means the same state.
 *
 * Of those of an API, its groups and an endpoint the nearest counts: `compression(false)` leaves the replies of an endpoint
 * as they are. That is for replies that hold a secret beside what the caller sent: their lengths tell of it (BREACH).
 *
 * @param options `false` for none.
 * @throws {TypeError} for `from` that is no whole number from 0.
 * @example
 * api({ policies: [compression()] }, { products, login: post('/login', { policies: [compression(false)], … }) })
 */
export function compression(options: CompressionOptions | false = {}): Policy {
  if (options === false) return policy('compression', { isNearest: true }, () => ({}))
  const { from = 1024 } = options
  if (!(Number.isInteger(from) && from >= 0))
    throw new TypeError(`compression: from is whole bytes from 0, not ${from}`)
  const description = 'The content coding that the body has, of those in `Accept-Encoding`'
  return policy(
    'compression',
    {
      isNearest: true,
      replyHeaders: { 'Content-Encoding': { type: 'string', enum: [...PREFERRED], description } },
    },
    () => ({
      code: ({ request }, reply) => {
        if (reply.status === 304) return validated(request, reply)
        if (reply.status === 206) return partial(reply)
        if (!isCompressible(reply, from)) return undefined
        addVary(reply, 'Accept-Encoding')
        return choice(request)
      },
    }),
  )
}

/** Of codings that the caller wants equally, the one that costs the least for what it saves. */
const PREFERRED: readonly ContentCoding[] = ['zstd', 'br', 'gzip']

function choice(request: Request): ContentCoding | undefined {
  const accepted = request.header('accept-encoding')
  return accepted === undefined ? undefined : choose(readAcceptEncoding(accepted))
}

/** The coding that the caller wants most; undefined where it would rather have none. */
function choose(weight: Weights): ContentCoding | undefined {
  let best: ContentCoding | undefined
  // Where it is not named, anything is better; weighed 0, it is what is left.
  let most = weight('identity') ?? 0
  let isLeast = true
  for (const coding of PREFERRED) {
    const own = weight(coding) ?? 0
    if (own === 0 || (isLeast ? own < most : own <= most)) continue
    best = coding
    most = own
    isLeast = false
  }
  return best
}

function isCompressible(reply: Reply, from: number): boolean {
  const { status, body } = reply
  if (body === undefined || status === 204 || status === 205) return false
  const size = typeof body === 'string' ? body.length : body instanceof Uint8Array ? body.byteLength : undefined
  if (size !== undefined && size < from) return false
  if (body instanceof Blob && body.size < from) return false
  const type = reply.header('content-type')
  if (type === undefined || !COMPRESSIBLE.test(type)) return false
  if (reply.header('content-encoding') !== undefined || reply.header('content-digest') !== undefined) return false
  const directives = reply.header('cache-control')
  return directives === undefined || !readDirectives(directives).has('no-transform')
}

/** A part is of the plain reply; that there is another form of it, it says as that does. */
function partial(reply: Reply): undefined {
  const type = reply.header('content-type') ?? ''
  if (COMPRESSIBLE.test(type) || type.startsWith('multipart/byteranges')) addVary(reply, 'Accept-Encoding')
}

/** A 304 says what it would have been: which tag, and what that depends on (RFC 9110 §15.4.5). */
function validated(request: Request, reply: Reply): undefined {
  addVary(reply, 'Accept-Encoding')
  const tag = reply.header('etag')
  const asked = request.header('if-none-match')
  if (tag === undefined || asked === undefined) return
  reply.set('etag', tagOfCaller(tag, asked, choice(request)))
}
