import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { BadRequest, NotImplemented } from '../contract/problems.ts'
import { BodyCut, BodyTooLarge, Incoming } from '../pipeline/incoming.ts'
import { limited } from './body-stream.ts'

/** A request of node:http. Fields are looked up where node left them: its `headers` object costs more than the route. */
export class NodeIncoming extends Incoming {
  readonly #message: IncomingMessage
  readonly #response: ServerResponse
  readonly #expectsContinue: boolean
  /** Part of the body was not read, so what follows on the connection cannot be told from it. */
  cut = false

  constructor(message: IncomingMessage, response: ServerResponse, expectsContinue: boolean) {
    super(message.method as string, message.url as string)
    this.#message = message
    this.#response = response
    this.#expectsContinue = expectsContinue
  }

  protected field(name: string): string | undefined {
    const raw = this.#message.rawHeaders
    let found: string | undefined
    for (let i = 0; i < raw.length; i += 2) {
      const key = raw[i] as string
      if (key.length !== name.length || key.toLowerCase() !== name) continue
      const value = raw[i + 1] as string
      found = found === undefined ? value : `${found}${name === 'cookie' ? '; ' : ', '}${value}`
    }
    return found
  }

  *headers(): Iterable<readonly [string, string]> {
    const names = new Set<string>()
    const raw = this.#message.rawHeaders
    for (let i = 0; i < raw.length; i += 2) names.add((raw[i] as string).toLowerCase())
    for (const name of names) yield [name, this.field(name) as string]
  }

  get remoteAddress(): string | undefined {
    return this.#message.socket.remoteAddress
  }

  protected get origin(): string {
    return `http://${this.field('host') ?? 'localhost'}`
  }

  get hasBody(): boolean {
    return this.field('content-length') !== undefined || this.field('transfer-encoding') !== undefined
  }

  bytes(limit: number): Promise<Uint8Array> {
    this.#begin(limit)
    const message = this.#message
    return new Promise((resolve, reject) => {
      let length = 0
      let first: Buffer | undefined
      let more: Buffer[] | undefined
      message.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > limit) {
          this.cut = true
          message.pause()
          message.removeAllListeners('data')
          reject(new BodyTooLarge())
        } else if (first === undefined) first = chunk
        else if (more === undefined) more = [first, chunk]
        else more.push(chunk)
      })
      message.on('end', () => resolve(more === undefined ? (first ?? new Uint8Array()) : Buffer.concat(more, length)))
      message.on('error', (error) => {
        this.cut = true
        reject(new BodyCut('the body broke off', { cause: error }))
      })
    })
  }

  stream(limit: number): ReadableStream<Uint8Array> {
    this.#begin(limit)
    return limited(Readable.toWeb(this.#message) as ReadableStream<Uint8Array>, limit)
  }

  /** What must hold before the first byte of a body is asked for. */
  #begin(limit: number): void {
    if (Number(this.field('content-length') ?? 0) > limit) {
      this.cut = true
      throw new BodyTooLarge()
    }
    if (this.#expectsContinue) this.#response.writeContinue()
  }
}

/** A host and an optional port (RFC 9112 §3.2, RFC 3986 §3.2.2): nothing that could be taken for a path or a user. */
const AUTHORITY = /^(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*(?::(\d{0,5}))?$|^\[[0-9A-Fa-f:.]+\](?::(\d{0,5}))?$/

/**
 * Refuses what node:http lets pass: two Hosts, a Host that is no authority, a transfer coding that
 * nobody here takes off.
 *
 * @throws BadRequest, NotImplemented
 */
export function checkFields(message: IncomingMessage): void {
  const raw = message.rawHeaders
  let hosts = 0
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    if (name.length === 4 && name.toLowerCase() === 'host') {
      if (++hosts > 1) throw BadRequest(undefined, { detail: 'The request has more than one Host (RFC 9112 §3.2)' })
      const authority = AUTHORITY.exec(raw[i + 1] as string)
      if (authority === null || Number(authority[1] ?? authority[2] ?? 0) > 65_535) {
        throw BadRequest(undefined, { detail: 'Host is not a host with an optional port (RFC 9112 §3.2)' })
      }
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      if ((raw[i + 1] as string).trim().toLowerCase() !== 'chunked') {
        throw NotImplemented(undefined, { detail: 'The only transfer coding taken is "chunked" (RFC 9112 §7)' })
      }
    }
  }
}
