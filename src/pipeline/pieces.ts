import type { ReplyBody } from './reply.ts'

type Piece = string | Uint8Array

/** True for what a wire can send. */
export function isSendable(body: unknown): body is ReplyBody {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array || body instanceof Blob) return true
  return isPieces(body)
}

/**
 * True for a source of pieces.
 *
 * @throws {TypeError} for a stream that somebody reads already: a stream serves one reply.
 */
export function isPieces(body: unknown): body is Exclude<ReplyBody, string | Uint8Array | Blob | undefined> {
  if (body === null || typeof body !== 'object') return false
  if (!(body instanceof ReadableStream)) return Symbol.asyncIterator in body || Symbol.iterator in body
  if (body.locked) throw new TypeError('the stream of this reply is being read already: make one for each reply')
  return true
}

/** True for a body that is sent in pieces. */
export function isStreamed(body: ReplyBody): body is Exclude<ReplyBody, string | Uint8Array | undefined> {
  return body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)
}

/** The pieces of a streamed body, one by one. `return()` tells the source that nobody wants more. */
export function piecesOf(body: Exclude<ReplyBody, string | Uint8Array | undefined>): AsyncIterator<Piece> {
  if (body instanceof Blob) return piecesOf(body.stream())
  if (body instanceof ReadableStream) return streamPieces(body)
  if (Symbol.asyncIterator in body) return body[Symbol.asyncIterator]()
  return iterablePieces(body)
}

/** Reading by hand: not every runtime can iterate a ReadableStream. */
function streamPieces(stream: ReadableStream<Piece>): AsyncIterator<Piece> {
  const reader = stream.getReader()
  return {
    next: async () => {
      const { done, value } = await reader.read()
      return done ? { done: true, value: undefined } : { done: false, value }
    },
    return: async () => {
      await reader.cancel()
      return { done: true, value: undefined }
    },
  }
}

async function* iterablePieces(pieces: Iterable<Piece>): AsyncGenerator<Piece> {
  yield* pieces
}

/** Tells a source that nobody wants more. What it throws then is of interest to nobody. */
export async function end(pieces: AsyncIterator<Piece>): Promise<void> {
  try {
    await pieces.return?.()
  } catch {}
}

/** Lets go of a body that nobody will read. What its source throws then is of interest to nobody. */
export function letGo(body: ReplyBody): void {
  if (!isStreamed(body)) return
  try {
    void end(piecesOf(body))
  } catch {}
}

/** All pieces in one, of so many bytes together. */
export function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array
  const all = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.byteLength
  }
  return all
}
