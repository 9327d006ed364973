import { type Socket, connect } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')

/** A reply: what it says, and the milliseconds from the write of its request to the read of its end. */
export interface Answered {
  readonly status: number
  readonly retryAfter: string | undefined
  /** When its request was written. */
  readonly at: number
  readonly took: number
}

/** One keep-alive connection with one request under way at a time. */
class Caller {
  readonly #socket: Socket
  #rest: Buffer = Buffer.alloc(0)
  #at = 0
  onReply: (answered: Answered) => void = () => {}
  onFailure: (error: Error) => void = () => {}

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (chunk) => this.#read(chunk))
    this.#socket.on('error', (error) => this.onFailure(error))
    this.#socket.on('end', () => this.onFailure(new Error('the server closed a connection')))
  }

  send(request: Buffer): void {
    this.#at = performance.now()
    this.#socket.write(request)
  }

  close(): void {
    this.onFailure = () => {}
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const end = this.#rest.indexOf(HEAD_END)
    if (end === -1) return
    const head = this.#rest.toString('latin1', 0, end)
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1])
    if (this.#rest.length < end + HEAD_END.length + length) return
    this.#rest = Buffer.alloc(0)
    const status = Number(head.slice(9, 12))
    const retryAfter = /\r\nretry-after: *([^\r]*)/i.exec(head)?.[1]
    this.onReply({ status, retryAfter, at: this.#at, took: performance.now() - this.#at })
  }
}

/** What came of a load. */
export interface Yield {
  readonly answered: readonly Answered[]
  readonly failures: readonly Error[]
  readonly seconds: number
  /** Requests that had to be sent, and were not, for want of connections. */
  readonly unsent: number
  /** Milliseconds by which the latest request was sent late: what the caller's own loop adds to its figures. */
  readonly late: number
}

/** Who sends requests to one server, on as many connections as it takes. */
export class Callers {
  readonly #port: number
  readonly #request: Buffer
  readonly #most: number
  readonly #all = new Set<Caller>()
  #idle: Caller[] = []

  constructor(port: number, request: Buffer, most = 8000) {
    this.#port = port
    this.#request = request
    this.#most = most
  }

  close(): void {
    for (const caller of this.#all) caller.close()
  }

  /** Some connections, each with its next request as soon as its last is answered. */
  async closed(connections: number, seconds: number): Promise<Yield> {
    const tally = new Tally()
    const until = performance.now() + seconds * 1000
    const one = async (): Promise<void> => {
      while (performance.now() < until) await this.#ask(tally)
    }
    await Promise.all(Array.from({ length: connections }, one))
    return tally.of(seconds)
  }

  /** So many requests a second whatever becomes of them, as from people who do not know each other. */
  async open(rate: number, seconds: number): Promise<Yield> {
    const tally = new Tally()
    const start = performance.now()
    const total = Math.round(rate * seconds)
    const under = new Set<Promise<void>>()
    let sent = 0
    while (sent < total) {
      const now = performance.now() - start
      for (; sent < total && (sent * 1000) / rate <= now; sent++) {
        tally.late = Math.max(tally.late, now - (sent * 1000) / rate)
        if (under.size >= this.#most) {
          tally.unsent++
          continue
        }
        const asked = this.#ask(tally).then(() => void under.delete(asked))
        under.add(asked)
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    const patience = new Promise((resolve) => setTimeout(resolve, 10_000).unref())
    await Promise.race([Promise.all(under), patience])
    if (under.size > 0) tally.failures.push(new Error(`${under.size} requests had no reply after 10 s`))
    return tally.of(seconds)
  }

  #ask(tally: Tally): Promise<void> {
    return new Promise((resolve) => {
      const caller = this.#idle.pop() ?? this.#connect()
      caller.onReply = (answered) => {
        tally.answered.push(answered)
        this.#idle.push(caller)
        resolve()
      }
      caller.onFailure = (error) => {
        tally.failures.push(error)
        this.#all.delete(caller)
        caller.close()
        resolve()
      }
      caller.send(this.#request)
    })
  }

  #connect(): Caller {
    const caller = new Caller(this.#port)
    this.#all.add(caller)
    return caller
  }
}

class Tally {
  readonly answered: Answered[] = []
  readonly failures: Error[] = []
  unsent = 0
  late = 0

  of(seconds: number): Yield {
    return { ...this, seconds }
  }
}
