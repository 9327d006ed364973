import { StoreAway } from '../../policies/store-away.ts'

/** Milliseconds for which a file that another process holds is not asked again: each wait stops the whole process. */
const PAUSE = 1000

/** Does what writes. What it throws is that the store is away. */
export type Guard = <T>(work: () => T) => T

export function createGuard(): Guard {
  let awayUntil = 0
  return (work) => {
    if (performance.now() < awayUntil) {
      throw new StoreAway('the database of the backend could not be written lately', { asked: false })
    }
    try {
      return work()
    } catch (error) {
      awayUntil = performance.now() + PAUSE
      // What failed was undone.
      throw new StoreAway('the database of the backend cannot be written', { cause: error, asked: false })
    }
  }
}
