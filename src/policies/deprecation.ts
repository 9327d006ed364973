import type { Reply } from '../contract/hooks.ts'
import { type Policy, policy } from '../contract/policy.ts'

/** What may stand between `<` and `>` (RFC 3986 §2): all of ASCII that a URI can hold. */
const ADDRESS = /^[\w!#$%&'()*+,./:;=?@[\]~-]+$/

export interface DeprecationOptions {
  /** When it became deprecated. */
  readonly since: Date
  /** When it stops answering; not before `since` (RFC 8594 §3). */
  readonly sunset?: Date
  /**
   * The address of a page that says what to use now, sent as `Link` with `rel="deprecation"` (RFC 9745 §3), and where
   * there is a sunset `rel="sunset"` too (RFC 8594 §6).
   */
  readonly link?: string
}

/**
 * Marks endpoints as deprecated, in the documentation and in each reply: `Deprecation` (RFC 9745),
 * `Sunset` (RFC 8594) and `Link`.
 *
 * @throws {TypeError} for a sunset before the deprecation, a date that is none, or a link that cannot be sent.
 * @example
 * group('/v1/orders', { policies: [deprecated({ since: new Date('2026-01-01') })] }, { list, read })
 */
export function deprecated({ since, sunset, link }: DeprecationOptions): Policy {
  if (Number.isNaN(since.getTime()) || Number.isNaN(sunset?.getTime())) {
    throw new TypeError('deprecated: since and sunset must be valid dates')
  }
  if (sunset !== undefined && sunset < since) throw new TypeError('deprecated: sunset cannot come before since')
  if (link !== undefined && !ADDRESS.test(link)) {
    throw new TypeError(`deprecated: "${link}" is no address: escape what a URI cannot hold`)
  }
  const links = link === undefined ? [] : [`<${link}>; rel="deprecation"`]
  if (link !== undefined && sunset !== undefined) links.push(`<${link}>; rel="sunset"`)
  const deprecation = `@${Math.floor(since.getTime() / 1000)}`
  const replyHeaders = {
    Deprecation: { type: 'string', description: 'When it became deprecated, as `@` and Unix seconds' },
    ...(sunset && { Sunset: { type: 'string', description: 'When it stops answering, an HTTP date' } }),
    ...(link && { Link: { type: 'string', description: 'Where to read what to use now' } }),
  }
  return policy('deprecation', { deprecated: true, replyHeaders }, () => ({
    encode: (_context, reply) => {
      reply.set('deprecation', deprecation)
      if (sunset !== undefined) reply.set('sunset', sunset.toUTCString())
      if (links.length > 0) addLinks(reply, links)
      return undefined
    },
  }))
}

/** Adds links that are not there: a reply that comes again (idempotency, a cache) has them. */
function addLinks(reply: Reply, links: readonly string[]): void {
  const there = new Set<string>()
  for (const [name, value] of reply.headers()) if (name === 'link') there.add(value)
  for (const link of links) if (!there.has(link)) reply.append('link', link)
}
