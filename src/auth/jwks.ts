import { Unavailable } from '../contract/problems.ts'
import { type Jose, importJwk, loadJose } from './jose.ts'
import { type Jwk, algorithmOf, strong } from './jwk.ts'
import { type KeySource, type TokenKey, type TokenKeys, fitting } from './key.ts'
import { ProviderAway, askProvider, providerUrl } from './provider.ts'

/** How keys are fetched. All times are seconds. */
export interface JwksOptions {
  /** How long the provider has to answer: 3 unless told. */
  readonly timeout?: number
  /** How old keys get before they are asked for again: 600 unless told. */
  readonly maxAge?: number
  /** The least time between two tries: 10 unless told. It keeps who invents key names from having them fetched. */
  readonly coolDown?: number
}

/** More seconds than a timer can wait. */
const FOR_EVER = 2 ** 21

/** Keys of a set that are looked at. */
const MOST = 100

/**
 * The keys that a provider publishes (RFC 7517 §5), fetched when the first token comes.
 *
 * They are asked for again when they are old, which holds no request up, and when a token names a key that is not among
 * them; whoever waits then waits for one fetch. While the provider is away, the keys that are known stay in use.
 *
 * @param url https; http for this machine alone.
 * @throws {TypeError} for another address.
 * @example
 * jwt({ issuer: 'https://login.shop.example', audience: 'shop', keys: jwks('https://login.shop.example/jwks') })
 */
export function jwks(url: string, options: JwksOptions = {}): KeySource {
  const place = providerUrl(url, 'jwks')
  return fetchedKeys((ask) => ask(place), options)
}

/** What answers for an address. */
export type Ask = (url: string) => Promise<Readonly<Record<string, unknown>>>

/** Keys that `load` gets, as a JWK set, whenever they are needed. */
export function fetchedKeys(load: (ask: Ask) => ReturnType<Ask>, options: JwksOptions): KeySource {
  const { timeout = 3, maxAge = 600, coolDown = 10 } = options
  for (const [name, seconds] of Object.entries({ timeout, maxAge, coolDown })) {
    if (!(seconds > 0 && seconds < FOR_EVER)) throw new TypeError(`${name} of keys is ${seconds}; give it seconds`)
  }
  return {
    is: 'keys',
    open: async (signal) => {
      const jose = await loadJose()
      // However many addresses have to be asked, nobody waits for longer.
      const set = (): ReturnType<Ask> => {
        const ends = AbortSignal.any([signal, AbortSignal.timeout(timeout * 1000)])
        return load((url) => askProvider(url, { timeout, signal: ends }))
      }
      return createFetchedKeys(async (known) => usableKeys(jose, await set(), known), maxAge * 1000, coolDown * 1000)
    },
  }
}

/** A set of keys, and its text, by which it is known again. */
interface KeySet {
  readonly text: string
  readonly keys: readonly TokenKey[]
}

/** Times are milliseconds. */
function createFetchedKeys(
  load: (known: KeySet | undefined) => Promise<KeySet>,
  maxAge: number,
  coolDown: number,
): TokenKeys {
  let known: KeySet | undefined
  let version = 0
  let fetchedAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let failure: unknown
  let loading: Promise<void> | undefined

  const isDue = (): boolean => performance.now() - triedAt >= coolDown
  const refresh = (): Promise<void> => {
    loading ??= load(known)
      .then(
        (set) => {
          if (set !== known) version++
          known = set
          failure = undefined
          fetchedAt = performance.now()
        },
        (error: unknown) => {
          failure = error
        },
      )
      .finally(() => {
        triedAt = performance.now()
        loading = undefined
      })
    return loading
  }
  /** True where what is known is so old that it is not used without asking: nobody came for as long as that. */
  const isPast = (): boolean => {
    const age = performance.now() - fetchedAt
    if (age > maxAge && isDue()) void refresh()
    return age > 2 * maxAge && failure === undefined && loading !== undefined
  }
  const match = (alg: string, kid: string | undefined): readonly TokenKey[] => {
    const found = fitting(known?.keys ?? [], alg, kid)
    // A token that names no key is not tried with one after the other.
    return kid === undefined && found.length > 1 ? [] : found
  }
  const none = (): readonly TokenKey[] => {
    if (known !== undefined && failure === undefined) return []
    const wait = Math.max(1, Math.ceil((triedAt + coolDown - performance.now()) / 1000))
    const headers = { 'retry-after': String(wait) }
    throw Unavailable({ detail: 'Tokens cannot be checked now', headers, cause: failure })
  }
  return {
    stamp: () => (isPast() ? -1 : version),
    find: (alg, kid) => {
      const past = isPast()
      const found = match(alg, kid)
      if (found.length > 0 && !past) return found
      if (loading === undefined && !isDue()) return none()
      return refresh().then(() => {
        const later = match(alg, kid)
        return later.length > 0 ? later : none()
      })
    },
  }
}

/** The keys of a set that check signatures; what is known where that is what they are. */
async function usableKeys(jose: Jose, set: Readonly<Record<string, unknown>>, known?: KeySet): Promise<KeySet> {
  if (!Array.isArray(set.keys)) throw new ProviderAway('what should be a JWK set has no list of keys')
  const text = JSON.stringify(set.keys)
  if (text === known?.text) return known
  const jwks = set.keys.slice(0, MOST).filter((one): one is Jwk => typeof one === 'object' && one !== null)
  const keys = (await Promise.all(jwks.map((jwk) => usable(jose, jwk)))).flat()
  if (keys.length === 0) throw new ProviderAway('the JWK set has no key that checks signatures')
  return { text, keys }
}

/** One that cannot be used keeps nobody from the others. */
async function usable(jose: Jose, jwk: Jwk): Promise<TokenKey[]> {
  const alg = algorithmOf(jwk)
  if (alg === undefined) return []
  try {
    const key = strong(await importJwk(jose, jwk, alg))
    return [{ alg, kid: typeof jwk.kid === 'string' ? jwk.kid : undefined, key }]
  } catch {
    return []
  }
}
