import { randomBytes } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { depends } from 'trestle'
import { config } from './config.ts'

/** Gives a user a token, and tells whose a token is. */
export interface Tokens {
  readonly issue: (userId: number) => Promise<string>
  /** The user's id; undefined for a token that is not ours, not whole or too old. */
  readonly read: (token: string) => Promise<number | undefined>
}

const HMAC = { name: 'HMAC', hash: 'SHA-256' }

async function createTokens(secret: Uint8Array<ArrayBuffer>): Promise<Tokens> {
  // Imported once: each import costs more than a signature.
  const key = await crypto.subtle.importKey('raw', secret, HMAC, false, ['sign', 'verify'])
  return {
    issue: (userId) =>
      new SignJWT()
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(String(userId))
        .setIssuedAt()
        .setExpirationTime('60 days')
        .sign(key),
    read: async (token) => {
      try {
        const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], requiredClaims: ['sub', 'exp'] })
        return Number(payload.sub)
      } catch {
        return undefined
      }
    },
  }
}

export const tokens = depends(
  {},
  () => {
    const secret = config.jwtSecret?.reveal()
    return createTokens(secret === undefined ? new Uint8Array(randomBytes(32)) : new TextEncoder().encode(secret))
  },
  { scope: 'app', name: 'tokens' },
)
