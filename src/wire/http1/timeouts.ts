/** Milliseconds between two looks at all connections: a timeout is kept to within this. */
const STEP = 250

/** Somebody who is asked now and then whether it has waited too long. */
export interface Waiting {
  readonly check: (now: number) => void
}

/**
 * One timer for all timeouts of a server. A timer for each, set and cleared with every request, costs more than the
 * route.
 */
export class Timeouts {
  readonly #waiting = new Set<Waiting>()
  readonly #timer: NodeJS.Timeout
  /** Milliseconds, of a clock that only goes forward, and not while the process is held up; as old as the last look. */
  now: number = performance.now()
  /** Milliseconds for which that clock stood still. */
  #lost = 0
  /** The `Date` field (RFC 9110 §6.6.1), likewise. */
  date: string = dateField()

  constructor() {
    this.#timer = setInterval(() => this.look(), STEP).unref()
  }

  add(one: Waiting): void {
    this.#waiting.add(one)
  }

  delete(one: Waiting): void {
    this.#waiting.delete(one)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /**
   * Looks at all of them, by the clock as it is. After a long calculation, or where the whole process was paused, what
   * came meanwhile is read first, and that time is nobody's: timers go off before sockets are read, and callers who were
   * in time would be taken for late.
   */
  look(): void {
    this.date = dateField()
    const now = performance.now() - this.#lost
    const late = now - this.now - STEP
    if (late <= STEP) {
      this.now = now
      this.#check()
    } else {
      this.#lost += late
      this.now += STEP
      setImmediate(() => this.#check())
    }
  }

  #check(): void {
    for (const one of this.#waiting) one.check(this.now)
  }
}

function dateField(): string {
  return `date: ${new Date().toUTCString()}\r\n`
}
