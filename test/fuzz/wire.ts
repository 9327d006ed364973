import { type Socket, connect } from 'node:net'
import { type Received, readReply } from '../matrix/received.ts'
import { type Draft, bytesOf } from './draft.ts'

/** How a request ended: with a reply, or without one. */
export type Ending =
  | { readonly is: 'reply'; readonly reply: Received; readonly ms: number }
  | { readonly is: 'hang'; readonly ms: number }
  | { readonly is: 'closed'; readonly bytes: number; readonly why: string }
  | { readonly is: 'garbled'; readonly why: string }
  | { readonly is: 'left' }

/** Milliseconds that any reply may take. */
export const PATIENCE = 2000

/**
 * Time that passes only while this process runs: a machine that gives it no turn for seconds says
 * nothing about the server.
 */
export class Clock {
  #now = 0
  #last = performance.now()
  readonly #timer: NodeJS.Timeout
  readonly #waiting = new Set<{ readonly until: number; readonly late: () => void }>()

  constructor() {
    this.#timer = setInterval(() => this.#tick(), 25)
  }

  get now(): number {
    return this.#now
  }

  after(ms: number, late: () => void): () => void {
    const entry = { until: this.#now + ms, late }
    this.#waiting.add(entry)
    return () => this.#waiting.delete(entry)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    const now = performance.now()
    this.#now += Math.min(now - this.#last, 100)
    this.#last = now
    for (const entry of this.#waiting) {
      if (entry.until > this.#now) continue
      this.#waiting.delete(entry)
      entry.late()
    }
  }
}

/** One connection after the other to one server: kept alive while both sides want that. */
export class Wire {
  readonly #port: number
  readonly #clock: Clock
  #socket: Socket | undefined
  #chunks: Buffer[] = []
  #ended = false
  #served = 0
  #error = ''
  #wake: () => void = () => {}

  constructor(port: number, clock: Clock) {
    this.#port = port
    this.#clock = clock
  }

  /** Sends a request, exactly as it is, and waits for its reply. */
  async send(draft: Draft): Promise<Ending> {
    const from = performance.now()
    let late = false
    const cancel = this.#clock.after(PATIENCE, () => {
      late = true
      this.#wake()
    })
    try {
      const socket = await this.#open()
      if (socket === undefined) return { is: 'closed', bytes: 0, why: 'the server takes no connection' }
      socket.write(bytesOf(draft))
      if (draft.leaves) {
        await new Promise((resolve) => setTimeout(resolve, 2))
        return { is: 'left' }
      }
      for (;;) {
        const read = this.#read(draft.method)
        if (read instanceof Error) return { is: 'garbled', why: read.message }
        if (read !== undefined) {
          this.#served++
          const closes =
            read.version === 'HTTP/1.0' ||
            read.headers.some(([name, value]) => name === 'connection' && /close/i.test(value))
          // Where the server may refuse what it read of this request, it may do so after its reply as well.
          if (closes || draft.last || draft.refusals.size > 0) this.close()
          return { is: 'reply', reply: read, ms: performance.now() - from }
        }
        if (this.#ended)
          return {
            is: 'closed',
            bytes: this.#size,
            why: `the connection, on which ${this.#served} replies had come, closed after ${this.#size} bytes${this.#error}`,
          }
        if (late) return { is: 'hang', ms: performance.now() - from }
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    } finally {
      cancel()
      if (draft.leaves || this.#size > 0 || late) this.close()
    }
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  get #size(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  /** The next reply, or why what came is none. What follows it on the line is a fault, for nothing was asked. */
  #read(method: string): Received | Error | undefined {
    const last = this.#chunks.at(-1)
    if (last === undefined) return undefined
    const [first] = this.#chunks
    // Long chunked bodies are put together once, when they end.
    if (
      !this.#ended &&
      this.#chunks.length > 4 &&
      /transfer-encoding: chunked/i.test(first?.toString('latin1', 0, 2000) ?? '')
    ) {
      if (!last.subarray(-5).toString('latin1').endsWith('0\r\n\r\n')) return undefined
    }
    const bytes = Buffer.concat(this.#chunks)
    this.#chunks = [bytes]
    try {
      const read = readReply(bytes, method, this.#ended)
      if (read === undefined) return undefined
      this.#chunks = read.length < bytes.length ? [bytes.subarray(read.length)] : []
      return read
    } catch (error) {
      return error as Error
    }
  }

  #open(): Promise<Socket | undefined> {
    if (this.#socket !== undefined && !this.#ended && this.#socket.writable) return Promise.resolve(this.#socket)
    this.close()
    return new Promise((resolve) => {
      const socket = connect({ port: this.#port, host: '127.0.0.1' })
      socket.setNoDelay(true)
      this.#socket = socket
      this.#chunks = []
      this.#ended = false
      this.#served = 0
      this.#error = ''
      const end = (): void => {
        if (this.#socket !== socket) return
        this.#ended = true
        this.#wake()
        resolve(undefined)
      }
      socket.on('connect', () => resolve(socket))
      socket.on('data', (chunk) => {
        if (this.#socket !== socket) return
        this.#chunks.push(chunk)
        this.#wake()
      })
      socket.on('error', (error) => {
        if (this.#socket === socket) this.#error = `: ${error.message}`
      })
      socket.on('end', end).on('close', end).on('error', end)
    })
  }
}
