import type { Dependency } from '../contract/depends.ts'
import type { Together } from '../contract/front-door.ts'
import type { Request } from '../contract/request.ts'
import { SAFE_METHODS } from '../contract/walk.ts'
import type { Slot } from '../compile/dependency-order.ts'
import { Releases, unwrap } from './dependencies.ts'
import { errorOf } from './fail.ts'

/** What an endpoint ends with its reply, as far as that matters to who has its effect together with others. */
export interface Joining {
  /** What may be one for several requests, such as a transaction. */
  readonly spanning: readonly Dependency[]
  /** True where something else ends with the reply: nothing could take that back. */
  readonly endsAlone: boolean
}

export function joiningOf(slots: readonly Slot[]): Joining {
  const isSpanned = ({ dependency, uses }: Slot): boolean =>
    dependency.spans === true || uses.some(([, used]) => isSpanned(slots[used] as Slot))
  return {
    spanning: slots.flatMap(({ dependency }) => (dependency.spans === true ? [dependency] : [])),
    endsAlone: slots.some((slot) => slot.dependency.until === 'reply' && !isSpanned(slot)),
  }
}

/**
 * Why an endpoint cannot have its effect together with others; undefined where it can.
 *
 * @param spanned what the others have it in, where that is known.
 */
export function misfit(
  { spanning, endsAlone }: Joining,
  method: string,
  spanned: Dependency | undefined,
): string | undefined {
  if (endsAlone) return 'It ends something with its reply that cannot be taken back'
  if (spanning.length > 1 || (spanned !== undefined && spanning.some((one) => one !== spanned))) {
    return 'It writes in another transaction than those before it'
  }
  if (spanning.length === 0 && !SAFE_METHODS.has(method)) return 'It writes without a transaction'
  return undefined
}

/** Requests that have their effect together, or none: the dependencies that span them are made once, and end with this. */
export class Joint implements Together {
  readonly #request: Request
  readonly #report: (error: unknown) => void
  readonly #made = new Map<Dependency, Promise<unknown>>()
  readonly #releases = new Releases()
  readonly #abort = new AbortController()
  #later: ((failure: Error | undefined) => Promise<void> | undefined)[] = []
  #tasks: (() => unknown)[] = []
  #isDone = false
  /** Handlers that may be at work with what spans them. */
  atWork = 0
  /** What the first of them failed with: of that it may depend whether all may come again. */
  cause: Error | undefined = undefined

  constructor(request: Request, report: (error: unknown) => void) {
    this.#request = request
    this.#report = report
  }

  /** What they have their effect in, once it is made. */
  get spanned(): Dependency | undefined {
    return this.#made.keys().next().value
  }

  /** The value of a dependency that spans them. */
  value(dependency: Dependency, uses: object): Promise<unknown> {
    let value = this.#made.get(dependency)
    if (value === undefined) {
      const context = { ...uses, request: this.#request, signal: this.#abort.signal, isTogether: true }
      // In a promise, so that what is thrown at once is that of all who use it.
      value = Promise.resolve().then(() => unwrap(dependency, dependency.make(context as never), this.#releases, true))
      this.#made.set(dependency, value)
    }
    return value
  }

  /** Runs what is to come when it is known what they came to. */
  whenEnded(work: (failure: Error | undefined) => Promise<void> | undefined): void {
    this.#later.push(work)
  }

  /** Takes background work, which is none of theirs where they had no effect. */
  take(tasks: readonly (() => unknown)[]): void {
    this.#tasks.push(...tasks)
  }

  async end(given: Error | undefined): Promise<void> {
    const failure = given && (this.cause ?? given)
    // By this a transaction knows that somebody may go on using it.
    if (failure !== undefined && this.atWork > 0) this.#abort.abort(failure)
    let undone = failure
    try {
      await this.#releases.conclude(failure)
      this.#isDone = failure === undefined
    } catch (error) {
      undone = errorOf(error)
      throw error
    } finally {
      for (const work of this.#later.splice(0)) await work(undone)
    }
  }

  async afterwards(): Promise<void> {
    const tasks = this.#tasks.splice(0)
    if (!this.#isDone) return
    for (const task of tasks) {
      try {
        await task()
      } catch (error) {
        this.#report(error)
      }
    }
  }
}
