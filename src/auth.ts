export {
  type BearerOptions,
  type CodeLogin,
  type Login,
  type OpenIdLogin,
  bearer,
  bearerToken,
} from './auth/bearer.ts'
export type { Challenge } from './auth/challenge.ts'
export type { Claims, ClaimsOf, TokenOptions } from './auth/claims.ts'
export { InvalidCredentials, type InvalidCredentialsOptions } from './auth/invalid-credentials.ts'
export { type IntrospectionOptions, introspection } from './auth/introspection.ts'
export { type JwksOptions, jwks } from './auth/jwks.ts'
export { type JwtOptions, jwt } from './auth/jwt.ts'
export type { Jwk, PublicAlgorithm } from './auth/jwk.ts'
export { type KeySource, type SecretAlgorithm, publicKey, secretKey } from './auth/key.ts'
export { type OidcOptions, oidc } from './auth/oidc.ts'
export { type AnyScheme, type AnyShown, type Scheme, type SchemeOptions, anyOf, securityScheme } from './auth/scheme.ts'
