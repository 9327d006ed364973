import type { Called, Omitted } from '../contract/front-door.ts'
import { end, letGo, piecesOf } from './pieces.ts'
import { type ReplyBody, type WireReply, isBodiless } from './reply.ts'

/** Milliseconds in which a body has to come that is sent in pieces. */
const PATIENCE = 5000

type Body = Pick<Called, 'body' | 'omitted'>

/**
 * The body of a reply in one piece; without it where it has more than `limit` bytes, or does not end.
 *
 * @throws what its source throws.
 */
export async function wholeBody(reply: WireReply, method: string, limit: number): Promise<Body> {
  const { status, body } = reply
  if (body === undefined || method === 'HEAD' || isBodiless(status)) return without(body)
  if (typeof body === 'string' || body instanceof Uint8Array) {
    return sizeOf(body) > limit ? without(undefined, 'too_large') : { body, omitted: undefined }
  }
  // It is made to go on for as long as somebody listens.
  if (/^text\/event-stream\b/i.test(reply.header('content-type') ?? '')) return without(body, 'endless')
  return body instanceof Blob && body.size > limit ? without(body, 'too_large') : gathered(body, limit)
}

const encoder = new TextEncoder()

function sizeOf(body: string | Uint8Array): number {
  return typeof body === 'string' ? encoder.encode(body).byteLength : body.byteLength
}

function without(body: ReplyBody, omitted?: Omitted): Body {
  letGo(body)
  return { body: undefined, omitted }
}

async function gathered(body: Parameters<typeof piecesOf>[0], limit: number): Promise<Body> {
  const pieces = piecesOf(body)
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), PATIENCE)
  })
  try {
    for (;;) {
      const coming = pieces.next()
      const next = await Promise.race([coming, late])
      if (next === 'late') {
        coming.catch(() => {}) // nobody waits for it any more
        void end(pieces)
        return { body: undefined, omitted: 'too_slow' }
      }
      if (next.done) break
      const chunk = bytesOf(next.value)
      length += chunk.byteLength
      if (length > limit) {
        void end(pieces)
        return { body: undefined, omitted: 'too_large' }
      }
      chunks.push(chunk)
    }
  } finally {
    clearTimeout(timer)
  }
  return { body: new Uint8Array(await new Blob(chunks).arrayBuffer()), omitted: undefined }
}

function bytesOf(piece: unknown): Uint8Array<ArrayBuffer> {
  if (typeof piece === 'string') return encoder.encode(piece)
  if (piece instanceof Uint8Array) return piece as Uint8Array<ArrayBuffer>
  throw new TypeError(`a stream is of strings and bytes, not of ${typeof piece}`)
}
