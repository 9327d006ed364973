import type { Admission, Verdict } from '../pipeline/admit.ts'
import { type Report, careful } from '../pipeline/fail.ts'
import { type EventLoop, nodeEventLoop } from './event-loop.ts'
import { checkNames } from './option-values.ts'

/** When a server refuses requests, so that it can answer the others. */
export interface OverloadOptions {
  /** Requests that may be worked on at once: 10,000 unless told. */
  readonly concurrency?: number
  /** Milliseconds that a request may have to wait for its turn when more come than can be served: 3,000 unless told. */
  readonly delay?: number
}

/** One of this many requests looks at the clock: a look costs more than all the rest of admission. */
const STRIDE = 4

/** Milliseconds of a turn of the event loop that is long. */
const LONG = 10

/** The part of `delay` that a line may take which has not been empty for all of it. */
const STANDING = 1 / 3

/** Milliseconds of a turn that go to requests in line, before what came meanwhile is read. */
const SLICE = 5

/** Slices after which the pace is known: nobody is refused for one slow handler. */
const TRIAL = 2

/** Milliseconds of work after which what was measured counts for a third. */
const MEMORY = 200

/** Milliseconds of work that are begun at once, at most, after a turn in which nothing could be begun. */
const BURST = 15

/** Requests that must be done before others are taken for like them, and of how many that were begun. */
const ENOUGH = 20
const FEW = 2

/** Milliseconds between two reports. */
const QUIET = 10_000

/**
 * Keeps a server at what it can do. As long as the turns of the event loop are short, requests pass. When they are
 * long, requests line up, and the line is served for `SLICE` ms at a time, so that what comes is read, and refused, in
 * between: a refusal waits for one turn and never for the line. Refused is
 *
 * - who would wait longer than `delay`. The wait is the length of the line times how long one of it took lately: the
 *   latency of RFC 8033 (PIE), by Little's law. Its drop probability is for senders that slow down without being
 *   told; here a sharp end of the line does, and wastes nothing. A line that does not end is no burst, and its length
 *   helps nobody: it is held to a third (after "Fail at Scale", ACM Queue 13.8),
 * - who would be one too many at work, by `concurrency`.
 *
 * Requests that wait for something cost the loop most after they were begun, when nothing can be done about them any
 * more. So they are begun at the pace at which the loop can go through with them, by what they cost: begun all at
 * once, they would all come back at once, and a turn would take as long as the line.
 */
export class Overload implements Admission {
  readonly #concurrency: number
  readonly #delay: number
  readonly #loop: EventLoop
  readonly #told: (refused: number) => void

  /** Requests that were begun, and those of them that wait for something. */
  #begun = 0
  #atWork = 0
  /** The same, the time, the idle time and the turns of the loop when they were last looked at. */
  #seen: Looked | undefined = undefined
  /** Lately: milliseconds of work, the requests begun and done in them, and the milliseconds that passed. */
  #spent = 0
  #started = 0
  #done = 0
  /** Lately in slices: milliseconds, and the requests begun in them. */
  #opening = 0
  #opened = 0
  #passed = 0

  /** Turns are long: requests line up. */
  #busy = false
  #line: ((admitted: boolean) => void)[] = []
  /** When the line was empty last, and how long one more may have to wait. */
  #emptyAt = 0
  #patience = 0
  /** How many at the front of the line are begun. */
  #taken = 0
  #slices = 0
  #sliceStart = 0
  #sliceEnd = 0
  /** For how long this slice may go on. */
  #slice = SLICE
  /** Requests that may be begun while others are at work. */
  #credit = 0
  /** When this turn began, how long the longest since the last slice was, what had come before. */
  #turnStart = 0
  #longest = 0
  #events = 0
  /** When the first turn after the last slice ended; 0 before. */
  #readFrom = 0

