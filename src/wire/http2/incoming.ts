import type { ServerHttp2Stream } from 'node:http2'
import { RequestTimeout } from '../../contract/problems.ts'
import { BodyCut, BodyTooLarge } from '../../pipeline/incoming.ts'
import type { WireLimits } from '../limits.ts'
import { ProxiedIncoming, type Remote } from '../proxied-incoming.ts'
import type { Peers } from '../proxy.ts'
import type { Head } from './fields.ts'

/** Whoever reads a body: it gets the pieces, then its end or what ended it. */
interface Reader {
  readonly take: (piece: Buffer) => void
  readonly end: () => void
  readonly fail: (error: Error) => void
}

/** A request on a stream of HTTP/2. */
export class Http2Incoming extends ProxiedIncoming {
  readonly #stream: ServerHttp2Stream
  readonly #head: Head
  /** The caller waits for 100 before it sends the body. */
  #waits: boolean
  #reader: Reader | undefined = undefined
  #ended = false
  #received = 0
  /** Milliseconds that the caller let the reader wait, without the wait under way. */
  #waited = 0
  #waitsSince: number | undefined = undefined

  constructor(stream: ServerHttp2Stream, head: Head, remote: Remote, peers: Peers) {
    super(head.method, head.target, remote, peers)
    this.#stream = stream
    this.#head = head
    this.#waits = this.field('expect') !== undefined
  }

  field(name: string): string | undefined {
    const { fields, authority } = this.#head
    // Who looks for Host means this (RFC 9113 §8.3.1).
    if (name === 'host') return authority
    let found: string | undefined
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] !== name) continue
      // A cookie may come in crumbs (RFC 9113 §8.2.3).
      found = found === undefined ? fields[i + 1] : `${found}${name === 'cookie' ? '; ' : ', '}${fields[i + 1]}`
    }
    return found
  }

  *headers(): Iterable<readonly [string, string]> {
    const { fields } = this.#head
    const names = new Set<string>(['host'])
    for (let i = 0; i < fields.length; i += 2) names.add(fields[i] as string)
    for (const name of names) yield [name, this.field(name) as string]
  }

  get hasBody(): boolean {
    return !this.#stream.endAfterHeaders && this.field('content-length') !== '0'
  }

  /** True where there is something of the body that nobody has read. */
  get isUnread(): boolean {
    return !this.#ended && !this.#stream.endAfterHeaders
  }

  bytes(limit: number): Promise<Uint8Array> {
    this.#begin(limit)
    return new Promise((resolve, reject) => {
      const pieces: Buffer[] = []
      this.#read(limit, {
        take: (piece) => {
          pieces.push(piece)
          this.#wants()
        },
        end: () => resolve(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, this.#received)),
        fail: reject,
      })
      this.#wants()
    })
  }

  stream(limit: number): ReadableStream<Uint8Array> {
    this.#begin(limit)
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#read(limit, {
          take: (piece) => {
            controller.enqueue(piece)
            if ((controller.desiredSize ?? 0) > 0) this.#wants()
            else this.#stream.pause()
          },
          end: () => controller.close(),
          fail: (error) => controller.error(error),
        })
        this.#stream.pause()
      },
      pull: () => this.#wants(),
      cancel: () => void this.#leave(),
    })
  }

  /** Ends the body for whoever reads it with RequestTimeout, where the caller has let it wait for too long. */
  checkPace(now: number, { bodyTimeout, bodyRate }: WireLimits): void {
    if (this.#waitsSince === undefined) return
    const silent = now - this.#waitsSince
    const isLate = this.#waited + silent > bodyTimeout + (this.#received / bodyRate) * 1000
    if (isLate || silent > bodyTimeout) this.#fail(RequestTimeout())
  }

  /** Lets go of a body that nobody is going to read: the reply is out. */
  abandon(): void {
    this.#fail(new BodyCut('the reply was sent before the body was read'))
    // Until what came is read, node keeps the stream.
    this.#stream.resume()
  }

  /** What must hold before the first byte of a body is asked for. */
  #begin(limit: number): void {
    if (this.#stream.destroyed || this.#stream.aborted) throw new BodyCut('the body broke off')
    if (Number(this.field('content-length') ?? 0) > limit) {
      this.cut = true
      throw new BodyTooLarge(limit)
    }
    if (!this.#waits) return
    this.#waits = false
    // A reply that has begun says as much.
    if (!this.#stream.headersSent) this.#stream.additionalHeaders({ ':status': 100 })
  }

  #read(limit: number, reader: Reader): void {
    this.#reader = reader
    const stream = this.#stream
    stream.on('data', (piece: Buffer) => {
      this.#received += piece.length
      if (this.#waitsSince !== undefined) this.#waited += performance.now() - this.#waitsSince
      this.#waitsSince = undefined
      if (this.#received > limit) this.#fail(new BodyTooLarge(limit))
      else this.#reader?.take(piece)
    })
    stream.on('end', () => {
      // A caller that resets the stream without an error looks like one that ended the body; only this tells.
      if (stream.aborted) return this.#fail(new BodyCut('the body broke off'))
      this.#ended = true
      const { end } = this.#leave() ?? {}
      end?.()
    })
    const cut = (): void => this.#fail(new BodyCut('the body broke off'))
    stream.on('aborted', cut)
    stream.on('close', cut)
  }

  /** Whoever reads waits for the caller from now on. */
  #wants(): void {
    this.#waitsSince ??= performance.now()
    if (this.#stream.isPaused()) this.#stream.resume()
  }

  #fail(error: Error): void {
    this.#leave()?.fail(error)
  }

  /** Stops reading. */
  #leave(): Reader | undefined {
    const reader = this.#reader
    this.#reader = undefined
    this.#waitsSince = undefined
    if (!this.#ended) this.cut = true
    if (reader !== undefined) {
      this.#stream.removeAllListeners('data')
      this.#stream.pause()
    }
    return reader
  }
}
