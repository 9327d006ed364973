import { addVary } from '../contract/vary.ts'
import type { Content } from '../contract/content.ts'
import type { Reply } from '../contract/hooks.ts'
import { type CheckedEndpoint, type Policy, type PolicyContext, type PolicyFault, policy } from '../contract/policy.ts'
import type { ReplySpec } from '../contract/reply-spec.ts'
import { keyOf } from './cache-key.ts'
import { type Answer, type Lasting, type Made, Makings } from './cache-makings.ts'
import { cacheStore } from './cache-store.ts'
import { type Tags, checkTags, tagging } from './cache-tags.ts'
import { createDigest } from './digest.ts'
import { VALIDATED, tag, validate } from './etag.ts'
import { toStated } from './kept-reply.ts'
import { ageOf, lifetimeOf, readDirectives } from './lifetime.ts'
import { telling } from './store-away.ts'

export interface CachedOptions {
  /** Seconds for which a reply is given again. */
  readonly for: number
  /** Seconds after those in which it is still given, while one is made anew: 0 unless told. */
  readonly stale?: number
  /** By what it can be invalidated, beside its address: `['products', 'product:{id}']`. */
  readonly tags?: Tags
  /** Header fields of the request that the reply depends on, beside those that the endpoint declares. */
  readonly vary?: readonly string[]
  /** True where all callers get the same, whoever they are. Unless told, each has replies of its own. */
  readonly public?: boolean
  /** Seconds in which a reply should be made, 10 unless told; after that another process makes it too. */
  readonly lease?: number
}

/** Statuses of replies that are kept. */
const KEPT = new Set([200, 203, 204, 300, 301, 308])
/** Directives by which a handler says that its reply is not to be kept here. */
const FOR_ITS_CALLER = ['no-store', 'no-cache', 'private']
/** Directives by which it is not given when it is stale. */
const STRICT = ['must-revalidate', 'proxy-revalidate', 's-maxage']
/** Bytes of a body that is kept, at most: stores are shared, and answer in order. */
const LARGEST = 4 * 1024 * 1024

/**
 * Keeps replies on this side and gives them again without the handler, to who may have them: the same caller, unless
 * `public` says that all get the same. Security and limits are asked each time. However many ask at once for what is not
 * there, one makes it, in all processes that share the backend. Replies have an `ETag`, which is
 * answered as `etag()` does, `Age`, and `Cache-Status` (RFC 9211).
 *
 * The handler runs apart from the request that it is run for: it goes on when that caller leaves. What it reads of the
 * request and the endpoint does not declare is noted, and such a reply is given to nobody else.
 *
 * @throws {TypeError} for a time that is none.
 * @example
 * get('/{id}', { returns: Product, policies: [cached({ for: 60, stale: 600, tags: ['product:{id}'] })] }, …)
 */
export function cached(options: CachedOptions): Policy {
  const { stale = 0, tags = [], vary = [], public: isPublic = false, lease = 10 } = options
  for (const [name, value, least] of [
    ['for', options.for, Number.MIN_VALUE],
    ['stale', stale, 0],
    ['lease', lease, Number.MIN_VALUE],
  ] as const) {
    if (!(Number.isFinite(value) && value >= least))
      throw new TypeError(`cached: ${name} is seconds ${least === 0 ? 'from' : 'above'} 0, not ${value}`)
  }
  const tagsOf = tagging(tags)
  return policy(
    'cached',
    {
      ...VALIDATED,
      isOnce: true,
      isOfCaller: !isPublic,
      check: (endpoint) => [...checkEndpoint(endpoint), ...checkTags(tags, endpoint)],
      replyHeaders: {
        ...VALIDATED.replyHeaders,
        Age: { type: 'integer', description: 'Seconds since it was made, where it was kept' },
        'Cache-Status': { type: 'string', description: 'Whether it was kept (RFC 9211)' },
      },
    },
    ({ operation, input, negotiate, report }) => {
      if (input.headers.includes('*')) {
        throw new TypeError(`${operation} is cached(), and its "headers" takes any: give them a schema that names them`)
      }
      const own = {}
      const digest = createDigest()
      const fields = [...new Set([...input.headers, ...vary.map((name) => name.toLowerCase())])]
      const known = new Set(fields)
      // Of `Accept` it knows what that chooses, and not how it is spelt.
      const varying = negotiate === undefined ? known : new Set([...fields, 'accept'])
      const told = new Set<string>()
      const tell = (why: string): void => {
        if (told.has(why)) return
        told.add(why)
        report(new Error(`${operation} is cached(), and ${why}`))
      }
      const keyed = { fields, cookies: input.cookies, isPublic, negotiate }
      const lasting = { fresh: options.for * 1000, stale: stale * 1000 }
      const makings = new Makings({
        ...lasting,
        lease: lease * 1000,
        away: telling(report),
        make: async (context): Promise<Made> => {
          const { reply, read } = await context.compute()
          const unknown = [...read].find((name) => !known.has(name))
          const why = unknown === undefined ? forItsCaller(reply, varying) : dependence(unknown)
          // Of a failure the pipeline tells.
          if (typeof why === 'string' && reply.status < 500) tell(why)
          const isShared = why === undefined
          const kept = isShared && isSmall(reply.body, tell) ? lastingOf(reply, lasting) : undefined
          if (kept !== undefined) {
            if (reply.status === 200) await tag(reply, digest)
            if (reply.header('date') === undefined) reply.set('date', new Date().toUTCString())
          }
          return { isShared, kept, reply: keptOf(reply) }
        },
      })
      return {
        replay: async (context, { cache }) => {
          if (!isPublic && isUnknown(context)) return void context.notes.set(own, BYPASS)
          const key = await digest(keyOf(context, keyed))
          const answer = await makings.ask(context, key, tagsOf(context), cache)
          context.notes.set(own, answer ?? BYPASS)
          return answer && toStated(answer.reply)
        },
        encode: (context, reply) => {
          const answer = context.notes.get(own) as Pick<Answer, 'told' | 'age'> | undefined
          if (answer !== undefined) {
            reply.set('cache-status', `Trestle; ${answer.told}`)
            if (answer.age !== undefined) reply.set('age', String(Math.floor(answer.age / 1000) + ageOf(reply)))
          }
          if (reply.status < 400) {
            // The host is part of the address, by which caches tell replies apart anyway.
            for (const name of fields) if (name !== 'host') addVary(reply, name)
            if (input.cookies.length > 0) addVary(reply, 'cookie')
          }
          return validate(context, reply, digest)
        },
      }
    },
    { cache: cacheStore },
  )
}

