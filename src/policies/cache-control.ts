import { type Policy, policy } from '../contract/policy.ts'

/** Directives for caches (RFC 9111 §5.2.2, RFC 5861, RFC 8246). Times are whole seconds. */
export interface CacheControl {
  /** True where any cache may keep it, also what came with Authorization. */
  readonly public?: boolean
  /** True where only the caller's own cache may keep it. */
  readonly private?: boolean
  /** For how long a cache may give it without asking. */
  readonly maxAge?: number
  /** The same for caches that are shared. */
  readonly sharedMaxAge?: number
  /** True where a cache asks each time whether it is still so. */
  readonly noCache?: boolean
  /** True where no cache keeps it. */
  readonly noStore?: boolean
  /** True where no cache gives it when its time is over, whatever happens. */
  readonly mustRevalidate?: boolean
  /** For how long after its time it may be given while it is fetched anew. */
  readonly staleWhileRevalidate?: number
  /** For how long after its time it may be given where it cannot be had anew. */
  readonly staleIfError?: number
  /** True where it never changes while it is fresh: it has a version in its address. */
  readonly immutable?: boolean
}

const NAMES: Readonly<Record<keyof CacheControl, string>> = {
  public: 'public',
  private: 'private',
  noStore: 'no-store',
  noCache: 'no-cache',
  maxAge: 'max-age',
  sharedMaxAge: 's-maxage',
  mustRevalidate: 'must-revalidate',
  staleWhileRevalidate: 'stale-while-revalidate',
  staleIfError: 'stale-if-error',
  immutable: 'immutable',
}

/** What says nothing beside another. */
const APART: readonly (readonly [keyof CacheControl, keyof CacheControl])[] = [
  ['public', 'private'],
  ['private', 'sharedMaxAge'],
  ['noStore', 'public'],
  ['noStore', 'maxAge'],
  ['noStore', 'sharedMaxAge'],
  ['noStore', 'staleWhileRevalidate'],
  ['noStore', 'staleIfError'],
  ['noStore', 'immutable'],
  ['mustRevalidate', 'staleWhileRevalidate'],
  ['mustRevalidate', 'staleIfError'],
]

/**
 * Says of successful replies, in `Cache-Control`, what browsers and proxies may keep and for how long. A handler that
 * states the field itself says it for its reply. Failures say nothing, and so no cache keeps them for long.
 *
 * @throws {TypeError} for a time that is none, and for directives of which one takes back the other.
 * @example
 * get('/', { policies: [cacheControl({ public: true, maxAge: 60, staleWhileRevalidate: 600 })], … })
 */
export function cacheControl(directives: CacheControl): Policy {
  const text = textOf(directives)
  const replyHeaders = { 'Cache-Control': { type: 'string', description: `What caches may do: \`${text}\`` } }
  return policy('cache-control', { replyHeaders }, () => ({
    encode: (_context, reply) => {
      if (reply.status < 400 && reply.header('cache-control') === undefined) reply.set('cache-control', text)
      return undefined
    },
  }))
}

function textOf(directives: CacheControl): string {
  const said: string[] = []
  for (const [key, name] of Object.entries(NAMES) as [keyof CacheControl, string][]) {
    const value = directives[key]
    if (value === undefined || value === false) continue
    if (value !== true && !(Number.isInteger(value) && value >= 0)) {
      throw new TypeError(`cacheControl: ${key} is whole seconds from 0, not ${value}`)
    }
    said.push(value === true ? name : `${name}=${value}`)
  }
  if (said.length === 0) throw new TypeError('cacheControl({}) says nothing: give it a directive, such as maxAge: 60')
  const has = (key: keyof CacheControl): boolean => directives[key] !== undefined && directives[key] !== false
  for (const [one, other] of APART) {
    if (has(one) && has(other)) throw new TypeError(`cacheControl: ${one} takes back ${other}: leave one of them out`)
  }
  return said.join(', ')
}
