import type { Octets } from './octets.ts'

const NOTHING = Buffer.alloc(0) as Octets

/** Octets that were read and whose turn has not come. They are copied: what a read gives is written over by the next. */
export class Held {
  #bytes = NOTHING
  #from = 0
  #to = 0

  get bytes(): Octets {
    return this.#bytes
  }

  get from(): number {
    return this.#from
  }

  get to(): number {
    return this.#to
  }

  get length(): number {
    return this.#to - this.#from
  }

  put(bytes: Buffer, from: number, to: number): void {
    const more = to - from
    if (this.#to + more > this.#bytes.length) this.#makeRoom(more)
    bytes.copy(this.#bytes, this.#to, from, to)
    this.#to += more
  }

  /** @param at up to where they were used. */
  taken(at: number): void {
    this.#from = at
    if (this.#from >= this.#to) this.clear()
  }

  /** All of them, for whoever wants them; nothing is held then. */
  take(): Octets {
    const all = this.#bytes.subarray(this.#from, this.#to) as Octets
    this.clear()
    return all
  }

  /** Begins anew in the same memory: what was given of it is written over. */
  rewind(): void {
    this.#from = 0
    this.#to = 0
  }

  clear(): void {
    this.#bytes = NOTHING
    this.#from = 0
    this.#to = 0
  }

  /** At least twice the room each time, so that what comes octet by octet is not copied once for each. */
  #makeRoom(more: number): void {
    const wanted = Buffer.allocUnsafe(Math.max(this.length + more, this.#bytes.length * 2, 512)) as Octets
    this.#bytes.copy(wanted, 0, this.#from, this.#to)
    this.#to = this.length
    this.#from = 0
    this.#bytes = wanted
  }
}
