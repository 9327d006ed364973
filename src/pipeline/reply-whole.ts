import type { Omitted } from '../contract/front-door.ts'
import { end, letGo, piecesOf } from './pieces.ts'
import { type ReplyBody, type WireReply, isBodiless } from './reply.ts'

/** Milliseconds in which a body has to come that is sent in pieces. */
const PATIENCE = 5000

/** The body of a reply in one piece. */
export interface Whole {
  readonly body: string | Uint8Array | undefined
  /** Why it is missing though there is one. */
  readonly omitted?: Omitted
  /** Settles when its source has ended, where that was told to end before it had. */
  readonly ending?: Promise<void>
}

/**
 * The body of a reply in one piece; without it where it has more than `limit` bytes, or does not end.
 *
 * @param signal fires where nobody waits for it any more.
 * @throws {BrokenSource} where its source fails.
 */
export async function wholeBody(reply: WireReply, method: string, limit: number, signal: AbortSignal): Promise<Whole> {
  const { status, body } = reply
  if (body === undefined || method === 'HEAD' || isBodiless(status)) return without(body)
  if (typeof body === 'string' || body instanceof Uint8Array) {
    return sizeOf(body) > limit ? without(undefined, 'too_large') : { body }
  }
  // It is made to go on for as long as somebody listens.
  if (/^text\/event-stream\b/i.test(reply.header('content-type') ?? '')) return without(body, 'endless')
  return body instanceof Blob && body.size > limit ? without(body, 'too_large') : gathered(body, limit, signal)
}

const encoder = new TextEncoder()

function sizeOf(body: string | Uint8Array): number {
  return typeof body === 'string' ? encoder.encode(body).byteLength : body.byteLength
}

function without(body: ReplyBody, omitted?: Omitted): Whole {
  letGo(body)
  return { body: undefined, ...(omitted && { omitted }) }
}

/** What a source has thrown. */
export class BrokenSource extends Error {
  readonly ending: Promise<void>

  constructor(cause: unknown, ending: Promise<void>) {
    super('the source of a body failed', { cause })
    this.ending = ending
  }
}

async function gathered(body: Parameters<typeof piecesOf>[0], limit: number, signal: AbortSignal): Promise<Whole> {
  const pieces = piecesOf(body)
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let left = (): void => {}
  const late = new Promise<'late'>((resolve) => {
    left = () => resolve('late')
    timer = setTimeout(left, PATIENCE)
    signal.addEventListener('abort', left)
  })
  const stop = (omitted: Omitted): Whole => ({ body: undefined, omitted, ending: end(pieces) })
  try {
    for (;;) {
      const coming = pieces.next()
      coming.catch(() => {}) // nobody may wait for it any more
      const next = await Promise.race([coming, late])
      if (next === 'late') return stop('too_slow')
      if (next.done) break
      const chunk = bytesOf(next.value)
      length += chunk.byteLength
      if (length > limit) return stop('too_large')
      chunks.push(chunk)
    }
  } catch (error) {
    throw new BrokenSource(error, end(pieces))
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', left)
  }
  return { body: new Uint8Array(await new Blob(chunks).arrayBuffer()) }
}

function bytesOf(piece: unknown): Uint8Array<ArrayBuffer> {
  if (typeof piece === 'string') return encoder.encode(piece)
  if (piece instanceof Uint8Array) return piece as Uint8Array<ArrayBuffer>
  throw new TypeError(`a stream is of strings and bytes, not of ${typeof piece}`)
}
