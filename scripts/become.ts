import path from 'node:path'
import { build } from './build.ts'

/**
 * Turns this process into `node file`, run from the folder of that file, once dist is up to date.
 * Signals, exit code and terminal are then its own, with nothing in between.
 */
export async function become(file: string, args: readonly string[]): Promise<void> {
  const { ok, output } = await build()
  if (!ok) {
    process.stderr.write(`${output}trestle: src does not compile, so there is nothing to run\n`)
    process.exit(1)
  }
  process.chdir(path.dirname(file))
  process.execve?.(process.execPath, [process.execPath, file, ...args], process.env)
}
