/** The values that were asked for last, by their keys: callers choose them, so there is no end to them. */
export class Recent<V> {
  readonly #most: number
  /** From the one that was asked for longest ago to the newest. */
  readonly #kept = new Map<string, V>()
  #newest: string | undefined = undefined

  /** @param most how many are kept. */
  constructor(most: number) {
    this.#most = most
  }

  get(key: string): V | undefined {
    const value = this.#kept.get(key)
    if (value === undefined || key === this.#newest) return value
    this.#kept.delete(key)
    this.#kept.set(key, value)
    this.#newest = key
    return value
  }

  /** The value of a key, made where it is not there. */
  made(key: string, make: () => V): V {
    const known = this.get(key)
    if (known !== undefined) return known
    const value = make()
    this.set(key, value)
    return value
  }

  set(key: string, value: V): void {
    this.#kept.delete(key)
    this.#kept.set(key, value)
    this.#newest = key
    if (this.#kept.size > this.#most) this.#kept.delete(this.#kept.keys().next().value as string)
  }

  delete(key: string): void {
    this.#kept.delete(key)
  }
}
