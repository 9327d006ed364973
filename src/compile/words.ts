/** Words of one length that are compared one after the other: of more, one is cut out and looked up. */
const FEW = 4

/**
 * Words and what they stand for, found where they stand in a text: to cut a word out and have it hashed takes longer
 * than to compare it with those of its length, which are few.
 */
export class Words<T> {
  readonly #all = new Map<string, T>()
  readonly #ofLength: (readonly [word: string, value: T])[][] = []

  /** @param word one that it has not. */
  set(word: string, value: T): void {
    this.#all.set(word, value)
    const alike = this.#ofLength[word.length] ?? []
    alike.push([word, value])
    this.#ofLength[word.length] = alike
  }

  get(word: string): T | undefined {
    return this.#all.get(word)
  }

  /** What the word stands for that `text` has from `from` to `to`. */
  at(text: string, from: number, to: number): T | undefined {
    const alike = this.#ofLength[to - from]
    if (alike === undefined) return undefined
    if (alike.length > FEW) return this.#all.get(text.slice(from, to))
    for (const [word, value] of alike) if (isAt(text, from, word)) return value
    return undefined
  }

  has(word: string): boolean {
    return this.#all.has(word)
  }

  keys(): Iterable<string> {
    return this.#all.keys()
  }

  [Symbol.iterator](): Iterator<readonly [word: string, value: T]> {
    return this.#all[Symbol.iterator]()
  }
}

/** A loop: words are short, and `startsWith` is a call. */
function isAt(text: string, from: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (text.charCodeAt(from + i) !== word.charCodeAt(i)) return false
  return true
}
