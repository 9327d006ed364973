import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { Problem } from '../../src/contract/problem.ts'
import type { Exchange } from '../../src/pipeline/exchange.ts'
import { frame } from '../../src/pipeline/frame.ts'
import { NotUtf8 } from '../../src/pipeline/incoming.ts'
import type { Pipeline } from '../../src/pipeline/pipeline.ts'
import { WireReply } from '../../src/pipeline/reply.ts'
import { Connection } from '../../src/wire/http1/connection.ts'
import type { Octets } from '../../src/wire/http1/octets.ts'
import { HandedOn } from '../../src/wire/http1/handed-on.ts'
import { Pace } from '../../src/wire/http1/pace.ts'
import { ReplyHeads } from '../../src/wire/http1/reply.ts'
import { Timeouts } from '../../src/wire/http1/timeouts.ts'
import { WIRE_LIMITS, type WireLimits } from '../../src/wire/limits.ts'
import { MemorySocket } from './memory-socket.ts'
import { type Delivery, type Ending, type Reading, type Taken, combined } from './reading.ts'
import { repliesOf } from './replies.ts'

/** So small that generated requests reach them. */
const LIMITS: WireLimits = { ...WIRE_LIMITS, headerBytes: 2048, headerCount: 24 }

const BODY_LIMIT = Number.MAX_SAFE_INTEGER

// Its date stays as it is: replies are to be the same however long a run takes.
const timeouts = new Timeouts()
timeouts.stop()

/** What all connections of a server are read into, one after the other. */
const lent = Buffer.alloc(1_048_576) as Octets

/** Reads requests with the engine's own connection, whose socket is in memory. */
export async function readByEngine(delivery: Delivery): Promise<Reading> {
  const run = new EngineRun(delivery)
  await run.deliver()
  return run.reading()
}

class EngineRun implements Pipeline {
  readonly #delivery: Delivery
  readonly #socket = new MemorySocket()
  readonly #handed: Taken[] = []
  #refusal: string | undefined = undefined
  #broken: unknown = undefined
  /** Requests that are with a handler, or whose reply is on its way. */
  #under = 0
  #piece = 0
  #isBroken = false
  #isEnded = false

  constructor(delivery: Delivery) {
    this.#delivery = delivery
    this.#socket.on('error', (error) => {
      this.#broken ??= error
    })
  }

  async deliver(): Promise<void> {
    const { pieces, slow } = this.#delivery
    const socket = this.#socket
    const report = (error: unknown): void => {
      this.#broken ??= error
    }
    const peers = { proxy: undefined, unix: false }
    const connection = new Connection(
      socket as unknown as Socket,
      {
        pipeline: this,
        limits: LIMITS,
        report,
        timeouts,
        pace: new Pace(),
        heads: new ReplyHeads(),
        peers,
        handedOn: new HandedOn(undefined, report),
      },
      () => {},
    )
    try {
      for (this.#piece = 0; this.#piece < pieces.length; this.#piece++) {
        const piece = pieces[this.#piece] as Buffer
        if (this.#under > 0 && (slow || socket.isPaused())) await this.#settled()
        if (socket.destroyed) break
        if (socket.isPaused()) throw new Error('nobody reads on')
        piece.copy(lent)
        connection.receive(lent, piece.length)
        // The next read writes over it: what is still needed of it must have been copied.
        lent.fill(0x58, 0, piece.length)
        if (slow && this.#under > 0) await this.#settled()
      }
      if (this.#under > 0) await this.#settled()
    } catch (error) {
      this.#broken ??= error
    }
    this.#isBroken = socket.destroyed
    this.#isEnded = socket.writableEnded
    connection.closed()
    socket.destroy()
  }

  /** Waits until nothing moves any more. */
  async #settled(): Promise<void> {
    for (let still = 0; still < 2; ) {
      const before = this.#progress()
      await setImmediate()
      still = this.#progress() === before ? still + 1 : 0
    }
  }

  #progress(): number {
    return (
      this.#socket.sent.length * 4096 + this.#handed.length * 64 + this.#under * 2 + Number(this.#socket.isPaused())
    )
  }

  answer(x: Exchange): WireReply | Promise<WireReply> {
    const { method, target } = x.request
    const one: Taken = {
      method,
      target,
      minor: undefined,
      fields: combined(x.request.headers()),
      body: undefined,
      whole: this.#delivery.use === 'nothing' ? undefined : false,
      piece: undefined,
      goesOn: undefined,
      trailer: [],
      refused: undefined,
    }
    this.#handed.push(one)
    try {
      frame(x.request)
    } catch (error) {
      one.refused = whyOf(error)
    }
    this.#under++
    return this.#handle(x, one)
  }

  #handle(x: Exchange, one: Taken): WireReply | Promise<WireReply> {
    const { use } = this.#delivery
    if (use === 'nothing') return this.#reply()
    const done = (body: string | undefined): WireReply => {
      one.body = body
      one.whole = true
      if (this.#delivery.slow) one.piece = this.#piece
      return this.#reply()
    }
    // Its request broke off. The connection is over, and so is its reply.
    const brokeOff = (): WireReply => this.#reply()
    if (use === 'stream') return wholeOf(x.request.stream(BODY_LIMIT)).then(done, brokeOff)
    if (use === 'late') {
      const late = setImmediate().then(() => x.request.bytes(BODY_LIMIT))
      return late.then(latin1).then(done, brokeOff)
    }
    if (use === 'bytes') {
      const bytes = x.request.bytes(BODY_LIMIT)
      return bytes instanceof Promise ? bytes.then(latin1).then(done, brokeOff) : done(latin1(bytes))
    }
    try {
      const text = x.request.text(BODY_LIMIT)
      if (!(text instanceof Promise)) return done(octetsOf(text))
      return text.then(octetsOf).then(done, (error) => (error instanceof NotUtf8 ? done(undefined) : brokeOff()))
    } catch (error) {
      if (error instanceof NotUtf8) return done(undefined)
      throw error
    }
  }

  #reply(): WireReply {
    return new WireReply(200, this.#delivery.streamed ? ['ok'] : 'ok', [])
  }

  refuse(problem: Problem): WireReply {
    this.#refusal = whyOf(problem)
    return new WireReply(problem.type.status, 'refused', [])
  }

  finish(): void {
    this.#under--
  }

  async start(): Promise<void> {}

  async close(): Promise<void> {}

  reading(): Reading {
    const requests = this.#handed
    const replies = repliesOf(this.#socket.sent)
    requests.forEach((one, index) => {
      const reply = replies[index]
      if (reply === undefined || reply.status !== 200) return
      one.minor = reply.minor
      one.goesOn = !reply.isLast
    })
    return { requests, ending: this.#ending(), replies: this.#socket.sent }
  }

  #ending(): Ending {
    if (this.#broken !== undefined) return { is: 'broken', why: String((this.#broken as Error).stack ?? this.#broken) }
    if (this.#refusal !== undefined) return { is: 'refused', why: this.#refusal }
    if (this.#isBroken) return { is: 'refused', why: 'too late to say' }
    if (this.#isEnded) return { is: 'closed', why: 'after a reply' }
    return { is: 'waits', why: '' }
  }
}

/** Why something was refused, as its caller is told. */
function whyOf(error: unknown): string {
  if (!(error instanceof Problem)) throw error
  return `${error.type.status} ${error.detail ?? error.type.title}`
}

async function wholeOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  let whole = ''
  for await (const piece of stream) whole += latin1(piece)
  return whole
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** What a text was decoded from, an octet a character; without its byte order mark, if it had one. */
function octetsOf(text: string): string {
  return Buffer.from(text).toString('latin1')
}
