import type { Socket } from 'node:net'
import type { Writable as Stream } from 'node:stream'
import { type Pace, Portion } from './pace.ts'

/** Not `import`, which makes a list of every export, at every start. */
const Writable: typeof Stream = process.getBuiltinModule('node:stream').Writable

/** Octets that wait here for a caller that does not read. What the system holds for it is some megabytes already. */
const HOLD = 16_384

/** How a body of unknown length is ended: by its last chunk, by its declared length, or by the connection (§6.3). */
export type ReplyFraming = 'chunked' | 'length' | 'close'

/** The body of a reply that comes in pieces, framed (RFC 9112 §7.1) and written as fast as the caller reads. */
export class ReplyStream extends Writable {
  readonly #socket: Socket
  readonly #framing: ReplyFraming
  readonly #portion: Portion
  readonly #onClose = (): void => {
    this.destroy()
  }

  /** @param socket to which the header section was written. */
  constructor(socket: Socket, framing: ReplyFraming, pace: Pace) {
    super({ decodeStrings: true, highWaterMark: 1 })
    this.#socket = socket
    this.#framing = framing
    this.#portion = new Portion(pace)
    socket.once('close', this.#onClose)
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // A chunk of no octets would be the last.
    if (bytes.length === 0) return done()
    const socket = this.#socket
    if (this.#framing === 'chunked') {
      socket.cork()
      socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1')
      socket.write(bytes)
      socket.write('\r\n', 'latin1')
      socket.uncork()
    } else socket.write(bytes)
    const goOn = (): void => this.#portion.after(bytes.length, done)
    // An empty write is done when all before it is.
    if (socket.writableLength > HOLD) socket.write('', () => goOn())
    else goOn()
  }

  override _final(done: () => void): void {
    if (this.#framing === 'chunked') this.#socket.write('0\r\n\r\n', 'latin1')
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.off('close', this.#onClose)
    done(error)
  }
}
