import { TOKEN } from '../contract/token.ts'

/** What a 401 asks for (RFC 9110 §11.6.1): a scheme, and its parameters. */
export interface Challenge {
  /** `Bearer`, `Basic`, or one of your own. */
  readonly scheme: string
  readonly params?: Readonly<Record<string, string>>
}

/**
 * The value of `WWW-Authenticate`.
 *
 * @throws {TypeError} for a scheme or a name of a parameter that is no token, and for a value that no field can hold.
 */
export function challengeField({ scheme, params = {} }: Challenge): string {
  const pairs = Object.entries(params).map(([name, value]) => `${token(name)}=${quoted(value)}`)
  return pairs.length === 0 ? token(scheme) : `${token(scheme)} ${pairs.join(', ')}`
}

/** A token (RFC 9110 §5.6.2). */
function token(text: string): string {
  if (TOKEN.test(text)) return text
  throw new TypeError(`"${text}" cannot stand in WWW-Authenticate: a name has letters, digits and -`)
}

/** A quoted-string (RFC 9110 §5.6.4). */
function quoted(text: string): string {
  if (/[^\t\x20-\x7e]/.test(text)) {
    throw new TypeError(`${JSON.stringify(text)} cannot stand in WWW-Authenticate: use visible ASCII characters`)
  }
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
