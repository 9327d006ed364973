import type { ServerHttp2Session, ServerHttp2Stream, ServerSessionOptions } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { WireLimits } from '../limits.ts'
import { Allowance } from './allowance.ts'
import type { Remote } from '../proxied-incoming.ts'
import { Answer, NO_ERROR, REFUSED_STREAM, type Serving } from './answer.ts'
import { Flow } from './flow.ts'

const { performServerHandshake } = process.getBuiltinModule('node:http2')

/** Requests that a caller may have under way at once on one connection. */
export const STREAMS = 100

/** The highest number that a stream can have. */
const LAST_STREAM = 2 ** 31 - 1

/** The largest value of a setting (RFC 9113 §6.5.1), and the largest number that node takes for one. */
const LARGEST = 2 ** 32 - 1

const ENHANCE_YOUR_CALM = 11

/** Milliseconds that a connection may take to close after its last frame, and a caller to answer a PING at its end. */
const LINGER = 1000

/** Streams that may be reset at once, and each second after that (CVE-2023-44487). A page that is left resets all of its own. */
const RESETS = { streamResetBurst: 5 * STREAMS, streamResetRate: 33 }

/** Frames that cost an answer and ask for nothing: PING and SETTINGS (CVE-2019-9512, CVE-2019-9515). */
const CONTROL_FRAMES = { burst: 500, rate: 50 }

/** One connection of HTTP/2, and the streams on it. It is over when its socket is closed. */
export class Connection {
  readonly #serving: Serving
  readonly #socket: TLSSocket
  readonly #session: ServerHttp2Session
  readonly #flow: Flow
  readonly #answers = new Set<Answer>()
  readonly #control = new Allowance(CONTROL_FRAMES.burst, CONTROL_FRAMES.rate)
  /** The socket itself does not know any more when it is closed. */
  readonly #remote: Remote
  /** Handlers that have not ended, those of streams that were reset among them. */
  #running = 0
  #requests = 0
  #greeted = false
  /** Since when there is no stream. */
  #idleSince = performance.now()
  #draining = false
  #closingSince: number | undefined = undefined
  #pingSince: number | undefined = undefined

  constructor(socket: TLSSocket, serving: Serving) {
    this.#serving = serving
    this.#socket = socket
    this.#remote = { remoteAddress: socket.remoteAddress, encrypted: true }
    const session = performServerHandshake(socket, sessionOptions(serving.limits))
    this.#session = session
    this.#flow = new Flow(session)
    // Whoever breaks the protocol ends the connection by it. Told, anybody could fill the log.
    session.on('error', () => {})
    session.on('stream', (stream, _headers, _flags, raw) => this.#take(stream, raw as unknown as string[]))
    session.on('remoteSettings', () => {
      this.#greeted = true
      this.#countControl()
    })
    session.on('ping', () => this.#countControl())
    session.on('close', () => {
      this.#closingSince ??= performance.now()
    })
  }

  /** Called every so often: nothing here has a timer of its own. */
  checkPace(now: number): void {
    const { limits } = this.#serving
    if (this.#closingSince !== undefined && this.#answers.size === 0) {
      if (now - Math.max(this.#closingSince, this.#idleSince) > LINGER) this.destroy()
      return
    }
    if (!this.#greeted && now - this.#idleSince > limits.headerTimeout) return this.destroy()
    if (this.#answers.size === 0) {
      if (now - this.#idleSince > limits.keepAliveTimeout) this.#close()
      return
    }
    let unread = 0
    let waiting = 0
    for (const answer of this.#answers) waiting += answer.waiting
    this.#flow.look(waiting)
    for (const answer of this.#answers) {
      unread = Math.max(unread, answer.unreadFor(now))
      answer.checkPace(now)
    }
    this.#checkReading(now, unread, limits.sendTimeout)
  }

  /** Takes no new stream, and closes when those under way are done. */
  drain(): void {
    if (this.#draining || this.#session.destroyed) return
    this.#draining = true
    // Where no stream is under way, nghttp2 reads nothing more after a GOAWAY.
    if (this.#answers.size === 0) return this.#close()
    // A caller may have begun a stream that is not here yet. It is told first, and the last number is
    // settled when it has read that (RFC 9113 §6.8).
    this.#session.goaway(NO_ERROR, LAST_STREAM)
    const late = setTimeout(() => this.#close(), LINGER)
    const told = this.#session.ping(() => {
      clearTimeout(late)
      this.#close()
    })
    if (!told) this.#close()
  }

  /** Fires the signals of what is under way. */
  abort(reason: Error): void {
    for (const answer of this.#answers) answer.abort(reason)
  }

  destroy(): void {
    this.#session.destroy()
    this.#socket.destroy()
  }

  #take(stream: ServerHttp2Stream, raw: string[]): void {
    // A stream that is reset makes room for the next one at once, its handler does not: without this, a caller
    // who resets each of its requests has as many handlers run as it likes (CVE-2023-44487).
    if (this.#running >= STREAMS) {
      stream.on('error', () => {})
      stream.close(REFUSED_STREAM)
      return
    }
    const answer = new Answer(stream, raw, this.#serving, this.#flow)
    this.#answers.add(answer)
    stream.once('close', () => {
      this.#answers.delete(answer)
      this.#idleSince = performance.now()
      if (this.#draining && this.#answers.size === 0) this.#close()
    })
    if (++this.#requests >= this.#serving.limits.requestsPerConnection) this.drain()
    answer.begin(this.#remote)
    const { running } = answer
    if (running === undefined) return
    this.#running++
    const ended = (): void => {
      this.#running--
    }
    running.then(ended, ended)
  }

  /**
   * A caller that reads nothing answers no PING either. One that only leaves a stream unread loses that; its answer may
   * take long, where much of other streams is before the PING.
   */
  #checkReading(now: number, unread: number, sendTimeout: number): void {
    if (unread <= sendTimeout / 2 || this.#session.destroyed) {
      this.#pingSince = undefined
      return
    }
    if (this.#pingSince === undefined) {
      this.#pingSince = now
      this.#session.ping(() => {
        this.#pingSince = Number.POSITIVE_INFINITY
      })
    } else if (now - Math.max(this.#pingSince, this.#flow.movedAt) > sendTimeout / 2) this.destroy()
  }

  #countControl(): void {
    if (this.#control.take(performance.now())) return
    this.#session.destroy(new Error('the caller sent too many frames that ask for nothing'), ENHANCE_YOUR_CALM)
  }

  #close(): void {
    this.#draining = true
    this.#closingSince ??= performance.now()
    this.#session.close()
  }
}

function sessionOptions(limits: WireLimits): ServerSessionOptions {
  return {
    ...RESETS,
    // Room for what is answered with 431. Beyond it nghttp2 resets the stream, and beyond 64 KB or 8 CONTINUATION
    // frames it ends the connection (CVE-2024-27316).
    maxHeaderListPairs: Math.min(2 * limits.headerCount + 8, LARGEST),
    // DATA and HEADERS that are empty or wrong (CVE-2019-9518).
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: STREAMS,
    // Two fields where there should be one are for whoever reads the reply to judge, as with HTTP/1.1.
    strictSingleValueFields: false,
    settings: {
      maxConcurrentStreams: STREAMS,
      maxHeaderListSize: Math.min(Math.max(65_535, 4 * limits.headerBytes), LARGEST),
    },
  }
}
