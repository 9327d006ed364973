import type { JWTPayload } from 'jose'
import { InvalidCredentials } from './invalid-credentials.ts'

/** Who shows an access token of a login. */
export interface Access {
  /** Whose login it is: the id of the account. */
  readonly id: string
  readonly scopes: readonly string[]
  /** The login that the token comes of, the same after each refresh. */
  readonly login: string
}

/** A private Ed25519 key as JWK (RFC 8037 §2). */
export interface Ed25519Key {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly d: string
  readonly kid?: string
}

/**
 * What access tokens are signed by: a text of 32 characters or more, as settings give it (HS256); or an Ed25519 key, by
 * whose public half others check tokens (EdDSA).
 */
export type LoginKey = string | { readonly reveal: () => string } | Ed25519Key

/** Issues and checks access tokens (RFC 9068). */
export interface AccessTokens {
  readonly issue: (access: Access) => Promise<string>
  /** @throws {InvalidCredentials} for a token that does not hold. */
  readonly check: (token: string) => Promise<Access>
}

/** @throws {TypeError} for a key that is none. */
export function checkLoginKey(given: LoginKey): string | Ed25519Key {
  const key = typeof given === 'object' && given !== null && 'reveal' in given ? given.reveal() : given
  if (typeof key === 'string') {
    if (new TextEncoder().encode(key).length >= 32) return key
    throw new TypeError('logins: the key has fewer than 32 characters: make one with "openssl rand -base64 32"')
  }
  if (key?.kty === 'OKP' && key.crv === 'Ed25519' && typeof key.d === 'string' && typeof key.x === 'string') return key
  throw new TypeError('logins: the key is neither a text of 32 characters or more nor a private Ed25519 JWK')
}

/**
 * By the package `jose`. One algorithm for one key (RFC 8725 §3.1): a token that names another is refused.
 *
 * @param lifetime seconds.
 */
export async function createAccessTokens(
  key: string | Ed25519Key,
  issuer: string,
  lifetime: number,
): Promise<AccessTokens> {
  const jose = await import('jose').catch((cause: unknown) => {
    throw new Error('logins need the package jose: npm install jose', { cause })
  })
  const alg = typeof key === 'string' ? 'HS256' : 'EdDSA'
  const kid = typeof key === 'string' ? undefined : key.kid
  const { signing, checking } = await keysOf(key)
  const header = { alg, typ: 'at+jwt', ...(kid !== undefined && { kid }) }
  return {
    issue: ({ id, scopes, login }) =>
      new jose.SignJWT({ scope: scopes.join(' '), sid: login })
        .setProtectedHeader(header)
        .setIssuer(issuer)
        .setAudience(issuer)
        .setSubject(id)
        .setJti(crypto.randomUUID())
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + lifetime)
        .sign(signing),
    check: async (token) => {
      try {
        const { payload } = await jose.jwtVerify(token, checking, {
          algorithms: [alg],
          typ: 'at+jwt',
          issuer,
          audience: issuer,
          requiredClaims: ['sub', 'sid', 'exp', 'iat'],
        })
        return accessOf(payload)
      } catch (cause) {
        const isOver = cause instanceof jose.errors.JWTExpired
        const message = isOver ? 'The token has expired' : 'The token is not valid'
        throw new InvalidCredentials(message, { error: 'invalid_token', cause })
      }
    },
  }

  /** Read once: each import would cost as much as a check. */
  async function keysOf(given: string | Ed25519Key): Promise<{ signing: CryptoKey; checking: CryptoKey }> {
    if (typeof given === 'string') {
      const bytes = new TextEncoder().encode(given)
      const hmac = { name: 'HMAC', hash: 'SHA-256' }
      const one = await crypto.subtle.importKey('raw', bytes, hmac, false, ['sign', 'verify'])
      return { signing: one, checking: one }
    }
    const { kty, crv, x, d } = given
    const [signing, checking] = await Promise.all([
      jose.importJWK({ kty, crv, x, d }, 'EdDSA'),
      jose.importJWK({ kty, crv, x }, 'EdDSA'),
    ])
    return { signing: signing as CryptoKey, checking: checking as CryptoKey }
  }
}

function accessOf({ sub, sid, scope }: JWTPayload): Access {
  return {
    id: sub as string,
    login: String(sid),
    scopes: typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [],
  }
}
