import { BadRequest } from '../../contract/problems.ts'
import type { WireLimits } from '../limits.ts'
import { FieldSection } from './field-section.ts'
import { bareCr, bareLf } from './line-end.ts'
import { BACKSLASH, CLASS, CR, EQUALS, HEX, LF, type Octets, QUOTE, SEMICOLON, TOKEN, VALUE } from './octets.ts'

/** Octets of one chunk's extensions: nobody here reads them, and they are no way to send for ever (RFC 9112 §7.1.1). */
const EXTENSION_LIMIT = 256

/** Digits of a chunk size that a double holds exactly. */
const SIZE_DIGITS = 13

const SIZE = 0
const EXTENSION_NAME = 1
const EXTENSION_VALUE = 2
const QUOTED = 3
const ESCAPED = 4
const QUOTED_END = 5
const SIZE_LF = 6
const DATA = 7
const DATA_CR = 8
const DATA_LF = 9
const TRAILER = 10
const DONE = 11

/** Fields that would say, after the body, how long it was (RFC 9110 §6.5.1). */
const FRAMING = new Set(['content-length', 'transfer-encoding'])

/** Takes the chunked transfer coding off, as it comes (RFC 9112 §7.1). Trailer fields are read and dropped (§7.1.2). */
export class ChunkedDecoder {
  #state = SIZE
  #size = 0
  #digits = 0
  #extension = 0
  #runLength = 0
  readonly #trailer: FieldSection
  #trailerText = ''

  constructor(limits: WireLimits) {
    this.#trailer = new FieldSection(limits)
  }

  get done(): boolean {
    return this.#state === DONE
  }

  /**
   * Reads on.
   *
   * @param take is given each run of data; the octets are its own only until it returns.
   * @returns where it stopped: at `to`, or after the end of the body.
   * @throws BadRequest, HeadersTooLarge at the first octet that is wrong.
   */
  read(bytes: Octets, from: number, to: number, take: (bytes: Octets, from: number, to: number) => void): number {
    let at = from
    while (at < to && this.#state !== DONE) {
      const octet = bytes[at] as number
      switch (this.#state) {
        case SIZE:
          at++
          this.#readSize(octet)
          break
        case EXTENSION_NAME:
        case EXTENSION_VALUE:
        case QUOTED:
        case ESCAPED:
        case QUOTED_END:
          at++
          this.#readExtension(octet)
          break
        case SIZE_LF:
          if (octet !== LF) throw bareCr()
          at++
          this.#state = this.#size === 0 ? TRAILER : DATA
          break
        case DATA: {
          const end = Math.min(to, at + this.#size)
          take(bytes, at, end)
          this.#size -= end - at
          at = end
          if (this.#size === 0) this.#state = DATA_CR
          break
        }
        case DATA_CR:
          if (octet !== CR) throw BadRequest({ detail: 'A chunk is longer than it says (RFC 9112 §7.1)' })
          at++
          this.#state = DATA_LF
          break
        case DATA_LF:
          if (octet !== LF) throw bareCr()
          at++
          this.#state = SIZE
          this.#digits = 0
          this.#extension = 0
          break
        case TRAILER: {
          const end = this.#trailer.read(bytes, at - this.#trailerText.length, at, to)
          this.#trailerText += bytes.latin1Slice(at, end === -1 ? to : end)
          if (end === -1) return to
          this.#checkTrailer()
          this.#state = DONE
          return end
        }
      }
    }
    return at
  }

  #readSize(octet: number): void {
    if (((CLASS[octet] as number) & HEX) !== 0) {
      if (++this.#digits > SIZE_DIGITS) throw badChunk()
      this.#size = this.#size * 16 + (octet <= 0x39 ? octet - 0x30 : (octet | 0x20) - 0x57)
      return
    }
    if (this.#digits === 0) throw badChunk()
    if (octet === CR) this.#state = SIZE_LF
    else if (octet === SEMICOLON) this.#enter(EXTENSION_NAME)
    else throw octet === LF ? bareLf() : badChunk()
  }

  /** Without the white space that older senders put there: readers differ on it (§7.1.1). */
  #readExtension(octet: number): void {
    if (++this.#extension > EXTENSION_LIMIT) {
      throw BadRequest({ detail: `Extensions of a chunk may have ${EXTENSION_LIMIT} octets (RFC 9112 §7.1.1)` })
    }
    const bits = CLASS[octet] as number
    switch (this.#state) {
      case EXTENSION_NAME:
      case EXTENSION_VALUE:
        if ((bits & TOKEN) !== 0) this.#runLength++
        else if (octet === QUOTE && this.#state === EXTENSION_VALUE && this.#runLength === 0) this.#state = QUOTED
        else if (this.#runLength === 0) throw badExtension(octet)
        else if (octet === EQUALS && this.#state === EXTENSION_NAME) this.#enter(EXTENSION_VALUE)
        else this.#endExtension(octet)
        return
      case QUOTED:
        if (octet === QUOTE) this.#state = QUOTED_END
        else if (octet === BACKSLASH) this.#state = ESCAPED
        else if ((bits & VALUE) === 0) throw badExtension(octet)
        return
      case ESCAPED:
        if ((bits & VALUE) === 0) throw badExtension(octet)
        this.#state = QUOTED
        return
      default:
        this.#endExtension(octet)
    }
  }

  #enter(state: number): void {
    this.#state = state
    this.#runLength = 0
  }

  #endExtension(octet: number): void {
    if (octet === CR) this.#state = SIZE_LF
    else if (octet === SEMICOLON) this.#enter(EXTENSION_NAME)
    else throw badExtension(octet)
  }

  #checkTrailer(): void {
    const { spans } = this.#trailer
    for (let i = 0; i < spans.length; i += 4) {
      const name = this.#trailerText.slice(spans[i], spans[i + 1]).toLowerCase()
      if (FRAMING.has(name)) throw BadRequest({ detail: `${name} stands after the body it is about (RFC 9110 §6.5.1)` })
    }
  }
}

function badExtension(octet: number): Error {
  return octet === LF ? bareLf() : BadRequest({ detail: 'A chunk extension is not name=value (RFC 9112 §7.1.1)' })
}

function badChunk(): Error {
  return BadRequest({ detail: 'A chunk does not begin with its size in hexadecimal (RFC 9112 §7.1)' })
}
