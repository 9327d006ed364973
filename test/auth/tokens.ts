import { createHmac } from 'node:crypto'
import { type Api, api, get } from 'trestle'
import type { Claims, Scheme } from 'trestle/auth'
import { createTestClient } from 'trestle/testing'

export const ISSUER = 'https://login.shop.example'
export const AUDIENCE = 'https://api.shop.example'

/** Now, in seconds. */
export const now = (): number => Math.floor(Date.now() / 1000)

/** Claims that are fine. */
export const fine = (): Record<string, unknown> => ({
  iss: ISSUER,
  sub: 'ada',
  aud: AUDIENCE,
  exp: now() + 300,
  scope: 'orders:read profile',
})

export const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** A token signed by hand, whatever its header says. */
export function signedBy(secret: string | Uint8Array, header: object, claims: unknown): string {
  const text = `${part(header)}.${part(claims)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

/** What an API that is called with this answers. */
export interface Told {
  readonly status: number
  readonly challenge: string | null
  readonly retryAfter: string | null
  readonly body: Record<string, unknown>
}

/** An API whose only endpoint says what the scheme gives. */
export function apiOf(token: Scheme<Claims>): Api {
  return api({
    me: get('/me', { use: { token } }, ({ token }) => token),
    write: get('/write', { use: { token: token.scopes('orders:write') } }, () => ({})),
    read: get('/read', { use: { token: token.scopes('orders:read') } }, () => ({})),
  })
}

export interface Caller {
  readonly ask: (authorization?: string, path?: string) => Promise<Told>
  readonly failures: readonly unknown[]
  readonly close: () => Promise<void>
}

export async function callerOf(token: Scheme<Claims>): Promise<Caller> {
  const { fetch, failures, close } = await createTestClient(apiOf(token))
  return {
    ask: async (authorization, path = '/me') => {
      const reply = await fetch(path, { headers: authorization === undefined ? {} : { authorization } })
      return {
        status: reply.status,
        challenge: reply.headers.get('www-authenticate'),
        retryAfter: reply.headers.get('retry-after'),
        body: (await reply.json()) as Record<string, unknown>,
      }
    },
    failures,
    close,
  }
}

/** What is told of a token that does not hold. */
export const invalid = (why: string): object => ({
  status: 401,
  challenge: `Bearer error="invalid_token", error_description="The token ${why}"`,
  body: { code: 'unauthorized', detail: `The token ${why}` },
})

export const SECRET = 'a-secret-of-this-test-that-is-long-enough'

/** A token of whoever has the secret. */
export const bySecret = (claims: unknown, header: object = {}): string =>
  signedBy(SECRET, { alg: 'HS256', ...header }, claims)
