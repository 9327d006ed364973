import { cookiesOf } from '../contract/cookies.ts'
import type { Request } from '../contract/request.ts'

/** The header field that gives a caller its cookie, or takes it away: give it to `reply(…)`. */
export type SessionCookie = { readonly 'set-cookie': string }

/**
 * The cookie of a session (RFC 6265bis §4.1): of this host alone, over TLS alone, out of reach of scripts, and not sent
 * with what pages of other sites do. In development on plain HTTP it has neither prefix nor `Secure`.
 */
export interface CookieForm {
  /** The name that it has in production. */
  readonly name: string
  readonly nameFor: (request: Request) => string
  readonly set: (request: Request, value: string) => SessionCookie
  readonly clear: (request: Request) => SessionCookie
}

/**
 * @param lifetime seconds.
 * @throws {TypeError} for a name that is none.
 */
export function sessionCookie(base: string, lifetime: number): CookieForm {
  if (!/^[A-Za-z0-9_-]+$/.test(base)) throw new TypeError(`cookieSessions: "${base}" is no name for a cookie`)
  const name = `__Host-${base}`
  // Told by the process alone: what a request says of its host is the caller's word.
  const isDevelopment = process.env.NODE_ENV === 'development'
  const isPlain = ({ url }: Request): boolean => isDevelopment && url.startsWith('http:')
  const nameFor = (request: Request): string => (isPlain(request) ? base : name)
  const field = (request: Request, value: string, age: number): SessionCookie => ({
    'set-cookie': `${nameFor(request)}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax${isPlain(request) ? '' : '; Secure'}`,
  })
  return {
    name,
    nameFor,
    set: (request, value) => field(request, value, Math.ceil(lifetime)),
    clear: (request) => field(request, '', 0),
  }
}

/** The value of a cookie; of one that comes twice, the first. */
export function cookieIn(request: Request, name: string): string | undefined {
  return cookiesOf(request.header('cookie')).find(([one]) => one === name)?.[1]
}