const BYPASS = { told: 'fwd=bypass', age: undefined }

/**
 * True for who brings credentials of which no security of the endpoint says whose they are: no shared cache answers them
 * (RFC 9111 §3.5).
 */
function isUnknown({ callers, request }: PolicyContext): boolean {
  return callers.includes(undefined) || (callers.length === 0 && request.header('authorization') !== undefined)
}

function dependence(name: string): string {
  const what = name === '*' ? "all header fields, or the caller's address" : `the header field "${name}"`
  const mend = name === '*' ? 'read that in middleware' : `declare it, add it to "vary", or read it in middleware`
  return `what it runs reads ${what} of the request: its replies are not kept; ${mend}`
}

/** Why a reply is for nobody else: true, or a sentence where that may not be meant. */
function forItsCaller(reply: Reply, known: ReadonlySet<string>): true | string | undefined {
  if (reply.header('set-cookie') !== undefined) return true
  const directives = readDirectives(reply.header('cache-control') ?? '')
  if (FOR_ITS_CALLER.some((directive) => directives.has(directive))) return true
  const names = reply.header('vary')?.toLowerCase().split(',') ?? []
  const other = names.map((name) => name.trim()).find((name) => !known.has(name))
  return other && `its reply says "Vary: ${other}": it is not kept; add that to "vary" of cached()`
}

function isSmall(body: unknown, tell: (why: string) => void): boolean {
  const size = typeof body === 'string' ? body.length : body instanceof Uint8Array ? body.byteLength : 0
  if (size > LARGEST) tell(`its reply has more than ${LARGEST} bytes: it is not kept`)
  return size <= LARGEST
}

/** How long a reply lasts: as it says itself, but not longer than the policy does. */
function lastingOf(reply: Reply, most: Lasting): Lasting | undefined {
  if (!KEPT.has(reply.status)) return undefined
  const directives = readDirectives(reply.header('cache-control') ?? '')
  const stated = lifetimeOf(reply, directives)
  const fresh = stated === undefined ? most.fresh : Math.min(most.fresh, stated * 1000)
  const isStrict = STRICT.some((directive) => directives.has(directive))
  return fresh > 0 ? { fresh, stale: isStrict ? 0 : most.stale } : undefined
}

/** Of one connection, and not of the reply. */
const OF_ONE_REQUEST = new Set(['connection', 'keep-alive'])

function keptOf(reply: Reply): Made['reply'] {
  const { status, body } = reply
  if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw new TypeError('cached() keeps replies of text, JSON and bytes: this one comes in pieces')
  }
  return { status, body, headers: [...reply.headers()].filter(([name]) => !OF_ONE_REQUEST.has(name)) }
}

/** Bodies that come in pieces are gone when they were sent. */
function checkEndpoint({ method, spec }: CheckedEndpoint): readonly PolicyFault[] {
  const faults: PolicyFault[] = []
  if (method !== 'GET')
    faults.push({ what: `keeps replies to GET, and this endpoint is ${method}`, mend: 'take it off' })
  for (const returned of [spec.returns ?? []].flat()) {
    const body = (
      (returned as Partial<ReplySpec>).is === 'reply' ? (returned as ReplySpec).body : returned
    ) as Partial<Content>
    if (body?.is === 'content' && (body.kind === 'stream' || body.kind === 'file' || body.kind === 'rows')) {
      const what = `keeps whole replies, and this one is ${body.kind}()`
      faults.push({ what, mend: 'take it off, or answer with bytes()' })
    }
  }
  return faults
}
