import type { DependencyContext } from '../contract/depends.ts'
import type { Uses, Values } from '../contract/depends.ts'
import { InvalidCredentials } from './invalid-credentials.ts'
import { type Scheme, type SchemeOptions, securityScheme } from './scheme.ts'

/** What a token says, once it is checked. */
export interface BearerOptions<Value> extends Pick<SchemeOptions<Value>, 'principal' | 'scopesOf'> {
  /** Its name in OpenAPI: `bearer` unless told. */
  readonly name?: string
  /** What OpenAPI says of the token's format: `JWT`. */
  readonly format?: string
  /** The protection space that 401 names (RFC 9110 §11.5). */
  readonly realm?: string
}

/**
 * The token of `Authorization: Bearer …` (RFC 6750 §2.1); undefined where the field is not there or is of another scheme.
 *
 * @throws {InvalidCredentials} where there is no token, or more than one.
 */
export function bearerToken({ request }: Pick<DependencyContext, 'request'>): string | undefined {
  const field = request.header('authorization')
  if (field === undefined || !/^bearer(?: |$)/i.test(field)) return undefined
  const token = field.slice(7).trim()
  if (/^[\w.~+/-]+=*$/.test(token)) return token
  throw new InvalidCredentials('Authorization: Bearer takes one token', { error: 'invalid_request', status: 400 })
}

/**
 * Callers that show a token in `Authorization: Bearer …` (RFC 6750).
 *
 * @param check says who a token is of; undefined, or `InvalidCredentials`, where it is nobody's.
 * @example
 * const user = bearer({ users }, (token, { users }) => users.byToken(token), { principal: ({ id }) => `user:${id}` })
 */
export function bearer<const U extends Uses, Value>(
  uses: U,
  check: (token: string, context: Values<U> & DependencyContext) => Value | undefined | Promise<Value | undefined>,
  { name = 'bearer', format, realm, ...rest }: BearerOptions<NoInfer<Value>>,
): Scheme<Value> {
  const scheme = { type: 'http', scheme: 'bearer', ...(format && { bearerFormat: format }) }
  const challenge = { scheme: 'Bearer', ...(realm && { params: { realm } }) }
  const known = (value: Value | undefined): Value => {
    if (value === undefined) throw new InvalidCredentials('The token is not valid', { error: 'invalid_token' })
    return value
  }
  const read = (context: Values<U> & DependencyContext): Value | undefined | Promise<Value> => {
    const token = bearerToken(context)
    if (token === undefined) return undefined
    const value = check(token, context)
    return value instanceof Promise ? value.then(known) : known(value)
  }
  return securityScheme(uses, read, { name, scheme, challenge, ...rest })
}
