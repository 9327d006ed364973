/** What signs with a private key, and is checked with its public one (RFC 7518 §3.1, RFC 8037, RFC 9864). */
export type PublicAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'

/** A JSON Web Key (RFC 7517), as far as it is read here. */
export interface Jwk {
  readonly kty?: string
  readonly [member: string]: unknown
}

/** The algorithm and its kind of key (RFC 7518 §6.1): `kty`, and `crv` where there are several. */
const KINDS: readonly (readonly [alg: PublicAlgorithm, kty: string, crv?: string])[] = [
  ['RS256', 'RSA'],
  ['RS384', 'RSA'],
  ['RS512', 'RSA'],
  ['PS256', 'RSA'],
  ['PS384', 'RSA'],
  ['PS512', 'RSA'],
  ['ES256', 'EC', 'P-256'],
  ['ES384', 'EC', 'P-384'],
  ['ES512', 'EC', 'P-521'],
  ['EdDSA', 'OKP', 'Ed25519'],
]
export const ALGORITHMS: ReadonlySet<string> = new Set(KINDS.map(([alg]) => alg))

/**
 * The one algorithm that a JWK is for: what it says, or what its kind says; RS256 for RSA, which has several. Undefined
 * for a key that does not check signatures, that is no public key, or that says two things.
 */
export function algorithmOf(jwk: Jwk): PublicAlgorithm | undefined {
  const { kty, crv, use, key_ops: operations } = jwk
  if ('d' in jwk || (use !== undefined && use !== 'sig')) return undefined
  if (Array.isArray(operations) && !operations.includes('verify')) return undefined
  const said = jwk.alg === 'Ed25519' ? 'EdDSA' : jwk.alg
  const kind = KINDS.find(
    ([alg, type, curve]) =>
      type === kty && (curve === undefined || curve === crv) && (said === undefined || said === alg),
  )
  return kind?.[0]
}

/** @throws {TypeError} for a key of RSA that can be broken (RFC 7518 §3.3). */
export function strong(key: CryptoKey): CryptoKey {
  const { modulusLength = 2048 } = key.algorithm as { readonly modulusLength?: number }
  if (modulusLength >= 2048) return key
  throw new TypeError(`a key of RSA has 2048 bits or more, and this has ${modulusLength}`)
}
