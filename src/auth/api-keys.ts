import { type Dependency, depends } from '../contract/depends.ts'
import { bearerToken } from './bearer.ts'
import { InvalidCredentials } from './invalid-credentials.ts'
import { type KeptRecord, type Records, records } from './record-store.ts'
import { type Scheme, securityScheme } from './scheme.ts'
import { checkPrefix, createToken, isSameDigest, readToken } from './secret-token.ts'

/** A key of the API, without its secret. Times are milliseconds since 1970. */
export interface ApiKey {
  /** The part of the key in the middle, by which it is known and revoked. */
  readonly id: string
  /** What people call it. */
  readonly name: string
  /** Whose it is: the id of an account of yours. */
  readonly owner: string
  readonly scopes: readonly string[]
  readonly createdAt: number
  /** To the minute; undefined where it was never used. */
  readonly lastUsedAt: number | undefined
  /** Undefined where it never ends. */
  readonly expiresAt: number | undefined
}

/** A key that is to be made. */
export interface NewApiKey {
  readonly name: string
  readonly owner: string
  /** None unless told. */
  readonly scopes?: readonly string[]
  /** Seconds for which it holds; for ever unless told. */
  readonly lifetime?: number
}

/** Makes, lists and revokes keys. */
export interface ApiKeys {
  /** Makes a key. Its text is given here and never again: only a hash of it is kept. */
  readonly create: (key: NewApiKey) => Promise<ApiKey & { readonly text: string }>
  /** Those of an owner, or of all, the newest first: 1,000 at most. */
  readonly list: (owner?: string) => Promise<readonly ApiKey[]>
  readonly find: (id: string) => Promise<ApiKey | undefined>
  /** Ends a key, from the next request on in every process. False where there is none. */
  readonly revoke: (id: string) => Promise<boolean>
  /** Ends all keys of an owner, and gives how many that were. */
  readonly revokeAll: (owner: string) => Promise<number>
  /**
   * Makes a key as another, which holds for a while longer, so that whoever uses it can change over.
   *
   * @param overlap seconds for which both hold: a day unless told.
   * @returns undefined where there is no such key, or it is revoked meanwhile.
   * @throws {TypeError} for an overlap that is none.
   */
  readonly rotate: (id: string, overlap?: number) => Promise<(ApiKey & { readonly text: string }) | undefined>
}

export interface ApiKeysOptions {
  /** What keys begin with, so that people and secret scanners know whose they are: `shop`, `shop_test`. */
  readonly prefix: string
  /** The header field that brings them: `X-API-Key` unless told. `Authorization` takes them as Bearer tokens. */
  readonly header?: string
  /** Its name in OpenAPI: `apiKey` unless told. */
  readonly name?: string
}

/** What is kept of a key: all but its id and owner, and its digest in place of the text. */
interface KeptKey extends Omit<ApiKey, 'id' | 'owner'> {
  readonly digest: string
}

/** Milliseconds for which it is not written anew that a key was used. */
const USE_PAUSE = 60_000

/**
 * Keys of partners and programs: `prefix_id_secret` in a header field, and never in a URL. Kept by a hash in the store
 * of records; each request asks there, so that a key that is revoked is refused at once, whichever process is asked.
 *
 * @throws {TypeError} for a prefix or a header field that is none.
 * @returns `key`, who is calling; `keys`, a dependency to make, list and revoke keys.
 * @example
 * const { key, keys } = apiKeys({ prefix: 'shop' })
 * get('/orders', { use: { key: key.scopes('orders:read') } }, ({ key }) => ordersOf(key.owner))
 * post('/keys', { use: { user, keys } }, ({ user, keys }) => keys.create({ name: 'CI', owner: user.id }))
 */
export function apiKeys(options: ApiKeysOptions): { readonly key: Scheme<ApiKey>; readonly keys: Dependency<ApiKeys> } {
  const { prefix, header = 'X-API-Key', name = 'apiKey' } = options
  checkPrefix(prefix)
  if (!/^[A-Za-z0-9-]+$/.test(header)) throw new TypeError(`apiKeys: "${header}" is no name for a header field`)
  const isBearer = header.toLowerCase() === 'authorization'
  const kept = depends({ records }, ({ records }) => keepKeys(prefix, records), { scope: 'app', name: 'keys' })
  const key = securityScheme(
    { kept },
    (context) => {
      const text = isBearer ? bearerToken(context) : context.request.header(header)
      return text === undefined ? undefined : context.kept.check(text)
    },
    {
      name,
      scheme: isBearer ? { type: 'http', scheme: 'bearer' } : { type: 'apiKey', in: 'header', name: header },
      challenge: { scheme: isBearer ? 'Bearer' : 'ApiKey' },
      // Whatever key an account shows: after a rotation it is the same caller.
      principal: ({ owner }) => `account:${owner}`,
      scopesOf: ({ scopes }) => scopes,
    },
  )
  return { key, keys: depends({ kept }, ({ kept }) => kept.keys, { scope: 'app', name: 'api-keys' }) }
}

