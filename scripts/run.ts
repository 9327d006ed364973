/** Runs commands for the gate: bounded in time, ended with all they started. */
import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { root } from './places.ts'

/** How a check ended, and what it said. */
export interface Outcome {
  readonly ok: boolean
  readonly output: string
}

export interface RunOptions {
  /** When it is ended, and counts as failed. */
  readonly seconds: number
  /** True to show its output while it runs, rather than to hand it back. */
  readonly live?: boolean
  readonly env?: Readonly<Record<string, string>>
}

const running = new Set<ChildProcess>()

/** Runs `command` from the project's folder, its own tools first on the PATH. Never throws. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  const PATH = [path.join(root, 'node_modules', '.bin'), process.env.PATH].join(path.delimiter)
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...options.env, PATH },
      stdio: options.live ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that what it started can be ended with it.
      detached: true,
    })
    running.add(child)
    let output = ''
    const keep = (chunk: Buffer) => {
      output += chunk
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    const timer = setTimeout(() => {
      output += `\n${command} was ended after ${options.seconds} s\n`
      endGroup(child)
    }, options.seconds * 1000)
    const done = (ok: boolean) => {
      clearTimeout(timer)
      running.delete(child)
      resolve({ ok, output })
    }
    child.on('error', (error) => {
      output += `${command}: ${error.message}\n`
      done(false)
    })
    child.on('close', (code) => done(code === 0))
  })
}

/** Ends all that is running, and then this process. To be called once, at the start. */
export function endOnSignals(): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => {
      for (const child of running) endGroup(child)
      process.exit(code)
    })
  }
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It had ended by itself.
  }
}
