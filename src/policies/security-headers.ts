import type { Middleware } from '../contract/hooks.ts'
import { stamp } from '../contract/stamp.ts'
import { TOKEN } from '../contract/token.ts'

/** What each reply says, for replies that are data and no pages. */
const USUAL: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000',
}

/** Said over https alone (RFC 6797 §7.2). */
const SECURE = 'strict-transport-security'

/** What is not the same for every reply: the wire's, or the body's. */
const OF_REPLY =
  /^(?:connection|content-(?:encoding|length|range|type)|date|set-cookie|trailer|transfer-encoding|vary)$/

const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

/**
 * Adds the header fields that keep browsers from making more of replies than they are (OWASP REST Security Cheat Sheet).
 * It is middleware of the API. A field that a handler, a hook or a policy has set stays as it is: the documentation
 * pages keep the policy that they need.
 *
 * @param fields by name: a value in place of the usual one, a further field, or false to leave a usual one out.
 * @throws {TypeError} for a name or a value that no header field can have, and for false where nothing is left out.
 * @example
 * api({ middleware: [securityHeaders({ 'cross-origin-resource-policy': 'cross-origin' })] }, { images })
 */
export function securityHeaders(fields: Readonly<Record<string, string | false>> = {}): Middleware {
  const all = new Map<string, string>(Object.entries(USUAL))
  for (const [given, value] of Object.entries(fields)) {
    const name = given.toLowerCase()
    if (!TOKEN.test(name)) throw new TypeError(`securityHeaders: "${given}" is no name of a header field`)
    if (OF_REPLY.test(name))
      throw new TypeError(`securityHeaders: "${given}" differs from reply to reply: leave it out`)
    if (value === false) {
      if (all.delete(name)) continue
      throw new TypeError(`securityHeaders: "${given}" is not sent anyway; there are ${Object.keys(USUAL).join(', ')}`)
    }
    if (typeof value !== 'string' || !VALUE.test(value)) {
      throw new TypeError(`securityHeaders: "${given}" takes visible ASCII characters, or false to leave it out`)
    }
    all.set(name, value)
  }
  const secure = [...all].flat()
  const plain = [...all].filter(([name]) => name !== SECURE).flat()
  return stamp({
    fields: (request) => (secure.length > plain.length && request?.url.startsWith('https:') ? secure : plain),
  })
}
