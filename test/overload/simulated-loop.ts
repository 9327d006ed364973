import type { Admission } from '../../src/pipeline/admit.ts'
import type { EventLoop } from '../../src/wire/event-loop.ts'

/** Milliseconds that reading a request, beginning one, refusing one and going once around cost. */
export const READ = 0.02
export const BEGIN = 0.05
const REFUSE = 0.01
const TURN = 0.005

/** Requests that come for a while: `rate` a millisecond, each of which costs `cost` after it waited `wait`. */
export interface Phase {
  readonly rate: number
  readonly ms: number
  readonly cost: number
  readonly wait?: number
}

/** What became of the requests of a phase: milliseconds that each took. */
export interface Fate {
  readonly served: number[]
  readonly refused: number[]
  /** When the last one came that was refused, from the beginning of the phase. */
  lastRefused: number
}

interface Coming extends Phase {
  readonly at: number
  readonly began: number
  readonly fate: Fate
}

interface Due {
  readonly at: number
  readonly run: () => void
}

/**
 * An event loop whose time is what is done in it: it turns as node's does (what came, then what was put off), so that
 * a minute of overload takes a moment, and always the same.
 */
export class SimulatedLoop implements EventLoop {
  #now = 0
  #idle = 0
  #turns = 0
  #events = 0
  #soon: (() => void)[] = []
  #afterwards: (() => void)[] = []
  #timers: Due[] = []
  /** What others answer: it comes in with the requests. */
  #replies: Due[] = []
  readonly now = (): number => this.#now
  readonly idle = (): number => this.#idle
  readonly turns = (): number => this.#turns
  readonly events = (): number => this.#events
  readonly soon = (callback: () => void): void => void this.#soon.push(callback)
  readonly afterwards = (callback: () => void): void => void this.#afterwards.push(callback)
  readonly later = (callback: () => void): void => void this.#timers.push({ at: this.#now + 1, run: callback })

  /** Has requests come, evenly, until all are answered. */
  serve(admission: Admission, phases: readonly Phase[]): Fate[] {
    const coming: Coming[] = []
    let began = 0
    const fates = phases.map((phase): Fate => {
      const fate: Fate = { served: [], refused: [], lastRefused: 0 }
      const count = Math.round(phase.rate * phase.ms)
      for (let i = 0; i < count; i++) coming.push({ ...phase, at: began + i / phase.rate, began, fate })
      began += phase.ms
      return fate
    })
    let next = 0
    while (next < coming.length || this.#replies.length + this.#afterwards.length + this.#timers.length > 0) {
      this.#turn(coming[next]?.at)
      const until = this.#now
      while ((coming[next]?.at ?? Number.POSITIVE_INFINITY) <= until) {
        this.#events++
        this.#arrive(admission, coming[next++] as Coming)
        this.#settle()
      }
      this.#run(this.#replies, until)
      for (const callback of this.#afterwards.splice(0)) {
        callback()
        this.#settle()
      }
    }
    return fates
  }

  #turn(nextAt = Number.POSITIVE_INFINITY): void {
    this.#turns++
    this.#run(this.#timers, this.#now)
    if (this.#afterwards.length === 0) {
      const wake = Math.min(nextAt, ...[...this.#timers, ...this.#replies].map(({ at }) => at))
      if (wake > this.#now && wake < Number.POSITIVE_INFINITY) {
        this.#idle += wake - this.#now
        this.#now = wake
      }
    }
    this.#now += TURN
  }

  #run(list: Due[], until: number): void {
    const due = list.filter(({ at }) => at <= until).toSorted((one, other) => one.at - other.at)
    for (const one of due) {
      list.splice(list.indexOf(one), 1)
      this.#events++
      one.run()
      this.#settle()
    }
  }

  #settle(): void {
    for (let callback = this.#soon.shift(); callback !== undefined; callback = this.#soon.shift()) callback()
  }

  #arrive(admission: Admission, one: Coming): void {
    this.#now += READ
    const go = (admitted: boolean): void => (admitted ? this.#begin(admission, one) : this.#refuse(one))
    const verdict = admission.admit()
    if (verdict === 'wait') admission.wait(go)
    else go(verdict === 'go')
  }

  #refuse({ at, began, fate }: Coming): void {
    this.#now += REFUSE
    fate.refused.push(this.#now - at)
    fate.lastRefused = at - began
  }

  #begin(admission: Admission, { at, cost, wait, fate }: Coming): void {
    const done = (): void => {
      this.#now += cost
      fate.served.push(this.#now - at)
    }
    if (wait === undefined) return done()
    this.#now += BEGIN
    admission.began()
    this.#replies.push({
      at: this.#now + wait,
      run: () => {
        done()
        admission.ended()
      },
    })
  }
}
