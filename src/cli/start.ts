import { DEADLINE } from '../wire/listening.ts'
import { freeSocketFile } from '../wire/socket-file.ts'
import { stopAtSignals } from '../wire/stop-signals.ts'
import type { CommandOptions } from './main.ts'
import { createServing } from './serving.ts'
import { supervise } from './supervisor.ts'

/** Serves an API until SIGTERM or SIGINT, in this process or in workers. NODE_ENV is `production` unless it is set. */
export async function start(file: string, options: CommandOptions): Promise<void> {
  process.env.NODE_ENV ??= 'production'
  const { port, host, socket, tls, proxy, workers, drain = 0, deadline = DEADLINE } = options
  const serving = { file, port, host, socket, tls, proxy, deadline }
  if (workers !== undefined) {
    if (socket !== undefined) await freeSocketFile(socket)
    return supervise({ ...serving, workers, drain })
  }
  // Else node ends the process in the middle of its replies.
  process.on('SIGHUP', () => {
    console.error('SIGHUP reloads nothing here: a reload needs --workers, such as --workers 1. This process serves on')
  })
  const started = createServing(serving)
  stopAtSignals(
    started.then(({ stop }) => ({ stop: () => stop(drain) })),
    deadline,
  )
  const { place } = await started
  console.log(`Listening on ${place}`)
}
