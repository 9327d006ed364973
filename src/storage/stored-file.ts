/** What is known of a stored file. */
export interface StoredFacts {
  readonly key: string
  readonly size: number
  readonly type: string
  /** Changes with every change of the file; in quotes, as ETag has it. */
  readonly etag: string
  readonly modified: Date
}

/** Opens the bytes from one place to another, the second not among them. */
export type OpenRange = (from: number, to: number) => ReadableStream<Uint8Array>

/**
 * A file in a storage, as a `Blob`: `file()` replies send it. Its bytes are read when they are asked for. `FormData` and
 * `new Blob([…])` copy what a Blob holds, and this holds nothing: give them `await stored.bytes()`.
 */
export class StoredFile extends Blob {
  readonly key: string
  readonly etag: string
  readonly modified: Date
  readonly #facts: StoredFacts
  readonly #open: OpenRange
  readonly #from: number
  readonly #to: number
  readonly #type: string

  constructor(facts: StoredFacts, open: OpenRange, from = 0, to: number = facts.size, type: string = facts.type) {
    super([])
    this.key = facts.key
    this.etag = facts.etag
    this.modified = facts.modified
    this.#facts = facts
    this.#open = open
    this.#from = from
    this.#to = to
    this.#type = type
  }

  /** In bytes. */
  override get size(): number {
    return this.#to - this.#from
  }

  /** The media type. */
  override get type(): string {
    return this.#type
  }

  /** The bytes from one place to another, and no others are read; as `Blob.slice` counts them. */
  override slice(start = 0, end: number = this.size, type = ''): StoredFile {
    const at = (place: number): number => (place < 0 ? Math.max(this.size + place, 0) : Math.min(place, this.size))
    const from = this.#from + at(start)
    return new StoredFile(this.#facts, this.#open, from, Math.max(from, this.#from + at(end)), type)
  }

  /** @throws where the file has changed since it was asked for, and where it is away. */
  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    if (this.size === 0) return new Blob([]).stream()
    return this.#open(this.#from, this.#to) as ReadableStream<Uint8Array<ArrayBuffer>>
  }

  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const all = new Uint8Array(this.size)
    let at = 0
    const reader = this.stream().getReader()
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      all.set(next.value, at)
      at += next.value.length
    }
    return all
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes())
  }
}
