const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** What can be stopped once it has started. */
export interface Stoppable {
  readonly stop: () => Promise<unknown>
}

/**
 * Stops a server at SIGTERM or SIGINT, and ends the process: with 0, or with 1 where the stop failed. One that still
 * starts is stopped when it has started: process 1 of a container is not ended by a signal that nobody takes, and
 * would go on to serve.
 *
 * @param patience milliseconds that a start may go on after the signal; then the process ends with 1.
 * @returns leaves the signals alone again.
 */
export function stopAtSignals(started: Promise<Stoppable>, patience: number): () => void {
  let isStopping = false
  const end = (signal: NodeJS.Signals): void => {
    // Ctrl-C under npm arrives twice, and the second is no wish to break replies off.
    if (isStopping) return
    isStopping = true
    const late = setTimeout(() => {
      console.error(`${signal} came during the start, which did not end within ${patience} ms after it`)
      process.exit(1)
    }, patience)
    const stop = ({ stop: it }: Stoppable): void => {
      clearTimeout(late)
      it().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error)
          process.exit(1)
        },
      )
    }
    // A start that fails is told by whoever asked for it.
    started.then(stop, () => clearTimeout(late))
  }
  const leave = (): void => {
    for (const signal of SIGNALS) process.off(signal, end)
  }
  for (const signal of SIGNALS) process.on(signal, end)
  started.catch(leave)
  return leave
}
