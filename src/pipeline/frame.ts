import { BadRequest, TargetTooLong } from '../contract/problems.ts'
import type { Incoming } from './incoming.ts'

/** Bytes a request target may have. */
export const TARGET_LIMIT = 8192

/** Anything that is not plain: escapes, dot segments, empty segments, backslashes, what no target may hold. */
const SUSPECT = /[%\\]|\/[./]|[^\x21-\x7e]|#/
/** `.` and `..` as segments, also when escaped (RFC 3986 §5.2.4, and what WHATWG URL parsers make of `%2e`). */
const DOTS = /\/(?:\.|%2e){1,2}(?:\/|$)/i

/**
 * Stage 1. Refuses targets that two readers could take for two different paths: a proxy that resolves
 * `/a/../admin` and a guard that does not would disagree on what is asked for. A careful client sends
 * none of these (RFC 3986 §6.2.2).
 *
 * @throws BadRequest, TargetTooLong
 */
export function frame(request: Incoming): void {
  if (request.target.length > TARGET_LIMIT) throw TargetTooLong()
  const { path } = request
  if (!SUSPECT.test(path)) return
  if (DOTS.test(path)) throw BadRequest(undefined, { detail: 'The path has "." or ".." segments: send the path they lead to' })
  if (/[\\#]|[^\x21-\x7e]/.test(path)) {
    throw BadRequest(undefined, { detail: 'The path has a character that must be percent-encoded' })
  }
}
