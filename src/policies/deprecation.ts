import { type Policy, policy } from '../contract/policy.ts'

export interface DeprecationOptions {
  /** When it became deprecated. */
  readonly since: Date
  /** When it stops answering; not before `since` (RFC 8594 §3). */
  readonly sunset?: Date
  /** A page that says what to use now, sent as `Link` with `rel="deprecation"`. */
  readonly link?: string
}

/**
 * Marks endpoints as deprecated, in the documentation and in each reply: `Deprecation` (RFC 9745),
 * `Sunset` (RFC 8594) and `Link`.
 *
 * @throws {TypeError} for a sunset before the deprecation, or a date that is none.
 * @example
 * group('/v1/orders', { policies: [deprecated({ since: new Date('2026-01-01') })] }, { list, read })
 */
export function deprecated({ since, sunset, link }: DeprecationOptions): Policy {
  if (Number.isNaN(since.getTime()) || Number.isNaN(sunset?.getTime())) {
    throw new TypeError('deprecated: since and sunset must be valid dates')
  }
  if (sunset !== undefined && sunset < since) throw new TypeError('deprecated: sunset cannot come before since')
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
      if (link !== undefined) reply.append('link', `<${link}>; rel="deprecation"`)
      return undefined
    },
  }))
}
