import { type FSWatcher, type WatchListener, lstatSync, readdirSync, watch } from 'node:fs'
import { join, relative, sep } from 'node:path'

const PASSED_OVER = /^(?:node_modules|dist|coverage|\..*)$/

/** Systems that tell of all in a folder, by its name. For others node follows files, and loses one saved by rename. */
const TELL_ALL: readonly NodeJS.Platform[] = ['darwin', 'win32']

/**
 * Calls `onChange` with the path, relative to `root`, of each file that is saved, made or removed and that `matters`,
 * and of each folder that is removed. It watches folders and no files: many editors put a new file in the place of the
 * old one. Folders that come later are watched too; hidden ones, node_modules, dist and coverage are not.
 */
export function watchFolders(root: string, matters: (name: string) => boolean, onChange: (name: string) => void): void {
  if (TELL_ALL.includes(process.platform)) {
    watch(root, { recursive: true }, (_event, name) => {
      if (name === null || name.split(sep).slice(0, -1).some(isPassedOver)) return
      if (matters(name)) onChange(name)
    })
    return
  }
  const watchers = new Map<string, FSWatcher>()

  const enter = (folder: string, isNew: boolean): void => {
    try {
      const watcher = watch(folder, heard(folder))
      watchers.set(folder, watcher)
      watcher.on('error', () => watcher.close())
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name)
        if (entry.isDirectory() && !isPassedOver(entry.name)) enter(path, isNew)
        // It may have been there before anybody listened.
        else if (isNew && matters(entry.name)) onChange(relative(root, path))
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      // It is gone again: the folder above it tells.
      if (code !== 'ENOENT' && code !== 'ENOTDIR') console.error(`Changes in ${folder} are not seen: ${message}`)
    }
  }

  const heard =
    (folder: string): WatchListener<string> =>
    (event, name) => {
      if (name === null) return
      const path = join(folder, name)
      if (matters(name)) onChange(relative(root, path))
      // Something came, went, or is another one by now.
      if (event !== 'rename') return
      if (leave(path)) onChange(relative(root, path))
      if (!isPassedOver(name) && lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) enter(path, true)
    }

  /** Lets go of a folder and all in it; false where it was not watched. */
  const leave = (folder: string): boolean => {
    if (!watchers.has(folder)) return false
    for (const [path, watcher] of watchers) {
      if (path !== folder && !path.startsWith(folder + sep)) continue
      watcher.close()
      watchers.delete(path)
    }
    return true
  }

  enter(root, false)
}

function isPassedOver(name: string): boolean {
  return PASSED_OVER.test(name)
}
