import { plainPath } from '../contract/plain-path.ts'
import type { Request } from '../contract/request.ts'

/** The body is longer than the endpoint takes; what is left of it was not read. */
export class BodyTooLarge extends Error {
  /** @param what it is: what came, or what that decodes to. */
  constructor(limit: number, what = 'The body') {
    super(`${what} may have ${limit} bytes`)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The body is not the text that it should be. */
export class NotUtf8 extends Error {}

/** The body is not in the content coding that it says. */
export class NotInCoding extends Error {}

/** The body broke off: the caller left, or its framing is wrong. */
export class BodyCut extends Error {}

/** A body as it comes. */
export interface Pieces {
  /**
   * The next piece, lent until the one after it is asked for; undefined at the end.
   *
   * @throws {BodyTooLarge} @throws {BodyCut}
   */
  readonly next: () => Promise<Uint8Array | undefined>
  /** Nobody reads on. */
  readonly leave: () => void
}

/**
 * A request as a wire hands it to the pipeline. Each wire extends it with how it reads; the pipeline
 * knows no other difference between wires.
 */
export abstract class Incoming implements Request {
  readonly method: string
  /** As it came: `/orders?status=open`, or `http://host/orders`, or `*`. */
  readonly target: string
  /** Path and query, with `?` between them. What is read of each request is read here: cut out, it would be read slower. */
  readonly local: string
  /** Where the path ends in it. */
  readonly pathEnd: number
  /** Part of the body was not read, so what follows on the connection cannot be told from it: it has to end. */
  cut = false
  id: string | undefined = undefined

  /** By which failures are told: its own, or that of the request for which it is made apart. */
  get toldAs(): string | undefined {
    return this.id
  }

  /** True where the wire ends a body that comes too slowly. */
  get isPaced(): boolean {
    return true
  }

  constructor(method: string, target: string) {
    this.method = method
    this.target = target
    const local = target.charCodeAt(0) === 0x2f ? target : localPart(target)
    const mark = local.indexOf('?')
    const end = mark === -1 ? local.length : mark
    const percent = local.indexOf('%')
    if (percent === -1 || percent > end) {
      this.local = local
      this.pathEnd = end
    } else {
      const path = plainPath(local.slice(0, end))
      this.local = path + local.slice(end)
      this.pathEnd = path.length
    }
  }

  /** What guards compare and the router matches: one path, however its letters are escaped. */
  get path(): string {
    return this.local.slice(0, this.pathEnd)
  }

  get search(): string {
    return this.local.slice(this.pathEnd + 1)
  }

  /** @param name in lower case. */
  abstract field(name: string): string | undefined
  abstract headers(): Iterable<readonly [name: string, value: string]>
  abstract readonly remoteAddress: string | undefined
  /** Scheme and authority, as the caller claims: `http://localhost:8000`. */
  protected abstract readonly origin: string

  /** True where the message has a body (RFC 9112 §6), and does not say that it is empty: not every runtime tells these apart. */
  abstract readonly hasBody: boolean

  /**
   * The whole body, at once where it is there already.
   *
   * @throws {BodyTooLarge} past `limit` bytes, by the declared length before anything is read.
   * @throws {BodyCut}
   */
  abstract bytes(limit: number): Uint8Array | Promise<Uint8Array>

  /** The body in pieces; it errors with BodyTooLarge past `limit` bytes. */
  abstract stream(limit: number): ReadableStream<Uint8Array>

  /**
   * The body in pieces that are lent. Where a wire can, it reads into the same memory again and again.
   *
   * @throws {BodyTooLarge} @throws {BodyCut}
   */
  pieces(limit: number): Pieces {
    const reader = this.stream(limit).getReader()
    return {
      next: async () => (await reader.read()).value,
      leave: () => void reader.cancel().catch(() => {}),
    }
  }

  /**
   * The whole body as UTF-8 text, without a byte order mark.
   *
   * @throws {NotUtf8} and what `bytes` throws.
   */
  text(limit: number): string | Promise<string> {
    const bytes = this.bytes(limit)
    return bytes instanceof Promise ? bytes.then((all) => this.decoded(all)) : this.decoded(bytes)
  }

  /** @throws {NotUtf8} */
  decoded(bytes: Uint8Array): string {
    try {
      return utf8.decode(bytes)
    } catch (cause) {
      throw new NotUtf8('The body is not UTF-8', { cause })
    }
  }

  get url(): string {
    return this.target.charCodeAt(0) === 0x2f ? this.origin + this.prefix + this.target : this.target
  }

  get prefix(): string {
    return ''
  }

  header(name: string): string | undefined {
    return this.field(name.toLowerCase())
  }
}

/** The path and query of an absolute-form target (RFC 9112 §3.2.2); anything else stays as it is, and matches nothing. */
function localPart(target: string): string {
  const scheme = /^https?:\/\/[^/?#]*/i.exec(target)
  if (scheme === null) return target
  const rest = target.slice(scheme[0].length)
  return rest.startsWith('/') ? rest : `/${rest}`
}
