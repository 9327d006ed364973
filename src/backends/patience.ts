import { StoreAway } from '../policies/store-away.ts'

/** Milliseconds that a backend has to answer; then it counts as away. */
const ANSWER_TIME = 500

/** Milliseconds for which a backend that did not answer in time is not asked again: nobody else waits for it then. */
const PAUSE = 1000

/** Asks a backend, and gives up in time. */
export interface Patience {
  /** @throws {StoreAway} where it fails or does not answer in time. */
  readonly ask: <T>(work: () => Promise<T>) => Promise<T>
}

/**
 * @param name of the backend, for messages.
 * @param isAway true for a failure of the connection, and not of what was asked.
 */
export function createPatience(
  name: string,
  isAway: (error: unknown) => boolean,
  time: number = ANSWER_TIME,
): Patience {
  let awayUntil = 0
  return {
    ask: (work) => {
      if (performance.now() < awayUntil) return Promise.reject(new StoreAway(`${name} did not answer lately`))
      return new Promise((resolve, reject) => {
        const late = (): void => {
          awayUntil = performance.now() + PAUSE
          reject(new StoreAway(`${name} did not answer within ${time} ms`))
        }
        // Where this process was held up itself, the answer has come and is read first.
        let waiting: NodeJS.Immediate | undefined
        const timer = setTimeout(() => {
          waiting = setImmediate(late)
        }, time)
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
            reject(isAway(error) ? new StoreAway(`${name} is away`, { cause: error }) : error)
          },
        )
      })
    },
  }
}
