import type { CursorPage } from './page.ts'

/**
 * A page whose items are JSON already, as a database can write them: what is sent is that text. Whoever looks at its items
 * beforehand, a hook or an encoder of another form, gets them decoded. To hooks it is as any other page: they may spread
 * it, write it as JSON and put other items in it.
 */
export class EncodedPage<Item> implements CursorPage<Item> {
  declare items: readonly Item[]
  next_cursor: string | null
  readonly #text: string
  #isSeen = false

  /** @param text a JSON array, of what the reply's schema declares and nothing else. */
  constructor(text: string, next_cursor: string | null, decode: (items: readonly unknown[]) => readonly Item[]) {
    this.#text = text
    this.next_cursor = next_cursor
    let items: readonly Item[] | undefined
    // Its own: what spreads an object leaves out what its class has.
    Object.defineProperty(this, 'items', {
      enumerable: true,
      get: () => {
        this.#isSeen = true
        items ??= decode(JSON.parse(text) as unknown[])
        return items
      },
      set: (others: readonly Item[]) => {
        this.#isSeen = true
        items = others
      },
    })
  }

  /** The items as they are sent; undefined where somebody has looked, and may have changed what they saw. */
  get text(): string | undefined {
    return this.#isSeen ? undefined : this.#text
  }
}
