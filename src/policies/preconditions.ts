import { type Dependency, depends } from '../contract/depends.ts'
import { NotModified } from '../contract/not-modified.ts'
import { type Policy, type PolicyContract, policy } from '../contract/policy.ts'
import { type ProblemType, problem } from '../contract/problem.ts'
import type { ReplyHeaders } from '../contract/reply-spec.ts'
import type { Request } from '../contract/request.ts'
import { judge } from './conditions.ts'
import { type Validators, readTags, validators } from './validators.ts'

/** The caller knows another state than the one that is there (RFC 9110 §15.5.13). It has the `ETag` of that one. */
export const PreconditionFailed: ProblemType<'precondition_failed', undefined> = problem('precondition_failed', {
  status: 412,
  title: 'This has changed since you read it',
  headers: ['ETag', 'Last-Modified'],
})

/** The caller has to say which state it changes (RFC 6585 §3). */
export const PreconditionRequired: ProblemType<'precondition_required', undefined> = problem('precondition_required', {
  status: 428,
  title: 'Say which version you change: send If-Match with its ETag, or If-None-Match: * for a new one',
})

/** What a request asks beforehand, for the handler to look at where it reads or writes. */
export interface Preconditions {
  /**
   * Holds what the request asks against what is there now, in the order of RFC 9110 §13.2.2: call it where nothing can
   * change any more, such as in a transaction that has locked the row.
   *
   * @param current undefined where there is nothing yet.
   * @returns the header fields of `current`, for the reply.
   * @throws PreconditionFailed
   * @throws for a GET whose caller has what there is: it gets 304.
   */
  readonly check: (current: Validators | undefined) => ReplyHeaders
  /**
   * The versions of which one has to be there, for `UPDATE … WHERE version = ANY ($1)`: where that changes nothing, throw
   * `PreconditionFailed()`. Undefined where the request names none.
   */
  readonly versions: readonly string[] | undefined
}

/**
 * What a request asks beforehand: `If-Match`, `If-None-Match`, `If-Modified-Since`, `If-Unmodified-Since`.
 *
 * @example
 * put('/{id}', { use: { preconditions }, policies: [conditional()], … }, ({ params, body, preconditions }) =>
 *   db.transaction(async (tx) => {
 *     preconditions.check(await tx.lock(params.id))
 *     return tx.update(params.id, body)
 *   }))
 */
export const preconditions: Dependency<Preconditions> = depends({}, ({ request }) => preconditionsOf(request), {
  name: 'preconditions',
  throws: [PreconditionFailed],
})

function preconditionsOf(request: Request): Preconditions {
  return {
    check: (current) => {
      const fields = current === undefined ? {} : validators(current)
      const { etag, 'last-modified': lastModified } = fields as Readonly<Record<string, string>>
      const asking = { method: request.method, header: (name: string) => request.header(name) }
      const verdict = judge(asking, current && { etag, lastModified })
      if (verdict === 304) throw new NotModified(fields)
      if (verdict === 412) throw PreconditionFailed({ headers: fields as Readonly<Record<string, string>> })
      return fields
    },
    get versions() {
      const field = request.header('if-match')
      if (field === undefined || field.trim() === '*') return undefined
      return readTags(field).flatMap(({ value, isWeak }) => (isWeak ? [] : [value]))
    },
  }
}

export interface ConditionalOptions {
  /** False to let writers through that do not say what they change, and may undo what others did. True unless told. */
  readonly required?: boolean
}

/** Fields by which a writer says what it changes. */
const OF_WRITERS = ['if-match', 'if-none-match', 'if-unmodified-since']

/**
 * Has who writes say which version it changes, so that nobody undoes what another did meanwhile: without `If-Match`, or
 * `If-None-Match: *` for what is new, it is refused with 428. The handler checks what was said, with `preconditions`, in
 * the step that writes: before that, it could be outrun.
 */
export function conditional({ required = true }: ConditionalOptions = {}): Policy {
  const described = (description: string) => ({ schema: { type: 'string', description } })
  const contract: PolicyContract = {
    isOnce: true,
    throws: required ? [PreconditionFailed, PreconditionRequired] : [PreconditionFailed],
    requestHeaders: {
      'If-Match': described('The `ETag` of the version to change'),
      'If-None-Match': described('`*` where there must be none yet'),
    },
    check: ({ uses }) => {
      if (uses.includes(preconditions)) return []
      const what = 'asks callers for the version they change, and nothing of this endpoint looks at it'
      return [{ what, mend: 'add preconditions to its "use", and check in the step that writes' }]
    },
  }
  return policy('conditional', contract, () =>
    required
      ? {
          limit: ({ request }) => {
            if (OF_WRITERS.every((name) => request.header(name) === undefined)) throw PreconditionRequired()
          },
        }
      : {},
  )
}
