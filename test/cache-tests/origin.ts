import { type Api, type Middleware, api, del, get, post, put, reply, status, text } from 'trestle'
import { cached, invalidates } from 'trestle/policies'
import type { OriginRequest, Suite } from './suite.ts'

/** Statuses with which the tests have their origin answer; 999, by which it says that a test failed, is no status. */
const STATUSES = [200, 201, 202, 203, 206, 299, 301, 302, 303, 307, 308, 400, 403, 404, 405, 410, 412, 414, 499, 500]
const OTHERS = [501, 502, 503, 504, 599]
const BODILESS = [204, 304]

/** What the pipeline writes by itself. */
const OF_WIRE = new Set(['content-length', 'transfer-encoding', 'connection', 'trailer', 'keep-alive'])

const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range', 'range']

/** The origin of the tests, with `cached()` in front of it. */
export function originApi(suite: Suite, vary: readonly string[]): Api {
  const asked = new Map<string, OriginRequest>()
  // The tests number their requests in a header field: to the handler that would be one more thing to depend on.
  const note: Middleware = (context, next) => {
    const { request } = context
    const headers = Object.fromEntries([...request.headers()].filter(([name]) => !CONDITIONS.includes(name)))
    asked.set(request.path, { method: request.method, url: request.path, headers })
    return next(context)
  }
  const returns = [
    ...[...STATUSES, ...OTHERS].map((code) => status(code, text())),
    ...BODILESS.map((code) => status(code, undefined)),
  ]
  const answer = ({ params, request }: { params: { rest: string }; request: { path: string } }) => {
    const response = new OriginResponse()
    suite.answer(params.rest.split('/'), asked.get(request.path) as OriginRequest, response)
    const code = response.statusCode === 999 ? 500 : response.statusCode
    return reply(code, BODILESS.includes(code) ? undefined : response.body, response.stated())
  }
  const quiet = { docs: false, redoc: false, reference: false, openapi: false } as const
  const write = { returns, policies: [invalidates()] }
  const at = '/test/{rest...}' as const
  return api(
    { places: quiet, middleware: [note] },
    {
      read: get(at, { returns, policies: [cached({ for: 3600, vary })] }, answer as never),
      put: put(at, write, answer as never),
      post: post(at, write, answer as never),
      delete: del(at, write, answer as never),
    },
  )
}

/** A reply of node:http, as far as the suite's origin uses it. */
class OriginResponse {
  statusCode = 200
  body = ''
  readonly #headers = new Map<string, string | readonly string[]>()

  setHeader(name: string, value: string | number | readonly string[]): void {
    this.#headers.set(name.toLowerCase(), typeof value === 'number' ? String(value) : value)
  }

  getHeader(name: string): string | readonly string[] | undefined {
    return this.#headers.get(name.toLowerCase())
  }

  hasHeader(name: string): boolean {
    return this.#headers.has(name.toLowerCase())
  }

  getHeaders(): Record<string, string | readonly string[]> {
    return Object.fromEntries(this.#headers)
  }

  writeHead(code: number): void {
    this.statusCode = code
  }

  write(body: string): void {
    this.body += body
  }

  end(body = ''): void {
    this.body += body
  }

  stated(): Record<string, string | readonly string[]> {
    return Object.fromEntries([...this.#headers].filter(([name]) => !OF_WIRE.has(name)))
  }
}
