import type { CheckOutcome, Readiness, ReadinessReport } from '../contract/readiness.ts'
import type { AppScope, Cell } from './dependencies.ts'
import { type Report, errorOf } from './fail.ts'

/** Milliseconds that what a check came to is good for: probes of many balancers cost no more than one's. */
const FRESH = 1000

/** Milliseconds after which a check that has not ended is taken for one that never will, and begun anew. */
const FORGOTTEN = 30_000

/** Whether an API is ready: it has started, does not stop, and what it depends on can be worked with. */
export class PipelineReadiness implements Readiness {
  #phase: 'starting' | 'started' | 'stopping' = 'starting'
  readonly #app: AppScope
  readonly #report: Report
  #probes: readonly Probe[] | undefined = undefined

  constructor(app: AppScope, report: Report) {
    this.#app = app
    this.#report = report
  }

  started(): void {
    this.#phase = 'started'
  }

  stopping(): void {
    this.#phase = 'stopping'
  }

  ask(wanted: boolean): ReadinessReport | Promise<ReadinessReport> {
    if (!wanted || this.#phase === 'stopping') return { status: 'stopping', checks: {} }
    if (this.#phase === 'starting') return { status: 'unready', checks: {} }
    this.#probes ??= this.#app
      .cells()
      .filter(({ dependency }) => dependency.check !== undefined)
      .map((cell) => new Probe(cell, this.#report))
    if (this.#probes.length === 0) return { status: 'ready', checks: {} }
    return Promise.all(this.#probes.map(async (probe) => [probe.name, await probe.outcome()] as const)).then(reportOf)
  }
}

function reportOf(checks: readonly (readonly [string, CheckOutcome])[]): ReadinessReport {
  const ready = checks.every(([, outcome]) => outcome === 'ok')
  return { status: ready ? 'ready' : 'unready', checks: Object.fromEntries(checks) }
}

/** The check of one dependency: run by one asker at a time, and what it came to kept for a moment. */
class Probe {
  readonly name: string
  readonly #cell: Cell
  readonly #report: Report
  #last: { readonly outcome: Promise<CheckOutcome>; over: boolean; readonly began: number; ended: number } | undefined

  constructor(cell: Cell, report: Report) {
    this.name = cell.dependency.name as string
    this.#cell = cell
    this.#report = report
  }

  outcome(): Promise<CheckOutcome> {
    const now = performance.now()
    const last = this.#last
    if (last !== undefined && now < (last.over ? last.ended + FRESH : last.began + FORGOTTEN)) return last.outcome
    return this.#begin(now)
  }

  #begin(began: number): Promise<CheckOutcome> {
    const { run, timeout } = this.#cell.dependency.check as NonNullable<Cell['dependency']['check']>
    const abort = new AbortController()
    const work = this.#run(run, abort.signal)
    const outcome = new Promise<CheckOutcome>((resolve) => {
      const timer = setTimeout(() => {
        const error = new Error(`the check of "${this.name}" took longer than ${timeout} ms`)
        this.#tell(error)
        resolve('late')
        abort.abort(error)
      }, timeout)
      work.then(
        () => resolve('ok'),
        (error) => {
          // What it throws because its time is up is what was told already.
          if (!abort.signal.aborted) this.#tell(error)
          resolve('failed')
        },
      )
      const end = (): void => {
        clearTimeout(timer)
        this_.over = true
        this_.ended = performance.now()
      }
      work.then(end, end)
    })
    const this_ = { outcome, over: false, began, ended: 0 }
    this.#last = this_
    return outcome
  }

  /** Makes the value where nothing has needed it yet: there is nothing else to check. */
  async #run(check: (value: never, signal: AbortSignal) => unknown, signal: AbortSignal): Promise<void> {
    const value = this.#cell.ready ? this.#cell.value : await this.#cell.start()
    if ((await check(value as never, signal)) === false) throw new Error(`the check of "${this.name}" gave false`)
  }

  #tell(error: unknown): void {
    this.#report(errorOf(error), { operation: undefined, request: `check of ${this.name}` })
  }
}
