import type { Problem } from '../contract/problem.ts'
import { BadRequest } from '../contract/problems.ts'
import { Exchange } from '../pipeline/exchange.ts'
import { type Report, aboutOf, careful, errorOf, unreadable } from '../pipeline/fail.ts'
import { BodyTooLarge, Incoming } from '../pipeline/incoming.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { end, isStreamed, letGo, piecesOf } from '../pipeline/pieces.ts'
import { type WireReply, isBodiless } from '../pipeline/reply.ts'
import { authorityOf, isAuthority } from './authority.ts'
import { limited, readAll } from './body-stream.ts'
import { codingFault } from './transfer-coding.ts'

/** A request of the Fetch standard. */
class FetchIncoming extends Incoming {
  readonly #request: Request

  constructor(request: Request) {
    super(request.method, targetOf(request.url))
    this.#request = request
  }

  /** Of what the runtime reads, and when, nothing is known here. */
  override get isPaced(): boolean {
    return false
  }

  field(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined
  }

  headers(): Iterable<readonly [string, string]> {
    return this.#request.headers
  }

  get remoteAddress(): undefined {
    return undefined
  }

  protected get origin(): string {
    const authority = authorityOf(this.#request.url) || this.field('host') || 'localhost'
    return `${this.#request.url.startsWith('https:') ? 'https' : 'http'}://${authority}`
  }

  get hasBody(): boolean {
    return this.#request.body !== null && this.field('content-length') !== '0'
  }

  bytes(limit: number): Promise<Uint8Array> {
    this.#begin(limit)
    return readAll(this.#request.body as ReadableStream<Uint8Array>, limit, () => this.#leave())
  }

  stream(limit: number): ReadableStream<Uint8Array> {
    this.#begin(limit)
    return limited(this.#request.body as ReadableStream<Uint8Array>, limit, () => this.#leave())
  }

  #begin(limit: number): void {
    if (Number(this.field('content-length') ?? 0) <= limit) return
    this.#leave()
    throw new BodyTooLarge(limit)
  }

  #leave(): void {
    this.cut = true
  }
}

/** Path and query as the runtime gives them. It has resolved dot segments by then, and dropped the fragment. */
function targetOf(url: string): string {
  // Bun builds no URL on a Host that is none; there is only the target then.
  if (url.startsWith('/')) return url
  const from = url.indexOf('/', url.indexOf('//') + 2)
  if (from === -1) return '/'
  const fragment = url.indexOf('#', from)
  return fragment === -1 ? url.slice(from) : url.slice(from, fragment)
}

/** A pipeline as the Fetch standard's `(request) => response`. */
export function fetchOf(pipeline: Pipeline, given: Report): (request: Request) => Promise<Response> {
  const report = careful(given)
  return async (request) => {
    const fault = faultOf(request)
    if (fault !== undefined) return wholeResponse(request, pipeline.refuse(fault).set('connection', 'close'))
    const x = new Exchange(new FetchIncoming(request))
    const left = (): void => x.abort(new Error('the caller left before the reply was sent'))
    request.signal.addEventListener('abort', left, { once: true })
    const reply = await pipeline.answer(x)
    if (x.request.cut) reply.set('connection', 'close')
    const finish = (failure?: Error): void => {
      request.signal.removeEventListener('abort', left)
      pipeline.finish(x, failure)
    }
    return toResponse(request, reply, x, finish, report)
  }
}

/**
 * What runtimes let pass: a Host or a URL whose authority is none, a transfer coding that nobody takes
 * off, two lengths.
 */
function faultOf({ url, headers }: Request): Problem | undefined {
  const host = headers.get('host')
  if (host !== null && !isAuthority(host)) {
    return BadRequest({ detail: 'Host is not one host with an optional port (RFC 9112 §3.2)' }) as Problem
  }
  const authority = authorityOf(url)
  if (authority !== undefined && !(/^https?:/i.test(url) && isAuthority(authority))) {
    return BadRequest({
      detail: 'The target is not an http or https URL of a host (RFC 9112 §3.2.2)',
    }) as Problem
  }
  const coding = headers.get('transfer-encoding')
  if (coding !== null) {
    const refused = codingFault(coding)
    if (refused !== undefined) return refused
  }
  if (!/^\d*$/.test(headers.get('content-length') ?? '')) {
    return BadRequest({ detail: 'Content-Length is not one number (RFC 9110 §8.6)' }) as Problem
  }
  return undefined
}

function toResponse(
  request: Request,
  reply: WireReply,
  x: Exchange,
  finish: (failure?: Error) => void,
  report: Report,
): Response {
  const { status, body } = reply
  if (isStreamed(body) && request.method !== 'HEAD' && !isBodiless(status)) {
    return new Response(streamOf(body, x, finish, report), { status, headers: headersOf(reply) })
  }
  // The runtime sends what is in memory by itself; nothing tells when it has.
  queueMicrotask(() => finish())
  return wholeResponse(request, reply)
}

/** A reply whose body is in memory, or is not sent. */
function wholeResponse(request: Request, reply: WireReply): Response {
  const { status, body } = reply
  const headers = headersOf(reply)
  const none = isBodiless(status)
  if (isStreamed(body)) {
    letGo(body)
    // For a body that is null, runtimes say that its length is 0 unless told. That of this one they cannot know.
    return new Response(none || body instanceof Blob ? null : new Blob([]).stream(), { status, headers })
  }
  if (!none) {
    const length = body === undefined ? 0 : typeof body === 'string' ? utf8Length(body) : body.byteLength
    headers.push(['content-length', String(length)])
  }
  const sent = none || request.method === 'HEAD' ? null : ((body ?? null) as BodyInit | null)
  return new Response(sent, { status, headers })
}

function headersOf({ fields, body }: WireReply): [string, string][] {
  const headers: [string, string][] = []
  for (let i = 0; i < fields.length; i += 2) headers.push([fields[i] as string, fields[i + 1] as string])
  if (body instanceof Blob) headers.push(['content-length', String(body.size)])
  return headers
}

const encoder = new TextEncoder()

function utf8Length(text: string): number {
  return encoder.encode(text).byteLength
}

function streamOf(
  body: Parameters<typeof piecesOf>[0],
  x: Exchange,
  finish: (failure?: Error) => void,
  report: Report,
): ReadableStream<Uint8Array> {
  let pieces: ReturnType<typeof piecesOf> | undefined
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        pieces ??= piecesOf(body)
        const { done, value } = await pieces.next()
        if (done) {
          controller.close()
          finish()
        } else controller.enqueue(bytesOf(value))
      } catch (error) {
        const failure = errorOf(error)
        x.failure ??= failure
        if (unreadable(error) === undefined) report(error, aboutOf(x))
        controller.error(failure)
        if (pieces !== undefined) x.sending = end(pieces)
        finish(failure)
      }
    },
    async cancel() {
      const failure = new Error('the caller left before the reply was sent')
      x.abort(failure)
      if (pieces === undefined) letGo(body)
      else x.sending = end(pieces)
      finish(failure)
      await x.sending
    },
  })
}

function bytesOf(piece: unknown): Uint8Array {
  if (typeof piece === 'string') return encoder.encode(piece)
  if (piece instanceof Uint8Array) return piece
  throw new TypeError(`a stream is of strings and bytes, not of ${typeof piece}`)
}
