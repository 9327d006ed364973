import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A server under measurement, in a process of its own. */
export interface ServerProcess {
  readonly port: number
  readonly pid: number
  /** Microseconds of CPU time, user and system, that its process has used so far. */
  usage(): Promise<number>
  stop(): Promise<void>
}

export interface ServerOptions {
  /** Arguments of the program. */
  readonly args?: readonly string[]
  /** True to run Trestle from its sources, not from `dist`. */
  readonly source?: boolean
  /** The program that runs it, in place of this Node. */
  readonly runtime?: string
}

const START_LIMIT = 20_000

/**
 * Starts a program of `servers/` and waits until it listens.
 *
 * @throws with what the program wrote, where it ends or is silent for twenty seconds.
 */
export async function startServer(
  file: URL,
  { args = [], source = false, runtime = process.execPath }: ServerOptions = {},
): Promise<ServerProcess> {
  const child = fork(fileURLToPath(file), args, {
    execPath: runtime,
    execArgv: source ? ['--conditions=trestle-source'] : [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    errors += text
  })
  const { port } = await message<{ port: number }>(child, () => errors)
  return {
    port,
    pid: child.pid as number,
    async usage() {
      child.send('usage')
      const { usage } = await message<{ usage: NodeJS.CpuUsage }>(child, () => errors)
      return usage.user + usage.system
    },
    async stop() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

function message<T>(child: ChildProcess, errors: () => string): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      child.off('message', received)
      child.off('exit', ended)
    }
    const received = (value: unknown): void => {
      stop()
      resolve(value as T)
    }
    const ended = (): void => {
      stop()
      const text = errors()
      const unbuilt = /Cannot find module .*[\\/]dist[\\/]/.test(text) ? '\nTrestle is not built: npm run build\n' : ''
      reject(new Error(`the server ended with code ${child.exitCode}:\n${text}${unbuilt}`))
    }
    const timer = setTimeout(() => {
      stop()
      child.kill('SIGKILL')
      reject(new Error(`the server said nothing for ${START_LIMIT / 1000} s:\n${errors()}`))
    }, START_LIMIT)
    child.on('message', received)
    child.on('exit', ended)
  })
}
