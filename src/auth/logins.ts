import { createHash } from 'node:crypto'
import { type Dependency, type DependencyContext, type Uses, type Values, depends } from '../contract/depends.ts'
import { type Endpoint, post } from '../contract/endpoint.ts'
import type { Policy, PolicyContext } from '../contract/policy.ts'
import { Unauthorized } from '../contract/problems.ts'
import { type ReplySpec, noContent, reply } from '../contract/reply-spec.ts'
import type { Schema } from '../contract/schema.ts'
import { networkOf } from '../policies/caller.ts'
import { rateLimit } from '../policies/rate-limit.ts'
import { type Access, type AccessTokens, type LoginKey, checkLoginKey, createAccessTokens } from './access-token.ts'
import { bearer } from './bearer.ts'
import { type LoginCredentials, type LoginTokens, credentialsBody, refreshBody, tokensReply } from './login-bodies.ts'
import { records } from './record-store.ts'
import { type Refresh, createRefreshTokens } from './refresh-tokens.ts'
import { type Scheme, checkScope } from './scheme.ts'

/** Refreshes from one address: many people may have one. */
const REFRESHES = '300/minute'

/** Who has logged in. */
export interface Account {
  /** The same whenever it is the same account. */
  readonly id: string
  /** What it may do; nothing unless told. */
  readonly scopes?: readonly string[]
}

export interface LoginOptions<U extends Uses> {
  /** The account that a name and a password are of; undefined where they do not fit, whichever of them is wrong. */
  readonly verify: (
    credentials: LoginCredentials,
    context: Values<U> & DependencyContext,
  ) => Account | undefined | Promise<Account | undefined>
  /** The account of an id, at each refresh; undefined where it may not go on. */
  readonly find: (
    id: string,
    context: Values<U> & DependencyContext,
  ) => Account | undefined | Promise<Account | undefined>
  /** Who issues access tokens, and whom they are for: the address of the API, or a name. */
  readonly issuer: string
  /** What access tokens are signed by, or a dependency of the scope `app` that gives it, such as of the settings. */
  readonly key: LoginKey | Dependency<LoginKey>
  /** Seconds for which an access token holds: 300 unless told. It does so after a logout too. */
  readonly accessLifetime?: number
  /** Seconds after which a login that is not refreshed ends: 1,209,600, two weeks, unless told. */
  readonly idle?: number
  /** Seconds after which a login ends however often it is refreshed: 7,776,000, 90 days, unless told. */
  readonly lifetime?: number
  /** How many logins may be tried from one address: `30/minute` unless told. */
  readonly perAddress?: string
  /** How many for one name from one address: `10/15 minutes` unless told. From all addresses, ten times that. */
  readonly perName?: string
}

/** The endpoints of a login: members of a group. */
export type LoginEndpoints = {
  readonly login: Endpoint<
    '/login',
    { readonly body: Schema<LoginCredentials>; readonly returns: Schema<LoginTokens>; readonly security: 'public' }
  >
  readonly refresh: Endpoint<
    '/refresh',
    {
      readonly body: Schema<{ readonly refresh_token: string }>
      readonly returns: Schema<LoginTokens>
      readonly security: 'public'
    }
  >
  readonly logout: Endpoint<
    '/logout',
    {
      readonly body: Schema<{ readonly refresh_token: string }>
      readonly returns: ReplySpec<204, undefined>
      readonly security: 'public'
    }
  >
}

/** Ends logins. */
export interface LoginManager {
  /** Ends all logins of an account, as when its password has changed, and gives how many that were. */
  readonly endAll: (id: string) => Promise<number>
}

/**
 * Login, refresh and logout, ready to be put into a group. A login gives an access token, a JWT that holds for minutes
 * and is asked for nowhere, and a refresh token, which is good once and gives the next. A refresh token that is shown
 * twice ends its login, and `report` is told (`RefreshTokenReused`).
 *
 * @throws {TypeError} for an issuer, a key or a time that is none.
 * @returns `token`, the scheme of access tokens; `endpoints`; `logins`, a dependency to end logins.
 * @example
 * const { token, endpoints } = logins({ users, passwords }, {
 *   issuer: 'https://shop.example',
 *   key: config.loginKey,
 *   verify: async ({ username, password }, { users, passwords }) => {
 *     const user = await users.named(username)
 *     return (await passwords.verify(user?.hash, password)) ? user : undefined
 *   },
 *   find: (id, { users }) => users.find(id),
 * })
 * api({ auth: group('/auth', endpoints), me: get('/me', { use: { token } }, ({ token }) => token.id) })
 */
