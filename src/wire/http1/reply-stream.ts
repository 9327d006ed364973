import type { Socket } from 'node:net'
import { Writable } from 'node:stream'

/** How a body of unknown length is ended: by its last chunk, by its declared length, or by the connection (§6.3). */
export type ReplyFraming = 'chunked' | 'length' | 'close'

/** The body of a reply that comes in pieces, framed (RFC 9112 §7.1) and written as fast as the caller reads. */
export class ReplyStream extends Writable {
  readonly #socket: Socket
  readonly #framing: ReplyFraming
  #next: (() => void) | undefined = undefined
  readonly #onDrain = (): void => {
    const next = this.#next
    this.#next = undefined
    next?.()
  }
  readonly #onClose = (): void => {
    this.destroy()
  }

  /** @param socket to which the header section was written. */
  constructor(socket: Socket, framing: ReplyFraming) {
    super({ decodeStrings: true, highWaterMark: 1 })
    this.#socket = socket
    this.#framing = framing
    socket.on('drain', this.#onDrain).once('close', this.#onClose)
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
    if (socket.writableNeedDrain) this.#next = done
    else done()
  }

  override _final(done: () => void): void {
    if (this.#framing === 'chunked') this.#socket.write('0\r\n\r\n', 'latin1')
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.off('drain', this.#onDrain).off('close', this.#onClose)
    done(error)
  }
}
