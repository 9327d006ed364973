import { type CookiePair, cookiesOf } from '../contract/cookies.ts'
import type { PolicyContext, PolicyTarget } from '../contract/policy.ts'

/** What tells apart the requests of an endpoint, beside where they lead. */
export interface Keyed {
  /** Names of header fields, in lower case. */
  readonly fields: readonly string[]
  /** Names of cookies; `*` for all. */
  readonly cookies: readonly string[]
  /** True where it does not matter who asks. */
  readonly isPublic: boolean
  readonly negotiate: PolicyTarget['negotiate']
}

/**
 * What tells apart the requests that may get one reply: where they lead, the fields and cookies that the endpoint takes,
 * the form that `Accept` chooses, and who asks, unless all get the same. The order of a query's fields tells nothing
 * apart. Else all of it is as it came: what a schema makes of it may look alike and not be.
 */
export function keyOf(
  { request, operation, callers }: PolicyContext,
  { fields, cookies, isPublic, negotiate }: Keyed,
): string {
  const sent = fields.map((name) => (name === 'host' ? originOf(request.url) : (request.header(name) ?? null)))
  const pairs = cookies.length === 0 ? null : pairsOf(request.header('cookie') ?? '', cookies)
  const who = isPublic ? null : callers
  const form = negotiate?.(request.header('accept'))
  return JSON.stringify([operation, request.prefix, request.path, sorted(request.search), sent, pairs, who, form])
}

/** Scheme and authority, as the caller has them. */
function originOf(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*/i.exec(url)?.[0] ?? ''
}

function pairsOf(cookie: string, names: readonly string[]): string | readonly CookiePair[] {
  return names.includes('*') ? cookie : cookiesOf(cookie).filter(([name]) => names.includes(name))
}

function sorted(search: string): string {
  // An escaped name may be the same as a plain one.
  if (!search.includes('&') || /[%+]/.test(search)) return search
  // Fields of one name keep their order, which says something.
  const pairs = search.split('&').map((pair) => [pair.split('=', 1)[0] as string, pair] as const)
  return pairs
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, pair]) => pair)
    .join('&')
}
