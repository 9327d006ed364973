import { type AnySchema, type Decoded, type Schema, isSchema } from '../contract/schema.ts'
import { InvalidCredentials } from './invalid-credentials.ts'

/** What a token says (RFC 7519 §4.1, RFC 9068 §2.2). Times are seconds since 1970. */
export interface Claims {
  readonly iss?: string
  readonly sub?: string
  readonly aud?: string | readonly string[]
  readonly exp?: number
  readonly nbf?: number
  readonly iat?: number
  readonly jti?: string
  /** Scopes, with spaces between them. */
  readonly scope?: string
  readonly client_id?: string
  readonly [claim: string]: unknown
}

/** What a token says, with the claims of a schema as that decodes them. */
export type ClaimsOf<S> = [S] extends [AnySchema] ? Claims & Decoded<S> : Claims

/** What holds for the tokens of an API, however they are checked. */
export interface TokenOptions<S extends AnySchema | undefined = undefined> {
  /**
   * What this API is called in `aud`: a token for somebody else is refused. One of several suffices. `false` takes tokens
   * for anybody: whoever gets one from a caller can then use it here.
   */
  readonly audience: string | readonly string[] | false
  /** Seconds by which clocks may differ: 5 unless told, 300 at most. */
  readonly clockSkew?: number
  /** A schema of further claims, of any library: its fields are typed, and a token that does not fit is refused. */
  readonly claims?: S
  /** Its name in OpenAPI: `bearer` unless told. */
  readonly name?: string
  /** The protection space that 401 names (RFC 9110 §11.5). */
  readonly realm?: string
  /** Who is calling: `iss` and `sub` unless told, which a token then needs. */
  readonly principal?: (claims: ClaimsOf<S>) => string | undefined
  /** What the caller may do: `scope`, or `scp` as some providers call it, unless told. */
  readonly scopesOf?: (claims: ClaimsOf<S>) => readonly string[]
}

/** The longest difference of clocks that is one. */
const MOST_SKEW = 300
const USUAL_SKEW = 5

/** @throws {TypeError} for options that let in whom nobody means. */
export function checkTokenOptions(
  what: string,
  {
    audience,
    clockSkew = USUAL_SKEW,
    claims,
  }: Pick<TokenOptions<AnySchema | undefined>, 'audience' | 'clockSkew' | 'claims'>,
): void {
  if (audience !== false && !isNamed(audience)) {
    throw new TypeError(`${what}: audience is what this API is called in "aud"; false takes tokens for anybody`)
  }
  if (!(clockSkew >= 0 && clockSkew <= MOST_SKEW)) {
    throw new TypeError(`${what}: clockSkew is ${clockSkew}, but clocks differ by 0 to ${MOST_SKEW} seconds`)
  }
  if (claims !== undefined && !isSchema(claims)) throw new TypeError(`${what}: claims is no schema`)
}

function isNamed(given: unknown): boolean {
  const all = [given].flat()
  return all.length > 0 && all.every((one) => typeof one === 'string' && one !== '')
}

/** Says what claims are worth once it is known that they are the provider's. */
export interface ClaimsCheck<Value> {
  /** @throws {InvalidCredentials} for claims that do not suffice. */
  readonly check: (claims: Claims) => Value | Promise<Value>
  readonly skew: number
  /** Milliseconds since 1970 until which they hold. */
  readonly until: (claims: Claims) => number
}

export function createClaimsCheck<S extends AnySchema | undefined>({
  clockSkew: skew = USUAL_SKEW,
  claims: schema,
  principal,
}: TokenOptions<S>): ClaimsCheck<ClaimsOf<S>> {
  const validate = (schema as Schema | undefined)?.['~standard'].validate
  return {
    skew,
    until: ({ exp }) => ((exp as number) + skew) * 1000,
    check: (claims) => {
      if (principal === undefined && (typeof claims.sub !== 'string' || claims.sub === '')) throw refused('has no sub')
      // Who shows it would have to prove that the key is theirs (RFC 9449, RFC 8705), which nobody asks for here.
      if (claims.cnf !== undefined) throw refused('is bound to a key, and is no bearer token')
      if (validate === undefined) return frozen(claims) as ClaimsOf<S>
      const join = (result: Awaited<ReturnType<typeof validate>>): ClaimsOf<S> => {
        if (result.issues === undefined) return frozen({ ...claims, ...(result.value as object) }) as ClaimsOf<S>
        throw refused('has not the claims that are needed here')
      }
      const result = validate(claims)
      return result instanceof Promise ? result.then(join) : join(result)
    },
  }
}

/** A token that does not hold, and why (RFC 6750 §3.1). */
export function refused(why: string, cause?: unknown): InvalidCredentials {
  return new InvalidCredentials(`The token ${why}`, { error: 'invalid_token', cause })
}

/** `iss` and `sub`: a subject is one issuer's alone (RFC 7519 §4.1.2). No issuer has a space in it. */
export function subjectOf({ iss, sub }: Claims, issuer = ''): string | undefined {
  return sub === undefined ? undefined : `${iss ?? issuer} ${sub}`
}

/** `scope` is text (RFC 8693 §4.2); `scp`, where there is none, a list or text. */
export function scopesOf({ scope, scp }: Claims): readonly string[] {
  const given: unknown = scope ?? scp
  if (typeof given === 'string') return given.split(' ')
  return Array.isArray(given) ? given : []
}

/** What several requests get is nobody's to change. */
function frozen<T>(value: T): T {
  if (Array.isArray(value)) value.forEach(frozen)
  else if (isPlain(value)) Object.values(value).forEach(frozen)
  else return value
  return Object.freeze(value)
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
