import { type TLSSocket, connect } from 'node:tls'

/** A caller of HTTP/2 that sends whatever frames it is told to, and keeps what comes back (RFC 9113 §4, §6). */

const TYPES = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST_STREAM',
  'SETTINGS',
  'PUSH',
  'PING',
  'GOAWAY',
  'WINDOW',
  'CONTINUATION',
]

export type Type = 'DATA' | 'HEADERS' | 'RST_STREAM' | 'SETTINGS' | 'PING' | 'GOAWAY' | 'WINDOW' | 'CONTINUATION'

export interface Frame {
  readonly type: string
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export const END_STREAM = 1
export const END_HEADERS = 4

export function frame(type: Type, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9)
  header.writeUIntBE(payload.length, 0, 3)
  header[3] = TYPES.indexOf(type)
  header[4] = flags
  header.writeUInt32BE(stream, 5)
  return Buffer.concat([header, payload])
}

export function reset(stream: number, code: number): Buffer {
  return frame('RST_STREAM', 0, stream, number32(code))
}

export function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

type Fields = readonly (readonly [name: string, value: string])[]

/** Fields as HPACK literals without indexing (RFC 7541 §6.2.2). */
export function block(fields: Fields): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]))
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  return Buffer.concat([length7(bytes.length), bytes])
}

function length7(length: number): Buffer {
  if (length < 127) return Buffer.of(length)
  const bytes = [127]
  let left = length - 127
  for (; left >= 128; left >>= 7) bytes.push((left & 127) | 128)
  return Buffer.from([...bytes, left])
}

/** A request's HEADERS: `GET /hello` unless the fields say otherwise. */
export function request(stream: number, fields: Fields = [], flags: number = END_STREAM | END_HEADERS): Buffer {
  const head = new Map([
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', 'localhost'],
    [':path', '/hello'],
  ])
  const others: (readonly [string, string])[] = []
  for (const [name, value] of fields) {
    if (!name.startsWith(':')) others.push([name, value])
    else if (value === 'none') head.delete(name)
    else head.set(name, value)
  }
  return frame('HEADERS', flags, stream, block([...head, ...others]))
}

export class Frames {
  readonly socket: TLSSocket
  readonly received: Frame[] = []
  closed = false
  #bytes: Buffer = Buffer.alloc(0)
  readonly #waiting = new Set<() => void>()

  private constructor(socket: TLSSocket) {
    this.socket = socket
    const over = (): void => {
      this.closed = true
      this.#wake()
    }
    socket
      .on('data', (bytes) => this.#take(bytes))
      .on('error', over)
      .on('close', over)
  }

  /** Connects, and greets unless told not to. */
  static async open(port: number, greet = true): Promise<Frames> {
    const socket = connect({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false })
    const frames = new Frames(socket)
    await new Promise<void>((resolve) => socket.once('secureConnect', resolve))
    if (greet)
      frames.write(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame('SETTINGS', 0, 0), frame('SETTINGS', 1, 0))
    return frames
  }

  write(...bytes: Buffer[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(bytes))
  }

  /** The first frame like that, also one that came before; undefined where none comes in time. */
  async frame(type: Type, stream: number, patience = 3000): Promise<Frame | undefined> {
    const found = (): Frame | undefined => this.received.find((one) => one.type === type && one.stream === stream)
    await this.#until(() => found() !== undefined, patience)
    return found()
  }

  /** The error code of RST_STREAM. */
  async resetCode(stream: number): Promise<number | undefined> {
    return (await this.frame('RST_STREAM', stream))?.payload.readUInt32BE(0)
  }

  /** The error code of GOAWAY. */
  async goawayCode(): Promise<number | undefined> {
    return (await this.frame('GOAWAY', 0))?.payload.readUInt32BE(4)
  }

  /** True when the other side closes in time. */
  async closes(patience = 3000): Promise<boolean> {
    await this.#until(() => false, patience)
    return this.closed
  }

  end(): void {
    this.socket.destroy()
  }

  #take(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    for (;;) {
      const length = this.#bytes.length < 9 ? Number.POSITIVE_INFINITY : 9 + this.#bytes.readUIntBE(0, 3)
      if (this.#bytes.length < length) break
      const [type = 0, flags = 0] = this.#bytes.subarray(3, 5)
      const payload = this.#bytes.subarray(9, length)
      this.received.push({ type: TYPES[type] ?? '?', flags, stream: this.#bytes.readUInt32BE(5), payload })
      this.#bytes = this.#bytes.subarray(length)
    }
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  async #until(done: () => boolean, patience: number): Promise<void> {
    const deadline = Date.now() + patience
    while (!done() && !this.closed && Date.now() < deadline) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now())
        this.#waiting.add(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }
}
