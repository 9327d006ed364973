import type { Socket, SocketConstructorOpts } from 'node:net'
import type { Octets } from './octets.ts'

const { Socket: NodeSocket } = process.getBuiltinModule('node:net')
const { Duplex } = process.getBuiltinModule('node:stream')

/** Octets that one read may give. */
const READ = 65_536

/** Gets what was read: `bytes` from 0 to `to`, lent until it returns. */
export type Receive = (bytes: Octets, to: number) => void

/**
 * Says who gets what is read of a socket.
 *
 * @param giveAway ends that: from then on the socket is a stream, for whoever reads it.
 */
export type Connect = (socket: Socket, giveAway: () => void) => Receive

interface Handle {
  readonly readStart?: unknown
}

/**
 * Reads sockets into one buffer for all of them. Node makes a buffer of 64 KB for each read of an accepted socket,
 * cuts it to what came and tells a stream of it: 1.5 µs of the 9 that a request costs. Its sockets can read into a
 * buffer of ours (`onread`), but `createServer` has no such option; so the handle goes from the socket that was
 * accepted to one that has. Where there is no such handle (TLS, other runtimes) data comes by events.
 */
export class Reading {
  readonly #buffer: Octets = Buffer.allocUnsafeSlow(READ) as Octets

  /** @returns the socket to write to, in place of the given one, which must be paused. */
  take(accepted: Socket, connect: Connect): Socket {
    const handle = (accepted as unknown as { _handle?: Handle | null })._handle
    if (handle == null || typeof handle.readStart !== 'function') return readEvents(accepted, connect)
    const holder = accepted as unknown as { _handle: Handle | null }
    holder._handle = null
    accepted.destroy()
    let receive: Receive | undefined
    const buffer = this.#buffer
    const options = {
      handle,
      allowHalfOpen: true,
      onread: {
        buffer,
        callback: (count: number): boolean => {
          if (receive === undefined) return socket.push(Buffer.from(buffer.subarray(0, count)))
          receive(buffer, count)
          return true
        },
      },
    }
    const socket = new NodeSocket(options as unknown as SocketConstructorOpts)
    receive = connect(socket, () => {
      receive = undefined
      // Of a socket with a buffer of its own these stop and start the reading itself, however much waits in the stream.
      const { pause, resume, read } = Duplex.prototype
      Object.assign(socket, { pause, resume, read })
      asUnread(socket)
    })
    return socket
  }
}

/** Reads a socket by its events. */
export function readEvents(socket: Socket, connect: Connect): Socket {
  const read = (bytes: Buffer): void => receive(bytes as Octets, bytes.length)
  const receive = connect(socket, () => {
    socket.off('data', read)
    asUnread(socket)
  })
  socket.on('data', read)
  return socket
}

/** Neither flowing nor paused, as a stream that nobody has read yet: what comes waits. Node's own server does it so. */
function asUnread(socket: Socket): void {
  Object.assign(socket, { readableFlowing: null })
}
