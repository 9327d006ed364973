import { ContentTooLarge } from '../../contract/problems.ts'
import { type PartHead, malformed, readPartHead } from './part-head.ts'

const CR = 0x0d
const LF = 0x0a
const DASH = 0x2d

/** What is outside of the parts and means nothing (RFC 2046 §5.1.1): no more of it than this is read. */
const MOST_OUTSIDE = 8192

/** `bchars` of RFC 2046 §5.1.1. There is no CR among them: see `#data`. */
const BOUNDARY = /^[0-9a-z'()+_,\-./:=? ]{0,69}[0-9a-z'()+_,\-./:=?]$/i

/** What comes of a multipart body. Bytes are a view of what was read: they are the reader's again when it goes on. */
export type PartEvent =
  | { readonly is: 'part'; readonly head: PartHead }
  | { readonly is: 'bytes'; readonly bytes: Uint8Array }
  | { readonly is: 'end' }

type State = 'preamble' | 'delimiter' | 'head' | 'data' | 'epilogue'

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads `multipart/form-data` as it comes (RFC 7578, RFC 2046 §5.1). It holds the header section of one part and nothing
 * else, and looks at each byte once.
 */
export class MultipartReader {
  /** CRLF, two dashes, the boundary: what ends a part. */
  readonly #delimiter: Uint8Array
  readonly #head: Uint8Array
  #state: State = 'preamble'
  /** Bytes of the delimiter that have been seen. The body begins as a line does. */
  #matched = 2
  /** Those of them that were not there, or are no part's. */
  #given = 2
  /** Bytes in `#head`. */
  #length = 0
  /** Bytes seen of the CRLF CRLF that ends a header section. */
  #ends = 0
  #outside = 0
  /** What came right after a delimiter: 0 for nothing, CR or a dash. */
  #after = 0

  /**
   * @param boundary as Content-Type has it.
   * @param headBytes how many bytes the header section of a part may have.
   * @throws MalformedBody for what is no boundary.
   */
  constructor(boundary: string, headBytes: number) {
    if (!BOUNDARY.test(boundary)) {
      throw malformed('Content-Type has a boundary that is none: 1 to 70 characters (RFC 2046 §5.1.1)')
    }
    this.#delimiter = new TextEncoder().encode(`\r\n--${boundary}`)
    // The CRLF CRLF after the last of them is not counted.
    this.#head = new Uint8Array(headBytes + 4)
  }

  /** @throws MalformedBody, ContentTooLarge */
  *read(bytes: Uint8Array): Generator<PartEvent, void> {
    for (let at = 0; at < bytes.length; ) {
      switch (this.#state) {
        case 'preamble':
        case 'data':
          at = yield* this.#data(bytes, at)
          break
        case 'delimiter':
          at = this.#afterDelimiter(bytes, at)
          break
        case 'head':
          at = yield* this.#header(bytes, at)
          break
        case 'epilogue':
          this.#skip(bytes.length - at)
          at = bytes.length
      }
    }
  }

  /** @throws MalformedBody where the body ended before its last part did. */
  finish(): void {
    if (this.#state !== 'epilogue') throw malformed('The body ends before the boundary that closes it')
  }

  /**
   * Reads up to a delimiter, or what there is. A delimiter has a CR at its beginning and none after it, so where it does
   * not go on, nothing of what was seen can be the beginning of another.
   */
  *#data(bytes: Uint8Array, from: number): Generator<PartEvent, number> {
    const delimiter = this.#delimiter
    let at = from
    if (this.#matched > 0) {
      while (at < bytes.length && this.#matched < delimiter.length && bytes[at] === delimiter[this.#matched]) {
        this.#matched++
        at++
      }
      if (this.#matched === delimiter.length) return yield* this.#ended(at)
      if (at === bytes.length) return at
      const seen = delimiter.subarray(this.#given, this.#matched)
      this.#matched = 0
      this.#given = 0
      if (seen.length > 0) yield* this.#put(seen)
    }
    const start = at
    while (at < bytes.length) {
      if (bytes[at] !== CR) {
        at = bytes.indexOf(CR, at)
        if (at === -1) at = bytes.length
        continue
      }
      let matched = 1
      while (at + matched < bytes.length && matched < delimiter.length && bytes[at + matched] === delimiter[matched]) {
        matched++
      }
      if (matched === delimiter.length || at + matched === bytes.length) {
        if (at > start) yield* this.#put(bytes.subarray(start, at))
        this.#matched = matched
        if (matched === delimiter.length) return yield* this.#ended(at + matched)
        return bytes.length
      }
      at += matched
    }
    yield* this.#put(bytes.subarray(start))
    return bytes.length
  }

  *#put(bytes: Uint8Array): Generator<PartEvent, void> {
    if (this.#state === 'preamble') this.#skip(bytes.length)
    else yield { is: 'bytes', bytes }
  }

  *#ended(at: number): Generator<PartEvent, number> {
    if (this.#state === 'data') yield { is: 'end' }
    this.#state = 'delimiter'
    this.#matched = 0
    this.#given = 0
    this.#after = 0
    return at
  }

  /** CRLF where another part follows, two dashes where none does; blanks before the CRLF are nothing. */
  #afterDelimiter(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at]
      if (this.#after === 0 && (byte === 0x20 || byte === 0x09)) this.#skip(1)
      else if (this.#after === 0 && (byte === CR || byte === DASH)) this.#after = byte
      else if (this.#after === CR && byte === LF) {
        this.#state = 'head'
        this.#length = 0
        this.#ends = 2
        return at + 1
      } else if (this.#after === DASH && byte === DASH) {
        this.#state = 'epilogue'
        return at + 1
      } else throw malformed('A boundary is followed by neither CRLF nor "--" (RFC 2046 §5.1.1)')
    }
    return bytes.length
  }

  *#header(bytes: Uint8Array, from: number): Generator<PartEvent, number> {
    const head = this.#head
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] as number
      if (this.#length === head.length) {
        throw ContentTooLarge({ detail: `The header fields of a part may have ${head.length - 4} bytes` })
      }
      head[this.#length++] = byte
      if (byte === (this.#ends % 2 === 0 ? CR : LF)) this.#ends++
      else this.#ends = byte === CR ? 1 : 0
      if (this.#ends < 4) continue
      // The empty line, and the end of the line before it, where there is one.
      const text = textOf(head.subarray(0, Math.max(0, this.#length - 4)))
      this.#state = 'data'
      // The empty line begins a line: a part may have no data at all.
      this.#matched = 2
      this.#given = 2
      yield { is: 'part', head: readPartHead(text) }
      return at + 1
    }
    return bytes.length
  }

  #skip(bytes: number): void {
    this.#outside += bytes
    if (this.#outside > MOST_OUTSIDE) throw malformed('The body has text outside of its parts')
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw malformed('The header fields of a part are not UTF-8 (RFC 7578 §5.1)')
  }
}
