import { type KeyObject, generateKeyPairSync } from 'node:crypto'
import { type Server, createServer } from 'node:http'
import Provider from 'oidc-provider'
import * as openid from 'openid-client'
import { freePort } from './free-port.ts'

/** What API the tokens of the provider are for: signed ones for the one, opaque ones for the other. */
export const SIGNED = 'https://api.shop.example'
export const OPAQUE = 'https://books.shop.example'
/** Who asks the provider about opaque tokens. */
export const ASKER = { clientId: 'shop-api', clientSecret: 'a-secret-of-the-shop-api: 100 %' }

/** A real identity provider on loopback. */
export interface IdentityProvider {
  readonly issuer: string
  /** Addresses that it was asked for. */
  readonly asked: readonly string[]
  /** Ends it, and what it knows; its issuer stays. */
  readonly stop: () => Promise<void>
  /** Starts it again, with these keys instead. */
  readonly start: (keys?: readonly SigningKey[]) => Promise<void>
  /** Logs somebody in, with a code and PKCE, and gives their access token. */
  readonly logIn: (name: string, scope?: string, resource?: string) => Promise<string>
}

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
}

export function signingKey(kid: string): SigningKey {
  return { kid, privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }
}

export interface ProviderOptions {
  /** Where the client `docs` may be led back to. */
  readonly redirectUris?: readonly string[]
}

const REDIRECT = 'http://127.0.0.1:9/callback'

export async function startIdentityProvider(options: ProviderOptions = {}): Promise<IdentityProvider> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const asked: string[] = []
  let server: Server | undefined
  const stop = async (): Promise<void> => {
    const running = server
    server = undefined
    if (running === undefined) return
    const ended = new Promise((resolve) => running.close(resolve))
    running.closeAllConnections()
    await ended
    // Whoever kept a connection open in this process hears that it is closed.
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const start = async (keys: readonly SigningKey[] = [signingKey('first')]): Promise<void> => {
    await stop()
    const answer = new Provider(issuer, configuration(keys, options)).callback()
    const started = createServer((request, reply) => {
      asked.push(request.url ?? '')
      answer(request, reply)
    })
    await new Promise<void>((resolve) => started.listen(port, '127.0.0.1', resolve))
    server = started
  }
  await start()
  return { issuer, asked, stop, start, logIn: (...wishes) => logIn(issuer, ...wishes) }
}

function configuration(keys: readonly SigningKey[], { redirectUris = [] }: ProviderOptions): object {
  return {
    clients: [
      {
        client_id: 'docs',
        token_endpoint_auth_method: 'none',
        redirect_uris: [REDIRECT, ...redirectUris],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
      {
        client_id: ASKER.clientId,
        client_secret: ASKER.clientSecret,
        redirect_uris: [],
        grant_types: [],
        response_types: [],
      },
    ],
    jwks: {
      keys: keys.map(({ kid, privateKey }) => ({
        ...privateKey.export({ format: 'jwk' }),
        kid,
        use: 'sig',
        alg: 'ES256',
      })),
    },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: { keys: ['a-key-of-this-test'] },
    // It says of all that it would have somebody think about that this is no production.
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    scopes: ['openid', 'orders:read', 'orders:write'],
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    features: {
      introspection: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => SIGNED,
        useGrantedResource: () => true,
        getResourceServerInfo: (_: unknown, resource: string) => ({
          scope: 'orders:read orders:write',
          audience: resource,
          accessTokenFormat: resource === OPAQUE ? 'opaque' : 'jwt',
          ...(resource === OPAQUE ? {} : { jwt: { sign: { alg: 'ES256' } } }),
        }),
      },
    },
  }
}

/** The whole login, as a browser and a client do it. */
async function logIn(issuer: string, name: string, scope = 'orders:read', resource = SIGNED): Promise<string> {
  const client = await openid.discovery(new URL(issuer), 'docs', undefined, openid.None(), {
    execute: [openid.allowInsecureRequests],
  })
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const expectedState = openid.randomState()
  const begin = openid.buildAuthorizationUrl(client, {
    redirect_uri: REDIRECT,
    scope: `openid ${scope}`,
    resource,
    state: expectedState,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const end = await through(begin, name)
  const tokens = await openid.authorizationCodeGrant(client, end, { pkceCodeVerifier, expectedState }, { resource })
  return tokens.access_token
}

/** Follows the provider through its forms, with a browser's cookies, to where it leads back. */
async function through(begin: URL, name: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = begin
  let form: URLSearchParams | undefined
  for (let steps = 0; steps < 20; steps++) {
    const cookie = [...cookies].map(([key, value]) => `${key}=${value}`).join('; ')
    const init = form === undefined ? {} : { method: 'POST', body: form }
    const reply = await fetch(url, { ...init, headers: { cookie }, redirect: 'manual' })
    for (const set of reply.headers.getSetCookie()) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      cookies.set(key, value)
    }
    form = undefined
    const location = reply.headers.get('location')
    if (location !== null) {
      url = new URL(location, url)
      if (url.href.startsWith(REDIRECT)) return url
      continue
    }
    const page = await reply.text()
    const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1]
    const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1]
    if (action === undefined || prompt === undefined) throw new Error(`${reply.status} has no form: ${page}`)
    url = new URL(action, url)
    form = new URLSearchParams({ prompt, login: name, password: 'any' })
  }
  throw new Error('the login does not end')
}
