import type { ServerHttp2Stream } from 'node:http2'
import { type Writer, portions } from '../send-pieces.ts'
import { type Flow, PORTION } from './flow.ts'

/** The body of a reply on its way to the caller, and for how long that has left it unread. */
export class Outflow implements Writer {
  readonly portion: number = PORTION
  readonly #stream: ServerHttp2Stream
  readonly #flow: Flow
  /** The number of what waits. */
  #turn = 0
  /** Up to when the caller cannot be blamed. */
  #readAt = 0

  constructor(stream: ServerHttp2Stream, flow: Flow) {
    this.#stream = stream
    this.#flow = flow
  }

  /** Bytes that are not out. */
  get waiting(): number {
    return this.#stream.writableLength
  }

  write(portion: string | Uint8Array): Promise<void> | undefined {
    const stream = this.#stream
    const turn = this.#flow.turn()
    if (stream.writableLength === 0) this.#wait(turn, performance.now())
    let goOn: (() => void) | undefined
    stream.write(portion, (error) => {
      if (!error) this.#through(turn, portion.length)
      goOn?.()
    })
    // Node would take four portions, and tell when all of them are out.
    if (stream.writableLength < PORTION) return undefined
    return new Promise((resolve) => {
      goOn = resolve
    })
  }

  /** Sends all of a body that is in memory. */
  async end(bytes: Uint8Array): Promise<void> {
    for (const portion of portions(bytes, PORTION)) {
      const full = this.write(portion)
      // One that is alone goes with the end of the stream.
      if (full !== undefined && portion !== bytes) await full
      if (this.#stream.destroyed) return
    }
    this.#stream.end()
  }

  /** Milliseconds for which the caller has left unread what is to be sent. */
  unreadFor(now: number): number {
    if (this.waiting === 0) return 0
    if (!this.#flow.isKept(this.#turn)) this.#readAt = Math.max(this.#readAt, this.#flow.movedAt)
    return now - this.#readAt
  }

  #through(turn: number, octets: number): void {
    const now = performance.now()
    this.#flow.through(turn, octets, now)
    // What node held back is handed on now.
    this.#wait(this.#flow.turn(), now)
  }

  #wait(turn: number, now: number): void {
    this.#turn = turn
    this.#readAt = now
  }
}
