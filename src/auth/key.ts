import { type Jose, importJwk, loadJose } from './jose.ts'
import { ALGORITHMS, type Jwk, type PublicAlgorithm, algorithmOf, strong } from './jwk.ts'

/** What signs with a secret that both sides have (RFC 7518 §3.2). */
export type SecretAlgorithm = 'HS256' | 'HS384' | 'HS512'

/** A key, and the one algorithm that it is for (RFC 8725 §3.1). */
export interface TokenKey {
  readonly alg: string
  /** What tokens call it; undefined where it goes for tokens of any name. */
  readonly kid: string | undefined
  readonly key: CryptoKey
}

/** The keys that tokens are checked with. */
export interface TokenKeys {
  /** Grows once other keys are in use: what was checked before is to be checked again. -1 while nobody can say. */
  readonly stamp: () => number
  /** The keys for a token that says this of its own; none where there is no such key. */
  readonly find: (alg: string, kid: string | undefined) => readonly TokenKey[] | Promise<readonly TokenKey[]>
}

/** Where keys come from: `secretKey`, `publicKey`, `jwks`. */
export interface KeySource {
  readonly is: 'keys'
  /** @param signal fires when the process needs them no more. */
  readonly open: (signal: AbortSignal) => Promise<TokenKeys>
}

/** Text that prints as `[secret]`, such as `trestle/settings` gives. */
export interface Revealing {
  reveal(): string
}

const SECRET_BYTES: Readonly<Record<SecretAlgorithm, number>> = { HS256: 32, HS384: 48, HS512: 64 }

/**
 * A secret that signs tokens and checks them.
 *
 * @param secret at least as long as the algorithm's hash (RFC 7518 §3.2): 32, 48 or 64 bytes. Text counts in UTF-8.
 * @throws {TypeError} for a secret that is shorter, and for a PEM: a public key is nobody's secret.
 * @example
 * jwt({ issuer: 'https://login.shop.example', audience: 'shop', keys: secretKey(config.jwtSecret, 'HS256') })
 */
export function secretKey(secret: Revealing | string | Uint8Array, alg: SecretAlgorithm): KeySource {
  const least = SECRET_BYTES[alg]
  if (least === undefined) throw new TypeError(`secretKey: use HS256, HS384 or HS512, not ${alg}`)
  const given = typeof secret === 'object' && 'reveal' in secret ? secret.reveal() : secret
  const bytes = typeof given === 'string' ? new TextEncoder().encode(given) : new Uint8Array(given)
  if (new TextDecoder().decode(bytes).includes('-----BEGIN')) {
    throw new TypeError('secretKey: that is a PEM and no secret; give a public key to publicKey(…)')
  }
  if (bytes.length < least) {
    throw new TypeError(`secretKey: ${alg} takes a secret of ${least} bytes or more, and this has ${bytes.length}`)
  }
  const hash = `SHA-${alg.slice(2)}`
  return fixed(async () => crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash }, false, ['verify']), alg)
}

/**
 * A public key that checks tokens. Whoever signs them has the private one.
 *
 * @param key a PEM (`-----BEGIN PUBLIC KEY-----`, or a certificate) or a JWK (RFC 7517). The `kid` of a JWK is the only
 * one that tokens may name.
 * @throws {TypeError} for a private key, a secret, and a key that is for something else; at start, for a key that cannot
 * be read or does not fit the algorithm.
 * @example
 * jwt({ issuer: 'https://login.shop.example', audience: 'shop', keys: publicKey(pem, 'ES256') })
 */
export function publicKey(key: string | Jwk, alg: PublicAlgorithm): KeySource {
  if (!ALGORITHMS.has(alg)) throw new TypeError(`publicKey: ${alg} is for no public key; use RS256, ES256, EdDSA …`)
  if (typeof key === 'string') {
    if (key.includes('PRIVATE KEY')) throw new TypeError('publicKey: that is a private key; only who signs may have it')
    const isCertificate = key.includes('-----BEGIN CERTIFICATE')
    if (!isCertificate && !key.includes('-----BEGIN PUBLIC KEY')) {
      throw new TypeError('publicKey: give it a PEM that begins with -----BEGIN PUBLIC KEY-----, or a JWK')
    }
    return fixed((jose) => (isCertificate ? jose.importX509(key, alg) : jose.importSPKI(key, alg)), alg)
  }
  if ('d' in key) throw new TypeError('publicKey: that is a private key; only who signs may have it')
  if (algorithmOf({ ...key, alg: key.alg ?? alg }) !== alg) {
    throw new TypeError(`publicKey: this JWK is not for checking signatures with ${alg}: see its kty, crv, use and alg`)
  }
  return fixed((jose) => importJwk(jose, key, alg), alg, typeof key.kid === 'string' ? key.kid : undefined)
}

/** Those of several sources, such as the old and the new secret while tokens of both are around. */
export function keysOf(sources: readonly KeySource[]): KeySource {
  const [only] = sources
  if (sources.length === 1) return only as KeySource
  return {
    is: 'keys',
    open: async (signal) => {
      const all = await Promise.all(sources.map((source) => source.open(signal)))
      return {
        // Each only grows, so the sum is the same only where all are.
        stamp: () => all.map((keys) => keys.stamp()).reduce((sum, one) => (sum < 0 || one < 0 ? -1 : sum + one), 0),
        find: async (alg, kid) => (await Promise.all(all.map((keys) => keys.find(alg, kid)))).flat(),
      }
    },
  }
}

function fixed(load: (jose: Jose) => Promise<CryptoKey>, alg: string, kid?: string): KeySource {
  return {
    is: 'keys',
    open: async () => {
      const jose = await loadJose()
      const unreadable = (cause: unknown): never => {
        throw new TypeError(`this key cannot be read, or is not for ${alg}`, { cause })
      }
      const keys = [{ alg, kid, key: strong(await load(jose).catch(unreadable)) }]
      return { stamp: () => 0, find: (alg, kid) => fitting(keys, alg, kid) }
    },
  }
}

/** Those of one algorithm, by the name that the token gives. */
export function fitting(keys: readonly TokenKey[], alg: string, kid: string | undefined): readonly TokenKey[] {
  const same = alg === 'Ed25519' ? 'EdDSA' : alg
  return keys.filter((one) => one.alg === same && (one.kid === undefined || kid === undefined || one.kid === kid))
}
