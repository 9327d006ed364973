import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'

const folder = path.join(import.meta.dirname, '..', '..', 'examples')

/** An example in a process of its own, as its reader starts it. */
export interface Running {
  readonly url: string
  /** What it has printed so far. */
  readonly output: () => string
  /** Sends the signal that asks for a stop; resolves with the exit code. */
  readonly stop: () => Promise<number | null>
}

const { PATH, HOME, NODE_COMPILE_CACHE } = process.env
const outer = { PATH, HOME, NODE_COMPILE_CACHE }

type Environment = Readonly<Record<string, string>>

/** Runs `node <file>` from the example's folder, until it prints the address it listens on. */
export function startNode(example: string, file: string, env: Environment = {}): Promise<Running> {
  return start(example, process.execPath, ['--conditions=trestle-source', file], env)
}

/**
 * Runs a command from the example's folder, until it prints the address it listens on.
 *
 * @throws with its output, where it ends before that.
 */
export async function start(
  example: string,
  command: string,
  args: readonly string[],
  env: Environment = {},
): Promise<Running> {
  const child = spawn(command, args, {
    cwd: path.join(folder, example),
    // Nothing of the environment of the tests: what they set is all that is set.
    env: { ...outer, NO_COLOR: '1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk
      const [found] = /http:\/\/(localhost|127\.0\.0\.1):\d+/.exec(output) ?? []
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', reject)
    void ended.then((code) => reject(new Error(`${example} ended with exit code ${code}:\n${output}`)))
  })
  return { url, output: () => output, stop: () => stopped(child, ended) }
}

async function stopped(child: ChildProcess, ended: Promise<number | null>): Promise<number | null> {
  const last = setTimeout(() => child.kill('SIGKILL'), 10_000)
  child.kill('SIGTERM')
  const code = await ended
  clearTimeout(last)
  return code
}
