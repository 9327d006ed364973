import { lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'

/** A unix socket that cannot be had, and why. */
export class SocketTaken extends Error {}

/**
 * Makes the place of a unix socket free: removes the file that a server left behind when it was killed. Only a file
 * that refuses connections is one of those (unix(7), ECONNREFUSED).
 *
 * @throws {SocketTaken} where a server listens there, or a file is there that is no socket.
 */
export async function freeSocketFile(path: string): Promise<void> {
  // An abstract one (unix(7)) is no file, and goes with its server.
  if (path.startsWith('\0')) return
  // What is wrong with its folder, whoever listens there is told.
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined) return
  if (!found.isSocket()) throw new SocketTaken(`${path} is a file that is no socket: give another path`)
  if (await isListening(path)) throw new SocketTaken(`Another server listens on ${path}: stop it, or give another path`)
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return
    throw new SocketTaken(`${path} was left by another server, and this user may not remove it: ${error.message}`)
  })
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false)
      // Its queue is full, or it is another user's: somebody listens, or might.
      else resolve(true)
    })
  })
}
