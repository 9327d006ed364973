import type { ServerHttp2Stream } from 'node:http2'
import type { Problem } from '../../contract/problem.ts'
import { Exchange } from '../../pipeline/exchange.ts'
import { type Report, aboutOf } from '../../pipeline/fail.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import { isStreamed, letGo } from '../../pipeline/pieces.ts'
import { type WireReply, isBodiless } from '../../pipeline/reply.ts'
import { CallerLeft } from '../listening.ts'
import type { WireLimits } from '../limits.ts'
import type { Remote } from '../proxied-incoming.ts'
import type { Peers } from '../proxy.ts'
import { sendPieces } from '../send-pieces.ts'
import { type Head, checkHead, headOf, toHeaders } from './fields.ts'
import type { Flow } from './flow.ts'
import { Http2Incoming } from './incoming.ts'
import { Outflow } from './outflow.ts'

/** Error codes of HTTP/2 (RFC 9113 §7). */
export const NO_ERROR = 0
export const REFUSED_STREAM = 7

/** What the connections of a server have in common. */
export interface Serving {
  readonly pipeline: Pipeline
  readonly limits: WireLimits
  readonly report: Report
  readonly peers: Peers
}

/** One stream: its request, and the reply to it (RFC 9113 §8.1). */
export class Answer {
  readonly stream: ServerHttp2Stream
  readonly #serving: Serving
  readonly #head: Head
  readonly #out: Outflow
  #request: Http2Incoming | undefined = undefined
  #exchange: Exchange | undefined = undefined
  /** The reply is out, but for what the transport still holds. */
  #sent = false

  constructor(stream: ServerHttp2Stream, raw: readonly string[], serving: Serving, flow: Flow) {
    this.stream = stream
    this.#serving = serving
    this.#out = new Outflow(stream, flow)
    this.#head = headOf(raw)
    // A stream that the caller resets is an error of the caller's; `close` tells of it as well.
    stream.on('error', () => {})
  }

  /** Handlers that run for this stream, while they do: also after the caller has reset it. */
  get running(): Promise<unknown> | undefined {
    return this.#exchange?.working ?? this.#exchange?.running
  }

  begin(remote: Remote): void {
    const { stream } = this
    const { pipeline, limits, peers } = this.#serving
    try {
      checkHead(this.#head, limits)
    } catch (refusal) {
      this.#sendWhole(pipeline.refuse(refusal as Problem))
      return
    }
    this.#request = new Http2Incoming(stream, this.#head, remote, peers)
    const x = new Exchange(this.#request)
    this.#exchange = x
    const left = (): void => pipeline.finish(x, new CallerLeft('the caller left before the reply was sent'))
    stream.on('aborted', left)
    stream.on('close', () => (this.#sent ? pipeline.finish(x) : left()))
    const reply = pipeline.answer(x)
    if (reply instanceof Promise) void reply.then((settled) => this.#send(x, settled))
    else this.#send(x, reply)
  }

  /** Ends what has lasted too long: a body that does not come, a reply that is not read. */
  checkPace(now: number): void {
    const { limits } = this.#serving
    this.#request?.checkPace(now, limits)
    if (this.unreadFor(now) > limits.sendTimeout) this.#breakOff()
  }

  /** Milliseconds for which the caller has left unread what is to be sent. */
  unreadFor(now: number): number {
    return this.#out.unreadFor(now)
  }

  /** Bytes of the reply that are not out. */
  get waiting(): number {
    return this.#out.waiting
  }

  abort(reason: Error): void {
    this.#exchange?.abort(reason)
  }

  #send(x: Exchange, reply: WireReply): void {
    if (this.stream.destroyed || this.stream.closed) return letGo(reply.body)
    try {
      if (!isStreamed(reply.body) || isBodiless(reply.status) || x.request.method === 'HEAD') this.#sendWhole(reply)
      else this.#sendStreamed(reply, x)
    } catch (error) {
      // Node refuses a header field that it takes for wrong. There is nothing that could be sent in its place.
      x.failure ??= error as Error
      this.#serving.report(error, aboutOf(x))
      letGo(reply.body)
      this.#breakOff()
    }
  }

  /** Sends a reply that is in memory, or that has no body to send. */
  #sendWhole(reply: WireReply): void {
    const { status, body } = reply
    const none = isBodiless(status)
    if (isStreamed(body)) letGo(body)
    const isHead = this.#head.method === 'HEAD'
    const bytes = none || isStreamed(body) ? undefined : typeof body === 'string' ? Buffer.from(body) : body
    const headers = toHeaders(status, reply.fields)
    // A 205 says that its content is nothing (RFC 9110 §15.3.6); the other two never say how much it is.
    if (status === 205) headers['content-length'] = '0'
    else if (body instanceof Blob) headers['content-length'] = String(body.size)
    else if (!none && !isStreamed(body)) headers['content-length'] = String(bytes?.byteLength ?? 0)
    if (isHead || bytes === undefined || bytes.byteLength === 0) {
      this.stream.respond(headers, { endStream: true })
      this.#done()
      return
    }
    this.stream.respond(headers)
    this.stream.once('finish', () => this.#done())
    void this.#out.end(bytes)
  }

  #sendStreamed(reply: WireReply, x: Exchange): void {
    const body = reply.body as Parameters<typeof sendPieces>[1]
    const headers = toHeaders(reply.status, reply.fields)
    if (body instanceof Blob) headers['content-length'] = String(body.size)
    this.stream.respond(headers)
    this.stream.once('finish', () => this.#done())
    sendPieces(this.stream, body, x, this.#serving.report, () => this.#breakOff(), this.#out)
  }

  /** Resets the stream with INTERNAL_ERROR. `close(code)` would end it first, and the half would look whole. */
  #breakOff(): void {
    this.stream.destroy(new Error('the reply broke off'))
  }

  /** The last byte is out. A body that is still coming is of no use to anybody (RFC 9113 §8.1). */
  #done(): void {
    this.#sent = true
    if (this.#exchange !== undefined && this.stream.writableFinished) this.#serving.pipeline.finish(this.#exchange)
    if (this.#request === undefined ? this.stream.endAfterHeaders : !this.#request.isUnread) return
    // Not at once: the end of the stream goes first.
    setImmediate(() => {
      if (this.stream.destroyed) return
      this.stream.close(NO_ERROR)
      this.#request?.abandon()
    })
  }
}
