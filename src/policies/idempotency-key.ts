/** Characters that a key may have. */
const LONGEST = 255

/**
 * Reads the value of `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07 §2.1): a string of structured
 * fields (RFC 9651 §3.3.3), or, as most callers send it, the bare characters.
 *
 * @returns undefined for what is no key.
 */
export function readIdempotencyKey(text: string): string | undefined {
  const key = text.startsWith('"') ? unquoted(text) : /^[\x21-\x7e]+$/.test(text) ? text : undefined
  return key !== undefined && key.length > 0 && key.length <= LONGEST ? key : undefined
}

function unquoted(text: string): string | undefined {
  const inside = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/.exec(text)?.[1]
  return inside?.replace(/\\(["\\])/g, '$1')
}
