/** Milliseconds, many of them. */
export class Latencies {
  #values = new Float64Array(65_536)
  #count = 0
  #sorted = false

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const more = new Float64Array(this.#count * 2)
      more.set(this.#values)
      this.#values = more
    }
    this.#values[this.#count++] = value
    this.#sorted = false
  }

  get count(): number {
    return this.#count
  }

  /** The value that a share of them does not exceed; 1 for the greatest. 0 where there are none. */
  at(share: number): number {
    if (this.#count === 0) return 0
    if (!this.#sorted) this.#values.subarray(0, this.#count).sort()
    this.#sorted = true
    return this.#values[Math.min(this.#count - 1, Math.floor(this.#count * share))] as number
  }
}
