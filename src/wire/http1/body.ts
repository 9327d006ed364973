import { BodyCut, BodyTooLarge, type Pieces } from '../../pipeline/incoming.ts'
import type { WireLimits } from '../limits.ts'
import { ChunkedDecoder } from './chunked.ts'
import { CHUNKED } from './framing.ts'
import { Held } from './held.ts'
import type { Octets } from './octets.ts'

/** Octets that wait for somebody to ask for the body, before the caller has to wait instead. */
const HOLD = 65_536

/** Octets of a body that nobody began to read, and that are taken off the wire so that the connection can go on. */
const DRAIN = 65_536

/**
 * The same of one that somebody began to read, and may read on, and of a chunked one. How long that is nobody knows when
 * the reply says that the connection goes on, and it should be true: more than what common limits let through is needed
 * to break it.
 */
const DRAIN_READ = 4_194_304

/** What a body asks of its connection. */
export interface BodySource {
  /** It takes more. */
  readonly wantMore: () => void
  /** Somebody reads it: a caller that waits for 100 may send it. */
  readonly sendContinue: (body: RequestBody) => void
}

type Use = 'none' | 'whole' | 'stream' | 'lent' | 'dropped'

/** The body of one request, as it comes (RFC 9112 §6). */
export class RequestBody {
  readonly #source: BodySource
  readonly #chunked: ChunkedDecoder | undefined
  /** Octets, or CHUNKED. */
  readonly #length: number
  #left: number
  #use: Use = 'none'
  /** What the whole body is in, where it came with its header section, and from where: it ends `received` octets later. */
  #whole: Octets | undefined = undefined
  #wholeFrom = 0
  /** That may be in the octets of the read it came with, until `keep`: the next read, of whomever, writes over them. */
  #isLent = true
  /** What has come of it, in one piece: thousands of chunks of one octet would take a hundred times their length. */
  #held = new Held()
  /** The piece that is lent, and what comes next is written to. */
  #lent: Held | undefined = undefined
  #settle: ((failure?: Error) => void) | undefined = undefined
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined = undefined
  #limit = Number.POSITIVE_INFINITY
  #failure: Error | undefined = undefined
  /** The caller waits for 100, which was not sent: whether the body still comes is its choice (RFC 9110 §10.1.1). */
  #expectsContinue: boolean
  /** Octets of the body that have come. */
  received = 0
  /** Those that were thrown away. */
  #dropped = 0
  ended = false

  constructor(source: BodySource, length: number, expectsContinue: boolean, limits: WireLimits) {
    this.#source = source
    this.#length = length
    this.#left = length
    this.#chunked = length === CHUNKED ? new ChunkedDecoder(limits) : undefined
    this.#expectsContinue = expectsContinue
  }

  /** True where the caller has no reason to wait any more: no 100 is owed to it. */
  get isDue(): boolean {
    return !this.#expectsContinue
  }

