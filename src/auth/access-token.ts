import { type Claims, refused, scopesOf } from './claims.ts'
import { type Jose, loadJose } from './jose.ts'
import { createTokenCheck } from './jwt.ts'
import { type KeySource, publicKey, secretKey } from './key.ts'

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
    if (new TextEncoder().encode(key).length < 32) {
      throw new TypeError('logins: the key has fewer than 32 characters: make one with "openssl rand -base64 32"')
    }
    // A public one is known to others, who could issue tokens by it.
    if (key.includes('-----BEGIN')) {
      throw new TypeError(
        'logins: the key is a PEM and no secret: make one with "openssl rand -base64 32", or give a JWK',
      )
    }
    return key
  }
  if (key?.kty === 'OKP' && key.crv === 'Ed25519' && typeof key.d === 'string' && typeof key.x === 'string') return key
  throw new TypeError('logins: the key is neither a text of 32 characters or more nor a private Ed25519 JWK')
}

/**
 * By the package `jose`; checked as tokens of `jwt()` are.
 *
 * @param lifetime seconds.
 */
export async function createAccessTokens(
  key: string | Ed25519Key,
  issuer: string,
  lifetime: number,
): Promise<AccessTokens> {
  const jose = await loadJose()
  const keys = checkingKey(key)
  const [signing, checking] = await Promise.all([signingKey(jose, key), keys.open(new AbortController().signal)])
  // Both sides are this API: their clocks are one.
  const check = createTokenCheck(jose, checking, { issuer, audience: issuer, typ: 'at+jwt', clockSkew: 0, keys })
  const [alg, kid] = typeof key === 'string' ? ['HS256', undefined] : ['EdDSA', key.kid]
  const header = { alg, typ: 'at+jwt', ...(kid !== undefined && { kid }) }
  return {
    issue: async ({ id, scopes, login }) =>
      new jose.SignJWT({ scope: scopes.join(' '), sid: login })
        .setProtectedHeader(header)
        .setIssuer(issuer)
        .setAudience(issuer)
        .setSubject(id)
        .setJti(crypto.randomUUID())
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + lifetime)
        .sign(signing),
    check: async (token) => accessOf(await check(token)),
  }
}

function checkingKey(key: string | Ed25519Key): KeySource {
  if (typeof key === 'string') return secretKey(key, 'HS256')
  const { d: _, ...open } = key
  return publicKey({ ...open }, 'EdDSA')
}

/** Read once: each import would cost as much as a check. */
async function signingKey(jose: Jose, key: string | Ed25519Key): Promise<CryptoKey> {
  if (typeof key === 'string') {
    const hmac = { name: 'HMAC', hash: 'SHA-256' }
    return crypto.subtle.importKey('raw', new TextEncoder().encode(key), hmac, false, ['sign'])
  }
  const { kty, crv, x, d } = key
  return (await jose.importJWK({ kty, crv, x, d }, 'EdDSA')) as CryptoKey
}

function accessOf(claims: Claims): Access {
  const { sub, sid } = claims
  if (typeof sid !== 'string') throw refused('has no sid')
  return { id: sub as string, login: sid, scopes: scopesOf(claims).filter(Boolean) }
}
