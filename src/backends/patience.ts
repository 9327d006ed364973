import { StoreAway } from '../policies/store-away.ts'

/** Milliseconds that a backend has to answer; then it counts as away. */
export const ANSWER_TIME = 500

/** Milliseconds for which a backend that did not answer in time is not asked again: nobody else waits for it then. */
const PAUSE = 1000

/** Asks a backend, and gives up in time. */
export interface Patience {
  /** @throws {StoreAway} where it fails, does not answer in time, or did not lately. */
  readonly ask: Ask
  /** The same for what must not be left undone: it is asked though it did not answer lately. */
  readonly insist: Ask
}

type Ask = <T>(work: () => Promise<T>) => Promise<T>

/**
 * @param name of the backend, for messages.
 * @param isAway true for a failure of the backend, and not of what was asked.
 */
export function createPatience(name: string, isAway: (error: unknown) => boolean): Patience {
  let awayUntil = 0
  const insist: Ask = (work) =>
    new Promise((resolve, reject) => {
      const late = (): void => {
        awayUntil = performance.now() + PAUSE
        reject(new StoreAway(`${name} did not answer within ${ANSWER_TIME} ms`))
      }
      // Where this process was held up itself, the answer has come and is read first.
      let waiting: NodeJS.Immediate | undefined
      const timer = setTimeout(() => {
        waiting = setImmediate(late)
      }, ANSWER_TIME)
      const done = (): void => {
        clearTimeout(timer)
        clearImmediate(waiting)
      }
      work().then(
        (value) => {
          done()
          resolve(value)
        },
        (error) => {
          done()
          reject(
            error instanceof StoreAway || !isAway(error) ? error : new StoreAway(`${name} is away`, { cause: error }),
          )
        },
      )
    })
  return {
    insist,
    ask: (work) =>
      performance.now() < awayUntil ? Promise.reject(new StoreAway(`${name} did not answer lately`)) : insist(work),
  }
}
