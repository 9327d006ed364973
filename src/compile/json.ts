import { Malformed } from './malformed.ts'

/**
 * Parses JSON (RFC 8259) for untrusted input: nesting deeper than `depth` is refused before anything
 * recurses into it, and so is a `__proto__` key, which code that copies fields could take for a prototype.
 *
 * @throws {Malformed} saying what is wrong, and where.
 */
export function parseJson(text: string, depth: number): unknown {
  // Text shorter than this cannot nest so deep, nor can text with fewer brackets.
  if (text.length > depth * 2 && opensMoreThan(text, depth) && deeperThan(text, depth)) {
    throw new Malformed(`The body nests deeper than ${depth} levels`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Malformed(text.trim() === '' ? 'The body is empty' : `The body is not JSON: ${reason(error)}`)
  }
  // Only text with the name, written out or with escapes, can hold the key.
  if ((text.includes('__proto__') || text.includes('\\u00')) && holdsProto(value)) {
    throw new Malformed('The key "__proto__" is not taken')
  }
  return value
}

/** V8 quotes the text it could not parse; a caller knows the text, a log should not. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const at = /position (\d+)/.exec(message)
  if (at !== null) return `unexpected character at position ${at[1]}`
  return /end of JSON|Unterminated|EOF/.test(message) ? 'it ends too early' : 'unexpected character'
}

/** Counts by search, which skips what lies between: most bodies open a handful of arrays and objects. */
function opensMoreThan(text: string, count: number): boolean {
  let found = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++found > count) return true
    }
  }
  return false
}

function deeperThan(text: string, depth: number): boolean {
  let level = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (quoted) {
      if (code === 0x5c) i++
      else if (code === 0x22) quoted = false
    } else if (code === 0x22) quoted = true
    else if (code === 0x5b || code === 0x7b) {
      if (++level > depth) return true
    } else if (code === 0x5d || code === 0x7d) level--
  }
  return false
}

function holdsProto(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false
  if (Array.isArray(value)) return value.some(holdsProto)
  return Object.keys(value).some((key) => key === '__proto__' || holdsProto((value as Record<string, unknown>)[key]))
}