  #refused = 0
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(
    { concurrency = 10_000, delay = 3000 }: OverloadOptions,
    loop: EventLoop,
    told: (refused: number) => void,
  ) {
    this.#concurrency = concurrency
    this.#delay = delay
    this.#loop = loop
    this.#told = told
  }

  readonly admit = (): Verdict => {
    if (this.#atWork >= this.#concurrency) return this.#refuse()
    if (this.#busy) return this.#expected() > this.#patience ? this.#refuse() : 'wait'
    if (++this.#begun % STRIDE !== 0 || !this.#turnsAreLong()) return 'go'
    this.#begun--
    return 'wait'
  }

  readonly wait = (go: (admitted: boolean) => void): void => {
    this.#line.push(go)
  }

  readonly began = (): void => {
    this.#atWork++
  }

  readonly ended = (): void => {
    this.#atWork--
  }

  /** Looks at the last turns, every `LONG` ms at most: they are as long as the time that was not idle, by their number. */
  #turnsAreLong(): boolean {
    const now = this.#loop.now()
    if (this.#seen !== undefined && now - this.#seen.at < LONG) return false
    const work = this.#look(now)
    // Of the first and the last, only a part was seen.
    const isLong = work.ms >= LONG && work.ms / (work.turns + 1) >= LONG / 2
    // What made turns long may be one slow handler, and no measure of the others.
    if (!isLong) this.#count(work)
    else this.#lineUp(now)
    return isLong
  }

  #look(at: number): Work {
    const now: Looked = {
      at,
      idle: this.#loop.idle(),
      turns: this.#loop.turns(),
      begun: this.#begun,
      atWork: this.#atWork,
    }
    // What came before the first request is its program's start.
    const was = this.#seen ?? now
    this.#seen = now
    const passed = at - was.at
    const started = now.begun - was.begun
    const done = started - (now.atWork - was.atWork)
    return { passed, ms: passed - (now.idle - was.idle), turns: now.turns - was.turns, started, done }
  }

  #count({ passed, ms, started, done }: Work): void {
    const kept = Math.exp(-ms / MEMORY)
    this.#spent = this.#spent * kept + ms
    this.#started = this.#started * kept + started
    this.#done = this.#done * kept + done
    // Without a line, time that passes is no measure of how fast a line would be.
    this.#passed = this.#busy ? this.#passed * kept + passed : this.#spent
  }

  /** Milliseconds of work that a request takes; 0 where that is not known yet. */
  get #cost(): number {
    return this.#isKnown ? this.#spent / this.#done : this.#beginning
  }

