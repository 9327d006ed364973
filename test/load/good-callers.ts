import { connect } from 'node:net'
import { Connection } from '../../bench/connection.ts'

const BODY = JSON.stringify({ customer_id: 42, items: [{ sku: 'TRS-0001', qty: 2 }] })
const REQUESTS: readonly Buffer[] = [
  Buffer.from('GET /hello/ada HTTP/1.1\r\nhost: a\r\n\r\n'),
  Buffer.from(
    `POST /orders HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`,
  ),
]

/** What a server that is not new has done: large replies too. */
const LARGE: readonly Buffer[] = ['large', 'stream'].map((path) =>
  Buffer.from(`GET /${path}/16 HTTP/1.0\r\nhost: a\r\n\r\n`),
)

/** Milliseconds from a reply to the next request of the same caller. */
const PAUSE = 10

/** Milliseconds after which a reply is given up. */
const PATIENCE = 10_000

/** What callers got while others behaved badly. */
export interface Service {
  readonly requests: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** What went wrong, by its message. */
  readonly failures: readonly string[]
}

/** Callers on kept connections, one request after the other, until they are told to stop. */
export class GoodCallers {
  readonly #took: number[] = []
  readonly #failures: string[] = []
  readonly #all: Promise<void>[]
  #stopped = false

  constructor(port: number, count = 16) {
    this.#all = Array.from({ length: count }, () => this.#call(port))
  }

  /** Forgets what there was so far. */
  reset(): void {
    this.#took.length = 0
    this.#failures.length = 0
  }

  async stop(): Promise<Service> {
    this.#stopped = true
    await Promise.all(this.#all)
    const took = this.#took.toSorted((a, b) => a - b)
    const at = (part: number): number => took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? 0
    return { requests: took.length, p50: at(0.5), p99: at(0.99), max: at(1), failures: this.#failures }
  }

  async #call(port: number): Promise<void> {
    let connection: Connection | undefined
    for (let i = 0; !this.#stopped; i++) {
      try {
        connection ??= await Connection.open(port)
        const start = performance.now()
        const status = await ask(connection, REQUESTS[i % REQUESTS.length] as Buffer)
        this.#took.push(performance.now() - start)
        if (status !== 200) this.#failures.push(`status ${status}`)
      } catch (error) {
        this.#failures.push((error as Error).message)
        connection?.close()
        connection = undefined
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE))
    }
    connection?.close()
  }
}

/** Reads large replies, many at once, to the end of each. */
export async function readLarge(port: number, times: number): Promise<void> {
  const read = (request: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' })
      socket
        .on('error', reject)
        .on('close', () => resolve())
        .resume()
      socket.write(request)
    })
  await Promise.all(Array.from({ length: times }, (_, i) => read(LARGE[i % LARGE.length] as Buffer)))
}

function ask(connection: Connection, request: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no reply in ${PATIENCE / 1000} s`)), PATIENCE)
    connection.onReply = (status) => {
      clearTimeout(late)
      resolve(status)
    }
    connection.onFailure = (error) => {
      clearTimeout(late)
      reject(error)
    }
    connection.send(request)
  })
}
