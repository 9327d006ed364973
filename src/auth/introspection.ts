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
import type { Revealing } from './key.ts'
import { createKnownTokens } from './known-tokens.ts'
import { ProviderAway, askProvider, providerUrl } from './provider.ts'
import type { Scheme } from './scheme.ts'

/** How a provider is asked about tokens. All times are seconds. */
export interface IntrospectionOptions<S extends AnySchema | undefined = undefined> extends TokenOptions<S> {
  /** Where it is asked (RFC 7662 §2). */
  readonly endpoint: string
  /** Who asks. */
  readonly clientId: string
  readonly clientSecret: Revealing | string
  /** How long it has to answer: 3 unless told. */
  readonly timeout?: number
  /** How long its answer holds, unless the token expires before: 30 unless told; 0 asks each time. */
  readonly keep?: number
  /** Where people get tokens, for OpenAPI and the pages that show it. */
  readonly login?: Login
}

/** Characters of a token. */
const LONGEST = 8192

/**
 * Callers that show a token that only its provider can read (RFC 7662). It is asked, once for all who come with the same
 * token meanwhile.
 *
 * @throws {TypeError} for options that let in whom nobody means, and an address without https.
 * @example
 * const token = introspection({
 *   endpoint: 'https://login.shop.example/introspect',
 *   clientId: 'shop-api',
 *   clientSecret: config.clientSecret,
 *   audience: 'https://api.shop.example',
 * })
 */
export function introspection<const S extends AnySchema | undefined = undefined>(
  options: IntrospectionOptions<S>,
): Scheme<ClaimsOf<S>> {
  checkTokenOptions('introspection', options)
  const { name = 'bearer', realm, login, keep = 30, timeout = 3 } = options
  const endpoint = providerUrl(options.endpoint, 'introspection: endpoint')
  if (
    !isText(options.clientId) ||
    !(isText(options.clientSecret) || typeof options.clientSecret?.reveal === 'function')
  ) {
    throw new TypeError('introspection: clientId and clientSecret are who asks, as the provider gave them')
  }
  if (!(keep >= 0 && timeout > 0)) throw new TypeError('introspection: keep and timeout are seconds')
  const tokens = depends(
    {},
    function* () {
      const over = new AbortController()
      yield createQuestions(options, { endpoint, keep, timeout, signal: over.signal })
      over.abort()
    },
    { scope: 'app', name: `tokens of ${name}`, throws: [Unavailable] },
  )
  return bearer({ tokens }, (token, { tokens }) => tokens(token), {
    name,
    ...(realm && { realm }),
    ...(login && { login }),
    principal: options.principal ?? ((claims: Claims) => subjectOf(claims, endpoint)),
    scopesOf: options.scopesOf ?? scopesOf,
  })
}

function isText(given: unknown): given is string {
  return typeof given === 'string' && given !== ''
}

interface Asking {
  readonly endpoint: string
  readonly keep: number
  readonly timeout: number
  readonly signal: AbortSignal
}

function createQuestions<S extends AnySchema | undefined>(
  options: IntrospectionOptions<S>,
  { endpoint, keep, timeout, signal }: Asking,
): (token: string) => Promise<ClaimsOf<S>> {
  const { audience, clientId, clientSecret } = options
  const { check, skew } = createClaimsCheck(options)
  const known = createKnownTokens<ClaimsOf<S>>(() => 0)
  const asked = new Map<string, Promise<ClaimsOf<S>>>()
  const secret = typeof clientSecret === 'string' ? clientSecret : clientSecret.reveal()
  const authorization = basic(clientId, secret)
  const audiences = audience === false ? undefined : [audience].flat()

  const ask = async (token: string, digest: string): Promise<ClaimsOf<S>> => {
    const form = { token, token_type_hint: 'access_token' }
    const { active, ...claims } = await askProvider(endpoint, { timeout, signal, form, authorization }).catch(away)
    // Anything else than true is no yes.
    if (active !== true) throw refused('is not active')
    const { exp, nbf, aud } = claims as Claims
    const now = Date.now() / 1000
    if (exp !== undefined && !(exp > now - skew)) throw refused('has expired')
    if (nbf !== undefined && !(nbf <= now + skew)) throw refused('is not valid yet')
    if (audiences !== undefined && ![aud].flat().some((one) => audiences.includes(one as string))) {
      throw refused('is for another audience')
    }
    const value = await check(claims)
    const end = Math.min(now + keep, exp === undefined ? Number.POSITIVE_INFINITY : exp + skew)
    known.keep(digest, value, end * 1000, 0)
    return value
  }
  return async (token) => {
    if (token.length > LONGEST) throw refused('is too long')
    // Its digest stands for it: what is kept is of no use to anybody who reads it.
    const digest = await digestOf(token)
    const found = known.get(digest)
    if (found !== undefined) return found
    let answer = asked.get(digest)
    if (answer === undefined) {
      answer = ask(token, digest).finally(() => asked.delete(digest))
      asked.set(digest, answer)
    }
    return answer
  }
}

function away(cause: unknown): never {
  if (!(cause instanceof ProviderAway)) throw cause
  throw Unavailable({ detail: 'Tokens cannot be checked now', headers: { 'retry-after': '1' }, cause })
}

async function digestOf(token: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token)))
  return String.fromCharCode(...bytes)
}

/** Both are encoded as in a form first (RFC 6749 §2.3.1). */
function basic(clientId: string, secret: string): string {
  const encoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)
  return `Basic ${btoa(`${encoded(clientId)}:${encoded(secret)}`)}`
}
