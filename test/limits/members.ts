import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

/** Processes that serve the same API on the same backend. */
export interface Members {
  readonly ports: readonly number[]
  /** What they reported. */
  readonly told: readonly string[]
  readonly stop: () => Promise<void>
}

/**
 * @param limits by strategy, as `server.ts` takes them.
 */
export async function startMembers(count: number, backend: string, limits: object): Promise<Members> {
  const told: string[] = []
  const children = Array.from({ length: count }, () =>
    fork(path.join(import.meta.dirname, 'server.ts'), [backend, JSON.stringify(limits)], {
      execArgv: ['--conditions=trestle-source', '--disable-warning=ExperimentalWarning'],
    }),
  )
  return {
    ports: await Promise.all(children.map((child) => portOf(child, told))),
    told,
    stop: async () => {
      await Promise.all(
        children.map((child) => {
          const ended = once(child, 'exit')
          child.disconnect()
          return ended
        }),
      )
    },
  }
}

function portOf(child: ChildProcess, told: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: { readonly port?: number; readonly told?: string }) => {
      if (message.told !== undefined) told.push(message.told)
      if (message.port !== undefined) resolve(message.port)
    })
    child.once('exit', (code) => reject(new Error(`a process ended with ${code} before it listened`)))
  })
}