  /** False where hardly any of those that were begun are done: then it is known only what it takes to begin one. */
  get #isKnown(): boolean {
    return this.#done >= ENOUGH && this.#done >= this.#started / FEW
  }

  /** Milliseconds that it takes to begin one: all that it takes, where its handler does not wait. */
  get #beginning(): number {
    return this.#opened > 0 ? this.#opening / this.#opened : 0
  }

  /** Milliseconds that one more would wait until it is begun. */
  #expected(): number {
    if (this.#slices < TRIAL) return 0
    return (this.#line.length - this.#taken) * (this.#isKnown ? this.#passed / this.#done : this.#beginning)
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

  #lineUp(now: number): void {
    this.#busy = true
    this.#slices = 0
    this.#emptyAt = now
    this.#patience = this.#delay
    this.#longest = 0
    this.#credit = Number.POSITIVE_INFINITY
    this.#sliceStart = now
    this.#sliceEnd = now
    this.#goOn(now)
  }

  #goOn(now: number): void {
    this.#turnStart = now
    this.#loop.afterwards(this.#turn)
  }

  /** The loop has turned: what had come is read, and what was at work went on. */
  readonly #turn = (): void => {
    const now = this.#loop.now()
    this.#longest = Math.max(this.#longest, now - this.#turnStart)
    const events = this.#loop.events()
    const came = events !== this.#events
    this.#events = events
    this.#readFrom ||= now
    // A turn takes one new connection only (libuv): a hundred of them would wait for a hundred slices. But requests that
    // wait are begun in each: put off and begun together, they would come back together, and again with each round.
    if (came && this.#atWork === 0 && now - this.#readFrom < SLICE) return this.#goOn(now)
    this.#readFrom = 0
    const work = this.#look(now)
    // Reading all that lined up at once is not what one of them takes.
    if (this.#slices > 0 && (work.started > 0 || work.done > 0)) this.#count(work)
    const cost = this.#cost
    if (cost > 0) {
      const most = Math.max(1, BURST / cost)
      this.#credit = Math.min(this.#credit + (now - this.#sliceStart) / cost, most)
    }
    // Where reading alone takes long, there is to be time for some requests all the same.
    this.#slice = Math.max(SLICE, (now - this.#sliceEnd) / 2)
    this.#sliceStart = now
    this.#step()
  }

  /** Begins one of the line. Its reply goes out before the next is begun: that is what these steps are for. */
  readonly #step = (): void => {
    const now = this.#loop.now()
    const next = this.#line[this.#taken]
    if (next === undefined) return this.#endSlice(now, false)
    if (this.#atWork > 0 && this.#credit < 1) return this.#endSlice(now, true)
    if (this.#taken > 0 && now - this.#sliceStart >= this.#slice) return this.#endSlice(now, false)
    this.#taken++
    if (this.#atWork < this.#concurrency) {
      this.#begun++
      this.#credit--
      next(true)
    } else {
      this.#refuse()
      next(false)
    }
    this.#loop.soon(this.#step)
  }

  #endSlice(now: number, isTooEarly: boolean): void {
    if (this.#taken > 0) {
      this.#slices++
      const ms = now - this.#sliceStart
      const kept = Math.exp(-ms / MEMORY)
      this.#opening = this.#opening * kept + ms
      this.#opened = this.#opened * kept + this.#taken
    }
    const isShort = this.#longest < LONG && now - this.#sliceStart < SLICE
    const isKnown = this.#slices === TRIAL && this.#taken > 0
    this.#line.splice(0, this.#taken)
    this.#taken = 0
    this.#longest = 0
    this.#sliceEnd = now
    if (this.#line.length === 0) this.#emptyAt = now
    this.#patience = now - this.#emptyAt > this.#delay ? this.#delay * STANDING : this.#delay
    // Who lined up before the pace was known; the last have just come.
    if (isKnown) while (this.#expected() > this.#patience) this.#refuseLast()
    if (this.#line.length === 0 && isShort) this.#busy = false
    // Through the rest of the loop, or timers that are due would keep it from reading.
    else if (isTooEarly) this.#loop.later(() => this.#goOn(this.#loop.now()))
    else this.#goOn(now)
  }

  #refuseLast(): void {
    this.#refuse()
    this.#line.pop()?.(false)
  }
}

interface Looked {
  readonly at: number
  readonly idle: number
  readonly turns: number
  readonly begun: number
  readonly atWork: number
}

/** What was begun and done in so many milliseconds of work and turns, while so many passed. */
interface Work {
  readonly passed: number
  readonly ms: number
  readonly turns: number
  readonly started: number
  readonly done: number
}

/**
 * Makes what holds a server to what it can do, and reports that it refuses, once in 10 s at most.
 *
 * @throws {TypeError} for a name that is none, and a value that is no number from 1.
 */
export function createOverload(options: OverloadOptions = {}, report: Report): Admission {
  checkNames('overload', options, ['concurrency', 'delay'])
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !(Number.isFinite(value) && value >= 1)) {
      throw new TypeError(`overload: ${name} takes a number from 1`)
    }
  }
  const tell = careful(report)
  return new Overload(options, nodeEventLoop(), (refused) => {
    const what = refused === 1 ? 'a request was refused' : `${refused} requests were refused`
    tell(new Error(`${what} with 503: more come than can be served`), { operation: undefined, request: 'overload' })
  })
}
