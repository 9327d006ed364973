import { setTimeout as pause } from 'node:timers/promises'
import type { WireLimits } from '../../src/wire/limits.ts'
import { type Badness, BadCallers, type Held } from './bad-caller.ts'
import { GoodCallers, type Service, readLarge } from './good-callers.ts'
import { startSubject } from './subject.ts'

export interface SlowOptions {
  /** Bad callers. */
  readonly count: number
  readonly limits: Pick<WireLimits, 'headerTimeout' | 'bodyTimeout' | 'sendTimeout'>
  readonly engine?: 'trestle' | 'node'
  /** False to let the server take whatever comes. */
  readonly overload?: false
  /** Milliseconds of requests before anything is measured; the second half is what the rest is compared with. */
  readonly warmUp?: number
}

/** What came of one kind of bad callers. */
export interface SlowOutcome {
  readonly name: string
  readonly count: number
  /** Milliseconds that the server allows them. */
  readonly timeout: number
  readonly held: Held
  readonly good: Service
  /** The same callers, without the bad ones. */
  readonly before: Service
  /** Bytes by which the server grew: what it held after its garbage was collected, and at the worst moment. */
  readonly growth: number
  readonly worst: number
  /** Bytes by which what its objects own grew. */
  readonly owned: number
  /** The same when all of it was over. */
  readonly left: number
}

/** Large replies that are read before, where the bad callers ask for such: what a server keeps of them is not theirs. */
const LARGE = 40

/** Puts bad callers beside good ones, on a server of their own. */
export async function slow(badness: Badness, options: SlowOptions): Promise<SlowOutcome> {
  const { count, limits, engine = 'trestle', overload, warmUp = 3000 } = options
  const timeout = limits[badness.timeout]
  const subject = await startSubject({ limits, engine, ...(overload === false ? { overload } : {}) })
  const bad = new BadCallers()
  try {
    const warm = new GoodCallers(subject.port)
    await pause(warmUp / 2)
    warm.reset()
    await pause(warmUp / 2)
    const before = await warm.stop()
    if (badness.reads !== undefined) await readLarge(subject.port, LARGE)
    const { rss, heap, external } = await subject.facts()

    const callers = new GoodCallers(subject.port)
    let worst = 0
    const looking = setInterval(() => {
      worst = Math.max(worst, subject.memory())
    }, 20)
    const watching = bad.begin(subject.port, badness, count).then(() => bad.watch(subject.holds, timeout + 10_000))
    // All have begun, and none has been given up.
    await pause(timeout * 0.75)
    const full = await subject.facts()
    const held = await watching
    clearInterval(looking)
    const good = await callers.stop()
    const after = await subject.facts()
    return {
      name: badness.name,
      count,
      timeout,
      held,
      good,
      before,
      growth: full.rss - rss,
      owned: full.heap + full.external - heap - external,
      worst: worst - rss,
      left: after.rss - rss,
    }
  } finally {
    bad.close()
    await subject.stop()
  }
}
