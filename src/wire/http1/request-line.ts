import { TARGET_LIMIT } from '../../pipeline/frame.ts'
import { BadRequest, NotImplemented, TargetTooLong } from '../../contract/problems.ts'
import { VersionNotSupported } from '../refusals.ts'
import { bareCr, bareLf } from './line-end.ts'
import { CLASS, CR, LF, type Octets, SP, TARGET, TOKEN } from './octets.ts'

/** Octets of a method: longer than any that is registered, so nobody has to be told what it was. */
const METHOD_LIMIT = 32

/** `HTTP/1.` */
const VERSION = Uint8Array.of(0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e)

/** How nearly every line ends. */
const PLAIN_END = 'HTTP/1.1\r\n'

/** Methods that are told without a copy, those that come most first. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']

/** Where a reader of the line stands, between two pieces of it. */
const START = 0
const START_LF = 1
const METHOD = 2
const TARGET_PART = 3
const VERSION_PART = 4
const END_CR = 5
const END_LF = 6

/**
 * The request line (RFC 9112 §3), read as it comes. Places are counted from the first octet of the request.
 */
export class RequestLine {
  #state = START
  #targetStart = 0
  #targetEnd = 0
  methodStart = 0
  method = ''
  target = ''
  /** 0 or 1, of HTTP/1.0 and HTTP/1.1. */
  minor = 1

  /** True where the method is HEAD: no reply to it has a body, be it a refusal. */
  get isHead(): boolean {
    return this.method === 'HEAD'
  }

  /** True where the target begins with `/`. */
  get isOriginForm(): boolean {
    return this.target.charCodeAt(0) === 0x2f
  }

  /** Begins with the next one. */
  next(): void {
    this.#state = START
    this.methodStart = 0
    this.method = ''
    this.target = ''
    this.minor = 1
  }

  /**
   * Reads on.
   *
   * @param base where the request begins in `bytes`.
   * @returns where the line ended; -1 where there is more to come.
   * @throws BadRequest, NotImplemented, TargetTooLong, VersionNotSupported at the first octet that is wrong.
   */
  read(bytes: Octets, base: number, from: number, to: number): number {
    let at = from
    while (at < to) {
      const octet = bytes[at] as number
      switch (this.#state) {
        case START:
          // One empty line before a request is passed over (§2.2).
          if (octet === CR && this.methodStart === 0) {
            this.#state = START_LF
            at++
            break
          }
          this.methodStart = at - base
          this.#state = METHOD
          break
        case START_LF:
          if (octet !== LF) throw bareCr()
          at++
          this.methodStart = at - base
          this.#state = START
          break
        case METHOD: {
          const limit = base + this.methodStart + METHOD_LIMIT
          while (at < to && ((CLASS[bytes[at] as number] as number) & TOKEN) !== 0) {
            if (++at > limit) throw NotImplemented({ detail: `A method may have ${METHOD_LIMIT} characters` })
          }
          if (at === to) return -1
          if (bytes[at] !== SP || at - base === this.methodStart) throw notHttp()
          this.method = methodOf(bytes, base + this.methodStart, at)
          at++
          this.#targetStart = at - base
          this.#state = TARGET_PART
          break
        }
        case TARGET_PART: {
          const limit = base + this.#targetStart + TARGET_LIMIT
          const end = Math.min(to, limit + 1)
          while (at < end && ((CLASS[bytes[at] as number] as number) & TARGET) !== 0) at++
          if (at > limit) throw TargetTooLong()
          if (at === to) return -1
          if (bytes[at] !== SP || at - base === this.#targetStart) throw wrongTarget(bytes[at] as number)
          this.#targetEnd = at - base
          this.target = bytes.latin1Slice(base + this.#targetStart, at)
          at++
          // The state stays at TARGET_PART: the line is over, and next() sets it.
          if (at + PLAIN_END.length <= to && isAt(bytes, at, PLAIN_END)) return at + PLAIN_END.length
          this.#state = VERSION_PART
          break
        }
        case VERSION_PART: {
          const place = at - base - this.#targetEnd - 1
          if (place < VERSION.length) {
            if (octet !== VERSION[place]) {
              // `HTTP/2.0` is a version, `HTTQ` is none.
              if (place === 5 && isDigit(octet)) throw VersionNotSupported()
              throw notHttp()
            }
          } else {
            if (octet !== 0x30 && octet !== 0x31) throw isDigit(octet) ? VersionNotSupported() : notHttp()
            this.minor = octet - 0x30
            this.#state = END_CR
          }
          at++
          break
        }
        case END_CR:
          if (octet !== CR) throw octet === LF ? bareLf() : notHttp()
          this.#state = END_LF
          at++
          break
        case END_LF:
          if (octet !== LF) throw bareCr()
          return at + 1
      }
    }
    return -1
  }
}

function methodOf(bytes: Octets, from: number, to: number): string {
  for (const method of METHODS) if (to - from === method.length && isAt(bytes, from, method)) return method
  return bytes.latin1Slice(from, to)
}

function isAt(bytes: Octets, from: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false
  return true
}

function isDigit(octet: number): boolean {
  return octet >= 0x30 && octet <= 0x39
}

function wrongTarget(octet: number): Error {
  if (octet === LF) return bareLf()
  if (octet === CR || octet === SP) return notHttp()
  return BadRequest({ detail: 'The target has a character that must be percent-encoded (RFC 9112 §3.2)' })
}

function notHttp(): Error {
  return BadRequest({ detail: 'The request line is not "method target HTTP/1.1" (RFC 9112 §3)' })
}
