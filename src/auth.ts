export { type BearerOptions, bearer, bearerToken } from './auth/bearer.ts'
export type { Challenge } from './auth/challenge.ts'
export { InvalidCredentials, type InvalidCredentialsOptions } from './auth/invalid-credentials.ts'
export { type AnyScheme, type AnyShown, type Scheme, type SchemeOptions, anyOf, securityScheme } from './auth/scheme.ts'
