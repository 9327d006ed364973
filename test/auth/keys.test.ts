import { generateKeyPairSync } from 'node:crypto'
import { exportJWK } from 'jose'
import { type Jwk, jwks, jwt, publicKey, secretKey } from 'trestle/auth'
import { describe, expect, it, test } from 'vitest'
import { AUDIENCE, ISSUER, callerOf } from './tokens.ts'

const SECRET = 'a-secret-of-this-test-that-is-long-enough'
const usual = { issuer: ISSUER, audience: AUDIENCE }
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const RSA_PEM = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string

describe('what is wrong with a declaration', () => {
  const jwkOf = async (key: typeof rsa.publicKey, more: object = {}): Promise<Jwk> => ({
    ...(await exportJWK(key)),
    ...more,
  })

  test.each<[string, () => unknown, RegExp]>([
    ['a short secret', () => secretKey('short', 'HS256'), /HS256 takes a secret of 32 bytes or more, and this has 5/],
    ['a secret too short for HS512', () => secretKey(SECRET, 'HS512'), /64 bytes or more/],
    ['a public key for a secret', () => secretKey(RSA_PEM, 'HS256'), /a PEM and no secret/],
    ['a public key for a secret, in bytes', () => secretKey(Buffer.from(RSA_PEM), 'HS256'), /a PEM and no secret/],
    ['RS256 for a secret', () => secretKey(SECRET, 'RS256' as 'HS256'), /use HS256, HS384 or HS512/],
    ['HS256 for a public key', () => publicKey(RSA_PEM, 'HS256' as 'RS256'), /HS256 is for no public key/],
    ['a secret for a public key', () => publicKey(SECRET, 'RS256'), /begins with -----BEGIN PUBLIC KEY-----/],
    [
      'a private key',
      () => publicKey(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, 'RS256'),
      /a private key/,
    ],
    ['no audience', () => jwt({ issuer: ISSUER, keys: publicKey(RSA_PEM, 'RS256') } as never), /jwt: audience is/],
    ['an empty audience', () => jwt({ ...usual, audience: [], keys: publicKey(RSA_PEM, 'RS256') }), /jwt: audience is/],
    ['no issuer', () => jwt({ audience: AUDIENCE, keys: publicKey(RSA_PEM, 'RS256') } as never), /jwt: issuer is/],
    ['no keys', () => jwt({ ...usual, keys: [] }), /jwt: keys is/],
    ['text for keys', () => jwt({ ...usual, keys: SECRET as never }), /jwt: keys is/],
    ['no time at all', () => jwks('https://login.shop.example/jwks', { timeout: 0 }), /timeout of keys is 0/],
    [
      'an age that is none',
      () => jwks('https://login.shop.example/jwks', { maxAge: Number.NaN }),
      /maxAge of keys is NaN/,
    ],
    [
      'a day of skew',
      () => jwt({ ...usual, keys: [publicKey(RSA_PEM, 'RS256')], clockSkew: 86_400 }),
      /0 to 300 seconds/,
    ],
  ])('%s', (_, make, what) => {
    expect(make).toThrow(what)
    expect(make).toThrow(expect.not.stringContaining(SECRET))
  })

  it('a JWK that is for something else', async () => {
    for (const more of [{ use: 'enc' }, { alg: 'RS512' }, { key_ops: ['encrypt'] }, { kty: 'oct' }]) {
      const jwk = await jwkOf(rsa.publicKey, more)
      expect(() => publicKey(jwk, 'RS256')).toThrow(/is not for checking signatures with RS256/)
    }
    const jwk = await jwkOf(rsa.privateKey)
    expect(() => publicKey(jwk, 'RS256')).toThrow(/a private key/)
  })

  test.each([
    [
      /this key cannot be read, or is not for RS256/,
      publicKey('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', 'RS256'),
    ],
    [/this key cannot be read, or is not for ES256/, publicKey(RSA_PEM, 'ES256')],
    [
      /a key of RSA has 2048 bits or more, and this has 1024/,
      publicKey(
        generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' }) as string,
        'RS256',
      ),
    ],
  ])('%s: a key that keeps the API from starting', async (why, keys) => {
    await expect(callerOf(jwt({ ...usual, keys }))).rejects.toThrow(why)
  })
})
