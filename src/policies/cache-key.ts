import type { PolicyContext } from '../contract/policy.ts'

/**
 * What tells apart the requests that may get one reply: where they lead, the fields and cookies that the endpoint takes,
 * and who asks, unless all get the same. The order of a query's fields tells nothing apart.
 *
 * @param fields names of header fields, in lower case.
 * @param isPublic true where it does not matter who asks.
 */
export function keyOf(context: PolicyContext, fields: readonly string[], isPublic: boolean): string {
  const { request, operation, principal, cookies } = context
  const own = fields.map((name) => request.header(name) ?? null)
  const who = isPublic ? 'all' : (principal?.id ?? null)
  // Handlers may build addresses from what the caller claims: nobody else gets those.
  const origin = /^[a-z]+:\/\/[^/?#]*/i.exec(request.url)?.[0] ?? ''
  return JSON.stringify([
    operation,
    origin,
    request.prefix,
    request.path,
    sorted(request.search),
    own,
    cookies,
    isPublic,
    who,
  ])
}

function sorted(search: string): string {
  if (!search.includes('&')) return search
  // Fields of one name keep their order, which says something.
  const pairs = search.split('&').map((pair) => [pair.split('=', 1)[0] as string, pair] as const)
  return pairs
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, pair]) => pair)
    .join('&')
}
