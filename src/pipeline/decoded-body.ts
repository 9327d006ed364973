import type { ContentCoding } from '../contract/content-coding.ts'
import { UnsupportedMediaType } from '../contract/problems.ts'
import { codingsTaken } from '../compile/zlib.ts'
import type { Incoming } from './incoming.ts'
import { joined } from './pieces.ts'
import { type Pieces, unpack } from './unpack.ts'

/** A body as it is read. */
export type ReadableBody = Pick<Incoming, 'bytes' | 'text' | 'stream'>

/** Codings that are taken off one body. Nobody needs two; each more is memory, and time, for who attacks. */
const MOST = 2

/**
 * The body of a request without the codings that its `Content-Encoding` says (RFC 9110 §8.4). The limit holds for what
 * comes, for what that decodes to, and for what is between two codings.
 *
 * @throws UnsupportedMediaType
 */
export function decodedBody(request: Incoming, field: string): ReadableBody {
  const codings = readCodings(field)
  return codings.length === 0 ? request : new DecodedBody(request, codings)
}

/** In the order in which they were applied. */
function readCodings(field: string): ContentCoding[] {
  const taken = codingsTaken()
  const codings: ContentCoding[] = []
  for (const item of field.toLowerCase().split(',')) {
    const name = item.trim()
    if (name === 'identity' || name === '') continue
    const coding = taken.find((one) => one === (name === 'x-gzip' ? 'gzip' : name))
    if (coding === undefined) refuse(`The body has the coding "${name}", which is not taken here`, taken)
    codings.push(coding)
    if (codings.length > MOST) refuse(`The body has more than ${MOST} codings, one over the other`, taken)
  }
  return codings
}

function refuse(detail: string, taken: readonly ContentCoding[]): never {
  throw UnsupportedMediaType({ detail, headers: { 'accept-encoding': taken.join(', ') } })
}

class DecodedBody implements ReadableBody {
  readonly #request: Incoming
  readonly #codings: readonly ContentCoding[]

  constructor(request: Incoming, codings: readonly ContentCoding[]) {
    this.#request = request
    this.#codings = codings
  }

  /** What comes is read whole first: so the wire sees to the pace of the caller, as of any body. */
  async bytes(limit: number): Promise<Uint8Array> {
    const coded = await this.#request.bytes(limit)
    // A body of no bytes is none, in any coding.
    if (coded.byteLength === 0) return coded
    const pieces: Uint8Array[] = []
    let length = 0
    for await (const piece of this.#unpacked(one(coded), limit)) {
      pieces.push(piece)
      length += piece.byteLength
    }
    return joined(pieces, length)
  }

  async text(limit: number): Promise<string> {
    return this.#request.decoded(await this.bytes(limit))
  }

  stream(limit: number): ReadableStream<Uint8Array> {
    const reader = this.#request.stream(limit).getReader()
    const source: Pieces = {
      next: async () => {
        const { done, value } = await reader.read()
        return done ? { done: true, value: undefined } : { done: false, value }
      },
    }
    const pieces = this.#unpacked(source, limit)
    // What waits for the caller, between two codings too, goes on when the reader is told first.
    const leave = (): void => {
      reader.cancel().catch(() => {})
      pieces.return(undefined).catch(() => {})
    }
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          try {
            const { done, value } = await pieces.next()
            if (done) controller.close()
            else controller.enqueue(value)
          } catch (error) {
            leave()
            throw error
          }
        },
        cancel: leave,
      },
      { highWaterMark: 0 },
    )
  }

  /** The coding that was applied last comes off first. */
  #unpacked(source: Pieces, limit: number): AsyncGenerator<Uint8Array, undefined> {
    const [last, ...others] = this.#codings.toReversed() as [ContentCoding, ...ContentCoding[]]
    return others.reduce((pieces, coding) => unpack(pieces, coding, limit), unpack(source, last, limit))
  }
}

function one(bytes: Uint8Array): Pieces {
  let left: Uint8Array | undefined = bytes
  return {
    next: async () => {
      const value = left
      left = undefined
      return value === undefined ? { done: true, value } : { done: false, value }
    },
  }
}
