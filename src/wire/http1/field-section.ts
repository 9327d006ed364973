import { BadRequest } from '../../contract/problems.ts'
import type { WireLimits } from '../limits.ts'
import { HeadersTooLarge } from '../refusals.ts'
import { bareCr, bareLf } from './line-end.ts'
import { CLASS, COLON, CR, HTAB, LF, SP, TOKEN, VALUE } from './octets.ts'

const LINE_START = 0
const NAME = 1
const VALUE_START = 2
const VALUE_PART = 3
const LINE_LF = 4
const LAST_LF = 5

/**
 * Field lines up to the empty line that ends them (RFC 9112 §5), read as they come: the header section of a
 * request, and the trailer section of a chunked body (§7.1.2). Values are not copied: `spans` says where each is.
 */
export class FieldSection {
  readonly #limits: WireLimits
  #state = LINE_START
  #nameStart = 0
  #nameEnd = 0
  #valueStart = 0
  #read = 0
  /** Start and end of a name, start and end of its value, by turns, counted from `base`. */
  readonly spans: number[] = []

  constructor(limits: WireLimits) {
    this.#limits = limits
  }

  /**
   * Reads on.
   *
   * @param base what places are counted from.
   * @returns where the section ended, after its empty line; -1 where there is more to come.
   * @throws BadRequest, HeadersTooLarge at the first octet that is wrong.
   */
  read(bytes: Uint8Array, base: number, from: number, to: number): number {
    // A limit by octets, not by pieces: a request gets the same answer however it is cut.
    const end = Math.min(to, from + this.#limits.headerBytes - this.#read)
    let at = from
    while (at < end) {
      const octet = bytes[at] as number
      switch (this.#state) {
        case LINE_START:
          if (octet === CR) {
            this.#state = LAST_LF
            at++
            break
          }
          if (octet === SP || octet === HTAB) {
            throw BadRequest({ detail: 'A header field is folded over two lines (RFC 9112 §5.2)' })
          }
          if (this.spans.length === this.#limits.headerCount * 4) throw tooLarge()
          this.#nameStart = at - base
          this.#state = NAME
          break
        case NAME:
          while (at < end && ((CLASS[bytes[at] as number] as number) & TOKEN) !== 0) at++
          if (at === end) break
          if (bytes[at] !== COLON || at - base === this.#nameStart) throw wrongName(bytes[at] as number)
          this.#nameEnd = at - base
          at++
          this.#state = VALUE_START
          break
        case VALUE_START:
          if (octet === SP || octet === HTAB) {
            at++
            break
          }
          this.#valueStart = at - base
          this.#state = VALUE_PART
          break
        case VALUE_PART:
          while (at < end && ((CLASS[bytes[at] as number] as number) & VALUE) !== 0) at++
          if (at === end) break
          if (bytes[at] !== CR) throw wrongValue(bytes[at] as number)
          this.#take(bytes, base, at)
          at++
          this.#state = LINE_LF
          break
        case LINE_LF:
          if (octet !== LF) throw bareCr()
          at++
          this.#state = LINE_START
          break
        case LAST_LF:
          if (octet !== LF) throw bareCr()
          return at + 1
      }
    }
    if (end < to) throw tooLarge()
    this.#read += at - from
    return -1
  }

  /** A field line is whole. White space around the value is none of it (§5.1). */
  #take(bytes: Uint8Array, base: number, valueEnd: number): void {
    let end = valueEnd
    const start = base + this.#valueStart
    while (end > start && (bytes[end - 1] === SP || bytes[end - 1] === HTAB)) end--
    this.spans.push(this.#nameStart, this.#nameEnd, this.#valueStart, end - base)
  }
}

function tooLarge(): Error {
  return HeadersTooLarge()
}

function wrongName(octet: number): Error {
  if (octet === LF) return bareLf()
  if (octet === SP || octet === HTAB) {
    return BadRequest({ detail: 'There is white space in or after the name of a header field (RFC 9112 §5.1)' })
  }
  return BadRequest({ detail: 'A line of the header section is no field (RFC 9112 §5)' })
}

function wrongValue(octet: number): Error {
  if (octet === LF) return bareLf()
  return BadRequest({ detail: 'A header field has a control character in its value (RFC 9110 §5.5)' })
}
