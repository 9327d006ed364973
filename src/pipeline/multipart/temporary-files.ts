import { randomUUID } from 'node:crypto'
import { lstat, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import type { TemporaryFiles } from './temporary-file.ts'

/** The folder of all processes of a user, in that for temporary files (`TMPDIR`). */
const parentFolder = (): string => path.join(tmpdir(), `trestle-uploads-${process.getuid?.() ?? process.env.USERNAME}`)

/** Milliseconds after which what a process of another machine left, where they share the folder, counts as left. */
const OLD = 86_400_000

/**
 * Removes what processes left that ended without doing so, and makes temporary files. The folder is made with the first.
 *
 * @param parent where the folders of processes are.
 */
export async function openTemporaryFiles(parent: string = parentFolder()): Promise<TemporaryFiles> {
  // A failure to clean up, as where the file system cannot be written to, is one for whoever writes to it.
  await removeLeft(parent).catch(() => {})
  const own = path.join(parent, `${nameOfHost()}.${process.pid}.${randomUUID()}`)
  let isMade = false
  return {
    create: async () => {
      const file = path.join(own, randomUUID())
      const handle = await open(file, 'wx').catch(async (error: NodeJS.ErrnoException) => {
        // The first; or somebody tidied up what was old.
        if (error.code !== 'ENOENT') throw error
        await mkdir(parent, { recursive: true, mode: 0o700 })
        await checkOwner(parent)
        isMade = true
        await mkdir(own, { recursive: true, mode: 0o700 })
        return open(file, 'wx')
      })
      let isOpen = true
      const close = async (): Promise<void> => {
        if (!isOpen) return
        isOpen = false
        await handle.close()
      }
      return {
        path: file,
        write: async (bytes) => {
          for (let from = 0; from < bytes.length; ) {
            const { bytesWritten } = await handle.write(bytes, from, bytes.length - from)
            from += bytesWritten
          }
        },
        close,
        remove: async () => {
          await close().catch(() => {})
          await rm(file, { force: true })
        },
      }
    },
    close: async () => {
      if (isMade) await rm(own, { recursive: true, force: true })
    },
  }
}

/**
 * Everybody may write to the folder around it: somebody else may have been there first, and could read what is sent here, or
 * put something in its place.
 */
async function checkOwner(parent: string): Promise<void> {
  const found = await lstat(parent)
  const isOwn = process.getuid === undefined || found.uid === process.getuid()
  if (found.isDirectory() && isOwn) return
  throw new Error(`${parent} is not this user's own folder: remove it, or set TMPDIR to a folder that is`)
}

async function removeLeft(parent: string): Promise<void> {
  await checkOwner(parent)
  for (const name of await readdir(parent)) {
    const [host, pid] = name.split('.')
    const folder = path.join(parent, name)
    // Several processes may start at once, and each tidies up.
    const changed = (await stat(folder).catch(() => undefined))?.mtimeMs ?? Date.now()
    const isLeft = host === nameOfHost() ? isGone(Number(pid), changed) : Date.now() - changed > OLD
    if (isLeft) await rm(folder, { recursive: true, force: true })
  }
}

/** True where a process of this machine has ended. In a container, the next one has its number again. */
function isGone(pid: number, changed: number): boolean {
  if (pid === process.pid) return changed < Date.now() - process.uptime() * 1000
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

function nameOfHost(): string {
  return hostname().replace(/[^\w-]/g, '_')
}
