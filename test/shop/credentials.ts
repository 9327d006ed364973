import { generateKeyPairSync } from 'node:crypto'
import { type JWTPayload, SignJWT, UnsecuredJWT, exportJWK } from 'jose'
import type { TestClient } from 'trestle/testing'
import type shop from '../../examples/shop/shop.ts'
import { loginKey } from './database.ts'

/** What a caller shows, and what the shop makes of it, whatever it is shown to. */
export interface Credential {
  readonly headers: Readonly<Record<string, string>>
  /** Added to the address, where somebody shows it there. */
  readonly query?: string
  readonly status: 400 | 401 | 403
  readonly challenge: string | RegExp
}

const ISSUER = 'https://shop.example'
const NOTHING = 'Bearer, ApiKey'
const INVALID = /^Bearer error="invalid_token", error_description="The token [^"]+"$/
const MALFORMED = /^Bearer error="invalid_request"/

const secret = new TextEncoder().encode(loginKey)
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string

/** The claims of a token that the shop gives to its manager. */
const claims = {
  scope: 'customers:read customers:write orders:read orders:write keys:write refunds:write products:write',
  sid: 'any',
}
const now = Math.floor(Date.now() / 1000)
const times = { iat: now, exp: now + 600 }
const whole: JWTPayload = { ...claims, ...times, iss: ISSUER, aud: ISSUER, sub: 'staff:mira', jti: 'any' }

function sign(
  payload: JWTPayload = whole,
  header: { alg: string; typ?: string; [name: string]: unknown } = { alg: 'HS256', typ: 'at+jwt' },
  key: Parameters<SignJWT['sign']>[0] = secret,
): Promise<string> {
  return new SignJWT(payload).setProtectedHeader(header).sign(key)
}

/** A token that holds, and gives no right to anything. */
export const powerless = (): Promise<string> => sign({ ...whole, scope: '' })
/** A token as the shop makes them, to show that what is wrong with the others is what they are called by. */
export const forged = (): Promise<string> => sign()

/** Everything that lets nobody in, by what is wrong with it. */
export async function wrongCredentials(
  client: TestClient<typeof shop>['client'],
  customer: { readonly username: string; readonly password: string },
): Promise<Readonly<Record<string, Credential>>> {
  const { access_token, refresh_token } = await client.session.login({ body: customer })
  const own = { name: 'a key of the tests', scopes: ['customers:read' as const] }
  const as = { headers: { authorization: `Bearer ${access_token}` } }
  const { key } = await client.keys.create({ body: own }, as)
  const revoked = await client.keys.create({ body: own }, as)
  await client.keys.revoke({ params: { id: revoked.id } }, as)

  const { exp: _exp, ...withoutExp } = whole
  const { sub: _sub, ...withoutSub } = whole
  const typ = 'at+jwt'
  const jwk = await exportJWK(rsa.publicKey)
  const tokens: Record<string, string> = {
    'a token of another issuer': await sign({ ...whole, iss: 'https://login.example' }),
    'a token for another audience': await sign({ ...whole, aud: 'https://api.example' }),
    'a token of another algorithm': await sign(whole, { alg: 'HS512', typ }, new Uint8Array(64).fill(1)),
    'a token of the key with another algorithm': await sign(whole, { alg: 'HS384', typ }, padded(48)),
    'a token of another key': await sign(whole, { alg: 'HS256', typ }, new TextEncoder().encode('x'.repeat(40))),
    'a token without a signature (none)': new UnsecuredJWT(whole).encode(),
    'a token signed with RS256': await sign(whole, { alg: 'RS256', typ }, rsa.privateKey),
    'a token signed with a public key as a secret (RS as HS)': await sign(
      whole,
      { alg: 'HS256', typ },
      new TextEncoder().encode(pem),
    ),
    'a token that brings its key': await sign(whole, { alg: 'RS256', typ, jwk }, rsa.privateKey),
    'a token that says where its key is': await sign(
      whole,
      { alg: 'RS256', typ, jku: 'https://evil.example' },
      rsa.privateKey,
    ),
    'an ID token': await sign(whole, { alg: 'HS256', typ: 'JWT' }),
    'a token that never expires': await sign(withoutExp),
    'a token that expires in words': await sign({ ...whole, exp: 'tomorrow' as never }),
    'a token that is not valid yet': await sign({ ...whole, nbf: now + 600 }),
    'a token of nobody': await sign(withoutSub),
    'a token that was changed': access_token.replace(/\.([^.]{5})/, (_, text: string) => `.${text.toLowerCase()}x`),
    'a refresh token': refresh_token,
    'an API key as a token': key,
  }
  const of = (
    status: 400 | 401,
    challenge: string | RegExp,
    headers: Readonly<Record<string, string>>,
  ): Credential => ({
    headers,
    status,
    challenge,
  })
  const expired = await sign({ ...whole, iat: now - 60, exp: now - 30 })
  return {
    nothing: of(401, NOTHING, {}),
    'an expired token': of(
      401,
      'Bearer error="invalid_token", error_description="The token has expired"',
      bearer(expired),
    ),
    ...Object.fromEntries(Object.entries(tokens).map(([what, token]) => [what, of(401, INVALID, bearer(token))])),
    'no token after Bearer': of(400, MALFORMED, { authorization: 'Bearer' }),
    'two tokens': of(400, MALFORMED, { authorization: `Bearer ${access_token} ${access_token}` }),
    'a token as Basic': of(401, NOTHING, { authorization: `Basic ${access_token}` }),
    'a token without a scheme': of(401, NOTHING, { authorization: access_token }),
    'a token as a cookie': of(401, NOTHING, { cookie: `token=${access_token}; access_token=${access_token}` }),
    'a token in the address': { ...of(401, NOTHING, {}), query: `access_token=${access_token}` },
    'a key in the address': { ...of(401, NOTHING, {}), query: `x-api-key=${key}` },
    'a revoked key': of(401, 'ApiKey', { 'x-api-key': revoked.key }),
    'a key that was changed': of(401, 'ApiKey', { 'x-api-key': `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}` }),
    'an empty key': of(401, 'ApiKey', { 'x-api-key': '' }),
    'a token as a key': of(401, 'ApiKey', { 'x-api-key': access_token }),
    'a key that holds, with a token that does not': of(401, INVALID, { 'x-api-key': key, ...bearer('x.y.z') }),
    'a token that holds, with a key that does not': of(401, 'ApiKey', {
      'x-api-key': revoked.key,
      ...bearer(access_token),
    }),
    'a token without a scope': {
      headers: bearer(await powerless()),
      status: 403,
      challenge: /^Bearer error="insufficient_scope", scope="[a-z:]+"$/,
    },
  }
}

export function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` }
}

/** The key as a secret of this many bytes. */
function padded(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  bytes.set(secret.slice(0, length))
  return bytes
}
