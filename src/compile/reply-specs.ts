import type { Content } from '../contract/content.ts'
import type { ReplySpec } from '../contract/reply-spec.ts'
import type { AnySchema } from '../contract/schema.ts'
import type { Operation } from '../contract/walk.ts'

/** The replies an operation declares, each as a spec; a bare schema is 200. */
export function replySpecs(operation: Operation): readonly ReplySpec[] {
  const { returns } = operation.spec
  if (returns === undefined) return []
  const list = (Array.isArray(returns) ? returns : [returns]) as readonly (ReplySpec | AnySchema | Content)[]
  return list.map((one) => (isReplySpec(one) ? one : { is: 'reply', status: 200, body: one }))
}

/** Nothing is assumed of `one`: start-up diagnostics ask, whose matter it is that it may be anything. */
function isReplySpec(one: unknown): one is ReplySpec {
  return (one as Partial<ReplySpec> | null | undefined)?.is === 'reply'
}
