import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Printed } from './expected.ts'
import { root } from './page.ts'

const recorder = pathToFileURL(path.join(import.meta.dirname, 'record-console.ts')).href
const cli = path.join(root, 'src/cli/main.ts')

/** How a program that a page shows came to its end. */
export interface End {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly printed: readonly Printed[]
}

/** A program of a page: an example, or the `trestle` command. */
export interface Program {
  /** Its port once it listens; undefined where it ended without listening. */
  readonly listens: Promise<number | undefined>
  readonly ends: Promise<End>
  readonly kill: (signal: NodeJS.Signals) => void
}

const LISTENS = /^(?:Listening on )?https?:\/\/localhost:(\d+)/m
/** More than any example takes, and less than the limit of a test. */
const LONGEST_MS = 30_000

/** Pages speak of port 8000; tests take what is free. */
const ANY_PORT = { PORT: '0' }

/** Runs an example of a page from its folder. */
export function runExample(folder: string, file: string, serves: boolean): Program {
  const printed = path.join(folder, `${file}.printed`)
  const env = { TRESTLE_PRINTED: printed, TRESTLE_EXAMPLES: folder }
  return run(folder, ['--import', recorder, file], serves ? { ...env, ...ANY_PORT } : env, printed)
}

/** Runs `trestle` with arguments, as `npx trestle …` would. */
export function runTrestle(folder: string, args: readonly string[]): Program {
  return run(folder, [cli, ...args], ANY_PORT, '')
}

function run(folder: string, args: readonly string[], env: Record<string, string>, printed: string): Program {
  const child = spawn(process.execPath, ['--conditions=trestle-source', ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  const late = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS)
  const ends = new Promise<End>((resolve) => {
    child.once('close', (code) => {
      clearTimeout(late)
      resolve({ code, stdout, stderr, printed: readPrinted(printed) })
    })
  })
  const listens = new Promise<number | undefined>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk
      const port = LISTENS.exec(stdout)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
    void ends.then(() => resolve(undefined))
  })
  return { listens, ends, kill: (signal) => end(child, signal) }
}

function end(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode === null) child.kill(signal)
}

function readPrinted(file: string): Printed[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Printed)
}
