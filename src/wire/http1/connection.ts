import type { Socket } from 'node:net'
import { Problem } from '../../contract/problem.ts'
import { BadRequest, RequestTimeout } from '../../contract/problems.ts'
import { Exchange } from '../../pipeline/exchange.ts'
import type { Report } from '../../pipeline/fail.ts'
import { isStreamed, letGo } from '../../pipeline/pieces.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import { type WireReply, isBodiless } from '../../pipeline/reply.ts'
import type { WireLimits } from '../limits.ts'
import { CallerLeft } from '../listening.ts'
import { type Remote, remoteOf } from '../proxied-incoming.ts'
import type { Peers } from '../proxy.ts'
import { type BodySource, RequestBody } from './body.ts'
import { type Framing, framingOf, persists } from './framing.ts'
import type { HandedOn } from './handed-on.ts'
import { Held } from './held.ts'
import { Http1Incoming } from './incoming.ts'
import type { Octets } from './octets.ts'
import type { Pace } from './pace.ts'
import { CONTINUE, type ReplyHeads } from './reply.ts'
import { ReplyWriter, isGradual } from './reply-writer.ts'
import { RequestHead } from './request-head.ts'
import type { Timeouts, Waiting } from './timeouts.ts'

/** Octets that are read of requests to come while one is answered. */
const READ_AHEAD = 65_536

/** Milliseconds that a caller has to read the reply that ends its connection. */
export const LINGER = 1000

/** The same for one that was too slow: it has nothing on its way that could overtake the reply. */
const SHORT_LINGER = 400

/** What the connections of a server share. */
export interface Shared {
  readonly pipeline: Pipeline
  readonly limits: WireLimits
  readonly report: Report
  readonly timeouts: Timeouts
  readonly pace: Pace
  readonly heads: ReplyHeads
  readonly peers: Peers
  readonly handedOn: HandedOn
}

/**
 * One connection (RFC 9112 §9): requests are read one after the other and answered in that order.
 */
export class Connection implements Waiting, BodySource {
  readonly #shared: Shared
  readonly #socket: Socket
  readonly #remote: Remote
  readonly #writer: ReplyWriter
  readonly #head: RequestHead
  readonly #release: () => void
  /** The request whose reply is not all sent. */
  #x: Exchange | undefined = undefined
  #framing: Framing | undefined = undefined
  /** The body of the last request, while it has not all come. */
  #body: RequestBody | undefined = undefined
  /** The same, come or not. */
  #lastBody: RequestBody | undefined = undefined
  /** What came and waits for its turn. */
  readonly #held = new Held()
  #served = 0
  #headSent = false
  /** Nothing more is read of it: the reply that ends it is on its way, or sent. */
  #ending = false
  #stopping = false
  /** Milliseconds for which it waits for a request. */
  #patience: number
  #inLoop = false
  #paused = false
  #callerEnded = false
  /** The reply is whole, and not all taken by the system. */
  #flushing = false
  /** When what is waited for began. */
  #since: number
  /** Octets that the caller's system has taken, and when it last took some; -1 while there are none for it. */
  #out = -1
  #readAt = 0
  /** Octets of the body that had come when it was last looked at, and when some last had; -1 for a new one. */
  #in = -1
  #heardAt = 0
  #linger = LINGER

  /** @param release lets go of the socket, for another to have it. */
  constructor(socket: Socket, shared: Shared, release: () => void) {
    this.#socket = socket
    this.#remote = remoteOf(socket)
    this.#shared = shared
    this.#release = release
    this.#writer = new ReplyWriter(socket, shared.heads, shared.timeouts, shared.pace, shared.report)
    this.#head = new RequestHead(shared.limits)
    this.#since = shared.timeouts.now
    this.#patience = shared.limits.headerTimeout
  }

  get exchange(): Exchange | undefined {
    return this.#x
  }

