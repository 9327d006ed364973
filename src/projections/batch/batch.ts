import { z } from 'zod'
import { type Dependency, depends } from '../../contract/depends.ts'
import { type Endpoint, type EndpointLimits, type Handler, post } from '../../contract/endpoint.ts'
import { type Together, frontDoor } from '../../contract/front-door.ts'
import type { Path } from '../../contract/path.ts'
import { type FieldError, type ProblemType, problem } from '../../contract/problem.ts'
import { InvalidInput, Unavailable } from '../../contract/problems.ts'
import { relaying } from '../../contract/relaying.ts'
import { reply } from '../../contract/reply-spec.ts'
import type { Schema } from '../../contract/schema.ts'
import {
  type BatchReplies,
  type BatchRequests,
  type BatchedReply,
  Replies,
  Reply,
  requestsSchema,
} from './batch-schemas.ts'
import type { Taken } from './batched-reply.ts'
import { type Planned, planRequests } from './reference.ts'
import { Batch, foreseen } from './run-batch.ts'

export interface BatchOptions<P extends Path = Path> {
  /** `/batch` unless told. */
  readonly path?: P
  /** Requests that one batch may have: 100 unless told. */
  readonly requests?: number
  /** Of those that only read, how many are at work at once: 10 unless told. */
  readonly concurrency?: number
  /** Bytes that the body of one reply may have: 1,048,576, 1 MiB, unless told. What is longer is left out. */
  readonly replyBytes?: number
  /** Bytes that the bodies of all replies may have: 8,388,608, 8 MiB, unless told. */
  readonly repliesBytes?: number
  /** Who may send batches: `'public'` unless told, for each request in it says who asks. */
  readonly security?: 'public' | Dependency
  /** Of the whole: `body` is that of all requests together, `timeout` the time of all. */
  readonly limits?: EndpointLimits
}

/** What a batch promises. */
export interface BatchSpec {
  readonly body: Schema<BatchRequests>
  readonly returns: Schema<BatchReplies>
}

/** The request that failed, and the reply to it. */
interface Undone {
  /** Its place among the requests. */
  readonly request: number
  readonly reply: BatchedReply
}

export const BatchUndone: ProblemType<'batch_undone', Undone> = problem('batch_undone', {
  status: 424,
  title: 'One of the requests failed, and nothing was done for any of them',
  extra: z.object({ request: z.int(), reply: Reply }) as unknown as Schema<Undone>,
  headers: ['Retry-After'],
}) as never

/** Levels of JSON that are those of the batch and not of a body in it. */
const DEPTH = 104

/** What requests have together where they are `atomic`: it ends before the reply is sent, and what it throws is the reply. */
const together = depends(
  { frontDoor },
  async function* ({ frontDoor, request }): AsyncGenerator<Together, void, Error | undefined> {
    const joint = frontDoor.together(request)
    await joint.end(yield joint)
  },
  { until: 'reply', name: 'what a batch has together' },
)

/**
 * An endpoint that takes several requests in one: `POST /batch`. Each goes in by the same door as any request, as the
 * caller who sent them all, and has a reply of its own: what fails does not touch the others. With `atomic` all have their
 * effect or none has.
 *
 * @throws {TypeError} for an option that is no whole number from 1.
 * @example
 * api({ title: 'Shop' }, { orders, batch: batch() })
 */
export function batch<const P extends Path = '/batch'>(
  options: BatchOptions<P> = {},
): Endpoint<P, BatchSpec, Handler<P, BatchSpec>> {
  const { path = '/batch', requests = 100, concurrency = 10, security = 'public', limits } = options
  const { replyBytes = 1_048_576, repliesBytes = 8_388_608 } = options
  for (const [name, value] of Object.entries({ requests, concurrency, replyBytes, repliesBytes })) {
    if (!(Number.isSafeInteger(value) && value >= 1)) {
      throw new TypeError(`batch: ${name} takes a whole number from 1, not ${value}`)
    }
  }
  const endpoint = post(
    path as '/batch',
    {
      summary: 'Send several requests in one',
      description:
        'Each has its own reply, in the same order, whatever became of the others. Those that only read are run at once, one that writes after all before it.',
      security,
      limits: { depth: DEPTH, ...limits },
      body: requestsSchema(requests),
      returns: Replies,
      throws: [BatchUndone, Unavailable],
      use: { frontDoor, together },
    },
    async ({ body, request, signal, frontDoor: door, together, background }) => {
      const errors: FieldError[] = []
      const planned = planRequests(body.requests, errors)
      if (errors.length > 0) throw InvalidInput({ errors })
      const running = { door, from: request, signal, concurrency, replyBytes, repliesBytes }
      if (body.atomic !== true) return whole(await new Batch(planned, running).all())
      door.misfits(foreseen(planned), request).forEach((message, index) => {
        if (message === undefined) return
        errors.push({ pointer: `/body/requests/${index}`, code: 'not_atomic', message })
      })
      if (errors.length > 0) throw InvalidInput({ errors })
      background(() => together.afterwards())
      return whole(await new Batch(planned, { ...running, together }).untilFailure(undo))
    },
  )
  return relaying(endpoint as never) as never
}

function undo({ index, request: { id } }: Planned, reply: BatchedReply): never {
  const again = reply.headers['retry-after']
  throw BatchUndone(
    { request: index, reply },
    {
      detail: `Request ${index}${id === undefined ? '' : ` ("${id}")`} was answered with ${reply.status}: nothing was done`,
      ...(again !== undefined && { headers: { 'retry-after': again } }),
    },
  )
}

function whole(taken: readonly Taken[]): ReturnType<typeof reply<200, BatchReplies>> {
  const cookies = taken.flatMap(({ cookies }) => cookies)
  const body = { replies: taken.map(({ reply }) => reply) }
  return reply(200, body, { 'cache-control': 'no-store', ...(cookies.length > 0 && { 'set-cookie': cookies }) })
}
