/** What a caller would rather have (RFC 7240), as far as it can be read. */
export interface Preferences {
  /** Whether the reply to a write has what was written, or nothing (§4.2). */
  readonly return: 'minimal' | 'representation' | undefined
  /** Whether what cannot be understood is refused, or passed over (§4.4). */
  readonly handling: 'strict' | 'lenient' | undefined
  /** True for 202 where it would take long (§4.1). */
  readonly respondAsync: boolean
  /** Seconds that the caller would wait for the reply (§4.3). */
  readonly wait: number | undefined
  /** All of them, names in lower case; `''` for one without a value. */
  readonly all: ReadonlyMap<string, string>
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y
const QUOTED = /"((?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*)"/y

/**
 * Reads `Prefer` by its grammar (§2). Of one that is said twice the first holds. A field that is wrong says nothing: a
 * preference may always be passed over.
 */
export function readPreferences(text: string | undefined): Preferences {
  const all = (text === undefined ? undefined : read(text)) ?? new Map<string, string>()
  const [returns, handling, wait] = [all.get('return'), all.get('handling'), all.get('wait')]
  return {
    return: returns === 'minimal' || returns === 'representation' ? returns : undefined,
    handling: handling === 'strict' || handling === 'lenient' ? handling : undefined,
    respondAsync: all.has('respond-async'),
    wait: wait !== undefined && /^\d{1,9}$/.test(wait) ? Number(wait) : undefined,
    all,
  }
}

/** @returns undefined where the text is not of the grammar. */
function read(text: string): Map<string, string> | undefined {
  const found = new Map<string, string>()
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match === null) return undefined
    at = pattern.lastIndex
    return match[1] ?? match[0]
  }
  const skip = (): void => {
    while (text[at] === ' ' || text[at] === '\t') at++
  }
  const is = (mark: string): boolean => {
    skip()
    if (text[at] !== mark) return false
    at++
    skip()
    return true
  }
  skip()
  while (at < text.length) {
    if (is(',')) continue // lists may have empty elements (RFC 9110 §5.6.1.2)
    for (let isFirst = true; isFirst || is(';'); isFirst = false) {
      const name = take(TOKEN)?.toLowerCase()
      if (name === undefined) {
        if (isFirst) return undefined
        continue // so may lists of parameters
      }
      const value = is('=') ? (text[at] === '"' ? take(QUOTED)?.replace(/\\(.)/g, '$1') : take(TOKEN)) : ''
      if (value === undefined) return undefined
      if (isFirst && !found.has(name)) found.set(name, value)
    }
    if (at < text.length && !is(',')) return undefined
  }
  return found
}
