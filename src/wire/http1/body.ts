import { BodyCut, BodyTooLarge } from '../../pipeline/incoming.ts'
import type { WireLimits } from '../limits.ts'
import { ChunkedDecoder } from './chunked.ts'
import { CHUNKED } from './framing.ts'
import type { Octets } from './octets.ts'

/** Octets that wait for somebody to ask for the body, before the caller has to wait instead. */
const HOLD = 65_536

/** What a body asks of its connection. */
export interface BodySource {
  /** It takes more. */
  readonly wantMore: () => void
  /** Somebody reads it: a caller that waits for 100 may send it. */
  readonly sendContinue: () => void
}

type Use = 'none' | 'whole' | 'stream' | 'dropped'

/** The body of one request, as it comes (RFC 9112 §6). */
export class RequestBody {
  readonly #source: BodySource
  readonly #chunked: ChunkedDecoder | undefined
  /** Octets, or CHUNKED. */
  readonly length: number
  #left: number
  #use: Use = 'none'
  /** The whole body, in the octets of the read it came with: they are written over by the next. */
  #view: Octets | undefined = undefined
  #pieces: Buffer[] = []
  #held = 0
  #settle: ((failure?: Error) => void) | undefined = undefined
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined = undefined
  #limit = Number.POSITIVE_INFINITY
  #failure: BodyCut | undefined = undefined
  #expectsContinue: boolean
  #isRefused = false
  /** Octets of the body that have come. */
  received = 0
  /** Those that were thrown away. */
  dropped = 0
  ended = false
  /** The rest is left unread. */
  cut: boolean

  constructor(source: BodySource, length: number, expectsContinue: boolean, limits: WireLimits) {
    this.#source = source
    this.length = length
    this.#left = length
    this.#chunked = length === CHUNKED ? new ChunkedDecoder(limits) : undefined
    this.#expectsContinue = expectsContinue
    // Whether the body still comes is the caller's choice then (RFC 9110 §10.1.1).
    this.cut = expectsContinue
  }

  /** True where the caller has to wait until somebody reads. */
  get full(): boolean {
    if (this.#use === 'none') return this.#held >= HOLD
    return this.#use === 'stream' && (this.#controller?.desiredSize ?? 0) <= 0
  }

  /**
   * Takes what is the body's.
   *
   * @returns where it ended, or `to`.
   * @throws BadRequest, HeadersTooLarge where its chunks are none.
   */
  take(bytes: Octets, from: number, to: number): number {
    let at: number
    if (this.#chunked === undefined) {
      at = Math.min(to, from + this.#left)
      this.#left -= at - from
      this.ended = this.#left === 0
      if (this.ended && this.received === 0 && this.#use === 'none') {
        this.received = at - from
        this.#view = bytes.subarray(from, at) as Octets
      } else this.#put(bytes, from, at)
    } else {
      at = this.#chunked.read(bytes, from, to, (piece, start, end) => this.#put(piece, start, end))
      this.ended = this.#chunked.done
    }
    if (this.ended) this.#finish()
    return at
  }

  /** Copies what is only lent, for whoever reads it later. */
  keep(): void {
    if (this.#view === undefined) return
    this.#pieces.push(Buffer.from(this.#view))
    this.#view = undefined
  }

  #put(bytes: Octets, from: number, to: number): void {
    this.received += to - from
    if (this.#use === 'dropped') {
      this.dropped += to - from
      return
    }
    if (this.received > this.#limit) return this.#refuse()
    const piece = Buffer.from(bytes.subarray(from, to))
    if (this.#use === 'stream') this.#controller?.enqueue(piece)
    else {
      this.#pieces.push(piece)
      this.#held += piece.length
    }
  }

  #refuse(): void {
    const failure = new BodyTooLarge(this.#limit)
    this.cut = true
    this.#isRefused = true
    this.#end(failure)
    this.drop()
  }

  #finish(): void {
    this.cut = this.#isRefused
    this.#end(undefined)
  }

  #end(failure: Error | undefined): void {
    this.#settle?.(failure)
    this.#settle = undefined
    if (failure === undefined) this.#controller?.close()
    else this.#controller?.error(failure)
    this.#controller = undefined
  }

  /** It broke off: the connection is gone, or its framing wrong. */
  fail(cause?: Error): void {
    if (this.ended || this.#failure !== undefined) return
    this.#failure = new BodyCut('the body broke off', { cause })
    this.cut = true
    this.#end(this.#failure)
  }

  /** Nobody will read it: what still comes of it is thrown away. */
  drop(): void {
    this.#use = 'dropped'
    this.#pieces = []
    this.#view = undefined
    this.#source.wantMore()
  }

  /** @throws {BodyTooLarge} @throws {BodyCut} */
  #begin(limit: number): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.length > limit || this.received > limit) {
      this.cut = true
      throw new BodyTooLarge(limit)
    }
    this.#limit = limit
    if (!this.#expectsContinue) return
    this.#expectsContinue = false
    this.cut = false
    this.#source.sendContinue()
  }

  bytes(limit: number): Uint8Array | Promise<Uint8Array> {
    this.#begin(limit)
    this.keep()
    if (this.ended) return this.#taken()
    this.#use = 'whole'
    return new Promise((resolve, reject) => {
      this.#settle = (failure) => (failure === undefined ? resolve(this.#taken()) : reject(failure))
      // Last: the rest may be here already, and end it at once.
      this.#source.wantMore()
    })
  }

  /** The whole body as text, undefined where it has not come with its header section. */
  textHere(limit: number): string | undefined {
    if (this.#view === undefined) return undefined
    this.#begin(limit)
    const text = this.#view.utf8Slice(0, this.#view.length)
    // U+FFFD is what stands for what is not UTF-8: only text that has one is looked at again, octet by octet.
    if (text.includes('\ufffd')) return undefined
    this.#view = undefined
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }

  #taken(): Uint8Array {
    const pieces = this.#pieces
    this.#pieces = []
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
  }

  stream(limit: number): ReadableStream<Uint8Array> {
    this.#begin(limit)
    this.keep()
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const piece of this.#pieces) controller.enqueue(piece)
        this.#pieces = []
        if (this.ended) return controller.close()
        this.#use = 'stream'
        this.#controller = controller
      },
      pull: () => this.#source.wantMore(),
      cancel: () => {
        this.#controller = undefined
        this.cut = !this.ended
        this.drop()
      },
    })
  }
}
