import { StoreAway } from '../policies/store-away.ts'

/** Milliseconds that a backend has to answer; then it counts as away. */
export const ANSWER_TIME = 500

/**
 * Milliseconds for which a backend that answered nobody in time is not asked again. Then one asks, and the others go on
 * without it until that one knows.
 */
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
  /** 0 where nothing is amiss. */
  let awayUntil = 0
  let answeredAt = 0
  const insist: Ask = (work) =>
    new Promise((resolve, reject) => {
      const askedAt = performance.now()
      let isLate = false
      const late = (): void => {
        isLate = true
        // Where others were answered meanwhile, it is not away, and this one alone is late.
        if (answeredAt < askedAt) awayUntil = performance.now() + PAUSE
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
          if (!isLate) answeredAt = performance.now()
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
  /** One finds out for all: the others do not wait with it. */
  const probe: Ask = (work) => {
    const until = performance.now() + ANSWER_TIME * 2
    awayUntil = until
    return insist(work).finally(() => {
      // What came late has set another time.
      if (awayUntil === until) awayUntil = 0
    })
  }
  return {
    insist,
    ask: (work) => {
      if (awayUntil === 0) return insist(work)
      if (performance.now() >= awayUntil) return probe(work)
      return Promise.reject(new StoreAway(`${name} did not answer lately`, { asked: false }))
    },
  }
}
