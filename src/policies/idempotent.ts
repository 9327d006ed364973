import type { Content } from '../contract/content.ts'
import type { Reply } from '../contract/hooks.ts'
import { isMultipartForm } from '../contract/multipart.ts'
import {
  type CheckedEndpoint,
  type GivenReply,
  type Policy,
  type PolicyContext,
  type PolicyContract,
  type PolicyFault,
  policy,
} from '../contract/policy.ts'
import { type AnyProblem, type ProblemType, problem } from '../contract/problem.ts'
import { Unavailable } from '../contract/problems.ts'
import { type Digest, createDigest } from './digest.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import { toStated } from './kept-reply.ts'
import { type Attempt, type Begun, type ReplayStore, replayStore } from './replay-store.ts'
import { StoreAway, type WhenAway, again, openOrClosed } from './store-away.ts'

type Plain<Code extends string> = ProblemType<Code, undefined>

export const IdempotencyKeyMissing: Plain<'idempotency_key_missing'> = problem('idempotency_key_missing', {
  status: 400,
  title: 'This request needs an Idempotency-Key',
})
export const IdempotencyKeyInvalid: Plain<'idempotency_key_invalid'> = problem('idempotency_key_invalid', {
  status: 400,
  title: 'The Idempotency-Key is no key: send 1 to 255 visible characters',
})
export const IdempotencyKeyInUse: Plain<'idempotency_key_in_use'> = problem('idempotency_key_in_use', {
  status: 409,
  title: 'A request with this Idempotency-Key is under way',
  headers: ['Retry-After'],
})
export const IdempotencyKeyReused: Plain<'idempotency_key_reused'> = problem('idempotency_key_reused', {
  status: 422,
  title: 'This Idempotency-Key was used for another request',
})
export const IdempotencyUnknown: Plain<'idempotency_unknown'> = problem('idempotency_unknown', {
  status: 409,
  title: 'A request with this Idempotency-Key broke off: whether it had its effect is not known',
})

export interface IdempotentOptions {
  /** False to let requests without a key through, which may then have their effect twice. True unless told. */
  readonly required?: boolean
  /** Seconds for which replies are kept: 86,400, a day, unless told. */
  readonly keep?: number
  /** Seconds in which a request should have its reply, 60 unless told; after that one that broke off is told apart. */
  readonly lease?: number
  /** What happens while the store is away: `closed` unless told, so that no effect comes twice. */
  readonly whenAway?: WhenAway
}

/** Of one request, and not of its effect: each reply has its own. */
const OF_ONE_REQUEST = new Set(['date', 'connection', 'ratelimit', 'ratelimit-policy', 'server-timing', 'x-request-id'])

/**
 * Has each request its effect once, however often it is sent: callers send `Idempotency-Key`
 * (draft-ietf-httpapi-idempotency-key-header-07), and who sends a key again gets the reply of the first time, errors of
 * the handler included, with `Idempotency-Replayed: true`. A key is the caller's own and the endpoint's: two principals,
 * or two endpoints, may use the same. What was refused before the handler was called is not kept.
 *
 * Another body under the same key is 422, and a request whose first is still under way is 409. So is one whose first
 * broke off with its process: its effect is not known, and it is not tried again. Where the endpoint uses a transaction
 * (`trestle/transaction`), all of this is kept in it: what broke off had no effect, and may come again at once.
 *
 * @throws {TypeError} for a time that is none.
 * @example
 * post('/', { body: OrderIn, returns: created(Order), policies: [idempotent()] }, …)
 */
export function idempotent(options: IdempotentOptions = {}): Policy {
  const { required = true, keep = 86_400, lease = 60, whenAway = 'closed' } = options
  for (const [name, value] of Object.entries({ keep, lease })) {
    if (!(Number.isFinite(value) && value > 0))
      throw new TypeError(`idempotent: ${name} is seconds above 0, not ${value}`)
  }
  return policy(
    'idempotent',
    contractOf(required, whenAway),
    ({ operation, report }) => {
      const own = {}
      const digest = createDigest()
      const away = openOrClosed(whenAway, report)
      return {
        limit: ({ request }) => void keyOf(request.header('idempotency-key'), required),
        replay: async (context, { replays }) => {
          const key = keyOf(context.request.header('idempotency-key'), required)
          if (key === undefined) return undefined
          const attempt = await attemptOf(context, operation, key, digest)
          let begun: Begun
          try {
            begun = await replays.begin(attempt, lease * 1000, keep * 1000)
          } catch (error) {
            if (replays.atomic) throw error
            // It may have begun all the same, and nobody would end it.
            if (!(error instanceof StoreAway) || error.asked) void again(() => replays.forget(attempt)).catch(report)
            return void away(error)
          }
          if (begun.is === 'begun') context.notes.set(own, attempt)
          return begun.is === 'begun' ? undefined : answerTo(begun)
        },
        record: async (context, given, { replays }) => {
          const attempt = context.notes.get(own) as Attempt | undefined
          if (attempt === undefined) return
          const keepIt = (): void | Promise<void> => keepReply(attempt, given, context, replays)
          try {
            await keepIt()
          } catch (error) {
            if (replays.atomic) throw error
            // It had its effect, and its caller is told so now. Who comes again is told once it is kept.
            if (error instanceof StoreAway) void again(keepIt).catch(report)
            else report(error)
          }
        },
      }
    },
    { replays: replayStore },
  )
}

