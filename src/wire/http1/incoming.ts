import type { Pieces } from '../../pipeline/incoming.ts'
import { ProxiedIncoming, type Remote } from '../proxied-incoming.ts'
import type { Peers } from '../proxy.ts'
import type { RequestBody } from './body.ts'
import type { FieldLines } from './field-lines.ts'
import type { RequestHead } from './request-head.ts'

/** A request as the engine has read it. */
export class Http1Incoming extends ProxiedIncoming {
  readonly #fields: FieldLines
  readonly #body: RequestBody | undefined

  constructor(head: RequestHead, remote: Remote, peers: Peers, body: RequestBody | undefined) {
    super(head.line.method, head.line.target, remote, peers)
    this.#fields = head.fields
    this.#body = body
  }

  get hasBody(): boolean {
    return this.#body !== undefined
  }

  field(name: string): string | undefined {
    return this.#fields.field(name)
  }

  *headers(): Iterable<readonly [string, string]> {
    const fields = this.#fields
    const names = new Set<string>()
    for (let i = 0; i < fields.count; i++) names.add(fields.name(i))
    for (const name of names) yield [name, fields.field(name) as string]
  }

  bytes(limit: number): Uint8Array | Promise<Uint8Array> {
    return this.#body?.bytes(limit) ?? new Uint8Array()
  }

  override text(limit: number): string | Promise<string> {
    return this.#body?.textHere(limit) ?? super.text(limit)
  }

  stream(limit: number): ReadableStream<Uint8Array> {
    return this.#body?.stream(limit) ?? new Blob([]).stream()
  }

  override pieces(limit: number): Pieces {
    return this.#body?.pieces(limit) ?? super.pieces(limit)
  }
}
