import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** Processes that serve the same API. */
export interface Members {
  readonly children: readonly ChildProcess[]
  readonly ports: readonly number[]
  /** What they reported. */
  readonly told: readonly string[]
  readonly stop: () => Promise<void>
}

/**
 * Starts a process for each list of arguments, all at once: what is made once is made by whoever comes first.
 *
 * @param program one that calls `serveForParent`.
 */
export async function startMembers(program: URL, all: readonly (readonly string[])[]): Promise<Members> {
  const told: string[] = []
  const children = all.map((args) =>
    fork(program, args, { execArgv: ['--conditions=trestle-source', '--disable-warning=ExperimentalWarning'] }),
  )
  return {
    children,
    ports: await Promise.all(children.map((child) => portOf(child, told))),
    told,
    stop: async () => {
      const left = children.filter(({ connected }) => connected)
      await Promise.all(
        left.map((child) => {
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
