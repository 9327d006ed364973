import { Unavailable } from '../contract/problems.ts'

/** A store that does not answer, or not in its time. What becomes of the request is the policy's to say. */
export class StoreAway extends Error {
  override readonly name = 'StoreAway'
  /** False where the store was not even asked, so that nothing of the request is in it. */
  readonly asked: boolean

  constructor(message: string, { asked = true, ...options }: ErrorOptions & { readonly asked?: boolean } = {}) {
    super(message, options)
    this.asked = asked
  }
}

/** What a policy does while its store is away: let requests pass, or refuse them with 503. */
export type WhenAway = 'open' | 'closed'

/** Milliseconds between two reports that a store is away: it is one fault, however many requests see it. */
const REPORT_PAUSE = 10_000

/** What happens to a request whose store is away. */
export function openOrClosed(whenAway: WhenAway, report: (error: unknown) => void): (error: unknown) => void {
  let reported = Number.NEGATIVE_INFINITY
  return (error) => {
    if (!(error instanceof StoreAway)) throw error
    if (whenAway === 'closed') throw Unavailable({ headers: { 'retry-after': '1' }, cause: error })
    if (Date.now() - reported < REPORT_PAUSE) return
    reported = Date.now()
    report(error)
  }
}

/** Tells of what fails, of a store that is away as of one fault. It never throws. */
export function telling(report: (error: unknown) => void): (error: unknown) => void {
  const away = openOrClosed('open', report)
  return (error) => {
    try {
      away(error)
    } catch (fault) {
      report(fault)
    }
  }
}

/** Milliseconds before each further try of what must not be left undone. */
const PAUSES = [50, 200, 800, 3000, 10_000, 30_000]

/**
 * Tries what must not be left undone while its store is away, again and again.
 *
 * @param longest milliseconds of the last pause: all of them are half as long again.
 */
export async function again(work: () => void | Promise<void>, longest?: number): Promise<void> {
  for (const pause of PAUSES) {
    if (pause > (longest ?? pause)) break
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StoreAway)) throw error
      await new Promise((resolve) => {
        const timer: unknown = setTimeout(resolve, pause)
        // No process that is done waits for this, where timers keep one alive.
        ;(timer as { unref?: () => void }).unref?.()
      })
    }
  }
  return work()
}
