import { connect, type Socket } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')

/**
 * One keep-alive connection that sends a request and waits for the whole reply before the next. It
 * reads no more of a reply than its status and its length: that keeps the load generator well ahead
 * of every server it measures.
 */
export class Connection {
  readonly #socket: Socket
  /** The part of a head that has come, where a chunk ended inside it. */
  #head: Buffer | undefined
  /** Bytes of the reply still to come; 0 between replies. */
  #missing = 0
  #status = 0
  onReply: (status: number) => void = () => {}
  onFailure: (error: Error) => void = () => {}

  private constructor(port: number, opened: () => void) {
    const buffer = Buffer.allocUnsafe(64 * 1024)
    const onread = {
      buffer,
      callback: (size: number): boolean => {
        this.#read(buffer.subarray(0, size))
        return true
      },
    }
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread }, opened)
    this.#socket.on('error', (error) => this.onFailure(error))
    this.#socket.on('close', () => this.onFailure(new Error('the server closed a connection')))
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const connection: Connection = new Connection(port, () => resolve(connection))
      connection.onFailure = reject
    })
  }

  send(request: Buffer): void {
    // A connection that was closed while nobody used it has told nobody.
    if (this.#socket.destroyed) this.onFailure(new Error('the server had closed a connection'))
    else this.#socket.write(request)
  }

  close(): void {
    this.onFailure = () => {}
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    if (this.#missing > 0) this.#missing -= chunk.length
    else if (!this.#readHead(chunk)) return
    if (this.#missing < 0) this.onFailure(new Error('a reply is longer than its content-length'))
    else if (this.#missing === 0) this.onReply(this.#status)
  }

  /** False where the head goes on in the next chunk, or says no length. */
  #readHead(chunk: Buffer): boolean {
    const bytes = this.#head === undefined ? chunk : Buffer.concat([this.#head, chunk])
    const end = bytes.indexOf(HEAD_END)
    if (end === -1) {
      // A copy, because the socket writes the next chunk over this one.
      this.#head = Buffer.from(bytes)
      return false
    }
    this.#head = undefined
    const head = bytes.toString('latin1', 0, end)
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)
    if (length === null) {
      this.onFailure(new Error(`a reply has no content-length:\n${head}`))
      return false
    }
    this.#status = Number(head.slice(9, 12))
    this.#missing = end + HEAD_END.length + Number(length[1]) - bytes.length
    return true
  }
}
