import type { Reply } from '../contract/hooks.ts'
import { readDate } from './validators.ts'

/** Directives of `Cache-Control` (RFC 9111 §5.2), names in lower case; of one that comes twice the first, as §4.2.1 has it. */
export function readDirectives(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [, name = '', quoted, plain = ''] of text.matchAll(
    /([^\s=,"]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/g,
  )) {
    const key = name.toLowerCase()
    if (!found.has(key)) found.set(key, quoted ?? plain)
  }
  return found
}

/**
 * Seconds for which a reply says that it is fresh (RFC 9111 §4.2.1), without those that it is old already; undefined where
 * it says nothing. What cannot be read is stale (§4.2.1).
 */
export function lifetimeOf(reply: Reply, directives: ReadonlyMap<string, string>): number | undefined {
  const stated = directives.get('s-maxage') ?? directives.get('max-age')
  const whole = stated === undefined ? untilExpires(reply) : (wholeNumber(stated) ?? 0)
  return whole === undefined ? undefined : whole - ageOf(reply)
}

function untilExpires(reply: Reply): number | undefined {
  const expires = reply.header('expires')
  if (expires === undefined) return undefined
  const date = readDate(reply.header('date') ?? '') ?? Date.now()
  return ((readDate(expires) ?? 0) - date) / 1000
}

/**
 * Seconds of age that a reply came with, such as one that the handler had of another server: of several the first, and none
 * of what is no number (RFC 9111 §5.1).
 */
export function ageOf(reply: Reply): number {
  const [first = ''] = reply.header('age')?.split(',', 1) ?? []
  return wholeNumber(first) ?? 0
}

function wholeNumber(text: string): number | undefined {
  return /^\s*\d+\s*$/.test(text) ? Number(text) : undefined
}
