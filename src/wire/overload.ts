import type { Admission, Verdict } from '../pipeline/admit.ts'
import { type Report, careful } from '../pipeline/fail.ts'
import { type EventLoop, nodeEventLoop } from './event-loop.ts'

/** When a server refuses requests, so that it can answer the others. */
export interface OverloadOptions {
  /** Requests that may be worked on at once: 1,000 unless told. */
  readonly concurrency?: number
  /** Milliseconds that a request may have to wait for its turn when more come than can be served: 1,000 unless told. */
  readonly delay?: number
}

/** What is told of requests that were refused, now and then: how many since the last time. */
export type Told = (refused: number) => void

/** Milliseconds of a turn of the event loop that is long. */
const LONG = 10

/** Milliseconds that go to requests in line, before what came meanwhile is read; and to reading, at most, after that. */
const SLICE = 5

/** One of this many requests looks at the clock: a look costs as much as all the rest of admission. */
const STRIDE = 4

/** Slices whose pace is known before anything is refused for it: one slow handler is no pace. */
const TRIAL = 2

/** What is left of the pace that was measured a slice ago. */
const MEMORY = 0.8

/** What is left of the concurrency that made turns long, and how fast more is tried. */
const LESS = 0.8
const MORE = 1.1

/** Milliseconds without long turns after which what made them long counts no more, and concurrency doubles. */
const FORGET = 1000
const DOUBLING = 100

/** Milliseconds between two reports. */
const QUIET = 10_000

/**
 * Keeps a server at what it can do. As long as the turns of the event loop are short, requests pass. When they are
 * long, requests line up and are begun for `SLICE` ms of each turn, so that what comes is read, and refused, in
 * between: a refusal waits for one turn and never for the line. Refused is
 *
 * - who would wait longer than `delay`: the length of the line times what one of it took lately. That is the delay
 *   of RFC 8033 (PIE), by Little's law; its probability of a drop is not needed, for a caller who gets a 503 knows
 *   what happened, and the line has one sharp end;
 * - who would be one too many at work. The limit is `concurrency`; while requests that wait for something make turns
 *   long by what they do afterwards, it is less, by additive increase and multiplicative decrease as in TCP (RFC 5681),
 *   once for each limit's worth of replies. The sign to decrease is long turns, not long waits: a slow database is no
 *   reason to do less.
 */
export class Overload implements Admission {
  readonly #concurrency: number
  readonly #delay: number
  readonly #loop: EventLoop
  readonly #told: Told
  #seen = 0
  #looked: { at: number; idle: number; turns: number }

  /** Turns are long: requests line up. */
  #busy = false
  #line: ((admitted: boolean) => void)[] = []
  #first = 0
  /** When the last slice ended, when this one began, and how many of the line it has begun. */
  #sliceEnd = 0
  #sliceStart = 0
  #begun = 0
  /** When this turn began, how long the longest since the last slice was, and what had come before it. */
  #turnStart = 0
  #longest = 0
  #events = 0
  /** Slices that began a request, since turns are long; milliseconds and requests of the last of them. */
  #slices = 0
  #spent = 0
  #left = 0

  #atWork = 0
  #limit: number
  /** Requests that were answered since the limit was changed; so many are needed to change it again. */
  #answered = 0
  #window = 0
  #longTurns = 0
  #longAt = Number.NEGATIVE_INFINITY
  #doubledAt = Number.NEGATIVE_INFINITY

  #refused = 0
  #toldAt = Number.NEGATIVE_INFINITY

  constructor({ concurrency = 1000, delay = 1000 }: OverloadOptions, loop: EventLoop, told: Told) {
    this.#concurrency = concurrency
    this.#limit = concurrency
    this.#delay = delay
    this.#loop = loop
    this.#told = told
    this.#looked = { at: loop.now(), idle: loop.idle(), turns: loop.turns() }
  }

  readonly admit = (): Verdict => {
    if (this.#busy || this.#atWork >= this.#limit) return this.#judge()
    return ++this.#seen % STRIDE === 0 ? this.#look() : 'go'
  }

  readonly wait = (go: (admitted: boolean) => void): void => {
    this.#line.push(go)
  }

  readonly began = (): void => {
    this.#atWork++
  }

  readonly ended = (): void => {
    this.#atWork--
    this.#answered++
  }

  /** Looks, every `LONG` ms at most, at how long turns were: by what they took without the idle time in them. */
  #look(): Verdict {
    const last = this.#looked
    const at = this.#loop.now()
    if (at - last.at < LONG) return 'go'
    const idle = this.#loop.idle()
    const turns = this.#loop.turns()
    this.#looked = { at, idle, turns }
    const busy = at - last.at - (idle - last.idle)
    // Of the first turn and the last, only a part was seen.
    if (busy < LONG || busy / (turns - last.turns + 1) < LONG / 2) return 'go'
    this.#busy = true
    this.#slices = 0
    this.#spent = 0
    this.#left = 0
    this.#longest = 0
    this.#longTurns = 0
    this.#sliceEnd = at
    this.#goOn(at)
    return 'wait'
  }

