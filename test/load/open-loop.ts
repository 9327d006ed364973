import { Connection } from '../../bench/connection.ts'
import type { Latencies } from './latencies.ts'

/** A request, and the status it must be answered with. */
export interface Asked {
  readonly bytes: Buffer
  readonly status: number
}

/** Milliseconds without a reply after which none is waited for. */
const PATIENCE = 10_000

function openAll(port: number, count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, () => Connection.open(port)))
}

/** One who asks a server for something, over and over, on connections that are kept. */
export class OpenLoop {
  #connections: readonly Connection[]
  readonly #port: number
  readonly #asked: readonly Asked[]
  readonly failures: string[] = []

  private constructor(port: number, connections: readonly Connection[], asked: readonly Asked[]) {
    this.#port = port
    this.#connections = connections
    this.#asked = asked
  }

  static async open(port: number, asked: readonly Asked[], connections: number): Promise<OpenLoop> {
    return new OpenLoop(port, await openAll(port, connections), asked)
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }

  /** Asks as fast as it is answered. @returns replies in a second. */
  async capacity(seconds: number): Promise<number> {
    const start = performance.now()
    const until = start + seconds * 1000
    let count = 0
    let sent = 0
    await Promise.all(
      this.#connections.map(
        (connection) =>
          new Promise<void>((resolve) => {
            const next = (): void => {
              if (performance.now() >= until) return resolve()
              this.#send(connection, sent++, (ok) => {
                count++
                if (ok) next()
                else resolve()
              })
            }
            next()
          }),
      ),
    )
    return (count * 1000) / (performance.now() - start)
  }

  /**
   * Asks so many times a second, whatever becomes of it. What counts for a reply is the time from when its request
   * was to be sent: a server that stalls makes all those wait that would have come meanwhile, and not one.
   *
   * @param late gets by how many milliseconds requests were sent late though a connection was free: that is the
   *   caller's own doing, and part of the figures.
   */
  async run(rate: number, seconds: number, took: Latencies, late: Latencies): Promise<void> {
    const total = Math.round(rate * seconds)
    // Servers answer so many requests on a connection, and end it then.
    this.close()
    this.#connections = await openAll(this.#port, this.#connections.length)
    const start = performance.now()
    const idle = [...this.#connections]
    let due = 0
    let sent = 0
    let answered = 0
    let lastReply = start
    const send = (connection: Connection): void => {
      const meant = start + (sent * 1000) / rate
      this.#send(connection, sent++, (ok) => {
        answered++
        lastReply = performance.now()
        took.add(lastReply - meant)
        if (!ok) return
        if (sent < due) send(connection)
        else idle.push(connection)
      })
    }
    // The loop turns without a pause: a timer would be late by up to a millisecond.
    while (answered < total) {
      const now = performance.now()
      due = Math.min(total, Math.floor(((now - start) * rate) / 1000) + 1)
      while (sent < due && idle.length > 0) {
        late.add(performance.now() - start - (sent * 1000) / rate)
        send(idle.shift() as Connection)
      }
      if (now - lastReply > PATIENCE) {
        this.failures.push(`no reply for ${PATIENCE / 1000} s, and ${total - answered} are missing`)
        return
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #send(connection: Connection, index: number, done: (ok: boolean) => void): void {
    const { bytes, status } = this.#asked[index % this.#asked.length] as Asked
    connection.onReply = (got) => {
      if (got !== status) this.failures.push(`status ${got} where ${status} was expected`)
      done(true)
    }
    connection.onFailure = (error) => {
      this.failures.push(error.message)
      connection.close()
      done(false)
    }
    connection.send(bytes)
  }
}
