import type { IncomingMessage, ServerResponse } from 'node:http'
import { BadRequest } from '../contract/problems.ts'
import { BodyCut, BodyTooLarge } from '../pipeline/incoming.ts'
import { authorityOf, isAuthority } from './authority.ts'
import type { WireLimits } from './limits.ts'
import { NodeBody, type Taker } from './node-body.ts'
import { HeadersTooLarge } from './refusals.ts'
import { codingFault } from './transfer-coding.ts'
import { ProxiedIncoming, type Remote } from './proxied-incoming.ts'
import type { Peers } from './proxy.ts'

/** What requests of a server have in common. */
export interface Serving {
  readonly peers: Peers
  readonly limits: WireLimits
}

/** A request of node:http. Fields are looked up where node left them: its `headers` object costs more than the route. */
export class NodeIncoming extends ProxiedIncoming {
  readonly #message: IncomingMessage
  readonly #response: ServerResponse
  readonly #limits: WireLimits
  /** The caller waits for 100 before it sends the body, and does not get it unless somebody reads. */
  #waits: boolean
  /** True where nothing may follow it on its connection, whatever becomes of its body. */
  isLast = false
  /** The whole body was read at once. */
  #isTaken = false
  /** The body, while somebody reads it. */
  #body: NodeBody | undefined = undefined

  constructor(
    message: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
    remote: Remote,
    { peers, limits }: Serving,
  ) {
    super(message.method as string, message.url as string, remote, peers)
    this.#limits = limits
    this.#message = message
    this.#response = response
    this.#waits = expectsContinue
    // Whether the body still comes is the caller's choice then (RFC 9110 §10.1.1).
    this.cut = expectsContinue
  }

  field(name: string): string | undefined {
    const raw = this.#message.rawHeaders
    let found: string | undefined
    for (let i = 0; i < raw.length; i += 2) {
      const key = raw[i] as string
      if (key.length !== name.length || key.toLowerCase() !== name) continue
      const value = raw[i + 1] as string
      found = found === undefined ? value : `${found}${name === 'cookie' ? '; ' : ', '}${value}`
    }
    return found
  }

  *headers(): Iterable<readonly [string, string]> {
    const names = new Set<string>()
    const raw = this.#message.rawHeaders
    for (let i = 0; i < raw.length; i += 2) names.add((raw[i] as string).toLowerCase())
    for (const name of names) yield [name, this.field(name) as string]
  }

  get hasBody(): boolean {
    return this.announcesLength || this.field('transfer-encoding') !== undefined
  }

  /** True where more of the body is to come. Node calls nothing complete while it hands it over. */
  get isDue(): boolean {
    return !this.#message.complete && !this.#isTaken && this.hasBody && !this.#isHere
  }

