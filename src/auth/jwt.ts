import { depends } from '../contract/depends.ts'
import { Unavailable } from '../contract/problems.ts'
import type { AnySchema } from '../contract/schema.ts'
import { type Login, bearer } from './bearer.ts'
import {
  type Claims,
  type ClaimsOf,
  type TokenOptions,
  checkTokenOptions,
  createClaimsCheck,
  refused,
  scopesOf,
  subjectOf,
} from './claims.ts'
import { type Jose, loadJose } from './jose.ts'
import { type KeySource, type TokenKeys, keysOf } from './key.ts'
import { createKnownTokens } from './known-tokens.ts'
import { providerUrl } from './provider.ts'
import type { Scheme } from './scheme.ts'

/** How signed tokens are checked. */
export interface JwtOptions<S extends AnySchema | undefined = undefined> extends TokenOptions<S> {
  /** Who signs them, as `iss` says, letter by letter. `false` takes whatever it says. */
  readonly issuer: string | false
  /** `secretKey(…)`, `publicKey(…)` or `jwks(…)`; a list while one follows another. */
  readonly keys: KeySource | readonly KeySource[]
  /** What `typ` has to be, such as `at+jwt` (RFC 9068 §2.1); `JWT`, `at+jwt` or nothing unless told. */
  readonly typ?: string
  /** Where people get tokens, for OpenAPI and the pages that show it. */
  readonly login?: Login
  /**
   * This API's address, as callers have it: a 401 then names its metadata, served there, which says who issues tokens and
   * for which scopes (RFC 9728).
   */
  readonly resource?: string
}

/** Characters of a token; most have less than a thousand. */
const LONGEST = 8192

/**
 * Callers that show a signed token (JWT, RFC 7519) in `Authorization: Bearer …`; its value is what the token says. It is
 * checked as RFC 8725 asks: a key is for one algorithm, `exp` is needed, and what a token says of its own key (`jku`,
 * `jwk`, `x5u`) is not believed.
 *
 * @throws {TypeError} for options that let in whom nobody means.
 * @example
 * const token = jwt({ issuer: 'https://login.shop.example', audience: 'shop', keys: secretKey(config.secret, 'HS256') })
 * get('/orders', { use: { token: token.scopes('orders:read') } }, ({ token }) => ordersOf(token.sub))
 */
export function jwt<const S extends AnySchema | undefined = undefined>(options: JwtOptions<S>): Scheme<ClaimsOf<S>> {
  return signedTokens('jwt', options)
}

/** The same, for what gets its keys in its own way. */
export function signedTokens<S extends AnySchema | undefined>(
  what: string,
  options: JwtOptions<S>,
): Scheme<ClaimsOf<S>> {
  checkTokenOptions(what, options)
  const { issuer, keys, name = 'bearer', realm, login } = options
  if (issuer !== false && (typeof issuer !== 'string' || issuer === '')) {
    throw new TypeError(`${what}: issuer is who signs the tokens, as "iss" says; false takes tokens of anybody`)
  }
  const resource = options.resource && resourceUrl(options.resource, `${what}: resource`)
  const sources = [keys].flat()
  if (sources.length === 0 || !sources.every((source) => source?.is === 'keys')) {
    throw new TypeError(`${what}: keys is secretKey(…), publicKey(…), jwks(…), or a list of them`)
  }
  const tokens = depends(
    {},
    async function* () {
      const over = new AbortController()
      const [jose, opened] = await Promise.all([loadJose(), keysOf(sources).open(over.signal)])
      yield createTokenCheck(jose, opened, options)
      over.abort()
    },
    // Made at start: a key that cannot be read is found then.
    { scope: 'app', name: `tokens of ${name}`, eager: true, throws: [Unavailable] },
  )
  return bearer({ tokens }, (token, { tokens }) => tokens(token), {
    name,
    format: 'JWT',
    ...(realm && { realm }),
    ...(login && { login }),
    ...(resource && { resource: { url: resource, authorizationServers: issuer === false ? [] : [issuer] } }),
    principal: options.principal ?? ((claims: Claims) => subjectOf(claims)),
    scopesOf: options.scopesOf ?? scopesOf,
  })
}