  /** Octets have come: `bytes` from 0 to `to`, which are the reader's own again when this returns. */
  receive(bytes: Octets, to: number): void {
    if (this.#ending) return
    if (this.#held.length === 0) {
      const at = this.#consume(bytes, 0, to)
      if (at < to) this.#held.put(bytes, at, to)
    } else {
      this.#held.put(bytes, 0, to)
      this.#goOn()
    }
    if (this.#held.length >= READ_AHEAD && this.#x !== undefined) this.#pause()
  }

  /** Reads on in what is held. */
  #goOn(): void {
    if (this.#inLoop || this.#ending) return
    const { bytes, from, to } = this.#held
    if (from < to) this.#held.taken(this.#consume(bytes, from, to))
  }

  /** @returns where it stopped: before a request that is not whole, or whose turn has not come. */
  #consume(bytes: Octets, from: number, to: number): number {
    let at = from
    this.#inLoop = true
    try {
      while (at < to && !this.#ending) {
        const body = this.#body
        if (body !== undefined) {
          if (body.full) {
            // Of a body whose reply is sent, too much comes. Broken off, the connection would lose that reply.
            if (this.#x === undefined) this.#end()
            else this.#pause()
            break
          }
          at = body.take(bytes, at, to)
          if (body.ended) this.#bodyEnded()
          else if (body.isSated) this.#pause()
        } else if (this.#x !== undefined) break
        else {
          if (!this.#head.begun) this.#since = this.#shared.timeouts.now
          const end = this.#head.read(bytes, at, to)
          if (end === -1) break
          at = this.#begin(bytes, end, to)
        }
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.refuse(error)
    } finally {
      this.#inLoop = false
    }
    return this.#ending ? to : at
  }

  /** A header section is whole. */
  #begin(bytes: Octets, from: number, to: number): number {
    const { pipeline, limits } = this.#shared
    const head = this.#head
    const framing = framingOf(head)
    this.#framing = framing
    if (framing.upgrades && this.#handOn(bytes, from, to)) return to
    let at = from
    let body: RequestBody | undefined
    if (framing.length !== 0) {
      body = new RequestBody(this, framing.length, framing.expectsContinue, limits)
      if (at < to) at = body.take(bytes, at, to)
      if (!body.ended) {
        this.#body = body
        this.#in = -1
        this.#since = this.#shared.timeouts.now
      }
    }
    const x = new Exchange(new Http1Incoming(head, this.#remote, this.#shared.peers, body))
    this.#x = x
    this.#lastBody = body
    this.#headSent = false
    const reply = pipeline.answer(x)
    body?.keep()
    if (reply instanceof Promise) {
      void reply.then((settled) => this.#send(x, settled))
    } else this.#send(x, reply)
    return at
  }

  /** Gives the connection to whoever takes it over for another protocol (RFC 9110 §7.8); false where nobody does. */
  #handOn(bytes: Octets, from: number, to: number): boolean {
    const { handedOn, peers, pipeline } = this.#shared
    // Whoever got it now would hear of neither: that the server stops has been told, and so has the caller's end.
    if (!handedOn.offers || this.#stopping || this.#callerEnded) return false
    const [head, socket, writer] = [this.#head, this.#socket, this.#writer]
    const { line } = head
    const request = new Http1Incoming(head, this.#remote, peers, undefined)
    const takeOver = handedOn.takerOf(head, request, socket)
    if (takeOver === undefined) return false
    this.#release()
    handedOn.give(socket, request, takeOver, Buffer.from(bytes.subarray(from, to)), (problem) => {
      writer.whole(pipeline.refuse(problem), line, true)
      // As at any end: what still comes is thrown away, or a reset would overtake the reply.
      socket.resume().end()
      const late = setTimeout(() => socket.destroy(), LINGER)
      socket.once('close', () => clearTimeout(late))
    })
    return true
  }

  #send(x: Exchange, reply: WireReply): void {
    // Its caller left, or was refused for what came after the header section.
    if (this.#x !== x || this.#socket.destroyed) return letGo(reply.body)
    const { line } = this.#head
    let last = this.#isLast()
    // What a handler says of the connection binds the server as if it had said so itself (§9.6).
    if (reply.hasFieldsOfWire && !persists(reply.header('connection'), 1)) last = true
    this.#headSent = true
    if (isGradual(reply.body) && !line.isHead && !isBodiless(reply.status)) {
      this.#flushing = !isStreamed(reply.body)
      this.#writer.gradual(x, reply, line, last, (isLast) => this.#written(x, isLast))
      return
    }
    this.#writer.whole(reply, line, last)
    this.#written(x, last)
  }

  /** True where the connection ends with the reply to this (§9.3, §9.6). */
  #isLast(): boolean {
    this.#served++
    if (!this.#stopping) this.#patience = this.#shared.limits.keepAliveTimeout
    if (this.#framing?.keepAlive !== true || this.#stopping) return true
    if (this.#served >= this.#shared.limits.requestsPerConnection) return true
    if (this.#callerEnded && this.#held.length === 0) return true
    return this.#lastBody?.endsConnection === true
  }

  /** The reply is handed to the socket; it is sent when the socket has handed it on. */
  #written(x: Exchange, last: boolean): void {
    if (this.#socket.writableLength === 0) return this.#sent(x, last)
    this.#flushing = true
    this.#socket.write('', () => {
      if (!this.#socket.destroyed) this.#sent(x, last)
    })
  }

  #sent(x: Exchange, last: boolean): void {
    this.#x = undefined
    this.#lastBody = undefined
    this.#flushing = false
    this.#shared.pipeline.finish(x)
    if (last) return this.#end()
    if (this.#body !== undefined) this.#body.drop()
    else this.#next()
  }

  #bodyEnded(): void {
    this.#body = undefined
    if (this.#x === undefined) this.#next()
  }

  /** The next request may be read. */
  #next(): void {
    this.#head.next()
    this.#since = this.#shared.timeouts.now
    this.#resume()
    this.#goOn()
    if (this.#callerEnded && !this.#inLoop) this.callerEnded()
  }

  /** Answers what is wrong on the wire itself. Where its messages end cannot be told any more, so it ends too (§2.2). */
  refuse(refusal: Problem): void {
    const x = this.#x
    const isTooLate = x === undefined ? this.#body !== undefined : this.#headSent
    this.#x = undefined
    this.#body?.fail(refusal)
    this.#body = undefined
    if (x !== undefined) this.#shared.pipeline.finish(x, new CallerLeft('the request broke off', { cause: refusal }))
    // A reply is on the wire: what is written now would be taken for more of it, or for the next.
    if (isTooLate) {
      this.#socket.destroy()
      return
    }
    this.#writer.whole(this.#shared.pipeline.refuse(refusal), this.#head.line, true)
    this.#end()
  }

  /**
   * Ends the connection once its last reply is read. What still comes is thrown away: closed with octets unread, the
   * system would send a reset, which overtakes the reply (§9.6).
   */
  #end(): void {
    this.#ending = true
    this.#body?.fail()
    this.#held.clear()
    this.#resume()
    this.#since = this.#shared.timeouts.now
    this.#socket.end()
  }

  /** Ends a connection on which nothing is asked: there is no reply that its caller could miss. */
  #leave(): void {
    this.#ending = true
    this.#socket.end(() => this.#socket.destroy())
  }

  /**
   * The caller sends no more. Nearly always it has gone, and there is no other sign of that: a handler that is still
   * at work is told. What is answered already is sent to the end.
   */
  callerEnded(): void {
    this.#callerEnded = true
    if (this.#ending) return
    if (this.#body !== undefined || (this.#x === undefined && this.#head.begun)) {
      this.refuse(BadRequest({ detail: 'The request ends before its end (RFC 9112 §8)' }) as Problem)
    } else if (this.#x === undefined) this.#end()
    else if (!this.#flushing) this.#socket.destroy()
  }

  /** The connection is gone. */
  closed(): void {
    this.#ending = true
    const failure = new CallerLeft('the caller left before the reply was sent')
    this.#body?.fail(failure)
    this.#body = undefined
    const x = this.#x
    this.#x = undefined
    if (x !== undefined) this.#shared.pipeline.finish(x, failure)
  }

  /**
   * Takes no request but one that is on its way.
   *
   * @param patience milliseconds in which that may come, where the connection was just used.
   */
  stop(patience: number): void {
    this.#stopping = true
    this.#patience = patience
    // The clock is as old as the last look: by it, what was used just now may seem idle for longer than it may be.
    if (this.#x === undefined && !this.#head.begun) this.#since = this.#shared.timeouts.now
  }

  check(now: number): void {
    const { limits } = this.#shared
    const waited = now - this.#since
    if (this.#socket.writableLength > 0) {
      const out = this.#socket.bytesWritten - this.#socket.writableLength
      if (out !== this.#out) {
        this.#out = out
        this.#readAt = now
        if (this.#ending) this.#since = now
      } else if (now - this.#readAt > limits.sendTimeout) this.#socket.destroy()
      this.#heardAt = now
      return
    }
    this.#out = -1
    if (this.#ending) {
      if (waited > this.#linger) this.#socket.destroy()
    } else if (this.#body !== undefined) {
      const { received, isDue } = this.#body
      // Not the caller's time: it cannot send more, or may wait for 100.
      if (this.#paused || !isDue) this.#since = this.#heardAt = now
      else if (received !== this.#in) {
        this.#in = received
        this.#heardAt = now
      }
      const isSilent = now - this.#heardAt > limits.bodyTimeout
      if (isSilent || now - this.#since > limits.bodyTimeout + (received / limits.bodyRate) * 1000) this.#tooSlow()
    } else if (this.#x === undefined) {
      if (this.#head.begun) {
        if (waited > limits.headerTimeout) this.#tooSlow()
      } else if (waited > this.#patience) this.#leave()
    }
  }

  #tooSlow(): void {
    this.#linger = SHORT_LINGER
    this.refuse(RequestTimeout() as Problem)
  }

  wantMore(): void {
    this.#resume()
    this.#goOn()
  }

  sendContinue(body: RequestBody): void {
    // Of an earlier request it would be taken for an answer to this one.
    if (body === this.#lastBody && !this.#headSent) this.#socket.write(CONTINUE, 'latin1')
  }

  #pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.#socket.pause()
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#socket.resume()
  }
}
