import { type ChildProcess, fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CommandError } from './load-api.ts'
import type { CommandOptions } from './main.ts'
import { watchFolders } from './watch-folders.ts'

/** What a save may change. A database that the API writes is no reason to start anew. */
const SOURCES = new Set(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '.env', '.sql', '.html', '.css'])

/** Editors save in several steps; one start is enough for all of them. */
const QUIET_MS = 40

/**
 * Serves an API in a process of its own and starts that anew whenever a file of the project changes.
 * Where the new code fails, its error stays on the screen until the next save.
 */
export async function dev(file: string, { port, host }: CommandOptions): Promise<void> {
  const path = resolve(file)
  if (!existsSync(path)) throw new CommandError(`There is no file ${path}`)
  let wanted = port ?? 8000
  let child: ChildProcess | undefined
  let began = 0

  const launch = (): void => {
    began = performance.now()
    // The extension is this file's own: `.ts` from source, `.js` from the package.
    const program = fileURLToPath(new URL(`./serve-once${extname(import.meta.url)}`, import.meta.url))
    const started = fork(program, [path, String(wanted), host ?? ''], {
      env: { ...process.env, NODE_ENV: process.env.NODE_ENV ?? 'development' },
    })
    child = started
    started.on('message', (message: { readonly url?: unknown; readonly port?: unknown } | null) => {
      const { url, port: taken } = message ?? {}
      // The API may send some of its own.
      if (typeof url !== 'string' || typeof taken !== 'number') return
      // A port that was any free one stays the same from now on.
      wanted = taken
      console.log(`${url} ready in ${Math.round(performance.now() - began)} ms`)
    })
    started.on('exit', (code) => {
      if (child === started && code !== 0 && code !== null) console.error('Waiting for a change …')
    })
  }

  const relaunch = (changed: string): void => {
    console.log(`${changed} changed`)
    const old = child
    child = undefined
    // One ends already, and when it has, the next is launched with all that changed meanwhile.
    if (old === undefined) return
    if (old.exitCode !== null || old.signalCode !== null) return launch()
    old.once('exit', launch)
    old.kill('SIGTERM')
    const stubborn = setTimeout(() => old.kill('SIGKILL'), 500)
    old.once('exit', () => clearTimeout(stubborn))
  }

  let timer: NodeJS.Timeout | undefined
  watchFolders(projectOf(path), isSource, (name) => {
    clearTimeout(timer)
    timer = setTimeout(relaunch, QUIET_MS, name)
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      child?.kill(signal)
      process.exit(0)
    })
  }
  launch()
}

function isSource(name: string): boolean {
  return SOURCES.has(extname(name)) || name.endsWith('.env')
}

/** The folder of the nearest package.json, or the file's own. */
function projectOf(file: string): string {
  for (let at = dirname(file); ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at
    if (dirname(at) === at) return dirname(file)
  }
}
