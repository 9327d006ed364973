import { type Socket, connect } from 'node:net'
import type { Holders } from './subject.ts'

/** A way to keep a server waiting. */
export interface Badness {
  readonly name: string
  /** What is sent at once; what is sent after it, an octet at a time, never comes to an end. */
  readonly begins: readonly string[]
  readonly trickles: boolean
  /** Octets that it reads now and then; undefined to read whatever comes. */
  readonly reads?: readonly number[]
  /** Which of the server's timeouts ends it. */
  readonly timeout: 'headerTimeout' | 'bodyTimeout' | 'sendTimeout'
}

const START = 'GET /hello/ada HTTP/1.1\r\nhost: a\r\nx-slow: '
const JSON_BODY = 'POST /orders HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n{"'
const UPLOAD = 'POST /uploads HTTP/1.1\r\nhost: a\r\ncontent-type: application/octet-stream\r\n'

export const SLOWLORIS: Badness = {
  name: 'slowloris',
  begins: [START, 'G', `\r\n${START}`],
  trickles: true,
  timeout: 'headerTimeout',
}

export const SLOW_BODY: Badness = {
  name: 'slow body',
  begins: [
    JSON_BODY,
    `${UPLOAD}content-length: 9000000\r\n\r\n`,
    `${UPLOAD}transfer-encoding: chunked\r\n\r\nffff\r\nx`,
    // An octet of a chunk size at a time is slow all the same.
    `${UPLOAD}transfer-encoding: chunked\r\n\r\n1;`,
  ],
  trickles: true,
  timeout: 'bodyTimeout',
}

export const SLOW_READER: Badness = {
  name: 'slow reader',
  begins: ['GET /large/16 HTTP/1.1\r\nhost: a\r\n\r\n', 'GET /stream/16 HTTP/1.1\r\nhost: a\r\n\r\n'],
  trickles: false,
  reads: [0, 0, 100, 100],
  timeout: 'sendTimeout',
}

export const STALLED_READERS: readonly Badness[] = ['large', 'stream'].map((path) => ({
  name: `stalled readers of 100 MB (${path === 'large' ? 'a buffer' : 'a stream'})`,
  begins: [`GET /${path}/100 HTTP/1.1\r\nhost: a\r\n\r\n`],
  trickles: false,
  reads: [0],
  timeout: 'sendTimeout',
}))

/** Milliseconds between two octets, or two reads, of one caller. */
const EVERY = 1000
const TICK = 50

/** One that keeps a server waiting, for as long as the server lets it: it never closes its connection. */
class BadCaller {
  readonly #socket: Socket
  readonly #trickle: string
  readonly #reads: boolean
  /** It does its harm by what it does not read. */
  readonly isReader: boolean
  port = 0
  /** When it began; of one that does not read, when the system last took octets for it. */
  at = 0
  /** Those that are on their way to it. */
  queued = 0
  /** The first line of what it was told, where it reads. */
  told = ''

  constructor(port: number, badness: Badness, index: number) {
    const { begins, reads, trickles } = badness
    const begin = begins[index % begins.length] as string
    const most = reads?.[index % reads.length]
    this.#trickle = trickles ? 'x' : ''
    const buffer = Buffer.alloc(Math.max(1, Math.min(most ?? 1000, 1000)))
    const socket = connect({
      port,
      host: '127.0.0.1',
      allowHalfOpen: true,
      onread: {
        buffer,
        callback: (size) => {
          if (this.told === '') this.told = buffer.toString('latin1', 0, size).split('\r\n', 1)[0] as string
          return most === undefined
        },
      },
    })
    if (most === 0) socket.pause()
    // It is reset in the end. Whether it is, and when, is read from the system's table.
    socket.on('error', () => {})
    socket.on('connect', () => {
      this.port = socket.localPort as number
      this.at = performance.now()
      socket.write(begin)
    })
    this.#socket = socket
    this.isReader = most !== undefined
    this.#reads = most !== undefined && most > 0
  }

  poke(): void {
    if (this.at === 0) return
    if (this.#trickle !== '' && this.#socket.writable) this.#socket.write(this.#trickle)
    if (this.#reads) this.#socket.resume()
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** How long a server held a caller that did nothing for it, in milliseconds. */
export interface Held {
  readonly longest: number
  /** Those that it held when the watching ended. */
  readonly left: number
  /** What they were told, counted. */
  readonly told: Readonly<Record<string, number>>
}

/** Many bad callers, which begin within a second. */
export class BadCallers {
  readonly #all: BadCaller[] = []
  readonly #poking: NodeJS.Timeout
  #turn = 0

  constructor() {
    const turns = EVERY / TICK
    // A part of them each time, so that they do not come as one.
    this.#poking = setInterval(() => {
      this.#turn = (this.#turn + 1) % turns
      for (let i = this.#turn; i < this.#all.length; i += turns) this.#all[i]?.poke()
    }, TICK)
  }

  async begin(port: number, badness: Badness, count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.#all.push(new BadCaller(port, badness, i))
      if (i % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  /** Watches until none is held, for so many milliseconds at most. */
  async watch(holds: () => Holders, patience: number): Promise<Held> {
    const until = performance.now() + patience
    let longest = 0
    let left = this.#all
    while (left.length > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, TICK))
      const held = holds()
      const now = performance.now()
      left = left.filter((caller) => {
        const queued = held.get(caller.port)
        if (caller.at === 0) return true
        // Found gone now, at a look that came some milliseconds late: the figure is on the safe side.
        if (queued === undefined) longest = Math.max(longest, now - caller.at)
        else if (caller.isReader && queued > caller.queued) {
          caller.queued = queued
          caller.at = now
        }
        return queued !== undefined
      })
    }
    const told: Record<string, number> = {}
    for (const { told: line } of this.#all) if (line !== '') told[line] = (told[line] ?? 0) + 1
    return { longest, left: left.length, told }
  }

  close(): void {
    clearInterval(this.#poking)
    for (const caller of this.#all) caller.close()
  }
}
