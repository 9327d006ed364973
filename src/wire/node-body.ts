import type { IncomingMessage } from 'node:http'
import { RequestTimeout } from '../contract/problems.ts'
import { BodyCut, BodyTooLarge } from '../pipeline/incoming.ts'
import type { WireLimits } from './limits.ts'

/** Whoever takes what comes of a body. It is told of one end, or of one failure. */
export interface Taker {
  readonly take: (chunk: Buffer) => void
  readonly end: () => void
  /** @param error BodyTooLarge, RequestTimeout or BodyCut. */
  readonly fail: (error: Error) => void
}

/** A body of node:http as it comes, held to its length and to the time that it may take. */
export class NodeBody {
  readonly #message: IncomingMessage
  readonly #limit: number
  readonly #limits: WireLimits
  readonly #taker: Taker
  readonly #silence: NodeJS.Timeout
  #isOpen = true
  #length = 0
  /** Milliseconds that the caller let its taker wait. The time in which nobody wants more is not the caller's. */
  #waited = 0
  #wantsSince: number | undefined

  constructor(message: IncomingMessage, limit: number, limits: WireLimits, taker: Taker) {
    this.#message = message
    this.#limit = limit
    this.#limits = limits
    this.#taker = taker
    // What came while the process was held up is read before it is looked for: timers come first.
    this.#silence = setTimeout(() => setImmediate(() => this.#checkSilence()), limits.bodyTimeout).unref()
    message.pause()
    message.on('data', (chunk: Buffer) => this.#take(chunk))
    message.on('end', () => this.#close(taker.end))
    message.on('error', (cause) => this.#close(() => taker.fail(new BodyCut('the body broke off', { cause }))))
  }

  /** Asks for more. The time until it comes is the caller's. */
  want(): void {
    if (!this.#isOpen) return
    if (this.#wantsSince === undefined) {
      this.#wantsSince = performance.now()
      this.#silence.refresh()
    }
    this.#message.resume()
  }

  /** Lets the caller wait. */
  rest(): void {
    this.#message.pause()
  }

  /** Leaves the rest unread. */
  leave(): void {
    this.#close(() => this.#unhear())
  }

  /** The same, and tells its taker why. */
  fail(error: Error): void {
    this.#close(() => {
      this.#unhear()
      this.#taker.fail(error)
    })
  }

  #take(chunk: Buffer): void {
    const { bodyTimeout, bodyRate } = this.#limits
    this.#length += chunk.length
    if (this.#wantsSince !== undefined) this.#waited += performance.now() - this.#wantsSince
    this.#wantsSince = undefined
    if (this.#length > this.#limit) return this.fail(new BodyTooLarge(this.#limit))
    if (this.#waited > bodyTimeout + (this.#length / bodyRate) * 1000) return this.fail(RequestTimeout())
    this.#taker.take(chunk)
  }

  #checkSilence(): void {
    const since = this.#wantsSince
    // Timers may come a millisecond too soon.
    if (since !== undefined && performance.now() - since >= this.#limits.bodyTimeout - 1) this.fail(RequestTimeout())
  }

  #unhear(): void {
    this.#message.pause()
    this.#message.removeAllListeners('data')
  }

  #close(finish: () => void): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    clearTimeout(this.#silence)
    finish()
  }
}
