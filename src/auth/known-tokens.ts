/** Tokens that were checked a moment ago: the same caller comes with the same token. */
export interface KnownTokens<Value> {
  readonly get: (token: string) => Value | undefined
  /** @param until milliseconds since 1970. */
  readonly keep: (token: string, value: Value, until: number) => void
}

interface Known<Value> {
  readonly value: Value
  readonly until: number
  readonly stamp: number
}

/** Of each of two generations; the older one goes when the younger is full. */
const MOST = 2500
/** Characters of a token that is kept: with the above, 10 MB at most. */
const LONGEST = 2048

/**
 * @param stamp another number once what was found no longer holds.
 */
export function createKnownTokens<Value>(stamp: () => number): KnownTokens<Value> {
  let young = new Map<string, Known<Value>>()
  let old = new Map<string, Known<Value>>()
  const keep = (token: string, known: Known<Value>): void => {
    if (young.size >= MOST) {
      old = young
      young = new Map()
    }
    young.set(token, known)
  }
  return {
    get: (token) => {
      let known = young.get(token)
      if (known === undefined) {
        known = old.get(token)
        if (known === undefined) return undefined
        old.delete(token)
        keep(token, known)
      }
      return known.until > Date.now() && known.stamp === stamp() ? known.value : undefined
    },
    keep: (token, value, until) => {
      if (token.length <= LONGEST) keep(token, { value, until, stamp: stamp() })
    },
  }
}
