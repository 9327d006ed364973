export type { Access, Ed25519Key, LoginKey } from './auth/access-token.ts'
export { type ApiKey, type ApiKeys, type ApiKeysOptions, type NewApiKey, apiKeys } from './auth/api-keys.ts'
export { type BasicCredentials, type BasicOptions, basic } from './auth/basic.ts'
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
export { type SessionOptions, type Sessions, cookieSessions } from './auth/cookie-sessions.ts'
export { CrossSiteRequest } from './auth/cross-site.ts'
export { type IntrospectionOptions, introspection } from './auth/introspection.ts'
export { InvalidCredentials, type InvalidCredentialsOptions } from './auth/invalid-credentials.ts'
export { type JwksOptions, jwks } from './auth/jwks.ts'
export { type JwtOptions, jwt } from './auth/jwt.ts'
export type { Jwk, PublicAlgorithm } from './auth/jwk.ts'
export { type KeySource, type SecretAlgorithm, publicKey, secretKey } from './auth/key.ts'
export type { LoginCredentials, LoginTokens } from './auth/login-bodies.ts'
export { type Account, type LoginEndpoints, type LoginManager, type LoginOptions, logins } from './auth/logins.ts'
export { type OidcOptions, oidc } from './auth/oidc.ts'
export { type Passwords, createPasswords, passwords } from './auth/passwords.ts'
export { type Permissions, type Rule, permissions } from './auth/permissions.ts'
export { type KeptRecord, type RecordStore, recordStore } from './auth/record-store.ts'
export { RefreshTokenReused } from './auth/refresh-tokens.ts'
export { type AnyScheme, type AnyShown, type Scheme, type SchemeOptions, anyOf, securityScheme } from './auth/scheme.ts'
export type { SessionCookie } from './auth/session-cookie.ts'
