import { createHmac } from 'node:crypto'

/** The key of the tokens in this benchmark. */
export const SECRET = 'a-secret-of-this-benchmark-alone'

export const ISSUER = 'https://login.bench.example'
export const AUDIENCE = 'https://api.bench.example'

/** The `Authorization` of a caller who is let in for the next hour: a JWT (RFC 7519), HS256. */
export function authorization(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'ada', exp: Math.floor(Date.now() / 1000) + 3600 }
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `Bearer ${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`
}
