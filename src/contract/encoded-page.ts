import type { CursorPage } from './page.ts'

/**
 * A page whose items are JSON already, as a database can write them: what is sent is that text. Whoever looks at its items
 * beforehand, a hook or an encoder of another form, gets them decoded.
 */
export class EncodedPage<Item> implements CursorPage<Item> {
  /** A JSON array, of what the reply's schema declares and nothing else. */
  readonly text: string
  readonly next_cursor: string | null
  readonly #decode: (items: readonly unknown[]) => readonly Item[]
  #items: readonly Item[] | undefined

  constructor(text: string, next_cursor: string | null, decode: (items: readonly unknown[]) => readonly Item[]) {
    this.text = text
    this.next_cursor = next_cursor
    this.#decode = decode
  }

  get items(): readonly Item[] {
    this.#items ??= this.#decode(JSON.parse(this.text) as unknown[])
    return this.#items
  }

  /** Whether somebody has looked, and may have changed what they saw. */
  get isSeen(): boolean {
    return this.#items !== undefined
  }
}
