import { BadRequest, TargetTooLong } from '../contract/problems.ts'
import type { Incoming } from './incoming.ts'

/** Bytes a request target may have. */
export const TARGET_LIMIT = 8192

const [HASH, PERCENT, DOT, SLASH, BACKSLASH] = [0x23, 0x25, 0x2e, 0x2f, 0x5c]

/**
 * `.` and `..` as segments (RFC 3986 §5.2.4), also between escaped slashes: a parameter is decoded before somebody
 * opens a file by it. A path holds no escaped dots: it is plain by now.
 */
const DOTS = /(?:\/|%2F|%5C)\.{1,2}(?:\/|%2F|%5C|$)/

/**
 * Stage 1. Refuses targets that two readers could take for two different paths: a proxy that resolves
 * `/a/../admin` and a guard that does not would disagree on what is asked for. A careful client sends
 * none of these (RFC 3986 §6.2.2).
 *
 * @throws BadRequest, TargetTooLong
 */
export function frame(request: Incoming): void {
  if (request.target.length > TARGET_LIMIT) throw TargetTooLong()
  const { method, local, pathEnd } = request
  if (local.charCodeAt(0) !== SLASH && method !== 'CONNECT' && !(method === 'OPTIONS' && request.target === '*')) {
    throw BadRequest({ detail: 'The target is neither a path nor an http or https URL (RFC 9112 §3.2)' })
  }
  if (local.includes('#', pathEnd)) throw BadRequest({ detail: 'A fragment ("#…") is never sent: leave it out' })
  if (isPlain(local, pathEnd)) return
  const { path } = request
  if (DOTS.test(path)) throw BadRequest({ detail: 'The path has "." or ".." segments: send the path they lead to' })
  if (/[\\#]|[^\x21-\x7e]/.test(path)) {
    throw BadRequest({ detail: 'The path has a character that must be percent-encoded' })
  }
}

/** False for escapes, dot segments, empty segments, backslashes, what no target may hold. A loop: a search costs a request more. */
function isPlain(text: string, end: number): boolean {
  let before = 0
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code <= 0x20 || code > 0x7e || code === PERCENT || code === HASH || code === BACKSLASH) return false
    if (before === SLASH && (code === SLASH || code === DOT)) return false
    before = code
  }
  return true
}
