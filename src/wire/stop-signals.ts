const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** What can be stopped once it has started. */
export interface Stoppable {
  readonly stop: () => Promise<unknown>
}

interface Served {
  readonly started: Promise<Stoppable>
  /** Milliseconds that its start may go on after the signal. */
  readonly patience: number
}

/** All that a signal stops: a process that ended with the first of them would break off the replies of the others. */
const served = new Set<Served>()
let isStopping = false

/**
 * Stops a server at SIGTERM or SIGINT, and ends the process when all have stopped: with 0, or with 1 where a stop
 * failed. One that still starts is stopped when it has started: process 1 of a container is not ended by a signal that
 * nobody takes, and would go on to serve.
 *
 * @param patience milliseconds that a start may go on after the signal; then the process ends with 1. So it does where
 * the start failed and the process goes on, such as to try again.
 * @returns leaves the signals alone again.
 */
export function stopAtSignals(started: Promise<Stoppable>, patience: number): () => void {
  const one = { started, patience }
  if (served.size === 0) for (const signal of SIGNALS) process.on(signal, stopAll)
  served.add(one)
  const leave = (): void => {
    served.delete(one)
    if (served.size === 0) for (const signal of SIGNALS) process.off(signal, stopAll)
  }
  started.catch(leave)
  return leave
}

function stopAll(signal: NodeJS.Signals): void {
  // Ctrl-C under npm arrives twice, and the second is no wish to break replies off.
  if (isStopping) return
  isStopping = true
  let code = 0
  const stops = [...served].map(async ({ started, patience }) => {
    const late = setTimeout(() => {
      console.error(`${signal} came during the start, and the process did not end within ${patience} ms after it`)
      process.exit(1)
    }, patience)
    // A start that fails is told by whoever asked for it.
    started.catch(() => late.unref())
    const server = await started
    clearTimeout(late)
    await server.stop().catch((error: unknown) => {
      console.error(error)
      code = 1
    })
  })
  Promise.all(stops).then(
    () => process.exit(code),
    () => {},
  )
}