interface KeptKeys {
  /** @throws {InvalidCredentials} for what is no key, or none that holds. */
  readonly check: (text: string) => Promise<ApiKey>
  readonly keys: ApiKeys
}

function keepKeys(prefix: string, records: Records): KeptKeys {
  const kind = `key:${prefix}`
  const noting = new Set<string>()
  const find = async (id: string) => {
    const known = await records.get(kind, id)
    if (known === undefined) return undefined
    const { digest, ...rest } = JSON.parse(known.value) as KeptKey
    return { known, digest, key: toKey(known.id, known.owner, rest) }
  }
  const create: ApiKeys['create'] = async ({ name, owner, scopes = [], lifetime = Number.POSITIVE_INFINITY }) => {
    if (!(lifetime > 0)) throw new TypeError(`keys.create: lifetime is seconds above 0, not ${lifetime}`)
    const { id, text, digest } = createToken(prefix)
    const now = Date.now()
    const expiresAt = Number.isFinite(lifetime) ? now + lifetime * 1000 : undefined
    const key = { name, scopes, createdAt: now, lastUsedAt: undefined, expiresAt }
    await records.add(kind, { id, owner, value: JSON.stringify({ ...key, digest }) }, lifetime * 1000)
    return { ...toKey(id, owner, key), text }
  }
  const noteUse = (known: KeptRecord, key: ApiKey, digest: string): void => {
    const { id, owner: _, ...rest } = key
    if (noting.has(id) || Date.now() - (key.lastUsedAt ?? 0) < USE_PAUSE) return
    noting.add(id)
    const value = JSON.stringify({ ...rest, digest, lastUsedAt: Date.now() } satisfies KeptKey)
    // Nobody waits for it, not even where the store writes at once; where it fails the next request tries.
    setTimeout(() => {
      const noted = records.replace(kind, known, value, keepOf(key))
      void noted.catch(() => {}).finally(() => noting.delete(id))
    })
  }
  return {
    check: async (text) => {
      const shown = readToken(prefix, text)
      const found = shown && (await find(shown.id))
      if (shown === undefined || found === undefined || !isSameDigest(shown.digest, found.digest)) {
        throw new InvalidCredentials('The API key is not valid', { error: 'invalid_token' })
      }
      const { key, known, digest } = found
      noteUse(known, key, digest)
      return key
    },
    keys: {
      create,
      find: async (id) => (await find(id))?.key,
      list: async (owner) =>
        (await records.list(kind, owner))
          .map((known) => {
            const { digest: _, ...rest } = JSON.parse(known.value) as KeptKey
            return toKey(known.id, known.owner, rest)
          })
          .sort((one, other) => other.createdAt - one.createdAt),
      revoke: (id) => records.remove(kind, id),
      revokeAll: (owner) => records.removeOf(kind, owner),
      rotate: async (id, overlap = 86_400) => {
        if (!(Number.isFinite(overlap) && overlap >= 0)) {
          throw new TypeError(`keys.rotate: overlap is seconds from 0, not ${overlap}`)
        }
        const found = await find(id)
        if (found === undefined) return undefined
        const { name, owner, scopes, createdAt, expiresAt } = found.key
        const lifetime = expiresAt === undefined ? {} : { lifetime: (expiresAt - createdAt) / 1000 }
        const made = await create({ name, owner, scopes, ...lifetime })
        if (await endLater(id, overlap * 1000)) return made
        // Revoked meanwhile: what was made of it is not to outlive that.
        await records.remove(kind, made.id)
        return undefined
      },
    },
  }

  /** Again where somebody noted meanwhile that it was used; false where it is gone. */
  async function endLater(id: string, time: number): Promise<boolean> {
    for (;;) {
      const found = await find(id)
      if (found === undefined) return false
      const { id: _, owner: __, ...rest } = found.key
      const expiresAt = Math.min(Date.now() + time, rest.expiresAt ?? Number.POSITIVE_INFINITY)
      const value = JSON.stringify({ ...rest, expiresAt, digest: found.digest })
      if (await records.replace(kind, found.known, value, keepOf({ expiresAt }))) return true
    }
  }
}

function toKey(id: string, owner: string, rest: Omit<KeptKey, 'digest'>): ApiKey {
  const { name, scopes, createdAt, lastUsedAt, expiresAt } = rest
  return { id, name, owner, scopes, createdAt, lastUsedAt, expiresAt }
}

function keepOf({ expiresAt = Number.POSITIVE_INFINITY }: { readonly expiresAt: number | undefined }): number {
  return expiresAt - Date.now()
}
