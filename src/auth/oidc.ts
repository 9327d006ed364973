import type { AnySchema } from '../contract/schema.ts'
import type { CodeLogin } from './bearer.ts'
import type { ClaimsOf } from './claims.ts'
import { type Ask, type JwksOptions, fetchedKeys } from './jwks.ts'
import { type JwtOptions, signedTokens } from './jwt.ts'
import { ProviderAway, providerUrl } from './provider.ts'
import type { Scheme } from './scheme.ts'

/** How tokens of an identity provider are checked. All times are seconds. */
export interface OidcOptions<S extends AnySchema | undefined = undefined>
  extends Omit<JwtOptions<S>, 'issuer' | 'keys' | 'login'>,
    JwksOptions {
  /** The provider's address, as it writes it itself, letter by letter. */
  readonly issuer: string
  /** Where people log in, for OpenAPI; it names the provider's own description unless told. */
  readonly login?: CodeLogin
}

/**
 * Callers that show an access token of an identity provider, a signed one (JWT). Where its keys are, the provider says
 * (OpenID Connect Discovery §4; RFC 8414 §3 where it has no such description); it is asked when the first token comes.
 *
 * @throws {TypeError} for options that let in whom nobody means, and an address without https.
 * @example
 * const token = oidc({ issuer: 'https://login.shop.example', audience: 'https://api.shop.example' })
 */
export function oidc<const S extends AnySchema | undefined = undefined>(options: OidcOptions<S>): Scheme<ClaimsOf<S>> {
  const { timeout, maxAge, coolDown, ...rest } = options
  const issuer = providerUrl(options.issuer, 'oidc: issuer')
  const keys = fetchedKeys((ask) => discoveredKeys(issuer, ask), {
    ...(timeout !== undefined && { timeout }),
    ...(maxAge !== undefined && { maxAge }),
    ...(coolDown !== undefined && { coolDown }),
  })
  const login = rest.login ?? { openIdConnectUrl: `${issuer.replace(/\/$/, '')}${OPENID}` }
  return signedTokens('oidc', { ...rest, keys, login })
}

const OPENID = '/.well-known/openid-configuration'

/** The path of an issuer comes after the well-known part (RFC 8414 §3.1), and in OpenID Connect before it. */
function discoveredKeys(issuer: string, ask: Ask): ReturnType<Ask> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return ask(`${issuer.replace(/\/$/, '')}${OPENID}`)
    .catch((error: unknown) => {
      if (!(error instanceof ProviderAway) || error.status !== 404) throw error
      return ask(`${origin}/.well-known/oauth-authorization-server${path}`)
    })
    .then(({ issuer: said, jwks_uri: place }) => {
      // Somebody else's description leads to somebody else's keys (OpenID Connect Discovery §4.3).
      if (said !== issuer) throw new ProviderAway(`${issuer} says that its issuer is ${JSON.stringify(said)}`)
      if (typeof place !== 'string') throw new ProviderAway(`${issuer} does not say where its keys are: no jwks_uri`)
      try {
        providerUrl(place, 'jwks_uri')
      } catch (cause) {
        throw new ProviderAway(`${issuer} says that its keys are where they cannot be asked for`, { cause })
      }
      return ask(place)
    })
}