  /** True where all of the body has come, and nobody has read of it. */
  get #isHere(): boolean {
    return this.#message.complete || String(this.#message.readableLength) === this.field('content-length')
  }

  /** True where the length of a body is known, and is not 0. */
  get announcesLength(): boolean {
    return Number(this.field('content-length') ?? 0) > 0
  }

  bytes(limit: number): Uint8Array | Promise<Uint8Array> {
    this.#begin(limit)
    return this.#isHere ? this.#whole(limit) : this.#collect(limit)
  }

  /** A body that has come to its end, in one piece: a third of what it costs by events. */
  #whole(limit: number): Uint8Array {
    this.#isTaken = true
    const body: Buffer | null = this.#message.read()
    if (body === null) return new Uint8Array()
    if (body.length <= limit) return body
    this.cut = true
    throw new BodyTooLarge(limit)
  }

  #collect(limit: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      const body = this.#read(limit, {
        take: (chunk) => {
          chunks.push(chunk)
          body.want()
        },
        end: () => resolve(Buffer.concat(chunks)),
        fail: reject,
      })
      body.want()
    })
  }

  /**
   * Buffer's own decoder, because it keeps text that fits Latin-1 in one byte a character, and so does
   * the reply made of it: a TextDecoder's two-byte text costs 5 µs more to send. Buffer writes U+FFFD for
   * what is not UTF-8, so only text that has one is looked at again.
   */
  override decoded(bytes: Uint8Array): string {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
    if (text.includes('\ufffd')) return super.decoded(bytes)
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }

  stream(limit: number): ReadableStream<Uint8Array> {
    this.#begin(limit)
    let body: NodeBody
    // Not Readable.toWeb: cancelling that closes the connection, and with it the way for the reply.
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        body = this.#read(limit, {
          take: (chunk) => {
            controller.enqueue(chunk)
            if ((controller.desiredSize ?? 0) <= 0) body.rest()
          },
          end: () => controller.close(),
          fail: (error) => controller.error(error),
        })
      },
      pull: () => body.want(),
      cancel: () => {
        this.cut = true
        body.leave()
      },
    })
  }

  #read(limit: number, taker: Taker): NodeBody {
    const fail = (error: Error): void => {
      this.cut = true
      taker.fail(error)
    }
    this.#body = new NodeBody(this.#message, limit, this.#limits, { ...taker, fail })
    return this.#body
  }

  /** Takes the rest of the body off the connection for nobody: the reply is out, and the next request is behind it. */
  passOver(): void {
    this.#body?.fail(new BodyCut('the reply was sent before all of the body had come'))
    this.#message.resume()
  }

  /** What must hold before the first byte of a body is asked for. */
  #begin(limit: number): void {
    // The caller left before anybody asked for the body. Node said so then, and says nothing to those who listen later.
    if (this.#message.destroyed && !this.#message.complete) throw new BodyCut('the body broke off')
    // Nor does it of a body that it threw away, of which nobody had read when the reply was out.
    if (this.#response.writableFinished) throw new BodyCut('the reply was sent before the body was read')
    if (Number(this.field('content-length') ?? 0) > limit) {
      this.cut = true
      throw new BodyTooLarge(limit)
    }
    if (!this.#waits) return
    this.#waits = false
    this.cut = false
    // A reply that has begun says as much.
    if (!this.#response.headersSent) this.#response.writeContinue()
  }
}

/**
 * Refuses what node:http lets pass: no Host or two, a Host or a target whose authority is none, a
 * transfer coding that nobody here takes off.
 *
 * @returns true for a request after which the connection must end: node's parser tells of no error any more in what
 * follows one that asks for an upgrade, and what it does not tell of is never answered.
 * @throws BadRequest, NotImplemented
 */
export function checkFields(message: IncomingMessage, limits: WireLimits): boolean {
  const raw = message.rawHeaders
  if (raw.length > limits.headerCount * 2) throw HeadersTooLarge()
  let hosts = 0
  let upgrades = false
  let codings: string | undefined
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    if (name.length === 4 && name.toLowerCase() === 'host') {
      if (++hosts > 1) throw BadRequest({ detail: 'The request has more than one Host (RFC 9112 §3.2)' })
      if (!isAuthority(raw[i + 1] as string)) {
        throw BadRequest({ detail: 'Host is not a host with an optional port (RFC 9112 §3.2)' })
      }
    } else if (name.length === 7 && name.toLowerCase() === 'upgrade') upgrades = true
    else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      codings = codings === undefined ? (raw[i + 1] as string) : `${codings}, ${raw[i + 1]}`
    }
  }
  const refused = codings === undefined ? undefined : codingFault(codings)
  if (refused !== undefined) throw refused
  if (hosts === 0 && message.httpVersionMinor !== 0) {
    throw BadRequest({ detail: 'The request has no Host (RFC 9112 §3.2)' })
  }
  const target = message.url as string
  const authority = target.charCodeAt(0) === 0x2f ? undefined : authorityOf(target)
  if (authority !== undefined && (authority === '' || !isAuthority(authority))) {
    throw BadRequest({ detail: 'The target is not at a host with an optional port (RFC 9112 §3.2.2)' })
  }
  return upgrades
}
