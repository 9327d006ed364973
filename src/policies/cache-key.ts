import { type CookiePair, cookiesOf } from '../contract/cookies.ts'
import type { PolicyContext } from '../contract/policy.ts'

/**
 * What tells apart the requests that may get one reply: where they lead, the fields and cookies that the endpoint takes,
 * and who asks, unless all get the same. The order of a query's fields tells nothing apart. All of it is as it came: what
 * a schema makes of it may look alike and not be.
 *
 * @param fields names of header fields, in lower case.
 * @param cookies names of cookies; `*` for all.
 * @param isPublic true where it does not matter who asks.
 */
export function keyOf(
  { request, operation, callers }: PolicyContext,
  fields: readonly string[],
  cookies: readonly string[],
  isPublic: boolean,
): string {
  const sent = fields.map((name) => (name === 'host' ? originOf(request.url) : (request.header(name) ?? null)))
  const pairs = cookies.length === 0 ? null : pairsOf(request.header('cookie') ?? '', cookies)
  const who = isPublic ? null : callers
  return JSON.stringify([operation, request.prefix, request.path, sorted(request.search), sent, pairs, who])
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
