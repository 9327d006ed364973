/** How often something may happen: so many times at once, and so many more each second. */
export class Allowance {
  readonly #burst: number
  readonly #rate: number
  #left: number
  #at = 0

  constructor(burst: number, rate: number) {
    this.#burst = burst
    this.#rate = rate
    this.#left = burst
  }

  /** False where it is once too often. */
  take(now: number): boolean {
    if (this.#at !== 0) this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) * this.#rate) / 1000)
    this.#at = now
    this.#left -= 1
    return this.#left >= 0
  }
}
