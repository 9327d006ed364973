import { Duplex } from 'node:stream'

/** A socket whose other end is a string. */
export class MemorySocket extends Duplex {
  /** All that was written, an octet a character. */
  sent = ''
  bytesWritten = 0
  readonly remoteAddress = '127.0.0.1'

  constructor() {
    super({ decodeStrings: false, emitClose: false })
  }

  override _read(): void {}

  override _write(piece: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    if (typeof piece !== 'string') this.sent += piece.toString('latin1')
    else this.sent += encoding === 'latin1' ? piece : Buffer.from(piece, encoding).toString('latin1')
    this.bytesWritten += piece.length
    done()
  }

  resetAndDestroy(): void {
    this.destroy()
  }
}
