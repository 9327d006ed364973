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
  /** Names of fields that were read while it watched; `*` for something else of the caller. */
  readonly read: Set<string> = new Set()
  /** Fields that may be read now; undefined for all. */
  known: ReadonlySet<string> | undefined = undefined
  readonly hasBody = false

  constructor(request: Incoming) {
    super(request.method === 'HEAD' ? 'GET' : request.method, request.target)
    this.#request = request
  }

  field(name: string): string | undefined {
    if (CONDITIONS.has(name)) return undefined
    this.#note(name)
    // As it is asked for where it is shown in another form.
    return this.#request.header(name)
  }

  *headers(): Iterable<readonly [string, string]> {
    this.#note('*')
    for (const field of this.#request.headers()) if (!CONDITIONS.has(field[0])) yield field
  }

  get remoteAddress(): string | undefined {
    this.#note('*')
    return this.#request.remoteAddress
  }

  /** It begins with what the caller claims: to hold that for another's would send that one elsewhere. */
  override get url(): string {
    this.#note('host')
    return this.#request.url
  }

  override get prefix(): string {
    return this.#request.prefix
  }

  /** What is made has no id, for others get it too. */
  override get toldAs(): string | undefined {
    return this.#request.id
  }

  protected get origin(): string {
    return new URL(this.#request.url).origin
  }

  #note(name: string): void {
    if (this.known !== undefined && !this.known.has(name)) this.read.add(name)
  }

  bytes(): Uint8Array {
    return new Uint8Array()
  }

  stream(): ReadableStream<Uint8Array> {
    return new Blob([]).stream()
  }
}
