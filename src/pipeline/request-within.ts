import type { Call } from '../contract/front-door.ts'
import { BodyTooLarge, Incoming } from './incoming.ts'

/** Fields of one message alone: what a request that comes with another says of it, it says itself. */
const OF_ONE =
  /^(?:content-.*|transfer-encoding|te|trailer|connection|keep-alive|proxy-connection|upgrade|expect|http2-settings|accept|accept-encoding|range|if-.*|prefer|idempotency-key|access-control-request-.*|digest|repr-digest|priority)$/

/**
 * A request that came with another. Who asks, and from where, is what that one says; what is asked for, in which form and
 * on which condition, it says itself.
 */
export class RequestWithin extends Incoming {
  readonly #outer: Incoming
  readonly #own: ReadonlyMap<string, string>
  readonly #body: Uint8Array | undefined
  readonly hasBody: boolean

  constructor(outer: Incoming, { method, target, headers, body, suffix }: Call) {
    super(method, target)
    this.#outer = outer
    this.#own = body === undefined ? headers : new Map(headers).set('content-length', String(body.byteLength))
    this.#body = body
    this.hasBody = body !== undefined && body.byteLength > 0
    this.id = outer.id === undefined ? undefined : `${outer.id}${suffix}`
  }

  override get toldAs(): string | undefined {
    return this.id ?? this.#outer.toldAs
  }

  field(name: string): string | undefined {
    return this.#own.get(name) ?? (OF_ONE.test(name) ? undefined : this.#outer.field(name))
  }

  *headers(): Iterable<readonly [string, string]> {
    yield* this.#own
    for (const field of this.#outer.headers()) {
      if (!this.#own.has(field[0]) && !OF_ONE.test(field[0])) yield field
    }
  }

  get remoteAddress(): string | undefined {
    return this.#outer.remoteAddress
  }

  override get prefix(): string {
    return this.#outer.prefix
  }

  protected get origin(): string {
    return new URL(this.#outer.url).origin
  }

  bytes(limit: number): Uint8Array {
    const body = this.#body ?? new Uint8Array()
    if (body.byteLength > limit) throw new BodyTooLarge(limit)
    return body
  }

  stream(limit: number): ReadableStream<Uint8Array> {
    return new Blob([this.bytes(limit) as Uint8Array<ArrayBuffer>]).stream()
  }
}
