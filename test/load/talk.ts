import { connect } from 'node:net'

/** What is said on a connection of its own, and how it ends. */
export interface Talk {
  /** One write after the other. */
  readonly says: readonly (string | Buffer)[]
  /** Octets after which the caller leaves, or milliseconds; without either it waits until the server closes. */
  readonly leavesAfter?: { readonly octets?: number; readonly ms?: number }
  /** Leaves with a reset, as a process does that dies with octets unread. */
  readonly resets?: boolean
  /** Ends its own side as soon as all is said. */
  readonly halfCloses?: boolean
}

/** Milliseconds after which a server that neither answers nor closes is a fault. */
const PATIENCE = 15_000

/**
 * Has a talk.
 *
 * @returns the first part of what came.
 * @throws where nothing came to an end.
 */
export function talk(port: number, { says, leavesAfter, resets, halfCloses }: Talk): Promise<string> {
  return new Promise((resolve, reject) => {
    let head = ''
    let octets = 0
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const late = setTimeout(() => {
      socket.destroy()
      reject(new Error(`no end to ${JSON.stringify(String(says[0]).slice(0, 60))}`))
    }, PATIENCE)
    const leave = (): void => void (resets ? socket.resetAndDestroy() : socket.destroy())
    socket.on('connect', () => {
      void say()
      if (leavesAfter?.ms !== undefined) setTimeout(leave, leavesAfter.ms)
    })
    socket.on('data', (bytes) => {
      octets += bytes.length
      if (head.length < 1000) head += bytes.toString('latin1', 0, 1000)
      if (octets >= (leavesAfter?.octets ?? Number.POSITIVE_INFINITY)) leave()
    })
    // Some are reset in the middle of what they say, as is right.
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(late)
      resolve(head)
    })
    const say = async (): Promise<void> => {
      for (const part of says) {
        if (!socket.writable) return
        if (!socket.write(part)) await new Promise((done) => socket.once('drain', done).once('close', done))
        await new Promise((done) => setImmediate(done))
      }
      if (halfCloses) socket.end()
    }
  })
}