export function logins<const U extends Uses>(
  uses: U,
  options: LoginOptions<U>,
): {
  readonly token: Scheme<Access>
  readonly endpoints: LoginEndpoints
  readonly logins: Dependency<LoginManager>
} {
  const { verify, find, issuer, accessLifetime = 300, idle = 1_209_600, lifetime = 7_776_000 } = options
  for (const [name, value] of Object.entries({ accessLifetime, idle, lifetime })) {
    if (!(Number.isFinite(value) && value >= 1)) throw new TypeError(`logins: ${name} is seconds from 1, not ${value}`)
  }
  if (typeof issuer !== 'string' || issuer === '') {
    throw new TypeError('logins: issuer is who issues access tokens, the address of the API or a name')
  }
  const key = keyOf(options.key)
  const access = depends({ key }, ({ key }) => createAccessTokens(checkLoginKey(key), issuer, accessLifetime), {
    scope: 'app',
    name: 'access-tokens',
    // A package that is missing is told at start.
    eager: true,
  })
  const refreshes = depends(
    { records },
    ({ records }) => createRefreshTokens(records, `login:${issuer}`, idle * 1000, lifetime * 1000),
    { scope: 'app', name: 'refresh-tokens' },
  )
  const theirs = depends(uses, (context) => context) as unknown as Dependency<Values<U> & DependencyContext>
  const token = bearer({ access }, (text, { access }) => access.check(text), {
    name: 'token',
    format: 'JWT',
    principal: ({ id }) => `account:${id}`,
    scopesOf: ({ scopes }) => scopes,
  })

  const give = async (access: AccessTokens, { id, scopes = [] }: Account, { login, text }: Refresh) => {
    const tokens: LoginTokens = {
      access_token: await access.issue({ id, scopes, login }),
      token_type: 'Bearer',
      expires_in: accessLifetime,
      refresh_token: text,
      scope: scopes.join(' '),
    }
    return reply(200, tokens, { 'cache-control': 'no-store' })
  }
  const use = { access, refreshes, theirs }
  const spec = { security: 'public', throws: [Unauthorized] } as const

  const endpoints: LoginEndpoints = {
    login: post(
      '/login',
      { ...spec, use, body: credentialsBody, returns: tokensReply, policies: limitsOf(options) },
      async ({ body, access, refreshes, theirs }) => {
        const account = checkAccount(await verify(body, theirs))
        if (account === undefined) throw refusal('The name or the password is wrong')
        return give(access, account, await refreshes.begin(account.id))
      },
    ),
    refresh: post(
      '/refresh',
      {
        ...spec,
        use,
        body: refreshBody,
        returns: tokensReply,
        policies: [rateLimit(REFRESHES, { by: addressOf, whenAway: 'closed' })],
      },
      async ({ body, access, refreshes, theirs, background }) => {
        const refreshed = await refreshes.refresh(body.refresh_token, async (id) =>
          checkAccount(await find(id, theirs)),
        )
        if (refreshed.is === 'reused') {
          background(() => {
            throw refreshed.error
          })
        }
        if (refreshed.is !== 'fresh') throw refusal('The refresh token is not valid')
        return give(access, refreshed.account, refreshed.next)
      },
    ),
    logout: post(
      '/logout',
      { security: 'public', use: { refreshes }, body: refreshBody, returns: noContent() },
      async ({ body, refreshes }) => refreshes.end(body.refresh_token),
    ),
  }
  return {
    token,
    endpoints,
    logins: depends({ refreshes }, ({ refreshes }): LoginManager => ({ endAll: refreshes.endAll }), {
      scope: 'app',
      name: 'logins',
    }),
  }
}

/** A key that is known now is checked now. */
function keyOf(key: LoginKey | Dependency<LoginKey>): Dependency<LoginKey> {
  if (typeof key === 'object' && key !== null && 'is' in key) return key
  const checked = checkLoginKey(key)
  return depends({}, () => checked, { scope: 'app', name: 'the key of logins' })
}

/** Before a login begins or goes on: in a token, a scope with a space in it would be two. */
function checkAccount(account: Account | undefined): Account | undefined {
  account?.scopes?.forEach(checkScope)
  return account
}

function refusal(detail: string): Error {
  return Unauthorized({ detail, headers: { 'www-authenticate': 'Bearer' } })
}

/**
 * Guesses are counted for an address, which one may have many of, and for a name, which many may guess at: from one
 * address first, so that one alone keeps nobody out. A name that nobody has counts as any other.
 */
function limitsOf({ perAddress = '30/minute', perName = '10/15 minutes' }: LoginOptions<never>): readonly Policy[] {
  // Hashed: people type passwords where the name should be.
  const nameOf = ({ body }: PolicyContext): string =>
    createHash('sha256')
      .update((body as LoginCredentials).username.normalize('NFKC').trim().toLowerCase())
      .digest('hex')
  const both = (context: PolicyContext): string => `${nameOf(context)}:${addressOf(context)}`
  const own = { whenAway: 'closed', readsBody: true } as const
  return [
    rateLimit({ quota: perAddress, name: 'address' }, { by: addressOf, whenAway: 'closed' }),
    rateLimit({ quota: perName, name: 'name-and-address' }, { ...own, by: both }),
    rateLimit({ quota: perName, name: 'name' }, { ...own, by: nameOf, cost: 0.1 }),
  ]
}

function addressOf({ request }: PolicyContext): string {
  return networkOf(request.remoteAddress ?? '')
}