  /** True where it takes no more, until somebody reads; where nobody ever will, no more at all. */
  get full(): boolean {
    if (this.#use === 'none' || this.#use === 'lent') return this.#held.length >= HOLD
    if (this.#use === 'dropped') return this.#dropped > DRAIN_READ
    return this.#use === 'stream' && (this.#controller?.desiredSize ?? 0) <= 0
  }

  /** True where one more read would have no place: it would need a buffer of its own. */
  get isSated(): boolean {
    return this.#use === 'lent' && this.full
  }

  /** True where it was refused, broke off, or more of it is to come than is taken off the wire for nothing. */
  get endsConnection(): boolean {
    if (this.ended) return this.#failure instanceof BodyTooLarge
    if (this.#expectsContinue || this.#failure !== undefined) return true
    return this.#left > (this.#use === 'none' ? DRAIN : DRAIN_READ)
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
      if (this.ended && this.#isLent) {
        this.received = at - from
        this.#whole = bytes
        this.#wholeFrom = from
      } else this.#put(bytes, from, at)
    } else {
      at = this.#chunked.read(bytes, from, to, (piece, start, end) => this.#put(piece, start, end))
      this.ended = this.#chunked.done
    }
    if (this.#use === 'stream' && this.#held.length > 0) this.#controller?.enqueue(this.#held.take())
    else if (this.#use === 'lent' && this.#held.length > 0) this.#finish(undefined)
    if (this.ended) this.#end(undefined)
    return at
  }

  /** Copies what is only lent, for whoever reads it later. */
  keep(): void {
    if (!this.#isLent) return
    this.#isLent = false
    const whole = this.#whole
    if (whole === undefined) return
    this.#whole = Buffer.allocUnsafe(this.received) as Octets
    whole.copy(this.#whole, 0, this.#wholeFrom, this.#wholeFrom + this.received)
    this.#wholeFrom = 0
  }

  #put(bytes: Octets, from: number, to: number): void {
    this.received += to - from
    if (this.#use === 'dropped') {
      this.#dropped += to - from
      return
    }
    if (this.received > this.#limit) return this.#refuse()
    this.#held.put(bytes, from, to)
  }

  #refuse(): void {
    this.#failure = new BodyTooLarge(this.#limit)
    this.#end(this.#failure)
    this.drop()
  }

  /** Tells whoever waits. */
  #finish(failure: Error | undefined): void {
    const settle = this.#settle
    this.#settle = undefined
    settle?.(failure)
  }

  #end(failure: Error | undefined): void {
    this.#finish(failure)
    if (failure === undefined) this.#controller?.close()
    else this.#controller?.error(failure)
    this.#controller = undefined
  }

  /** It broke off: the connection is gone, its framing wrong, or its reply sent before all of it was read. */
  fail(cause?: Error): void {
    if (this.ended || this.#failure !== undefined) return
    this.#failure = new BodyCut('the body broke off', { cause })
    this.#end(this.#failure)
  }

  /** What still comes of it is thrown away. Who reads it all the same must not take a part for the whole. */
  drop(): void {
    this.fail()
    this.#use = 'dropped'
    this.#held.clear()
    this.#whole = undefined
    this.#source.wantMore()
  }

  /** @throws {BodyTooLarge} @throws {BodyCut} */
  #begin(limit: number): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#length > limit || this.received > limit) {
      this.#failure = new BodyTooLarge(limit)
      throw this.#failure
    }
    this.#limit = limit
    if (!this.#expectsContinue) return
    this.#expectsContinue = false
    this.#source.sendContinue(this)
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
    const whole = this.#whole
    if (whole === undefined) return undefined
    this.#begin(limit)
    const text = whole.utf8Slice(this.#wholeFrom, this.#wholeFrom + this.received)
    // U+FFFD is what stands for what is not UTF-8: only text that has one is looked at again, octet by octet.
    if (text.includes('\ufffd')) return undefined
    this.#taken()
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }

  #taken(): Uint8Array {
    const whole = this.#whole
    this.#whole = undefined
    return whole ?? this.#held.take()
  }

  stream(limit: number): ReadableStream<Uint8Array> {
    this.#begin(limit)
    this.keep()
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        const here = this.#taken()
        if (here.length > 0) controller.enqueue(here)
        if (this.ended) return controller.close()
        this.#use = 'stream'
        this.#controller = controller
      },
      pull: () => this.#source.wantMore(),
      cancel: () => {
        this.#controller = undefined
        this.drop()
      },
    })
  }

  /** Two buffers take turns: of a file of any length, nothing is left for the collector of garbage. */
  pieces(limit: number): Pieces {
    this.#begin(limit)
    this.keep()
    this.#use = 'lent'
    this.#lent = new Held()
    return { next: () => this.#next(), leave: () => (this.ended ? undefined : this.drop()) }
  }

  #next(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      this.#lent?.rewind()
      const piece = this.#lend()
      if (piece !== undefined || this.ended) resolve(piece)
      else this.#settle = (failure) => (failure === undefined ? resolve(this.#lend()) : reject(failure))
      if (!this.ended) this.#source.wantMore()
    })
  }

  #lend(): Uint8Array | undefined {
    if (this.#whole !== undefined) return this.#taken()
    const held = this.#held
    if (held.length === 0) return undefined
    this.#held = this.#lent as Held
    this.#lent = held
    return held.bytes.subarray(held.from, held.to)
  }
}
