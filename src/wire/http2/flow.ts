import type { ServerHttp2Session } from 'node:http2'

/** Bytes that go out at once on a stream: a frame that every caller takes (RFC 9113 §4.2). */
export const PORTION = 16_384

/**
 * What gets through to a caller on all streams of its connection. A stream alone does not know whether it waits because
 * its caller does not read it, or behind the others: node does not tell how much of its window (RFC 9113 §5.2) is left.
 */
export class Flow {
  readonly #session: ServerHttp2Session
  #turns = 0
  #latest = 0
  #octets = 0
  /** The last turn before a look at which the window of the connection had room for all. */
  #mark: number | undefined = undefined
  #kept = 0
  /** When the caller was last seen to read, whichever stream. */
  movedAt = 0

  constructor(session: ServerHttp2Session) {
    this.#session = session
  }

  /** A number for what is written now, higher than those before. */
  turn(): number {
    return ++this.#turns
  }

  /** Something is out. A portion together is progress: small replies now and then would hold others for ever. */
  through(turn: number, octets: number, now: number): void {
    this.#latest = Math.max(this.#latest, turn)
    this.#octets += octets
    if (this.#octets < PORTION) return
    this.#octets = 0
    this.movedAt = now
  }

  /**
   * Looks for what is kept back by its own stream. A session that sends takes all that there is, and sends no more before
   * that is out. So where the connection has room for everything, and something that was written after that is out,
   * whatever was there before and is not out has no window left. Where it has no room, node begins with the same streams
   * again and again, and the others wait for long.
   *
   * @param waiting bytes of all streams that are not out.
   */
  look(waiting: number): void {
    if (this.#session.destroyed || (this.#session.state.remoteWindowSize ?? 0) < waiting) {
      this.#mark = undefined
      this.#kept = 0
    } else if (this.#mark === undefined) {
      this.#mark = this.#turns
    } else if (this.#latest > this.#mark) {
      this.#kept = this.#mark
      this.#mark = this.#turns
    }
  }

  /** True where the caller keeps back what has that number, and not the connection. */
  isKept(turn: number): boolean {
    return turn <= this.#kept
  }
}
