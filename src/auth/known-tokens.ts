/** Tokens that were checked a moment ago: the same caller comes with the same token. */
export interface KnownTokens<Value> {
  readonly get: (token: string) => Value | undefined
  /**
   * @param until milliseconds since 1970.
   * @param stamp what it was when the check began: of what changed meanwhile nothing is kept.
   */
  readonly keep: (token: string, value: Value, until: number, stamp: number) => void
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

/** @param stampNow another number once what was found no longer holds; -1 while nobody can say. */
export function createKnownTokens<Value>(stampNow: () => number): KnownTokens<Value> {
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
      return known.until > Date.now() && known.stamp === stampNow() ? known.value : undefined
    },
    keep: (token, value, until, stamp) => {
      if (token.length <= LONGEST && stamp >= 0 && stamp === stampNow()) keep(token, { value, until, stamp })
    },
  }
}