function contractOf(required: boolean, whenAway: WhenAway): PolicyContract {
  const throws: AnyProblem[] = [IdempotencyKeyInvalid, IdempotencyKeyInUse, IdempotencyKeyReused, IdempotencyUnknown]
  if (required) throws.push(IdempotencyKeyMissing)
  if (whenAway === 'closed') throws.push(Unavailable)
  const description = 'A new one for each effect, such as a UUID; the same again to retry'
  return {
    throws,
    isOfCaller: true,
    isOfWrites: true,
    isOnce: true,
    check: checkBodies,
    requestHeaders: {
      'Idempotency-Key': { schema: { type: 'string', minLength: 1, maxLength: 255, description }, required },
    },
    replyHeaders: {
      'Idempotency-Replayed': { type: 'string', description: '`true` where this is the reply of an earlier request' },
    },
  }
}

const OF_STREAMS =
  'take bytes(), which are read whole; or give it to the other endpoints one by one, not to their group nor to "writes" of their resource: an import is safe to send again where its rows have a unique column'

/** Two requests are compared by what is kept of them, and of a file that says nothing of what is in it. */
function checkBodies({ spec }: CheckedEndpoint): readonly PolicyFault[] {
  return [spec.body ?? []].flat().flatMap((body) => {
    const { is, kind, schema } = body as Partial<Content>
    if (is === 'content' && kind === 'stream') {
      return [
        { what: 'has to know the whole body before the handler runs, and this one is stream()', mend: OF_STREAMS },
      ]
    }
    if (!isMultipartForm(schema)) return []
    return Object.entries(schema.uploads).flatMap(([name, { sha256 }]) => {
      const what = `has to know whether the file "${name}" is the same again`
      return sha256 ? [] : [{ what, mend: 'declare it as upload({ sha256: true })' }]
    })
  })
}

/** @throws IdempotencyKeyMissing, IdempotencyKeyInvalid */
function keyOf(text: string | undefined, required: boolean): string | undefined {
  if (text === undefined) {
    if (required) throw IdempotencyKeyMissing()
    return undefined
  }
  const key = readIdempotencyKey(text)
  if (key === undefined) throw IdempotencyKeyInvalid()
  return key
}

/** Hashed, so that no store holds a key that somebody could use, nor a body. */
async function attemptOf(context: PolicyContext, operation: string, key: string, digest: Digest): Promise<Attempt> {
  const { request, callers, body } = context
  if (body instanceof ReadableStream) {
    throw new TypeError(`${operation} takes a stream(), and idempotent() has to know the whole body: take bytes()`)
  }
  const head = `${request.method} ${request.path}?${request.search}\n`
  const whole = body instanceof Uint8Array ? joined(head, body) : head + (JSON.stringify(body, telling) ?? '')
  if (callers.includes(undefined)) {
    throw new TypeError(
      `${operation} is idempotent(), and "principal" of its security gives undefined for who is calling`,
    )
  }
  const scope = JSON.stringify([operation, callers, key])
  return {
    key: await digest(scope),
    fingerprint: await digest(whole),
    owner: crypto.randomUUID(),
  }
}

/** What JSON has no form for, and schemas make of what was sent. */
function telling(_key: string, value: unknown): unknown {
  if (value instanceof Set) return { set: [...value] }
  if (value instanceof Map) return { map: [...value] }
  return typeof value === 'bigint' ? { bigint: String(value) } : value
}

function joined(head: string, body: Uint8Array): Uint8Array {
  const first = new TextEncoder().encode(head)
  const whole = new Uint8Array(first.length + body.length)
  whole.set(first)
  whole.set(body, first.length)
  return whole
}

/** What is known of the key, to whoever comes with it. */
function answerTo(begun: Exclude<Begun, { is: 'begun' }>): GivenReply {
  if (begun.is === 'other') throw IdempotencyKeyReused()
  if (begun.is === 'unknown') throw IdempotencyUnknown()
  if (begun.is === 'running') throw IdempotencyKeyInUse({ headers: { 'retry-after': '1' } })
  const { status, headers, body } = begun.reply
  return toStated({ status, body, headers: [...headers, ['idempotency-replayed', 'true']] })
}

function keepReply(attempt: Attempt, given: Reply, context: PolicyContext, replays: ReplayStore): void | Promise<void> {
  // What kept it from its handler may be gone when it comes again.
  if (!context.handled) return replays.forget(attempt)
  const { status, body } = given
  if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw new TypeError('idempotent() keeps replies of text, JSON and bytes: this one comes in pieces and is not kept')
  }
  const headers = [...given.headers()].filter(([name]) => !OF_ONE_REQUEST.has(name))
  return replays.finish(attempt, { status, headers, body }, context.failure !== undefined)
}
