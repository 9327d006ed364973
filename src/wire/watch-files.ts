import type { FSWatcher } from 'node:fs'

const { statSync, watch } = process.getBuiltinModule('node:fs')
const { dirname } = process.getBuiltinModule('node:path')

/** How files are looked at, in milliseconds. */
export interface Pace {
  /** How long nothing may have changed before it is told: a certificate and its key are two files. */
  readonly settle: number
  /** How often files are looked at that nobody tells of. */
  readonly poll: number
}

const PACE: Pace = { settle: 200, poll: 30_000 }

export interface Watch {
  readonly close: () => void
}

/**
 * Calls `onChange` when one of the files has changed, or another is in its place. It watches their folders, because
 * certbot and Kubernetes change links and leave files alone, and looks at the files every so often too: not every file
 * system tells, and what a link leads to may be in another folder. Keeps no process alive.
 */
export function watchFiles(paths: readonly string[], onChange: () => void, pace: Pace = PACE): Watch {
  let watchers: FSWatcher[] = []
  let settling: NodeJS.Timeout | undefined
  let changedAt = 0
  let seen = stateOf(paths)

  const open = (): void => {
    for (const watcher of watchers) watcher.close()
    watchers = [...new Set(paths.map((path) => dirname(path)))].flatMap((folder) => {
      try {
        const watcher = watch(folder, { persistent: false }, changed)
        // A folder that is gone: the next look finds the one in its place.
        watcher.on('error', () => watcher.close())
        return [watcher]
      } catch {
        return []
      }
    })
  }
  const changed = (): void => {
    const now = performance.now()
    if (settling === undefined) changedAt = now
    // A folder in which something always changes would never settle.
    else if (now - changedAt > 10 * pace.settle) return
    clearTimeout(settling)
    settling = setTimeout(() => {
      settling = undefined
      seen = stateOf(paths)
      // The folder may be another one by now.
      open()
      onChange()
    }, pace.settle).unref()
  }
  const poll = setInterval(() => {
    const state = stateOf(paths)
    if (state === seen) return
    seen = state
    changed()
  }, pace.poll).unref()
  open()
  return {
    close: () => {
      clearInterval(poll)
      clearTimeout(settling)
      for (const watcher of watchers) watcher.close()
      watchers = []
    },
  }
}

/** What tells one state of the files from another, links followed. */
function stateOf(paths: readonly string[]): string {
  return paths
    .map((path) => {
      try {
        const { dev, ino, size, mtimeMs } = statSync(path)
        return `${dev}:${ino}:${size}:${mtimeMs}`
      } catch (error) {
        // One that is gone, is behind a folder that may not be entered, or is a link to itself: whoever reads it is told.
        return String((error as NodeJS.ErrnoException).code)
      }
    })
    .join(' ')
}