  #judge(): Verdict {
    if (this.#atWork >= this.#limit) {
      this.#tryMore()
      return this.#refuse()
    }
    return this.#expected() > this.#delay ? this.#refuse() : 'wait'
  }

  #refuse(): Verdict {
    this.#refused++
    const now = this.#loop.now()
    if (now - this.#toldAt >= QUIET) {
      this.#told(this.#refused)
      this.#toldAt = now
      this.#refused = 0
    }
    return 'refuse'
  }

  /** Milliseconds that one more would wait. */
  #expected(): number {
    if (this.#slices < TRIAL || this.#left === 0) return 0
    return ((this.#line.length - this.#first) * this.#spent) / this.#left
  }

  #goOn(now: number): void {
    this.#turnStart = now
    this.#loop.afterwards(this.#turn)
  }

  /** The loop has turned: what had come is read, and what was at work went on. */
  readonly #turn = (): void => {
    const now = this.#loop.now()
    const events = this.#loop.events()
    this.#longest = Math.max(this.#longest, now - this.#turnStart)
    // A turn takes one new connection only (libuv), so that a line of them would wait for a slice each.
    if (events !== this.#events && now - this.#sliceEnd < SLICE) {
      this.#events = events
      return this.#goOn(now)
    }
    this.#steer(this.#longest, now)
    this.#longest = 0
    this.#sliceStart = now
    this.#begun = 0
    this.#step()
  }

  /** Begins one of the line. Its reply goes out before the next is begun: that is why these are microtasks. */
  readonly #step = (): void => {
    const next = this.#line[this.#first]
    const now = this.#loop.now()
    if (next === undefined || (this.#begun > 0 && now - this.#sliceStart >= SLICE)) return this.#endSlice(now)
    this.#first++
    this.#begun++
    if (this.#atWork < this.#limit) next(true)
    else {
      this.#refuse()
      next(false)
    }
    queueMicrotask(this.#step)
  }

  #endSlice(now: number): void {
    const spent = now - this.#sliceEnd
    this.#sliceEnd = now
    this.#line.splice(0, this.#first)
    this.#first = 0
    if (this.#begun > 0) {
      this.#slices++
      this.#spent = this.#spent * MEMORY + spent
      this.#left = this.#left * MEMORY + this.#begun
      // More may have lined up than can be served, before the pace was known; the last of them have just come.
      if (this.#slices === TRIAL) while (this.#expected() > this.#delay) this.#refuseLast()
    }
    if (this.#line.length > 0 || spent >= SLICE) return this.#goOn(now)
    this.#busy = false
    this.#looked = { at: now, idle: this.#loop.idle(), turns: this.#loop.turns() }
  }

  #refuseLast(): void {
    this.#refuse()
    this.#line.pop()?.(false)
  }

  /** Lowers the limit where requests at work made two turns long in a row. */
  #steer(longest: number, now: number): void {
    if (longest < LONG || this.#atWork === 0) {
      this.#longTurns = 0
      return
    }
    this.#longAt = now
    this.#longTurns++
    if (this.#longTurns < 2 || this.#answered < this.#window) return
    this.#limit = Math.max(1, Math.floor(Math.min(this.#atWork, this.#limit) * LESS))
    this.#window = this.#limit
    this.#answered = 0
  }

  /** Raises the limit, which refuses somebody. */
  #tryMore(): void {
    if (this.#limit >= this.#concurrency) return
    const now = this.#loop.now()
    if (now - this.#longAt > FORGET) {
      if (now - this.#doubledAt < DOUBLING) return
      this.#doubledAt = now
      this.#limit = Math.min(this.#concurrency, this.#limit * 2)
    } else if (this.#answered >= this.#limit) {
      this.#limit = Math.min(this.#concurrency, Math.ceil(this.#limit * MORE))
    } else return
    this.#window = this.#limit
    this.#answered = 0
  }
}

/**
 * Makes what holds a server to what it can do, and reports that it refuses, once in 10 s at most.
 *
 * @throws {TypeError} for a name that is none, and a value that is no number from 1.
 */
export function createOverload(options: OverloadOptions = {}, report: Report): Admission {
  for (const [name, value] of Object.entries(options)) {
    if (name !== 'concurrency' && name !== 'delay') {
      throw new TypeError(`overload: there is no "${name}"; there are concurrency and delay`)
    }
    if (!(Number.isFinite(value) && value >= 1)) throw new TypeError(`overload: ${name} takes a number from 1`)
  }
  const tell = careful(report)
  return new Overload(options, nodeEventLoop(), (refused) => {
    const what = refused === 1 ? 'a request was refused' : `${refused} requests were refused`
    tell(new Error(`${what} with 503: more come than can be served`), { operation: undefined, request: 'overload' })
  })
}
