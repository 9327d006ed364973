import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'

const root = path.resolve(import.meta.dirname, '../..')

/** A runtime of its own that serves the fixture API. */
export interface Child {
  readonly port: number
  readonly stop: () => Promise<void>
}

export function startBun(): Promise<Child> {
  return start('bun', ['--no-install', '--conditions=trestle-source', server('bun')], { DO_NOT_TRACK: '1' })
}

export async function startDeno(): Promise<Child> {
  const cache = mkdtempSync(path.join(tmpdir(), 'trestle-deno-'))
  const allowed = ['--allow-net=127.0.0.1', '--allow-env', `--allow-read=${root}`]
  const args = ['run', '--no-remote', '--no-lock', '--conditions=trestle-source', ...allowed, server('deno')]
  const child = await start('deno', args, { DENO_DIR: cache, DENO_NO_UPDATE_CHECK: '1' })
  return {
    port: child.port,
    stop: async () => {
      await child.stop()
      rmSync(cache, { recursive: true, force: true })
    },
  }
}

function server(runtime: string): string {
  return path.join(import.meta.dirname, 'servers', `${runtime}.ts`)
}

async function start(tool: string, args: readonly string[], env: Record<string, string>): Promise<Child> {
  const child = spawn(path.join(root, 'node_modules/.bin', tool), args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    port: await portOf(child, tool),
    stop: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** The port that the server prints when it listens. */
function portOf(child: ChildProcess, tool: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let errors = ''
    child.stderr?.on('data', (chunk) => {
      errors += chunk
    })
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`${tool} ended with ${code} before it listened:\n${errors}`)))
    createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on('line', (line) => {
      const port = /^port (\d+)$/.exec(line)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
  })
}
