import type { TLSSocket } from 'node:tls'
import { careful } from '../../pipeline/fail.ts'
import { Stopped } from '../listening.ts'
import type { Serving } from './answer.ts'
import { Connection } from './connection.ts'
import { refuseConnection } from './refuse-connection.ts'

/** Serves HTTP/2 on sockets that others accept. */
export interface Http2 {
  /** Takes a socket whose ALPN protocol is `h2`. */
  readonly take: (socket: TLSSocket) => void
  /** Closes a socket for which there is no room, and says so. */
  readonly refuse: (socket: TLSSocket) => void
  /**
   * Takes no new stream on any connection, waits for those under way, then closes what is left.
   *
   * @param deadline milliseconds to wait for replies; after it their signals fire and connections close.
   */
  readonly stop: (deadline: number) => Promise<void>
}

/** Milliseconds between two looks at the time that callers take. */
const TICK = 500

/** Makes what serves a pipeline over HTTP/2 (RFC 9113). */
export function createHttp2(given: Serving): Http2 {
  const serving: Serving = { ...given, report: careful(given.report) }
  const connections = new Set<Connection>()
  const { headerTimeout, bodyTimeout, keepAliveTimeout, sendTimeout } = serving.limits
  const tick = Math.min(TICK, Math.max(Math.min(headerTimeout, bodyTimeout, keepAliveTimeout, sendTimeout) / 4, 5))
  let clock: NodeJS.Timeout | undefined
  let stopping = false
  let onEmpty = (): void => {}

  let looked = 0
  const check = (): void => {
    looked = performance.now()
    for (const connection of connections) connection.checkPace(looked)
  }
  // Where the process was held up, what came meanwhile is read first: its callers were in time.
  const look = (): void => void (performance.now() - looked > tick * 2 ? setImmediate(check) : check())
  const take = (socket: TLSSocket): void => {
    // What came after the handshake, when the caller had gone again.
    if (socket.destroyed) return
    const connection = new Connection(socket, serving)
    connections.add(connection)
    clock ??= setInterval(look, tick).unref()
    socket.once('close', () => {
      connections.delete(connection)
      if (connections.size > 0) return
      clearInterval(clock)
      clock = undefined
      onEmpty()
    })
    if (stopping) connection.drain()
  }
  const stop = async (deadline: number): Promise<void> => {
    stopping = true
    if (connections.size === 0) return
    const empty = new Promise<void>((resolve) => {
      onEmpty = resolve
    })
    for (const connection of connections) connection.drain()
    const late = setTimeout(() => {
      for (const connection of connections) {
        connection.abort(new Stopped('the server stops'))
        connection.destroy()
      }
    }, deadline)
    await empty
    clearTimeout(late)
  }
  return { take, refuse: refuseConnection, stop }
}
