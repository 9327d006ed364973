import type { WireLimits } from '../limits.ts'
import type { Octets } from './octets.ts'
import { FieldSection } from './field-section.ts'
import { RequestLine } from './request-line.ts'

/**
 * A request's line and header section (RFC 9112 §2.1), read in one pass over the octets, and kept as one string.
 * Fields are looked up in it when somebody asks: most are never asked for.
 */
export class RequestHead {
  readonly line: RequestLine = new RequestLine()
  readonly #fields: FieldSection
  #inFields = false
  #at = 0
  #text = ''

  constructor(limits: WireLimits) {
    this.#fields = new FieldSection(limits)
  }

  /** True once the first octet was read, be the rest as it may. */
  get begun(): boolean {
    return this.#at > this.line.methodStart
  }

  /**
   * Reads on where it left off.
   *
   * @param base where the request begins in `bytes`, which hold all of it that has come.
   * @returns where the header section ended; -1 where there is more to come.
   * @throws BadRequest, NotImplemented, TargetTooLong, VersionNotSupported, HeadersTooLarge
   */
  read(bytes: Octets, base: number, to: number): number {
    let at = base + this.#at
    if (!this.#inFields) {
      at = this.line.read(bytes, base, at, to)
      if (at !== -1) this.#inFields = true
    }
    if (at !== -1) at = this.#fields.read(bytes, base, at, to)
    if (at === -1) this.#at = to - base
    else this.#text = bytes.latin1Slice(base, at)
    return at
  }

  get method(): string {
    const { methodStart, methodEnd } = this.line
    return this.#text.slice(methodStart, methodEnd)
  }

  get target(): string {
    const { targetStart, targetEnd } = this.line
    return this.#text.slice(targetStart, targetEnd)
  }

  /** True where the target begins with `/`. */
  get isOriginForm(): boolean {
    return this.#text.charCodeAt(this.line.targetStart) === 0x2f
  }

  /** How many field lines there are. */
  get count(): number {
    return this.#fields.spans.length / 4
  }

  /** Octets in the name of a field line; cheaper than the name. */
  nameLength(index: number): number {
    const { spans } = this.#fields
    return (spans[index * 4 + 1] as number) - (spans[index * 4] as number)
  }

  /** @param name in lower case, of that length. */
  isNamed(index: number, name: string): boolean {
    // As most programs write it: nothing is copied then.
    return this.#text.startsWith(name, this.#fields.spans[index * 4]) || this.name(index) === name
  }

  /** The name of a field line, in lower case. */
  name(index: number): string {
    const { spans } = this.#fields
    return this.#text.slice(spans[index * 4], spans[index * 4 + 1]).toLowerCase()
  }

  value(index: number): string {
    const { spans } = this.#fields
    return this.#text.slice(spans[index * 4 + 2], spans[index * 4 + 3])
  }

  /**
   * The value of a field; of several lines, all (RFC 9110 §5.3).
   *
   * @param name in lower case.
   */
  field(name: string): string | undefined {
    let found: string | undefined
    for (let i = 0; i < this.count; i++) {
      if (this.nameLength(i) !== name.length || !this.isNamed(i, name)) continue
      const value = this.value(i)
      found = found === undefined ? value : `${found}${name === 'cookie' ? '; ' : ', '}${value}`
    }
    return found
  }
}
