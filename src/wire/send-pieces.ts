import type { Writable } from 'node:stream'
import type { Exchange } from '../pipeline/exchange.ts'
import { type Report, aboutOf, errorOf, isObedience, unreadable } from '../pipeline/fail.ts'
import { end, piecesOf } from '../pipeline/pieces.ts'

/** Bytes that are written at once: what is left of a longer piece shows whether the caller reads at all. */
export const PORTION = 65_536

/** How portions are written. */
export interface Writer {
  /** Bytes of one, at most. */
  readonly portion: number
  /** Resolves when the next may be written; undefined where that is at once. */
  readonly write: (portion: string | Uint8Array) => Promise<void> | undefined
}

/**
 * Sends a body piece by piece, as fast as the caller reads. What the pieces are made with is not released before their
 * source has ended.
 *
 * @param breakOff breaks a reply that fails half-way, so that nobody takes the half for the whole.
 */
export function sendPieces(...how: Parameters<typeof send>): void {
  const [, , x] = how
  x.sending = send(...how)
}

async function send(
  out: Writable,
  body: Parameters<typeof piecesOf>[0],
  x: Exchange,
  report: Report,
  breakOff: () => void,
  writer: Writer = writerOf(out),
): Promise<void> {
  let pieces: ReturnType<typeof piecesOf> | undefined
  let leave = (): void => {}
  out.once('close', () => leave())
  // One promise for each piece: a race against one that lasts would hold every piece until the end.
  const unlessGone = <T>(work: PromiseLike<T>): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      leave = () => resolve(undefined)
      work.then(resolve, reject)
    })
  try {
    pieces = piecesOf(body)
    while (out.writable && !out.destroyed) {
      const next = await unlessGone(pieces.next())
      if (next === undefined) break
      if (next.done) {
        out.end()
        return
      }
      for (const portion of portions(next.value, writer.portion)) {
        const full = writer.write(portion)
        if (full === undefined || out.destroyed) continue
        await unlessGone(full)
        if (out.destroyed) break
      }
    }
  } catch (error) {
    x.failure ??= errorOf(error)
    if (unreadable(error) === undefined && !isObedience(x.aborted, error)) report(error, aboutOf(x))
    breakOff()
  }
  if (pieces !== undefined) await end(pieces)
}

function writerOf(out: Writable): Writer {
  return {
    portion: PORTION,
    write: (portion) => (out.write(portion) ? undefined : new Promise((resolve) => out.once('drain', resolve))),
  }
}

/** A piece in parts of at most so many bytes. What is neither text nor bytes is for the writer to refuse. */
export function portions(piece: string | Uint8Array, most: number): Iterable<string | Uint8Array> {
  const size = typeof piece === 'string' ? piece.length : piece?.byteLength
  if (!(size > most)) return [piece]
  return cut(typeof piece === 'string' ? Buffer.from(piece) : piece, most)
}

function* cut(bytes: Uint8Array, most: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += most) yield bytes.subarray(at, at + most)
}
