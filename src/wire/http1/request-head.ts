import type { WireLimits } from '../limits.ts'
import type { Octets } from './octets.ts'
import { FieldLines } from './field-lines.ts'
import { FieldSection } from './field-section.ts'
import { RequestLine } from './request-line.ts'

/** Octets of a section that is kept for the next request: an idle connection has it for as long as it is open. */
const KEPT = 2048

const NO_FIELDS = new FieldLines('', [])

/**
 * Reads a request's line and header section (RFC 9112 §2.1), one request after the other, each in one pass over the
 * octets. A caller sends nearly the same fields with each request on a connection: a section that is octet by octet the
 * last one is not read again, for it would come to the same.
 */
export class RequestHead {
  readonly #limits: WireLimits
  readonly line: RequestLine = new RequestLine()
  #section: FieldSection
  /** Where the section begins, counted from the request; 0 while the line is read. */
  #sectionStart = 0
  #at = 0
  /** Those of the last request that was read whole, while they are few enough to be kept. */
  fields: FieldLines = NO_FIELDS

  constructor(limits: WireLimits) {
    this.#limits = limits
    this.#section = new FieldSection(limits)
  }

  /** True once the first octet was read, be the rest as it may. */
  get begun(): boolean {
    return this.#at > this.line.methodStart
  }

  /** Begins with the next request. */
  next(): void {
    this.line.next()
    if (this.fields.length > KEPT) this.fields = NO_FIELDS
    this.#sectionStart = 0
    this.#at = 0
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
    if (this.#sectionStart === 0) {
      at = this.line.read(bytes, base, at, to)
      if (at === -1) {
        this.#at = to - base
        return -1
      }
      this.#sectionStart = at - base
      const end = this.fields.endIn(bytes, at, to)
      if (end !== -1) return end
    }
    const start = base + this.#sectionStart
    const end = this.#section.read(bytes, start, at, to)
    if (end === -1) {
      this.#at = to - base
      return -1
    }
    this.fields = new FieldLines(bytes.latin1Slice(start, end), this.#section.spans)
    this.#section = new FieldSection(this.#limits)
    return end
  }
}
