import type { Call, CallOptions, Called, FrontDoor } from '../../contract/front-door.ts'
import { Problem, type ProblemType, problem } from '../../contract/problem.ts'
import { BadRequest, ContentTooLarge } from '../../contract/problems.ts'
import { SAFE_METHODS } from '../../contract/walk.ts'
import { fromBase64 } from './base64.ts'
import type { BatchedReply } from './batch-schemas.ts'
import { type Taken, isJson, takeReply } from './batched-reply.ts'
import { type Planned, type Reference, putAt, valueAt } from './reference.ts'

export const FailedDependency: ProblemType<'failed_dependency', undefined> = problem('failed_dependency', {
  status: 424,
  title: 'What this needs of another request is not there; nothing was done for this one',
})

/**
 * Characters that the requests of a batch may take from replies, in all. Each could take all that one before it was
 * answered with, many times over, and hand on what has grown.
 */
const TAKEN = 1_048_576

export interface Running extends Omit<CallOptions, 'limit'> {
  readonly door: FrontDoor
  /** How many that only read are at work at once. */
  readonly concurrency: number
  /** Bytes that the body of one reply may have, and those of all. */
  readonly replyBytes: number
  readonly repliesBytes: number
}

/** Runs requests, and gives their replies in the same order. */
export class Batch {
  readonly #running: Running
  readonly #planned: readonly Planned[]
  readonly #replies: Promise<Taken>[] = []
  #room: number
  readonly #takings = new Takings()

  constructor(planned: readonly Planned[], running: Running) {
    this.#planned = planned
    this.#running = running
    this.#room = running.repliesBytes
  }

