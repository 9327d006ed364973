import { type Socket, connect } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { type Received, readReply } from './received.ts'

/** How long an answer over loopback may take before it counts as none. */
const PATIENCE = 3000

/** A TCP connection, or one of TLS on it: bytes go out exactly as they are given, replies come in one by one. */
export class Connection {
  readonly socket: Socket
  readonly closed: Promise<void>
  #bytes: Buffer = Buffer.alloc(0)
  #ended = false
  #wake: () => void = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#wake()
    })
    this.closed = new Promise((resolve) => {
      const end = (): void => {
        this.#ended = true
        this.#wake()
        resolve()
      }
      socket.on('end', end).on('close', end).on('error', end)
    })
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => resolve(new Connection(socket)))
      socket.once('error', reject)
    })
  }

  /** One of TLS, to a server whose certificate nobody has to know. */
  static openSecurely(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const options = { port, host: '127.0.0.1', allowHalfOpen: true, rejectUnauthorized: false }
      const socket = connectSecurely(options, () => resolve(new Connection(socket)))
      socket.once('error', reject)
    })
  }

  /** Sends bytes; strings as Latin-1, so that each character is a byte. */
  write(bytes: string | Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** The next reply; undefined where the connection closes, or the time is up, before there is a whole one. */
  async reply(method: string): Promise<Received | undefined> {
    const deadline = Date.now() + PATIENCE
    for (;;) {
      const read = readReply(this.#bytes, method, this.#ended)
      if (read !== undefined) {
        this.#bytes = this.#bytes.subarray(read.length)
        return read
      }
      if (this.#ended || Date.now() > deadline) return undefined
      await this.#more(deadline - Date.now())
    }
  }

  /** Waits until `text` has come in, without taking it. */
  async holds(text: string): Promise<boolean> {
    const deadline = Date.now() + PATIENCE
    while (!this.#bytes.includes(text, 0, 'latin1')) {
      if (this.#ended || Date.now() > deadline) return false
      await this.#more(deadline - Date.now())
    }
    return true
  }

  /** What came in and is no whole reply. */
  get rest(): string {
    return this.#bytes.toString('latin1')
  }

  get ended(): boolean {
    return this.#ended
  }

  /** True when the other side closes in time. */
  async closes(): Promise<boolean> {
    const deadline = Date.now() + PATIENCE
    while (!this.#ended && Date.now() < deadline) await this.#more(deadline - Date.now())
    return this.#ended
  }

  end(): void {
    this.socket.destroy()
  }

  #more(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(patience, 0))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
