import type { Reply } from '../contract/hooks.ts'
import { type Policy, type PolicyContext, type PolicyContract, policy } from '../contract/policy.ts'
import { type ProblemType, problem } from '../contract/problem.ts'
import { Unavailable } from '../contract/problems.ts'
import { callerOf } from './caller.ts'
import { createDigest } from './digest.ts'
import { toQuota } from './quota.ts'
import { type RateStore, type RateStrategy, type Take, type Taken, rateStore } from './rate-store.ts'
import { type WhenAway, openOrClosed } from './store-away.ts'

/** The caller has asked for more than it may (draft-ietf-httpapi-ratelimit-headers-11 §5). */
export const QuotaExceeded: ProblemType<'quota_exceeded', undefined> = problem('quota_exceeded', {
  status: 429,
  title: 'More was asked for than is allowed in this time',
  uri: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
  headers: ['Retry-After', 'RateLimit-Policy', 'RateLimit'],
})

/** One limit. */
export interface RateLimit {
  /** How much in what time: `'100/minute'`, `'10/second'`, `'300/15 minutes'`. */
  readonly quota: string
  /** How much may be asked for at once, of a token bucket; as much as the quota unless told. */
  readonly burst?: number
  /** What callers see it as, and what it is counted under. */
  readonly name?: string
}

export interface RateLimitOptions {
  /**
   * Counts all endpoints with this name together. Unless told, each endpoint counts by itself. Letters, digits and `-`.
   */
  readonly name?: string
  /** `token-bucket` (GCRA) unless told: quotas come back steadily, and no window has an edge at which twice as much passes. */
  readonly strategy?: RateStrategy
  /** How much may be asked for at once, of a token bucket; as much as the quota unless told. */
  readonly burst?: number
  /** Who is counted together: the principal or else the address unless told. Of undefined nothing is counted. */
  readonly by?: (context: PolicyContext) => string | undefined
  /** How much of the quota a request takes: 1 unless told. */
  readonly cost?: number | ((context: PolicyContext) => number)
  /** What happens while the store is away: `open` unless told, so that its failure is not the API's. */
  readonly whenAway?: WhenAway
  /** True where `by` or `cost` reads the body: a request is then counted once its input is valid, and not before. */
  readonly readsBody?: boolean
}

/** Limits that do not depend on the request, or a function that chooses, such as by the plan of the principal. */
type Limits = string | RateLimit | readonly (string | RateLimit)[]

/** A limit as it is counted. */
interface Counted {
  readonly name: string
  readonly count: number
  readonly window: number
  readonly burst: number
  /** Its part of `RateLimit-Policy`. */
  readonly told: string
}

/**
 * Limits how much a caller may ask for, counted in the store of rate limits: over all processes where that is shared.
 * Several limits hold at once, and nothing is taken of any where one refuses. Replies say what is left in `RateLimit`
 * and `RateLimit-Policy`; a refusal is 429 with `Retry-After`, which differs a little each time so that callers do not
 * all come back at once.
 *
 * @throws {TypeError} for a quota, a burst, a cost or a name that is none.
 * @example
 * post('/', { policies: [rateLimit('100/minute')], … })
 * group('/search', { policies: [rateLimit(['10/second', '1000/hour'], { name: 'search' })] }, { … })
 * rateLimit(({ principal }) => ((principal?.value as User)?.plan === 'pro' ? '1000/minute' : '60/minute'))
 */
export function rateLimit(
  limits: Limits | ((context: PolicyContext) => Limits | undefined),
  options: RateLimitOptions = {},
): Policy {
  const { strategy = 'token-bucket', by = callerOf, cost = 1, whenAway = 'open', readsBody = false } = options
  if (options.name !== undefined) checkName(options.name)
  if (typeof cost === 'number') checkCost(cost)
  const known = typeof limits === 'function' ? [] : countedOf(limits, options)
  const choose = typeof limits === 'function' ? remembering(limits, options) : always(known)
  const scope = options.name === undefined ? '' : `${options.name}:`
  const contract: PolicyContract = {
    throws: whenAway === 'closed' ? [QuotaExceeded, Unavailable] : [QuotaExceeded],
    counts: known.map((limit) => scope + limit.name),
    replyHeaders: {
      'RateLimit-Policy': { type: 'string', description: 'The limits: `"name";q=quota;w=seconds`' },
      RateLimit: { type: 'string', description: 'What is left: `"name";r=remaining;t=seconds until all is back`' },
    },
  }
  return policy(
    'rate-limit',
    contract,
    ({ operation, report }) => {
      const shared = options.name ?? operation
      const own = {}
      const away = openOrClosed(whenAway, report)
      const digest = createDigest()
      const count = (context: PolicyContext, use: { readonly rates: RateStore }): void | Promise<void> => {
        const caller = by(context)
        const chosen = caller === undefined ? undefined : choose(context)
        if (caller === undefined || chosen === undefined) return
        // Stores hold it for as long as the window, and it may be what somebody sent, such as a name in a body.
        const key = caller.length > LONGEST ? digest(caller) : caller
        return key instanceof Promise
          ? key.then((short) => take(context, chosen, short, use))
          : take(context, chosen, key, use)
      }
      const take = (
        context: PolicyContext,
        chosen: readonly Counted[],
        caller: string,
        { rates }: { readonly rates: RateStore },
      ): void | Promise<void> => {
        const price = typeof cost === 'number' ? cost : checkCost(cost(context))
        const takes = chosen.map(
          (limit): Take => ({ ...limit, key: `${shared}:${limit.name}:${caller}`, strategy, cost: price }),
        )
        const settle = (taken: readonly Taken[]): void => {
          // A refusal has the fields of its own.
          if (taken.some(({ allowed }) => !allowed)) throw refusal(chosen, taken)
          context.notes.set(own, { chosen, taken } satisfies Told)
        }
        return asking(() => rates.take(takes), settle, away)
      }
      return {
        ...(readsBody ? { replay: async (context, use) => void (await count(context, use)) } : { limit: count }),
        encode: (context, reply) => {
          const known = context.notes.get(own) as Told | undefined
          if (known !== undefined) tell(reply, known)
          return undefined
        },
      }
    },
    { rates: rateStore },
  )
}