  /**
   * As a server does with requests that come one behind the other on a connection (RFC 9112 §9.3.2): those that only read
   * are run at once, one that writes when all before it are done, and nothing beside it.
   *
   * @throws the reason of the signal, where it has fired, when none is at work any more.
   */
  async all(): Promise<readonly Taken[]> {
    const atWork = new Set<Promise<unknown>>()
    for (const planned of this.#planned) {
      const isSafe = SAFE_METHODS.has(planned.method)
      if (!isSafe) await Promise.all(atWork)
      while (atWork.size >= this.#running.concurrency) await Promise.race(atWork)
      if (this.#running.signal.aborted) await Promise.all(atWork)
      this.#running.signal.throwIfAborted()
      const work = this.#run(planned)
      this.#replies.push(work)
      const done = work.then(() => void atWork.delete(done))
      atWork.add(done)
      if (!isSafe) await done
    }
    return Promise.all(this.#replies)
  }

  /**
   * One after the other, up to the first that fails.
   *
   * @param failed called with that one.
   */
  async untilFailure(failed: (planned: Planned, reply: BatchedReply) => never): Promise<readonly Taken[]> {
    for (const planned of this.#planned) {
      this.#running.signal.throwIfAborted()
      const work = this.#run(planned)
      this.#replies.push(work)
      const { reply } = await work
      if (reply.status >= 400) failed(planned, reply)
    }
    return Promise.all(this.#replies)
  }

  async #run(planned: Planned): Promise<Taken> {
    const { door, from, signal, together, replyBytes } = this.#running
    const needed = new Map<string, BatchedReply>()
    for (const index of planned.needs) {
      const { reply } = (await this.#replies[index]) as Taken
      needed.set(reply.id as string, reply)
    }
    let called: Called
    try {
      const call = callOf(planned, needed, this.#takings)
      called = await door.call(call, { from, signal, limit: replyBytes, ...(together && { together }) })
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      called = door.refuse(error)
    }
    const taken = takeReply(planned.request.id, called, this.#room)
    this.#room -= taken.size
    return taken
  }
}

/** The calls as far as they are known before any is made. */
export function foreseen(planned: readonly Planned[]): readonly Call[] {
  return planned.map(({ index, method, path, request }) => ({
    method,
    target: path.map((piece) => (typeof piece === 'string' ? piece : 'x')).join(''),
    headers: new Map(Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
    body: undefined,
    suffix: `.${index}`,
  }))
}

/** @throws {Problem} `FailedDependency`, `BadRequest`, `ContentTooLarge` */
function callOf(
  { index, method, path, request, copy }: Planned,
  replies: ReadonlyMap<string, BatchedReply>,
  takings: Takings,
): Call {
  const target = path
    .map((piece) => (typeof piece === 'string' ? piece : encodeURIComponent(takings.text(piece, replies))))
    .join('')
  const parts = { headers: { ...request.headers }, body: request.body }
  for (const [to, from] of copy) {
    const value = to[0] === 'headers' ? takings.text(from, replies) : takings.value(from, replies)
    if (putAt(parts, to, value)) continue
    throw BadRequest({ detail: `"copy": there is no place /${to.join('/')} in this request` })
  }
  const headers = fieldsOf(Object.entries(parts.headers))
  const body = bytesOf(parts.body, request.encoding, headers)
  return { method, target, headers, body, suffix: `.${index}` }
}

/** @throws {Problem} `BadRequest` for one that comes twice: which of the two counts, nobody could tell. */
function fieldsOf(entries: readonly (readonly [string, string])[]): Map<string, string> {
  const fields = new Map<string, string>()
  for (const [given, value] of entries) {
    const name = given.toLowerCase()
    if (fields.has(name)) throw BadRequest({ detail: 'A header field is given twice' })
    fields.set(name, value.replace(/^[\t ]+|[\t ]+$/g, ''))
  }
  return fields
}

/** The body as it is sent; what it is, is said in the fields. */
function bytesOf(body: unknown, encoding: 'base64' | undefined, headers: Map<string, string>): Uint8Array | undefined {
  if (body === undefined) return undefined
  if (encoding === 'base64') {
    const bytes = typeof body === 'string' ? fromBase64(body) : undefined
    if (bytes === undefined) throw BadRequest({ detail: 'The body is not base64 (RFC 4648 §4)' })
    return bytes
  }
  const type = headers.get('content-type')
  if (type === undefined) headers.set('content-type', 'application/json')
  else if (!isJson(type)) {
    if (typeof body === 'string') return encoder.encode(body)
    throw BadRequest({ detail: 'The body of this content-type is a text, or base64 with "encoding": "base64"' })
  }
  return encoder.encode(JSON.stringify(body))
}

const encoder = new TextEncoder()

/** What is taken from replies, up to so much. */
class Takings {
  #left = TAKEN

  /** @throws {Problem} `FailedDependency`, `ContentTooLarge` */
  value(reference: Reference, replies: ReadonlyMap<string, BatchedReply>): unknown {
    const text = JSON.stringify(found(reference, replies))
    this.#count(text.length)
    return JSON.parse(text)
  }

  /** The same as text, for a path or a header field. */
  text(reference: Reference, replies: ReadonlyMap<string, BatchedReply>): string {
    const value = found(reference, replies)
    const isPlain =
      typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value !== '')
    if (isPlain) {
      const text = String(value)
      this.#count(text.length)
      return text.toWellFormed()
    }
    const { id, steps } = reference
    throw FailedDependency({ detail: `What the reply to "${id}" has at /${steps.join('/')} is no text and no number` })
  }

  #count(length: number): void {
    this.#left -= length
    if (this.#left < 0) {
      throw ContentTooLarge({ detail: `The requests of a batch may take ${TAKEN} characters from replies in all` })
    }
  }
}

/** @throws {Problem} `FailedDependency` where it failed, or has no such thing in its reply. */
function found({ id, steps }: Reference, replies: ReadonlyMap<string, BatchedReply>): unknown {
  const reply = replies.get(id) as BatchedReply
  if (reply.status >= 400) throw FailedDependency({ detail: `"${id}" was answered with ${reply.status}` })
  const value = valueAt(reply, steps)
  if (value === undefined) throw FailedDependency({ detail: `The reply to "${id}" has nothing at /${steps.join('/')}` })
  return value
}
