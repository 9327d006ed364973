import { createHash } from 'node:crypto'
import type { Records } from './record-store.ts'
import { createToken, isSameDigest, readToken } from './secret-token.ts'

/** Who showed a refresh token that had been used before: somebody else may have it. The login has ended. */
export class RefreshTokenReused extends Error {
  /** Whose login it was. */
  readonly owner: string
  readonly login: string

  constructor(owner: string, login: string) {
    super(`A refresh token of ${JSON.stringify(owner)} was shown twice: login ${login} has ended`)
    this.owner = owner
    this.login = login
  }

  override get name(): string {
    return 'RefreshTokenReused'
  }
}

/** A refresh token, and the login that it is of. */
export interface Refresh {
  readonly login: string
  readonly owner: string
  readonly text: string
}

/** What came of a refresh token. */
export type Refreshed<A> =
  | { readonly is: 'fresh'; readonly next: Refresh; readonly account: A }
  | { readonly is: 'unknown' }
  | { readonly is: 'reused'; readonly error: RefreshTokenReused }

/** Refresh tokens of logins. Each is good once, and its successor has the same id: together they are one record. */
export interface RefreshTokens {
  readonly begin: (owner: string) => Promise<Refresh>
  /**
   * Gives the next in place of one. One that was shown before ends the login, whoever was first (RFC 9700 §4.14.2).
   *
   * @param find the account of the login, asked before anything is changed: where it fails, the token is still good.
   * Undefined for one that may not go on, whose login ends.
   */
  readonly refresh: <A>(text: string, find: (owner: string) => Promise<A | undefined>) => Promise<Refreshed<A>>
  /** Ends the login of a token. */
  readonly end: (text: string) => Promise<void>
  readonly endAll: (owner: string) => Promise<number>
}

/** What is kept of a login. */
interface KeptLogin {
  /** Of the one token that is good. */
  readonly digest: string
  /** Milliseconds since 1970. */
  readonly endsAt: number
}

/** What refresh tokens begin with. */
const PREFIX = 'refresh'

/**
 * @param kind of the records: those of two APIs are kept apart.
 * @param idle milliseconds after which a login that is not refreshed ends.
 * @param lifetime milliseconds after which it ends however often it is.
 */
export function createRefreshTokens(records: Records, kind: string, idle: number, lifetime: number): RefreshTokens {
  const keepOf = (endsAt: number): number => Math.min(idle, endsAt - Date.now())
  return {
    begin: async (owner) => {
      const { id, text, digest } = createToken(PREFIX)
      const kept: KeptLogin = { digest, endsAt: Date.now() + lifetime }
      await records.add(kind, { id, owner, value: JSON.stringify(kept) }, keepOf(kept.endsAt))
      return { login: nameOf(id), owner, text }
    },
    refresh: async (text, find) => {
      // A typo ends nobody's login: only what was once issued, or made by who has seen one, gets further.
      const shown = readToken(PREFIX, text)
      const known = shown && (await records.get(kind, shown.id))
      if (shown === undefined || known === undefined) return { is: 'unknown' }
      const { id, owner } = known
      const kept = JSON.parse(known.value) as KeptLogin
      if (isSameDigest(shown.digest, kept.digest)) {
        const account = await find(owner)
        if (account === undefined) {
          await records.remove(kind, id)
          return { is: 'unknown' }
        }
        const next = createToken(PREFIX, id)
        const value = JSON.stringify({ ...kept, digest: next.digest } satisfies KeptLogin)
        // Of two that show it at once, one changes the record; to the other it was used before.
        if (await records.replace(kind, known, value, keepOf(kept.endsAt))) {
          return { is: 'fresh', next: { login: nameOf(id), owner, text: next.text }, account }
        }
        if ((await records.get(kind, id)) === undefined) return { is: 'unknown' }
      }
      await records.remove(kind, id)
      return { is: 'reused', error: new RefreshTokenReused(owner, nameOf(id)) }
    },
    end: async (text) => {
      const shown = readToken(PREFIX, text)
      // One that was used before ends it as well: somebody else may have the other.
      if (shown !== undefined) await records.remove(kind, shown.id)
    },
    endAll: (owner) => records.removeOf(kind, owner),
  }
}

/** What others call a login: with the id itself, whoever sees it could show an old token and end it. */
function nameOf(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 32)
}
