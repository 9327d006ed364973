import type { Reply } from '../contract/hooks.ts'
import type { ReplyHeaders } from '../contract/reply-spec.ts'
import { TOKEN } from '../contract/token.ts'

/** What a wire can send. Strings are sent as UTF-8. */
export type ReplyBody =
  | string
  | Uint8Array
  | Blob
  | ReadableStream<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>
  | Iterable<string | Uint8Array>
  | undefined

/** A field value may hold neither CR nor LF nor NUL: they would begin a field or a reply of somebody else's making. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Fields that say where a reply ends. Two that disagree are two replies to whoever reads them otherwise (RFC 9112 §11.2). */
const FRAMING = /^(?:content-length|transfer-encoding|trailer)$/i

/** Fields that wires write by themselves, and so look for where one of them is set. */
const OF_WIRE = /^(?:connection|date)$/i

/** True for statuses whose replies never have content (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

/** A reply ready for a wire: status, header fields in the order in which they were set, body. */
export class WireReply implements Reply {
  #status = 0
  body: ReplyBody
  /** Names and values by turns, as node:http takes them. */
  readonly fields: string[]
  /** True where a value holds bytes beyond ASCII, which go out as Latin-1. */
  latin1 = false
  /** True where a field is set that wires write by themselves: Connection, Date. */
  hasFieldsOfWire = false

  constructor(status: number, body: ReplyBody, fields: string[]) {
    this.status = status
    this.body = body
    this.fields = fields
  }

  get status(): number {
    return this.#status
  }

  /** A final status: 1xx is no reply, and what is above 599 no class of any (RFC 9110 §15). */
  set status(status: number) {
    if (!(status >= 200 && status <= 599 && Number.isInteger(status))) {
      throw new TypeError(`${status} is no status of a reply: use a whole number from 200 to 599`)
    }
    this.#status = status
  }

  headers(): Iterable<readonly [string, string]> {
    const pairs: [string, string][] = []
    for (let i = 0; i < this.fields.length; i += 2) {
      pairs.push([(this.fields[i] as string).toLowerCase(), this.fields[i + 1] as string])
    }
    return pairs
  }

  /** One with fields of its own. */
  copy(): WireReply {
    const copy = new WireReply(this.#status, this.body, [...this.fields])
    copy.latin1 = this.latin1
    copy.hasFieldsOfWire = this.hasFieldsOfWire
    return copy
  }

  header(name: string): string | undefined {
    const wanted = name.toLowerCase()
    const values: string[] = []
    for (let i = 0; i < this.fields.length; i += 2) {
      if (this.fields[i]?.toLowerCase() === wanted) values.push(this.fields[i + 1] as string)
    }
    return values.length === 0 ? undefined : values.join(', ')
  }

  set(name: string, value: string): this {
    return this.remove(name).append(name, value)
  }

  append(name: string, value: string): this {
    if (!TOKEN.test(name)) throw new TypeError(`"${name}" is no name of a header field`)
    if (FRAMING.test(name)) throw new TypeError(`"${name}" is set by the wire, which knows the body: leave it out`)
    if (!VALUE.test(value)) {
      throw new TypeError(`the header field "${name}" cannot hold control characters or characters beyond Latin-1`)
    }
    if (!this.latin1 && /[\x80-\xff]/.test(value)) this.latin1 = true
    if (OF_WIRE.test(name)) this.hasFieldsOfWire = true
    this.fields.push(name, value)
    return this
  }

  /** Adds fields, names and values by turns, that are not there yet. They are known to be such as can be sent. */
  addMissing(fields: readonly string[]): this {
    const own = this.fields.length
    for (let i = 0; i < fields.length; i += 2) {
      if (!this.#has(fields[i] as string, own)) this.fields.push(fields[i] as string, fields[i + 1] as string)
    }
    return this
  }

  /** Sets fields, names and values by turns, that are known to be such as can be sent. */
  setKnown(fields: readonly string[]): this {
    for (let i = 0; i < fields.length; i += 2) {
      if (this.#has(fields[i] as string, this.fields.length)) this.remove(fields[i] as string)
      this.fields.push(fields[i] as string, fields[i + 1] as string)
    }
    return this
  }

  /** True where one of the first `count` strings of `fields` is the name. Lengths differ nearly always. */
  #has(name: string, count: number): boolean {
    for (let i = 0; i < count; i += 2) {
      const one = this.fields[i] as string
      if (one.length === name.length && one.toLowerCase() === name.toLowerCase()) return true
    }
    return false
  }

  remove(name: string): this {
    const wanted = name.toLowerCase()
    for (let i = this.fields.length - 2; i >= 0; i -= 2) {
      if (this.fields[i]?.toLowerCase() === wanted) this.fields.splice(i, 2)
    }
    return this
  }

  /** Adds fields of a reply that a handler stated. */
  addAll(headers: ReplyHeaders | undefined): this {
    if (headers === undefined) return this
    for (const [name, value] of Object.entries(headers)) {
      if (typeof value === 'string') this.set(name, value)
      else for (const one of value) this.append(name, one)
    }
    return this
  }
}
