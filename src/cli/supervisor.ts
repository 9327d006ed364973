import type { ServingOptions } from './serving.ts'
import { type Workers, createWorkers } from './workers.ts'

export interface SuperviseOptions extends ServingOptions {
  readonly workers: number
  /** Milliseconds that balancers have to see that it is not ready any more, before it takes no new connection. */
  readonly drain: number
}

/**
 * Keeps workers serving an API until SIGTERM or SIGINT. SIGHUP replaces them, one by one, by new ones. It loads
 * nothing of the API itself: what ends a worker cannot end it.
 */
export async function supervise({ workers: size, drain, ...serving }: SuperviseOptions): Promise<void> {
  const workers: Workers = createWorkers({
    size,
    serving,
    patience: serving.deadline + RELEASE,
    say: (sentence) => console.error(sentence),
    gaveUp: (sentence) => {
      console.error(sentence)
      process.exit(1)
    },
  })
  let stopping = false
  const end = (): void => {
    if (stopping) return
    stopping = true
    workers.stop(drain).then((isWell) => process.exit(isWell ? 0 : 1))
  }
  process.on('SIGTERM', end).on('SIGINT', end)
  process.on('SIGHUP', () => void workers.reload())
  const place = await workers.start()
  console.log(`Listening on ${place} with ${size} ${size === 1 ? 'worker' : 'workers'}`)
}

/** Milliseconds past the deadline that a worker has to release what it holds. */
const RELEASE = 5000
