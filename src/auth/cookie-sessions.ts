import { type Dependency, type DependencyContext, type Uses, type Values, depends } from '../contract/depends.ts'
import { CrossSiteRequest, refuseCrossSite } from './cross-site.ts'
import { type KeptRecord, type Records, records } from './record-store.ts'
import { type Scheme, type SchemeOptions, securityScheme } from './scheme.ts'
import { type SessionCookie, cookieIn, sessionCookie } from './session-cookie.ts'
import { createToken, isSameDigest, readToken } from './secret-token.ts'

export interface SessionOptions<Value> extends Pick<SchemeOptions<Value>, 'principal' | 'scopesOf'> {
  /** Of the cookie, after `__Host-`, and in OpenAPI: `session` unless told. */
  readonly name?: string
  /** Seconds after which a session that is not used ends: 1,800, half an hour, unless told. */
  readonly idle?: number
  /** Seconds after which it ends however much it is used: 43,200, half a day, unless told. */
  readonly lifetime?: number
  /** Other origins whose pages may change something: `['https://app.example.com']`. None unless told. */
  readonly origins?: readonly string[]
}

/** Begins and ends sessions. What it gives are header fields for the reply. */
export interface Sessions {
  /**
   * Begins a session of an owner. The one that the caller had ends: a cookie that somebody else has put there is worth
   * nothing after the login.
   */
  readonly begin: (owner: string) => Promise<SessionCookie>
  /** Ends the caller's session. */
  readonly end: () => Promise<SessionCookie>
  /** Ends all sessions of an owner, as when the password has changed, and gives how many that were. */
  readonly endAll: (owner: string) => Promise<number>
}

/** What is kept of a session. Times are milliseconds since 1970. */
interface KeptSession {
  readonly digest: string
  readonly endsAt: number
  readonly seenAt: number
}

/** What tokens of sessions begin with. */
const PREFIX = 'session'
/** Milliseconds for which it is not written anew that a session was used, at most. */
const USE_PAUSE = 60_000

/**
 * Sessions of browsers: a random id in a cookie that scripts cannot read and other sites cannot send, kept by its hash
 * in the store of records. What changes something has to come from a page of the same origin. A cookie whose session
 * is over is as if there were none.
 *
 * In development on plain HTTP the cookie is `session` without `Secure`, for browsers that want TLS for it on localhost
 * too.
 *
 * @param find says who an owner is; undefined where that is nobody any more.
 * @throws {TypeError} for a name, a time or an origin that is none.
 * @returns `session`, who is calling; `sessions`, a dependency to begin and end sessions.
 * @example
 * const { session, sessions } = cookieSessions({ users }, (id, { users }) => users.get(id), {
 *   principal: ({ id }) => `user:${id}`,
 * })
 * post('/login', { body: Login, use: { users, sessions }, returns: noContent() }, async ({ body, users, sessions }) =>
 *   reply(204, undefined, await sessions.begin(await users.verify(body))))
 */
export function cookieSessions<const U extends Uses, Value>(
  uses: U,
  find: (owner: string, context: Values<U> & DependencyContext) => Value | undefined | Promise<Value | undefined>,
  options: SessionOptions<NoInfer<Value>>,
): { readonly session: Scheme<Value>; readonly sessions: Dependency<Sessions> } {
  const { name = 'session', idle = 1800, lifetime = 43_200, origins = [], ...rest } = options
  for (const [option, value] of Object.entries({ idle, lifetime })) {
    if (!(Number.isFinite(value) && value > 0))
      throw new TypeError(`cookieSessions: ${option} is seconds above 0, not ${value}`)
  }
  const cookie = sessionCookie(name, lifetime)
  const allowed = new Set(origins.map(checkOrigin))
  const kind = `session:${name}`
  const keepOf = (endsAt: number): number => Math.min(idle * 1000, endsAt - Date.now())

  /** The session that a caller shows. */
  const shown = depends(
    { records },
    async ({ request, records }) => {
      const text = cookieIn(request, cookie.nameFor(request))
      if (text === undefined) return undefined
      refuseCrossSite(request, allowed)
      const token = readToken(PREFIX, text)
      const known = token && (await records.get(kind, token.id))
      if (known === undefined) return undefined
      const kept = JSON.parse(known.value) as KeptSession
      if (!isSameDigest(kept.digest, token?.digest as string)) return undefined
      noteUse(records, known, kept)
      return known
    },
    { name, throws: [CrossSiteRequest] },
  )

  /** Nobody waits for it: where it fails, or another was first, the next request tries. */
  const noteUse = (records: Records, known: KeptRecord, kept: KeptSession): void => {
    const now = Date.now()
    if (now - kept.seenAt < Math.min(USE_PAUSE, idle * 100)) return
    const value = JSON.stringify({ ...kept, seenAt: now } satisfies KeptSession)
    setTimeout(() => void records.replace(kind, known, value, keepOf(kept.endsAt)).catch(() => {}))
  }

  const theirs = depends(uses, (context) => context)
  const read = (context: { shown: KeptRecord | undefined; theirs: unknown }): ReturnType<typeof find> =>
    context.shown === undefined ? undefined : find(context.shown.owner, context.theirs as never)
  const scheme = { type: 'apiKey', in: 'cookie', name: cookie.name }
  const session = securityScheme({ shown, theirs }, read, { name, scheme, challenge: { scheme: 'Cookie' }, ...rest })

  const sessions = depends(
    { records, shown },
    ({ request, records, shown }): Sessions => {
      // Without a cookie as well: nobody is to be logged in by another site.
      refuseCrossSite(request, allowed)
      const endShown = async (): Promise<void> => {
        if (shown !== undefined) await records.remove(kind, shown.id)
      }
      return {
        begin: async (owner) => {
          const { id, text, digest } = createToken(PREFIX)
          const now = Date.now()
          const kept: KeptSession = { digest, endsAt: now + lifetime * 1000, seenAt: now }
          await records.add(kind, { id, owner, value: JSON.stringify(kept) }, keepOf(kept.endsAt))
          await endShown()
          return cookie.set(request, text)
        },
        end: async () => {
          await endShown()
          return cookie.clear(request)
        },
        endAll: (owner) => records.removeOf(kind, owner),
      }
    },
    { name: 'sessions', throws: [CrossSiteRequest] },
  )
  return { session, sessions }
}

function checkOrigin(origin: string): string {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return origin
  throw new TypeError(`cookieSessions: "${origin}" is no origin: write it as "https://app.example.com"`)
}
