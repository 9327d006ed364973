import type { Dependency, DependencyContext } from '../contract/depends.ts'
import type { Security } from '../contract/security.ts'
import type { Slot, When } from '../compile/dependency-order.ts'
import type { Context, Exchange } from './exchange.ts'
import { errorOf } from './fail.ts'
import { isThenable } from './handle.ts'

/** Ends what a dependency began; it learns of the failure where there was one. */
export type Release = (failure: Error | undefined) => unknown

/** What a scope has to release. What comes when it is over, because it took too long to make, is released at once. */
export class Releases {
  readonly #list: Release[] = []
  /** Of what ends before the reply is sent. What uses it ends then too, so these are always to go first. */
  readonly #untilReply: Release[] = []
  #end: ((release: Release) => Promise<void>) | undefined = undefined

  push(release: Release, untilReply = false): void {
    if (this.#end !== undefined) void this.#end(release)
    else if (untilReply) this.#untilReply.push(release)
    else this.#list.push(release)
  }

  /**
   * Releases what ends before the reply is sent, last made first: all of it, whatever fails.
   *
   * @throws what the first threw that failed; to those after it, that is the failure.
   */
  async conclude(failure: Error | undefined): Promise<void> {
    const thrown: unknown[] = []
    const told = (error: unknown): void => void thrown.push(error)
    for (const release of this.#untilReply.splice(0).reverse()) {
      await releaseAll([release], thrown.length === 0 ? failure : errorOf(thrown[0]), told)
    }
    if (thrown.length > 0) throw thrown[0]
  }

  /** Releases everything, last made first. */
  async end(failure: Error | undefined, report: (error: unknown) => void): Promise<void> {
    this.#end = (release) => releaseAll([release], failure, report)
    await releaseAll([...this.#list.splice(0), ...this.#untilReply.splice(0)], failure, report)
  }
}

/** Values that live as long as the process: each made when it is first needed, once, and released in reverse. */
export class AppScope {
  readonly #cells = new Map<Dependency, Cell>()
  readonly #releases = new Releases()

  /** The cell of a dependency, which holds its value once it is made. */
  cell(slot: Slot, slots: readonly Slot[]): Cell {
    let cell = this.#cells.get(slot.dependency)
    if (cell === undefined) {
      const uses = slot.uses.map(([name, index]) => [name, this.cell(slots[index] as Slot, slots)] as const)
      cell = new Cell(slot.dependency, uses, this.#releases)
      this.#cells.set(slot.dependency, cell)
    }
    return cell
  }

  /** Puts a value in the place of a dependency that is not made but given. */
  provide(dependency: Dependency, value: unknown): void {
    const cell = new Cell(dependency, [], this.#releases)
    cell.value = value
    cell.ready = true
    this.#cells.set(dependency, cell)
  }

  /** The places of all that were asked for, in the order of declaration. */
  cells(): readonly Cell[] {
    return [...this.#cells.values()]
  }

  /** Makes those that are to be there before the first request, in the order of declaration. */
  async start(): Promise<void> {
    for (const [dependency, cell] of this.#cells) if (dependency.eager) await cell.start()
  }

  /** Releases everything, last made first. Failures go to `report`; the rest is released all the same. */
  async close(report: (error: unknown) => void): Promise<void> {
    await this.#releases.end(undefined, report)
    this.#cells.clear()
  }
}

/** The place of one app dependency. */
export class Cell {
  ready = false
  value: unknown = undefined
  readonly dependency: Dependency
  #starting: Promise<unknown> | undefined = undefined
  readonly #uses: readonly (readonly [string, Cell])[]
  readonly #releases: Releases

  constructor(dependency: Dependency, uses: readonly (readonly [string, Cell])[], releases: Releases) {
    this.dependency = dependency
    this.#uses = uses
    this.#releases = releases
  }

  /** Makes the value, or joins who is making it. A start that fails is tried again by the next request. */
  start(): Promise<unknown> {
    this.#starting ??= this.#make().catch((error: unknown) => {
      this.#starting = undefined
      throw error
    })
    return this.#starting
  }

  async #make(): Promise<unknown> {
    const context: Record<string, unknown> = {}
    for (const [name, cell] of this.#uses) context[name] = cell.ready ? cell.value : await cell.start()
    const made = await unwrap(this.dependency, this.dependency.make(context as never), this.#releases)
    this.value = made
    this.ready = true
    return made
  }
}

/** What a request dependency is made from: the request, and what it uses by name. */
class MakeContext implements DependencyContext {
  readonly #exchange: Exchange
  readonly request: Exchange['request']

  constructor(exchange: Exchange) {
    this.#exchange = exchange
    this.request = exchange.request
  }

  get signal(): AbortSignal {
    return this.#exchange.signal
  }
}

/** A slot with the place of its value where that lives longer than the request. */
export interface LiveSlot extends Slot {
  readonly cell: Cell | undefined
}

/** The slots of an endpoint, app dependencies joined to the scope that holds them. */
export function liveSlots(slots: readonly Slot[], app: AppScope): LiveSlot[] {
  return slots.map((slot) => ({ ...slot, cell: slot.dependency.scope === 'app' ? app.cell(slot, slots) : undefined }))
}

/**
 * Makes the dependencies of an exchange that are not made yet, in order, and puts them into the
 * context. It waits only for those that make it wait.
 */
export function makeDependencies(x: Exchange, slots: readonly LiveSlot[], when: When): void | Promise<void> {
  x.made ??= new Array(slots.length)
  return makeFrom(x, slots, x.made, when, 0)
}

function makeFrom(
  x: Exchange,
  slots: readonly LiveSlot[],
  made: unknown[],
  when: When,
  from: number,
): void | Promise<void> {
  // Nobody waits any more: what is not made yet need not be, and no handler is to run.
  if (x.aborted !== undefined) throw x.aborted
  if (x.over) throw new Error('the reply was sent before the dependencies of its handler were made')
  for (let i = from; i < slots.length; i++) {
    const slot = slots[i] as LiveSlot
    if (slot.when !== when) continue
    const value =
      slot.cell === undefined ? makeOne(x, slot, made) : slot.cell.ready ? slot.cell.value : slot.cell.start()
    if (value instanceof Promise) {
      return value.then((settled) => {
        keep(x, slot, made, i, settled)
        return makeFrom(x, slots, made, when, i + 1)
      })
    }
    keep(x, slot, made, i, value)
  }
}

function keep(x: Exchange, slot: LiveSlot, made: unknown[], index: number, value: unknown): void {
  made[index] = value
  if (slot.security !== undefined) identify(x, slot.security, value)
  for (const name of slot.names) (x.context as Context & Record<string, unknown>)[name] = value
}

/** The first security dependency that knows who is calling says so for all; what is one caller's alone is of all that do. */
function identify(x: Exchange, { principal: idOf }: Security, value: unknown): void {
  if (value === undefined || value === null) return
  const id = idOf?.(value as never)
  if (!x.callers.includes(id)) x.callers = [...x.callers, id]
  if (id !== undefined) x.principal ??= { id, value }
}

function makeOne(x: Exchange, slot: LiveSlot, made: readonly unknown[]): unknown {
  const context = new MakeContext(x) as MakeContext & Record<string, unknown>
  for (const [name, index] of slot.uses) context[name] = made[index]
  if (x.joint !== undefined && slot.dependency.spans) return x.joint.value(slot.dependency, usedBy(slot, made))
  const result = slot.dependency.make(context as never)
  if (!isGenerator(result) && !isThenable(result)) return result
  x.releases ??= new Releases()
  return unwrap(slot.dependency, result, x.releases, slot.untilReply)
}

function usedBy({ uses }: LiveSlot, made: readonly unknown[]): object {
  return Object.fromEntries(uses.map(([name, index]) => [name, made[index]]))
}

type AnyGenerator = Generator<unknown> | AsyncGenerator<unknown>

function isGenerator(value: unknown): value is AnyGenerator {
  return (
    value !== null &&
    typeof value === 'object' &&
    typeof (value as AnyGenerator).next === 'function' &&
    typeof (value as AnyGenerator).throw === 'function'
  )
}

/** The value of what `make` gave: itself, what it resolves to, or what a generator yields, whose end is kept for later. */
export async function unwrap(
  { name = 'a dependency' }: Dependency,
  result: unknown,
  releases: Releases,
  untilReply = false,
): Promise<unknown> {
  const given = await result
  if (!isGenerator(given)) return given
  const first = await given.next()
  if (first.done) throw new Error(`${name} ended without a yield: yield its value once`)
  releases.push(async (failure) => {
    const last = await (given as AsyncGenerator<unknown, unknown, unknown>).next(failure)
    if (!last.done) {
      await given.return(undefined as never)
      throw new Error(`${name} yielded twice: yield its value once`)
    }
  }, untilReply)
  return first.value
}

/** Releases in reverse. One that fails does not keep the others from it. */
async function releaseAll(
  releases: readonly Release[],
  failure: Error | undefined,
  report: (error: unknown) => void,
): Promise<void> {
  for (let i = releases.length - 1; i >= 0; i--) {
    try {
      await (releases[i] as Release)(failure)
    } catch (error) {
      report(error)
    }
  }
}
