const MASK = '[secret]'

/**
 * A value that no log, message or reply shows: it prints as `[secret]` in every form, JSON included.
 *
 * @example
 * const key = config.stripeKey.reveal()
 */
export class Secret<T = string> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
    Object.freeze(this)
  }

  /** The value itself. Hand it to what needs it, and keep no copy. */
  reveal(): T {
    return this.#value
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [Symbol.toPrimitive](): string {
    return MASK
  }

  get [Symbol.toStringTag](): string {
    return 'Secret'
  }

  static {
    // What console.log asks for in Node and Bun, and in Deno.
    for (const inspect of ['nodejs.util.inspect.custom', 'Deno.customInspect']) {
      Object.defineProperty(Secret.prototype, Symbol.for(inspect), { value: () => MASK })
    }
  }
}
