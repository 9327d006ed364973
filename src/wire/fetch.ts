import { Exchange } from '../pipeline/exchange.ts'
import type { Report } from '../pipeline/fail.ts'
import { BodyTooLarge, Incoming } from '../pipeline/incoming.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { WireReply } from '../pipeline/reply.ts'
import { isStreamed, limited, piecesOf, readAll } from './body-stream.ts'

/** A request of the Fetch standard. */
class FetchIncoming extends Incoming {
  readonly #request: Request

  constructor(request: Request) {
    super(request.method, targetOf(request.url))
    this.#request = request
  }

  protected field(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined
  }

  headers(): Iterable<readonly [string, string]> {
    return this.#request.headers
  }

  get remoteAddress(): undefined {
    return undefined
  }

  protected get origin(): string {
    return new URL(this.#request.url).origin
  }

  get hasBody(): boolean {
    return this.#request.body !== null
  }

  bytes(limit: number): Promise<Uint8Array> {
    this.#begin(limit)
    return readAll(this.#request.body as ReadableStream<Uint8Array>, limit)
  }

  stream(limit: number): ReadableStream<Uint8Array> {
    this.#begin(limit)
    return limited(this.#request.body as ReadableStream<Uint8Array>, limit)
  }

  #begin(limit: number): void {
    if (Number(this.field('content-length') ?? 0) > limit) throw new BodyTooLarge()
  }
}

/** Path and query as the runtime gives them. It has resolved dot segments by then, and dropped the fragment. */
function targetOf(url: string): string {
  const from = url.indexOf('/', url.indexOf('//') + 2)
  if (from === -1) return '/'
  const fragment = url.indexOf('#', from)
  return fragment === -1 ? url.slice(from) : url.slice(from, fragment)
}

/** A pipeline as the Fetch standard's `(request) => response`. */
export function fetchOf(pipeline: Pipeline, report: Report): (request: Request) => Promise<Response> {
  return async (request) => {
    const x = new Exchange(new FetchIncoming(request))
    const left = (): void => x.abort(new Error('the caller left before the reply was sent'))
    request.signal.addEventListener('abort', left, { once: true })
    const reply = await pipeline.answer(x)
    const finish = (failure?: Error): void => {
      request.signal.removeEventListener('abort', left)
      pipeline.finish(x, failure)
    }
    return toResponse(request, reply, x, finish, report)
  }
}

function toResponse(
  request: Request,
  reply: WireReply,
  x: Exchange,
  finish: (failure?: Error) => void,
  report: Report,
): Response {
  const { status, body } = reply
  const headers: [string, string][] = []
  for (let i = 0; i < reply.fields.length; i += 2) headers.push([reply.fields[i] as string, reply.fields[i + 1] as string])
  const empty = request.method === 'HEAD' || status === 204 || status === 304
  if (isStreamed(body) && !empty) {
    if (body instanceof Blob) headers.push(['content-length', String(body.size)])
    return new Response(streamOf(piecesOf(body), x, finish, report), { status, headers })
  }
  if (isStreamed(body)) void piecesOf(body).return?.()
  else if (status !== 204 && status !== 304) {
    const length = body === undefined ? 0 : typeof body === 'string' ? utf8Length(body) : body.byteLength
    headers.push(['content-length', String(length)])
  }
  // The runtime sends what is in memory by itself; nothing tells when it has.
  queueMicrotask(() => finish())
  return new Response(empty || isStreamed(body) ? null : ((body ?? null) as BodyInit | null), { status, headers })
}

const encoder = new TextEncoder()

function utf8Length(text: string): number {
  return encoder.encode(text).byteLength
}

function streamOf(
  pieces: AsyncIterator<string | Uint8Array>,
  x: Exchange,
  finish: (failure?: Error) => void,
  report: Report,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await pieces.next()
        if (done) {
          controller.close()
          finish()
        } else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value)
      } catch (error) {
        const failure = error instanceof Error ? error : new Error(String(error))
        x.failure ??= failure
        report(error, { operation: x.operation, request: `${x.request.method} ${x.request.path}` })
        controller.error(failure)
        finish(failure)
      }
    },
    async cancel() {
      const failure = new Error('the caller left before the reply was sent')
      x.abort(failure)
      await pieces.return?.()
      finish(failure)
    },
  })
}
