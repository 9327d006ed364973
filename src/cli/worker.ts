import cluster, { type Worker } from 'node:cluster'
import { sentenceOf } from './sentence.ts'
import { type ServingOptions, createServing } from './serving.ts'

/**
 * The program of one of `trestle start --workers`: serves the API it is given, tells its supervisor when it does, and
 * stops when that says so.
 */
export type ToSupervisor =
  | { readonly is: 'serving'; readonly place: string }
  /** It cannot serve, for a reason that people can mend. */
  | { readonly is: 'failed'; readonly sentence: string }

export type ToWorker =
  /** Nobody serves in its place. */
  | { readonly is: 'stop'; readonly drain: number }
  /** Another worker serves in its place. */
  | { readonly is: 'hand-over' }

const self = cluster.worker as Worker

// Ctrl-C, a closed terminal and systemd signal the whole group: what that means for a worker, its supervisor says.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})

// Else node ends the process in the middle of its replies when the supervisor is gone.
self.exitedAfterDisconnect = true

const serving = createServing(JSON.parse(process.argv[2] as string) as ServingOptions)

async function leave(how: ToWorker): Promise<void> {
  const started = await serving.catch(() => undefined)
  // Why it could not is told below, and ends the process.
  if (started === undefined) return
  await (how.is === 'stop' ? started.stop(how.drain) : started.handOver()).then(
    () => process.exit(0),
    (error) => {
      console.error(error)
      process.exit(1)
    },
  )
}

process.on('message', leave)
process.on('disconnect', () => leave({ is: 'hand-over' }))

serving.then(
  ({ place }) => tell({ is: 'serving', place }),
  (error) => {
    const sentence = sentenceOf(error)
    if (sentence === undefined) {
      console.error(error)
      process.exit(1)
    }
    tell({ is: 'failed', sentence }, () => process.exit(1))
  },
)

function tell(what: ToSupervisor, told?: () => void): void {
  if (process.connected) process.send?.(what, undefined, undefined, told)
  else told?.()
}
