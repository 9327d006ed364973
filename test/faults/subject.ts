import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

/** A server that faults are done to, in a process of its own. */
export interface Subject {
  readonly url: string
  /** What it reported. */
  readonly told: readonly string[]
  /** True while it lives: what ends it is a failure of its own. */
  readonly lives: () => boolean
  readonly stop: () => Promise<void>
}

export async function startSubject(backend: string, database: string): Promise<Subject> {
  const child = fork(path.join(import.meta.dirname, 'server.ts'), [backend, database], {
    execArgv: ['--conditions=trestle-source', '--disable-warning=ExperimentalWarning'],
  })
  const told: string[] = []
  const port = await new Promise<number>((resolve, reject) => {
    child.on('message', (message: { readonly port?: number; readonly told?: string }) => {
      if (message.told !== undefined) told.push(message.told)
      if (message.port !== undefined) resolve(message.port)
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it listened`)))
  })
  const lives = (): boolean => child.exitCode === null && child.signalCode === null
  return {
    url: `http://127.0.0.1:${port}`,
    told,
    lives,
    stop: async () => {
      if (!lives()) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
