import type { Take, Taken } from '../policies/rate-store.ts'

/** Keys that are remembered; past that all are forgotten, and asked for again. */
const MOST = 10_000

/**
 * What is known to be refused for a while, whatever others take meanwhile: who asks in a hurry is answered here, and
 * does not keep a shared store busy.
 */
export class Refused {
  readonly #until = new Map<string, number>()

  /** The answer to all that is asked for at once, where one of it is known to be refused. */
  answer(takes: readonly Take[]): readonly Taken[] | undefined {
    if (this.#until.size === 0) return undefined
    const now = performance.now()
    const waits = takes.map((take) => Math.max(0, (this.#until.get(nameOf(take)) ?? 0) - now))
    if (waits.every((wait) => wait === 0)) return undefined
    return waits.map((wait) => ({ allowed: wait === 0, remaining: 0, reset: wait, retryAfter: wait }))
  }

  /** Remembers what was refused. */
  note(takes: readonly Take[], taken: readonly Taken[]): readonly Taken[] {
    takes.forEach((take, index) => {
      const { retryAfter } = taken[index] as Taken
      if (retryAfter <= 0) return
      if (this.#until.size >= MOST) this.#until.clear()
      this.#until.set(nameOf(take), performance.now() + retryAfter)
    })
    return taken
  }
}

/** What costs more is refused for longer. */
function nameOf({ key, cost }: Take): string {
  return `${cost}:${key}`
}
