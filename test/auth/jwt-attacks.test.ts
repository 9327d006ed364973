import { generateKeyPairSync } from 'node:crypto'
import { SignJWT, exportJWK } from 'jose'
import { jwt, publicKey, secretKey } from 'trestle/auth'
import { Secret } from 'trestle/settings'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import {
  AUDIENCE,
  type Caller,
  ISSUER,
  SECRET,
  bySecret,
  callerOf,
  fine,
  invalid,
  now,
  part,
  signedBy,
} from './tokens.ts'

const usual = { issuer: ISSUER, audience: AUDIENCE }
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const RSA_PEM = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })

const byRsa = (claims: Record<string, unknown>, header: object = {}, key = rsa.privateKey): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', ...header }).sign(key)

let withRsa: Caller
let withSecret: Caller

beforeAll(async () => {
  withRsa = await callerOf(jwt({ ...usual, keys: publicKey(RSA_PEM, 'RS256') }))
  withSecret = await callerOf(jwt({ ...usual, keys: secretKey(new Secret(SECRET), 'HS256') }))
})

afterAll(async () => {
  await withRsa.close()
  await withSecret.close()
})

describe('attacks', () => {
  const rest = (token: string): string => token.slice(token.indexOf('.'))
  const jwk = async (): Promise<object> => ({ jwk: await exportJWK(other.publicKey) })

  test.each<[string, string, () => string | Promise<string>, (() => Caller)?]>([
    ['another key', 'has a signature that does not hold', () => byRsa(fine(), {}, other.privateKey)],
    [
      'no signature',
      'has a signature that does not hold',
      async () => `${(await byRsa(fine())).split('.').slice(0, 2).join('.')}.`,
    ],
    [
      'claims that were changed',
      'has a signature that does not hold',
      async () => {
        const [head, , signature] = (await byRsa(fine())).split('.')
        return `${head}.${part({ ...fine(), sub: 'root' })}.${signature}`
      },
    ],
    ['alg none', 'is signed with a key that is not known here', () => `${part({ alg: 'none' })}.${part(fine())}.`],
    ['alg None', 'is signed with a key that is not known here', () => `${part({ alg: 'None' })}.${part(fine())}.`],
    [
      'alg none, with the signature of another',
      'is signed with a key that is not known here',
      async () => part({ alg: 'none' }) + rest(await byRsa(fine())),
    ],
    [
      'the public key as a secret',
      'is signed with a key that is not known here',
      () => signedBy(RSA_PEM, { alg: 'HS256' }, fine()),
    ],
    [
      'the public key as a secret that is called RS256',
      'has a signature that does not hold',
      () => signedBy(RSA_PEM, { alg: 'RS256' }, fine()),
    ],
    [
      'another algorithm of the same key',
      'is signed with a key that is not known here',
      () => byRsa(fine(), { alg: 'PS256' }),
    ],
    [
      'alg HS512 of a secret for HS256',
      'is signed with a key that is not known here',
      () => bySecret(fine(), { alg: 'HS512' }),
      () => withSecret,
    ],
    ['no alg', 'cannot be read', () => signedBy(SECRET, {}, fine()), () => withSecret],
    ['alg that is a list', 'cannot be read', () => bySecret(fine(), { alg: ['HS256'] }), () => withSecret],
    ['jwk', 'has a signature that does not hold', async () => byRsa(fine(), await jwk(), other.privateKey)],
    [
      'jku',
      'has a signature that does not hold',
      () => byRsa(fine(), { jku: 'http://127.0.0.1:9/jwks' }, other.privateKey),
    ],
    [
      'x5u',
      'has a signature that does not hold',
      () => byRsa(fine(), { x5u: 'http://127.0.0.1:9/x' }, other.privateKey),
    ],
    ['x5c', 'has a signature that does not hold', () => byRsa(fine(), { x5c: ['MIIB'] }, other.privateKey)],
    [
      'a kid that is a path',
      'has a signature that does not hold',
      () => signedBy('', { alg: 'HS256', kid: '../../dev/null' }, fine()),
      () => withSecret,
    ],
    [
      'a kid that is SQL',
      'has a signature that does not hold',
      () => signedBy('', { alg: 'HS256', kid: "' or 1=1 --" }, fine()),
      () => withSecret,
    ],
    [
      'a kid that is __proto__',
      'has a signature that does not hold',
      () => byRsa(fine(), { kid: '__proto__' }, other.privateKey),
    ],
    ['a kid that is an object', 'cannot be read', () => bySecret(fine(), { kid: {} }), () => withSecret],
    [
      'b64 that has to be understood',
      'asks for what is not known here',
      () => bySecret(fine(), { b64: false, crit: ['b64'] }),
      () => withSecret,
    ],
    [
      'what has to be understood',
      'asks for what is not known here',
      () => bySecret(fine(), { exp: 1, crit: ['exp'] }),
      () => withSecret,
    ],
    ['a logout token', 'is of another type', () => bySecret(fine(), { typ: 'logout+jwt' }), () => withSecret],
    ['a DPoP proof', 'is of another type', () => bySecret(fine(), { typ: 'dpop+jwt' }), () => withSecret],
    [
      'a token of a key that is shown with it',
      'is bound to a key, and is no bearer token',
      () => bySecret({ ...fine(), cnf: { jkt: 'x' } }),
      () => withSecret,
    ],
    ['five parts', 'cannot be read', () => `${bySecret(fine())}.a.b`, () => withSecret],
    ['two parts', 'cannot be read', () => bySecret(fine()).split('.').slice(0, 2).join('.'), () => withSecret],
    ['garbage', 'cannot be read', () => 'abc'],
    ['dots', 'cannot be read', () => '...'],
    ['JSON that is a list', 'cannot be read', () => signedBy(SECRET, [], fine()), () => withSecret],
    ['claims that are a list', 'cannot be read', () => bySecret([]), () => withSecret],
    ['claims that are no JSON', 'cannot be read', () => bySecret('{'), () => withSecret],
    ['claims that are null', 'cannot be read', () => bySecret('null'), () => withSecret],
    ['more than it may have', 'is too long', () => bySecret({ ...fine(), more: 'x'.repeat(8000) }), () => withSecret],
  ])('%s', async (_, why, token, caller = () => withRsa) => {
    expect(await caller().ask(`Bearer ${await token()}`)).toMatchObject(invalid(why))
  })

  test.each<[string, string, Record<string, unknown>]>([
    ['expired', 'has expired', { exp: now() - 6 }],
    ['expired long ago', 'has expired', { exp: 1 }],
    ['text for exp', 'has no number for exp', { exp: String(now() + 300) }],
    ['a list for exp', 'has no number for exp', { exp: [now() + 300] }],
    ['null for exp', 'has no number for exp', { exp: null }],
    ['no exp', 'has no exp', { exp: undefined }],
    ['not valid yet', 'is not valid yet', { nbf: now() + 60 }],
    ['text for nbf', 'has no number for nbf', { nbf: '0' }],
    ['another issuer', 'is of another issuer', { iss: 'https://login.shop.example.evil.example' }],
    ['an issuer with a slash', 'is of another issuer', { iss: `${ISSUER}/` }],
    ['a list of issuers', 'is of another issuer', { iss: [ISSUER] }],
    ['no issuer', 'has no iss', { iss: undefined }],
    ['another audience', 'is for another audience', { aud: 'https://other.example' }],
    ['other audiences', 'is for another audience', { aud: ['https://other.example', `${AUDIENCE}/x`] }],
    ['an audience in an object', 'is for another audience', { aud: { [AUDIENCE]: true } }],
    ['no audience', 'has no aud', { aud: undefined }],
    ['no subject', 'has no sub', { sub: undefined }],
    ['an empty subject', 'has no sub', { sub: '' }],
    ['a subject that is a number', 'has no sub', { sub: 7 }],
  ])('%s', async (_, why, claims) => {
    expect(await withSecret.ask(`Bearer ${bySecret({ ...fine(), ...claims })}`)).toMatchObject(invalid(why))
  })

  test.each<[string, string | undefined, number, unknown]>([
    ['nothing', undefined, 401, 'Bearer'],
    ['Basic with a token', `Basic ${bySecret(fine())}`, 401, 'Bearer'],
    ['a token alone', bySecret(fine()), 401, 'Bearer'],
    ['two tokens', `Bearer ${bySecret(fine())} ${bySecret(fine())}`, 400, expect.stringContaining('invalid_request')],
    ['two fields', `Bearer ${bySecret(fine())}, Bearer x`, 400, expect.stringContaining('invalid_request')],
    ['Bearer without a token', 'Bearer', 400, expect.stringContaining('invalid_request')],
  ])('%s', async (_, authorization, status, challenge) => {
    expect(await withSecret.ask(authorization)).toMatchObject({ status, challenge })
  })

  it('are written in one way', async () => {
    let token = bySecret(fine())
    for (let i = 0; !/[-_]/.test(token.split('.')[2] as string); i++) token = bySecret({ ...fine(), jti: String(i) })
    expect(await withSecret.ask(`Bearer ${token}`)).toMatchObject({ status: 200 })
    for (const other of [`${token}=`, token.replaceAll('-', '+').replaceAll('_', '/')]) {
      expect(await withSecret.ask(`Bearer ${other}`)).toMatchObject(invalid('cannot be read'))
    }
  })

  it('that change one character are refused, wherever it is', async () => {
    const token = bySecret(fine())
    expect(await withSecret.ask(`Bearer ${token}`)).toMatchObject({ status: 200 })
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'
    const taken: number[] = []
    for (let at = 0; at < token.length; at++) {
      const other = letters[(letters.indexOf(token[at] as string) + 1) % letters.length]
      const { status } = await withSecret.ask(`Bearer ${token.slice(0, at)}${other}${token.slice(at + 1)}`)
      if (status !== 401) taken.push(at)
    }
    expect(taken).toEqual([])
  })

  it('in a query are no token', async () => {
    expect(await withSecret.ask(undefined, `/me?access_token=${bySecret(fine())}`)).toMatchObject({ status: 401 })
  })

  it('are nothing to report', () => {
    expect([...withRsa.failures, ...withSecret.failures]).toEqual([])
  })
})