/** Characters of a caller that are kept as they are; of what is longer, a hash. */
const LONGEST = 255

interface Told {
  readonly chosen: readonly Counted[]
  readonly taken: readonly Taken[]
}

/** Asks a store, at once where it answers at once. */
function asking(
  ask: () => ReturnType<RateStore['take']>,
  settle: (taken: readonly Taken[]) => void,
  away: (error: unknown) => void,
): void | Promise<void> {
  let given: ReturnType<RateStore['take']>
  try {
    given = ask()
  } catch (error) {
    return away(error)
  }
  return given instanceof Promise ? given.then(settle, away) : settle(given)
}

/** The refusal, with the fields that every reply has. */
function refusal(chosen: readonly Counted[], taken: readonly Taken[]): Error {
  const wait = Math.max(...taken.map(({ retryAfter }) => retryAfter))
  const window = Math.max(...chosen.map((limit) => limit.window))
  // A fifth of the wait and of a second, or of the window where that is short: enough to part those who wait alike.
  const jitter = Math.random() * Math.min(window, Math.max(1000, wait / 5))
  return QuotaExceeded({
    headers: {
      'retry-after': String(Math.max(1, Math.ceil((wait + jitter) / 1000))),
      'ratelimit-policy': chosen.map(({ told }) => told).join(', '),
      // Of those alone that refuse: no other says when to come again.
      ratelimit: leftOf(refusing(chosen, taken)),
    },
  })
}

function refusing(chosen: readonly Counted[], taken: readonly Taken[]): Told {
  const refuses = (_: unknown, index: number): boolean => taken[index]?.allowed === false
  return { chosen: chosen.filter(refuses), taken: taken.filter(refuses) }
}

function tell(reply: Reply, known: Told): void {
  reply.append('ratelimit-policy', known.chosen.map(({ told }) => told).join(', '))
  reply.append('ratelimit', leftOf(known))
}

/** `RateLimit` (draft-11 §4): what is left, and in how many seconds all is back; of a refusal, when to come again. */
function leftOf({ chosen, taken }: Told): string {
  return chosen
    .map(({ name }, index) => {
      const { remaining, reset, retryAfter } = taken[index] as Taken
      return `"${name}";r=${remaining};t=${Math.ceil((retryAfter || reset) / 1000)}`
    })
    .join(', ')
}

function always(counted: readonly Counted[]): () => readonly Counted[] {
  return () => counted
}

/** Limits that a function chooses, each read once. */
function remembering(
  choose: (context: PolicyContext) => Limits | undefined,
  options: RateLimitOptions,
): (context: PolicyContext) => readonly Counted[] | undefined {
  const read = new Map<string, readonly Counted[]>()
  return (context) => {
    const limits = choose(context)
    if (limits === undefined) return undefined
    const key = typeof limits === 'string' ? limits : JSON.stringify(limits)
    let counted = read.get(key)
    if (counted === undefined) {
      counted = countedOf(limits, options)
      if (read.size < 1000) read.set(key, counted)
    }
    return counted
  }
}

function countedOf(limits: Limits, options: RateLimitOptions): readonly Counted[] {
  const list = (Array.isArray(limits) ? limits : [limits]) as readonly (string | RateLimit)[]
  if (list.length === 0) throw new TypeError('rateLimit([]) limits nothing: give it a limit')
  const names = new Set<string>()
  return list.map((one): Counted => {
    const limit: RateLimit = typeof one === 'string' ? { quota: one } : one
    const { count, window } = toQuota(limit.quota)
    const burst = limit.burst ?? options.burst ?? count
    if (!Number.isInteger(burst) || burst < 1)
      throw new TypeError(`rateLimit: burst is a whole number from 1, not ${burst}`)
    const most = (options.strategy ?? 'token-bucket') === 'token-bucket' ? burst : count
    if (typeof options.cost === 'number' && options.cost > most) {
      throw new TypeError(`rateLimit: a cost of ${options.cost} never fits into ${most}: raise the quota or the burst`)
    }
    const name = checkName(limit.name ?? limit.quota.replace(/[^A-Za-z0-9]+/g, '-'))
    if (names.has(name)) throw new TypeError(`rateLimit: two limits are "${name}": leave one out, or name it otherwise`)
    names.add(name)
    return { name, count, window, burst, told: `"${name}";q=${count};w=${Math.ceil(window / 1000)}` }
  })
}

function checkName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(name)) return name
  throw new TypeError(`rateLimit: "${name}" is no name for a limit: use letters, digits and "-"`)
}

function checkCost(cost: number): number {
  if (Number.isFinite(cost) && cost >= 0) return cost
  throw new TypeError(`rateLimit: a cost is a number from 0, not ${cost}`)
}
