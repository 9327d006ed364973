import type { AnyEndpoint, Endpoint } from './endpoint.ts'
import { type PathParams, parsePath } from './path.ts'
import type { Sent } from './schema.ts'

/** The parameters that a URL of this endpoint needs. */
export type UrlParams<E> =
  E extends Endpoint<infer P, infer S, infer _R>
    ? S extends { readonly params: infer X }
      ? Sent<X>
      : PathParams<P>
    : never

type Query = Readonly<Record<string, QueryValue | readonly QueryValue[]>>
type QueryValue = string | number | bigint | boolean | null | undefined

/**
 * The path of an endpoint with its parameters filled in, percent-encoded (RFC 3986 §2.1), and a
 * query string where fields are given. Lists repeat their field; `undefined` and `null` are left out.
 *
 * @throws {TypeError} naming the parameter that is missing or empty, or the list that holds `null`.
 * @example
 * url(shop.orders.read, { id: '7' }) // '/orders/7'
 * url(shop.orders.list, {}, { status: ['open', 'paid'] }) // '/orders?status=open&status=paid'
 */
export function url<E extends AnyEndpoint>(endpoint: E, params: UrlParams<E>, query?: Query): string {
  return fillPath(endpoint.path, params as Query) + (query === undefined ? '' : toSearch(query))
}

/** Fills a path template. A `{name...}` parameter keeps its slashes. */
export function fillPath(path: string, params: Readonly<Record<string, unknown>> = {}): string {
  const parts = parsePath(path).map((segment) => {
    if (segment.kind === 'literal') return encodeURIComponent(segment.text)
    const value = params[segment.name]
    if (value === undefined || value === null || value === '') {
      throw new TypeError(`${path} needs a value for "${segment.name}"`)
    }
    const pieces = segment.kind === 'rest' ? String(value).split('/') : [String(value)]
    if (pieces.some((piece) => piece === '.' || piece === '..')) {
      throw new TypeError(
        `${path}: "${value}" cannot be the value of "${segment.name}", for paths drop "." and ".." segments`,
      )
    }
    return pieces.map(encodeURIComponent).join('/')
  })
  return `/${parts.join('/')}`
}

/**
 * A query string with its `?`; empty where there is no field.
 *
 * @throws {TypeError} naming the list that holds `null`: text has no form for it, and left out it would be another list.
 */
export function toSearch(query: Query): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === null && Array.isArray(value)) throw new TypeError(`"${name}" holds null, which text has no form for`)
      if (one !== undefined && one !== null) search.append(name, String(one))
    }
  }
  return search.size === 0 ? '' : `?${search}`
}
