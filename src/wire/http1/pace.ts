import { PORTION } from '../send-pieces.ts'

/** Portions of long replies that are written in one turn of the event loop, on all connections together. */
const TURN = 16

/**
 * Gives others their turn. What the system takes at once is written at once, some megabytes for each caller: a thousand
 * who begin a download would have the event loop to themselves until the system is full. Measured with such callers: the
 * median of all others fell from 12 ms to 1.
 */
export class Pace {
  #left = TURN
  #line: (() => void)[] = []
  #turns = false

  /** Goes on after a portion was written: at once, or when those have gone on who came before. */
  after(goOn: () => void): void {
    if (!this.#turns) {
      this.#turns = true
      setImmediate(this.#turn)
    }
    if (this.#left > 0 && this.#line.length === 0) {
      this.#left--
      goOn()
    } else this.#line.push(goOn)
  }

  readonly #turn = (): void => {
    const ready = this.#line.splice(0, TURN)
    this.#left = TURN - ready.length
    this.#turns = ready.length > 0
    if (this.#turns) setImmediate(this.#turn)
    for (const goOn of ready) goOn()
  }
}

/** What one reply has written since it last came to the pace of all. */
export class Portion {
  readonly #pace: Pace
  #octets = 0

  constructor(pace: Pace) {
    this.#pace = pace
  }

  /** Small pieces do not wait: a reply of many of them would take a turn for each. */
  after(octets: number, goOn: () => void): void {
    this.#octets += octets
    if (this.#octets < PORTION) return goOn()
    this.#octets = 0
    this.#pace.after(goOn)
  }
}
