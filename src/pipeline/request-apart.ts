import { Incoming } from './incoming.ts'

/** What a caller has already is for whoever gives the reply to look at: it is made as for somebody who has nothing. */
const CONDITIONS: ReadonlySet<string> = new Set([
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
])

/**
 * A request whose reply may be given to others. It has no conditions and no body, and notes what of its header fields is
 * read: what depends on one that another caller sends otherwise is not for that caller.
 */
export class RequestApart extends Incoming {
  readonly #request: Incoming
  /** Names of fields that were read since it watches; `*` for something else of the caller. */
  readonly read: Set<string> = new Set()
  watches = false
  readonly hasBody = false

  constructor(request: Incoming) {
    super(request.method === 'HEAD' ? 'GET' : request.method, request.target)
    this.#request = request
  }

  field(name: string): string | undefined {
    if (CONDITIONS.has(name)) return undefined
    if (this.watches) this.read.add(name)
    return this.#request.field(name)
  }

  *headers(): Iterable<readonly [string, string]> {
    if (this.watches) this.read.add('*')
    for (const field of this.#request.headers()) if (!CONDITIONS.has(field[0])) yield field
  }

  get remoteAddress(): string | undefined {
    if (this.watches) this.read.add('*')
    return this.#request.remoteAddress
  }

  /** It begins with what the caller claims: to hold that for another's would send that one elsewhere. */
  override get url(): string {
    if (this.watches) this.read.add('host')
    return this.#request.url
  }

  override get prefix(): string {
    return this.#request.prefix
  }

  protected get origin(): string {
    return new URL(this.#request.url).origin
  }

  bytes(): Uint8Array {
    return new Uint8Array()
  }

  stream(): ReadableStream<Uint8Array> {
    return new Blob([]).stream()
  }
}
