import type { DependencyContext } from '../contract/depends.ts'
import type { Uses, Values } from '../contract/depends.ts'
import { RESOURCE_METADATA } from '../contract/security.ts'
import { InvalidCredentials } from './invalid-credentials.ts'
import { providerUrl } from './provider.ts'
import { type Scheme, type SchemeOptions, securityScheme } from './scheme.ts'

/** Where people get tokens, for OpenAPI and the pages that show it: from a login with a code (RFC 6749 §4.1), with PKCE. */
export type Login = CodeLogin | OpenIdLogin

export interface CodeLogin {
  /** Where people log in. */
  readonly authorizationUrl: string
  /** Where the code is exchanged for a token. */
  readonly tokenUrl: string
  /** Scopes that can be asked for, and what each is for. */
  readonly scopes: Readonly<Record<string, string>>
}

/** A provider that says all of that itself. */
export interface OpenIdLogin {
  /** The address of its description (OpenID Connect Discovery §4). */
  readonly openIdConnectUrl: string
}

/** What a token says, once it is checked. */
export interface BearerOptions<Value> extends Pick<SchemeOptions<Value>, 'principal' | 'scopesOf' | 'resource'> {
  /** Its name in OpenAPI: `bearer` unless told. */
  readonly name?: string
  /** What OpenAPI says of the token's format: `JWT`. */
  readonly format?: string
  /** Where people get tokens. */
  readonly login?: Login
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
  { name = 'bearer', format, realm, login, ...rest }: BearerOptions<NoInfer<Value>>,
): Scheme<Value> {
  const scheme = described(format, login)
  const metadata = rest.resource && `${rest.resource.url.replace(/\/$/, '')}${RESOURCE_METADATA}`
  const params = { ...(realm && { realm }), ...(metadata && { resource_metadata: metadata }) }
  const challenge = { scheme: 'Bearer', params }
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

/** The scheme as OpenAPI has it: who says where tokens come from says the same of how they are shown. */
function described(format: string | undefined, login: Login | undefined): SchemeOptions<never>['scheme'] {
  if (login === undefined) return { type: 'http', scheme: 'bearer', ...(format && { bearerFormat: format }) }
  if ('openIdConnectUrl' in login) {
    return { type: 'openIdConnect', openIdConnectUrl: providerUrl(login.openIdConnectUrl, 'login.openIdConnectUrl') }
  }
  const { scopes } = login
  const authorizationUrl = providerUrl(login.authorizationUrl, 'login.authorizationUrl')
  const tokenUrl = providerUrl(login.tokenUrl, 'login.tokenUrl')
  return { type: 'oauth2', flows: { authorizationCode: { authorizationUrl, tokenUrl, scopes } } }
}
