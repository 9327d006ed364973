import type { Socket } from 'node:net'
import type { Exchange } from '../../pipeline/exchange.ts'
import type { Report } from '../../pipeline/fail.ts'
import { isStreamed, letGo } from '../../pipeline/pieces.ts'
import { type ReplyBody, type WireReply, isBodiless } from '../../pipeline/reply.ts'
import { PORTION, sendPieces } from '../send-pieces.ts'
import type { Pace } from './pace.ts'
import { CLOSES, GOES_ON, GOES_ON_10, type ReplyHeads, lengthField } from './reply.ts'
import { type ReplyFraming, ReplyStream } from './reply-stream.ts'
import type { RequestLine } from './request-line.ts'
import type { Timeouts } from './timeouts.ts'

/** By itself: the global `Buffer` is a getter, which is called each time. */
const { byteLength } = Buffer

/** Writes replies to one socket, framed for the request they answer (RFC 9112 §6). */
export class ReplyWriter {
  readonly #socket: Socket
  readonly #heads: ReplyHeads
  readonly #timeouts: Timeouts
  readonly #report: Report
  readonly #pace: Pace

  constructor(socket: Socket, heads: ReplyHeads, timeouts: Timeouts, pace: Pace, report: Report) {
    this.#socket = socket
    this.#heads = heads
    this.#timeouts = timeouts
    this.#report = report
    this.#pace = pace
  }

  /**
   * Writes a reply that is in memory, or whose body is not sent.
   *
   * @param last true to say that the connection ends with it.
   */
  whole(reply: WireReply, line: RequestLine, last: boolean): void {
    const { status, body } = reply
    const withoutBody = line.isHead || isBodiless(status)
    const more = this.#more(reply, line, last)
    if (typeof body === 'string') this.#text(reply, body, more, withoutBody)
    else if (isStreamed(body)) {
      letGo(body)
      this.#socket.write(this.#heads.of(reply, lengthOfStream(status, body) + more), 'latin1')
    } else {
      const head = this.#heads.of(reply, lengthField(status, body?.byteLength ?? 0) + more)
      if (withoutBody || body === undefined || body.byteLength === 0) this.#socket.write(head, 'latin1')
      else this.#two(head, body)
    }
  }

  /** In one write wherever it can be. */
  #text(reply: WireReply, body: string, more: string, withoutBody: boolean): void {
    const length = byteLength(body)
    const head = this.#heads.of(reply, lengthField(reply.status, length) + more)
    if (withoutBody) this.#socket.write(head, 'latin1')
    else if (reply.latin1 && length !== body.length) this.#two(head, Buffer.from(body))
    else this.#socket.write(head + body, length === body.length ? 'latin1' : 'utf8')
  }

  #two(head: string, body: Uint8Array): void {
    this.#socket.cork()
    this.#socket.write(head, 'latin1')
    this.#socket.write(body)
    this.#socket.uncork()
  }

  /**
   * Writes a reply as fast as the caller reads. One that fails half-way breaks the connection.
   *
   * @param written called when all of it is handed to the socket; `last` where the connection ends with it.
   */
  gradual(x: Exchange, reply: WireReply, line: RequestLine, isLast: boolean, written: (last: boolean) => void): void {
    const { status, body } = reply
    const whole = typeof body === 'string' ? Buffer.from(body) : body instanceof Uint8Array ? body : undefined
    const framing: ReplyFraming =
      whole !== undefined || body instanceof Blob ? 'length' : line.minor === 0 ? 'close' : 'chunked'
    const last = isLast || framing === 'close'
    const size = framing === 'chunked' ? 'transfer-encoding: chunked\r\n' : lengthOfStream(status, whole ?? body)
    this.#socket.write(this.#heads.of(reply, size + this.#more(reply, line, last)), 'latin1')
    const stream = new ReplyStream(this.#socket, framing, this.#pace)
    stream.once('finish', () => written(last))
    // What ends with the connection would look whole if that ended well.
    const breakOff = (): void => void (framing === 'close' ? reset(this.#socket) : this.#socket.destroy())
    const pieces = whole === undefined ? (body as Parameters<typeof sendPieces>[1]) : [whole]
    sendPieces(stream, pieces, x, this.#report, breakOff)
  }

  /**
   * What every header section ends with. One date is enough: a reply that came from elsewhere may bring its own. What
   * it says of the connection is left out where the writer says it, or the two could disagree.
   */
  #more(reply: WireReply, { minor }: RequestLine, last: boolean): string {
    const connection = last ? CLOSES : minor === 0 ? GOES_ON_10 : GOES_ON
    if (!reply.hasFieldsOfWire) return this.#timeouts.date + connection
    if (connection !== GOES_ON) reply.remove('connection')
    return reply.header('date') === undefined ? this.#timeouts.date + connection : connection
  }
}

/**
 * True for a body that is written portion by portion: what comes in pieces, and what is long. Written at once, nothing
 * could be told of a long one until all of it is read, and a steady reader would be taken for one that reads nothing.
 */
export function isGradual(body: ReplyBody): boolean {
  if (body === undefined) return false
  if (typeof body === 'string') return body.length > PORTION
  return !(body instanceof Uint8Array) || body.byteLength > PORTION
}

/** Of what comes in pieces only a Blob knows its length. */
function lengthOfStream(status: number, body: unknown): string {
  if (status === 205) return lengthField(status, 0)
  if (body instanceof Uint8Array) return lengthField(status, body.byteLength)
  return body instanceof Blob && !isBodiless(status) ? lengthField(status, body.size) : ''
}

/** Only TCP has a reset. Of TLS an end without its alert tells the same (RFC 8446 §6.1). */
function reset(socket: Socket): void {
  if (socket.remoteAddress === undefined || 'encrypted' in socket) socket.destroy()
  else socket.resetAndDestroy()
}
