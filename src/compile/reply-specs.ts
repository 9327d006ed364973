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

/** True where callers may ask for parts of what an operation gives (RFC 9110 §14): of files, by GET. */
export function givesRanges(operation: Operation): boolean {
  return operation.method === 'GET' && replySpecs(operation).some(isWholeFile)
}

/** True for the reply that is a file, whole. */
export function isWholeFile({ status, body }: ReplySpec): boolean {
  const { is, kind } = Object(body) as Partial<Content>
  return status === 200 && is === 'content' && kind === 'file'
}

/** Nothing is assumed of `one`: start-up diagnostics ask, whose matter it is that it may be anything. */
function isReplySpec(one: unknown): one is ReplySpec {
  return (one as Partial<ReplySpec> | null | undefined)?.is === 'reply'
}
