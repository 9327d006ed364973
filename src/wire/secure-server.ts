import type { Socket } from 'node:net'
import type { Server, TLSSocket } from 'node:tls'
import type { Serving } from './http2/answer.ts'
import { type TlsOptions, createTls } from './tls.ts'

/** Milliseconds that a caller has to begin its handshake when the server stops. */
const LINGER = 1000

/** A server of TLS that does not listen yet, and serves HTTP/2 by itself. */
export interface SecureServer {
  readonly server: Server
  /**
   * Waits until the connections of a closed server are gone, those of HTTP/2 by their own way, and looks at the files
   * of the certificate no more.
   *
   * @param deadline milliseconds after which whatever is left is broken.
   */
  readonly stop: (deadline: number) => Promise<void>
  /** Lets go of a server that never came to listen. */
  readonly abandon: () => void
}

/**
 * Makes a server of TLS.
 *
 * @param http1 takes a connection of HTTP/1.1. `isFull` where it is one more than the limit.
 * @throws {CertificateError} for a certificate that cannot be served.
 */
export async function createSecureServer(
  options: TlsOptions,
  serving: Serving,
  http1: (socket: TLSSocket, isFull: boolean) => void,
): Promise<SecureServer> {
  const { limits, report } = serving
  const http2 = options.http2 === false ? undefined : (await import('./http2/engine.ts')).createHttp2(serving)
  const tls = createTls(options, report)
  const taken = new Set<TLSSocket>()
  const take = (socket: TLSSocket, by: (socket: TLSSocket, isFull: boolean) => void): void => {
    // It went as the handshake ended, and tells of it no more.
    if (socket.destroyed) return
    const isFull = taken.size >= limits.connections
    taken.add(socket)
    socket.once('close', () => taken.delete(socket))
    by(socket, isFull)
  }
  const server = tls.createServer(
    {
      http1: (socket) => take(socket, http1),
      http2: (socket) => take(socket, (it, isFull) => (isFull ? http2?.refuse : http2?.take)?.(it)),
    },
    limits,
  )
  // To say why it is refused, a connection has to be through with its handshake; so there can be more of those than
  // the limit, but not any number.
  server.maxConnections = 2 * limits.connections
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const closed = new Promise<void>((resolve) => server.once('close', resolve))

  return {
    server,
    stop: async (deadline) => {
      const streams = http2?.stop(deadline)
      const mute = setTimeout(
        () => {
          for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
        },
        Math.min(LINGER, deadline),
      )
      const late = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, deadline)
      await Promise.all([streams, closed])
      clearTimeout(mute)
      clearTimeout(late)
      tls.close()
    },
    abandon: tls.close,
  }
}
