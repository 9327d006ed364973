import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { CommandError } from './load-api.ts'

/**
 * Runs drizzle-kit as it is installed in the project, with the terminal of this process: it asks whether what is new was
 * renamed.
 *
 * @param output `read` for what it writes to standard output to be given back, and not shown.
 * @throws {CommandError} where it is not installed.
 */
export async function runDrizzleKit(
  args: readonly string[],
  output: 'show' | 'read' = 'show',
): Promise<{ readonly code: number; readonly stdout: string }> {
  const child = spawn(process.execPath, [program(), ...args], {
    stdio: ['inherit', output === 'show' ? 'inherit' : 'pipe', 'inherit'],
  })
  let stdout = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? 1, stdout }
}

function program(): string {
  let found: string | undefined
  try {
    found = join(dirname(createRequire(resolve('package.json')).resolve('drizzle-kit')), 'bin.cjs')
  } catch {}
  if (found !== undefined && existsSync(found)) return found
  throw new CommandError(
    'Schemas are compared by drizzle-kit, which is not installed: npm install --save-dev drizzle-kit@1.0.0-rc.5',
  )
}
