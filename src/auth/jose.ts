import type { Jwk, PublicAlgorithm } from './jwk.ts'

/** What signs, and checks signatures. */
export type Jose = typeof import('jose')

/**
 * Loads jose, for an API that takes signed tokens, or issues them.
 *
 * @throws an error that says how to get it, where it is not there.
 */
export async function loadJose(): Promise<Jose> {
  try {
    return await import('jose')
  } catch (cause) {
    throw new Error('signed tokens need the package jose: npm install jose', { cause })
  }
}

/** Only what makes the key: certificates and addresses in a JWK are not believed (RFC 8725 §3.10). */
export async function importJwk(jose: Jose, jwk: Jwk, alg: PublicAlgorithm): Promise<CryptoKey> {
  const { kty, n, e, crv, x, y } = jwk as Readonly<Record<string, string>>
  const members = kty === 'RSA' ? { kty, n, e } : kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x }
  return (await jose.importJWK(members as Parameters<Jose['importJWK']>[0], alg)) as CryptoKey
}