/** @throws {TypeError} for an address with a query or a fragment, beneath which nothing can be. */
function resourceUrl(url: string, what: string): string {
  if (/[?#]/.test(url)) throw new TypeError(`${what}: ${url} has a query or a fragment; take it off`)
  return providerUrl(url, what)
}

/** What a token says; it throws `InvalidCredentials` for one that does not hold. */
export type TokenCheck<Value> = (token: string) => Value | Promise<Value>

export function createTokenCheck<S extends AnySchema | undefined>(
  jose: Jose,
  keys: TokenKeys,
  options: JwtOptions<S>,
): TokenCheck<ClaimsOf<S>> {
  const { issuer, audience, typ } = options
  const { check, skew, until } = createClaimsCheck(options)
  const known = createKnownTokens<ClaimsOf<S>>(keys.stamp)
  const usual = {
    requiredClaims: ['exp'],
    clockTolerance: skew,
    ...(issuer !== false && { issuer }),
    ...(audience !== false && { audience: [audience].flat() }),
    ...(typ !== undefined && { typ }),
  }

  const verify = async (token: string): Promise<ClaimsOf<S>> => {
    if (token.length > LONGEST) throw refused('is too long')
    const { alg, kid, crit } = headerOf(jose, token, typ)
    // Extensions that must be understood (RFC 7515 §4.1.11); none is.
    if (crit !== undefined) throw refused('asks for what is not known here')
    // What it says of its issuer is not believed yet, but keys of one are not looked for, or fetched, for another.
    if (issuer !== false && (issuerOf(jose, token) ?? issuer) !== issuer) throw refused('is of another issuer')
    const stamp = keys.stamp()
    const candidates = await keys.find(alg, kid)
    let failure: unknown = refused('is signed with a key that is not known here')
    for (const { key } of candidates) {
      try {
        const { payload } = await jose.jwtVerify(token, key, { ...usual, algorithms: [alg] })
        const value = await check(payload as Claims)
        known.keep(token, value, until(payload as Claims), stamp)
        return value
      } catch (error) {
        failure = error
        if (!(error instanceof jose.errors.JWSSignatureVerificationFailed)) break
      }
    }
    throw failure instanceof jose.errors.JOSEError ? refused(whyOf(jose, failure), failure) : failure
  }
  return (token) => known.get(token) ?? verify(token)
}

interface TokenHeader {
  readonly alg: string
  readonly kid: string | undefined
  readonly crit: unknown
}

/** What a token says of itself before anything of it is believed: the key is chosen by it, and has its own algorithm. */
function headerOf(jose: Jose, token: string, wanted: string | undefined): TokenHeader {
  let header: ReturnType<Jose['decodeProtectedHeader']>
  try {
    header = jose.decodeProtectedHeader(token)
  } catch (cause) {
    throw refused('cannot be read', cause)
  }
  // A signature has one spelling (RFC 4648 §3.5), so that what knows tokens by their text knows all of them.
  if (!hasOneSpelling(token)) throw refused('cannot be read')
  const { alg, kid, typ, crit } = header as Readonly<Record<string, unknown>>
  if (typeof alg !== 'string' || (kid !== undefined && typeof kid !== 'string')) throw refused('cannot be read')
  // Tokens for something else, such as logout tokens, say so (RFC 8725 §3.11).
  if (wanted === undefined && typ !== undefined && !isUsualType(typ)) throw refused('is of another type')
  return { alg, kid, crit }
}

function issuerOf(jose: Jose, token: string): unknown {
  try {
    return jose.decodeJwt(token).iss
  } catch (cause) {
    throw refused('cannot be read', cause)
  }
}

/** True where it is Base64url without padding, and the bits that its last letter has over are none. */
function hasOneSpelling(token: string): boolean {
  if (!/^[\w.-]*$/.test(token)) return false
  const over = (token.length - token.lastIndexOf('.') - 1) % 4
  return over === 2 ? /[AQgw]$/.test(token) : over === 3 ? /[AEIMQUYcgkosw048]$/.test(token) : over === 0
}

function isUsualType(typ: unknown): boolean {
  return typeof typ === 'string' && /^(?:application\/)?(?:at\+)?jwt$/i.test(typ)
}

const TIMES: Readonly<Record<string, string>> = { exp: 'has expired', nbf: 'is not valid yet' }
const OTHERS: Readonly<Record<string, string>> = {
  iss: 'is of another issuer',
  aud: 'is for another audience',
  typ: 'is of another type',
}

/** Names of claims are those that are asked for here, never the token's own. */
function whyOf(jose: Jose, error: InstanceType<Jose['errors']['JOSEError']>): string {
  const { JWTClaimValidationFailed, JWTExpired, JWSSignatureVerificationFailed } = jose.errors
  if (error instanceof JWTExpired || error instanceof JWTClaimValidationFailed) {
    if (error.reason === 'missing') return `has no ${error.claim}`
    if (error.reason === 'invalid') return `has no number for ${error.claim}`
    return TIMES[error.claim] ?? OTHERS[error.claim] ?? 'does not hold'
  }
  return error instanceof JWSSignatureVerificationFailed ? 'has a signature that does not hold' : 'cannot be read'
}
