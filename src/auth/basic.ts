import type { DependencyContext, Uses, Values } from '../contract/depends.ts'
import { InvalidCredentials } from './invalid-credentials.ts'
import { type Scheme, type SchemeOptions, securityScheme } from './scheme.ts'

/** What a caller shows by Basic. */
export interface BasicCredentials {
  readonly username: string
  readonly password: string
}

export interface BasicOptions<Value> extends Pick<SchemeOptions<Value>, 'principal' | 'scopesOf'> {
  /** The protection space, which browsers show when they ask for the password. */
  readonly realm: string
  /** Its name in OpenAPI: `basic` unless told. */
  readonly name?: string
}

/**
 * Callers that show a name and a password with each request (RFC 7617), in UTF-8. Each request checks the password
 * anew: for people, log in once and show a token.
 *
 * @param check says who it is; undefined where the two do not fit. `passwords.verify` compares.
 * @example
 * const admin = basic({ admins, passwords }, async ({ username, password }, { admins, passwords }) => {
 *   const found = admins.get(username)
 *   return (await passwords.verify(found?.hash, password)) ? found : undefined
 * }, { realm: 'shop', principal: ({ name }) => `admin:${name}` })
 */
export function basic<const U extends Uses, Value>(
  uses: U,
  check: (
    credentials: BasicCredentials,
    context: Values<U> & DependencyContext,
  ) => Value | undefined | Promise<Value | undefined>,
  { realm, name = 'basic', ...rest }: BasicOptions<NoInfer<Value>>,
): Scheme<Value> {
  const known = (value: Value | undefined): Value => {
    if (value === undefined) throw new InvalidCredentials('The name or the password is wrong')
    return value
  }
  const read = (context: Values<U> & DependencyContext): Value | undefined | Promise<Value> => {
    const field = context.request.header('authorization')
    if (field === undefined || !/^basic(?: |$)/i.test(field)) return undefined
    const value = check(credentialsOf(field.slice(6).trim()), context)
    return value instanceof Promise ? value.then(known) : known(value)
  }
  const scheme = { type: 'http', scheme: 'basic' }
  const challenge = { scheme: 'Basic', params: { realm, charset: 'UTF-8' } }
  return securityScheme(uses, read, { name, scheme, challenge, ...rest })
}

/** @throws {InvalidCredentials} for what is no Base64 of a name, a colon and a password, without control characters. */
function credentialsOf(text: string): BasicCredentials {
  const decoded = isBase64(text) ? decode(text) : undefined
  const colon = decoded?.indexOf(':') ?? -1
  if (decoded === undefined || colon === -1 || /[\x00-\x1f\x7f]/.test(decoded)) {
    throw new InvalidCredentials('Authorization: Basic takes a name and a password in Base64', { status: 400 })
  }
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)
}

function decode(text: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, 'base64'))
  } catch {
    return undefined
  }
}
