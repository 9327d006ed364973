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
  readonly #decode: (items: readonly unknown[]) => readonly Item[]
  #items: readonly Item[] | undefined = undefined
  #isSeen = false

  /**
   * One for all pages. V8 keeps the functions of such a property with the shape of its object, among what is old: were they
   * each page's own, what they know of it would be kept until the old is looked through, and young collections take ten
   * times as long.
   */
  static readonly #ofItems: PropertyDescriptor & ThisType<EncodedPage<unknown>> = {
    enumerable: true,
    get() {
      this.#isSeen = true
      this.#items ??= this.#decode(JSON.parse(this.#text) as unknown[])
      return this.#items
    },
    set(others: readonly unknown[]) {
      this.#isSeen = true
      this.#items = others
    },
  }

  /** @param text a JSON array, of what the reply's schema declares and nothing else. */
  constructor(text: string, next_cursor: string | null, decode: (items: readonly unknown[]) => readonly Item[]) {
    this.#text = text
    this.#decode = decode
    this.next_cursor = next_cursor
    // Its own: what spreads an object leaves out what its class has.
    Object.defineProperty(this, 'items', EncodedPage.#ofItems)
  }

  /** The items as they are sent; undefined where somebody has looked, and may have changed what they saw. */
  get text(): string | undefined {
    return this.#isSeen ? undefined : this.#text
  }
}
