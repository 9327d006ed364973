import { StoreAway } from '../../policies/store-away.ts'

/** Who works with what one at a time can work with, in the order in which they came. */
export class Turns {
  #taken = false
  readonly #waiting = new Set<() => void>()

  /**
   * Gives the turn, and what ends it.
   *
   * @param wait milliseconds.
   * @throws {StoreAway} where it does not come in that time.
   */
  async take(wait: number): Promise<() => void> {
    if (this.#taken) await this.#line(wait)
    this.#taken = true
    let left = false
    return () => {
      if (left) return
      left = true
      const [next] = this.#waiting
      if (next === undefined) this.#taken = false
      else next()
    }
  }

  #line(wait: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(next)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(next)
        reject(new StoreAway(`the database was not free within ${wait} ms`))
      }, wait)
      this.#waiting.add(next)
    })
  }
}
