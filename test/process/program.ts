import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')

/** The command from its sources, and as it is published. */
const FORMS = {
  source: ['--conditions=trestle-source', path.join(root, 'src/cli/main.ts')],
  built: [path.join(root, 'dist/cli/main.js')],
}

/** A folder of its own for a program: what it serves is written into it. */
export interface Folder {
  readonly path: string
  readonly write: (name: string, text: string) => Promise<void>
  readonly remove: () => Promise<void>
}

export async function createFolder(): Promise<Folder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trestle-process-'))
  const write = (name: string, text: string): Promise<void> => writeFile(path.join(folder, name), text)
  await write('package.json', '{ "type": "module" }')
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  return { path: folder, write, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** A `trestle` that runs. */
export interface Program {
  readonly pid: number
  readonly output: () => string
  /** Waits until what it says from now on, or said so far, matches. */
  readonly says: (pattern: RegExp, from?: number) => Promise<RegExpExecArray>
  readonly signal: (signal: NodeJS.Signals) => void
  readonly ended: Promise<number | null>
  /** The processes it has started. */
  readonly workers: () => Promise<number[]>
}

/** Runs `trestle` with arguments in a folder, on any free port unless told. */
export function runTrestle(
  folder: Folder,
  args: readonly string[],
  env: Record<string, string> = {},
  form: keyof typeof FORMS = 'source',
): Program {
  const child = spawn(process.execPath, [...FORMS[form], ...args], {
    cwd: folder.path,
    env: { ...process.env, NODE_ENV: '', PORT: '0', ...env },
  })
  let output = ''
  const listeners = new Set<() => void>()
  const take = (chunk: Buffer): void => {
    output += chunk
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const says = (pattern: RegExp, from = 0): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(output.slice(from))
        if (found === null) return
        listeners.delete(look)
        resolve(found)
      }
      listeners.add(look)
      void ended.then(() => reject(new Error(`it ended before it said ${pattern}:\n${output}`)))
      look()
    })
  return {
    pid: child.pid as number,
    output: () => output,
    says,
    signal: (signal) => void child.kill(signal),
    ended,
    workers: () => childrenOf(child),
  }
}

async function childrenOf({ pid }: ChildProcess): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').filter(Boolean).map(Number)
}
