import type { TLSSocket } from 'node:tls'
import { NO_ERROR } from './answer.ts'

/** Milliseconds that a caller has to read why it is refused. */
const LINGER = 1000

const SETTINGS = 4
const GOAWAY = 7

/** Empty SETTINGS, which a connection has to begin with (RFC 9113 §3.4), and GOAWAY with 0 as the last stream (§6.8). */
const REFUSAL: Buffer = Buffer.concat([
  frame(SETTINGS, Buffer.alloc(0)),
  frame(GOAWAY, Buffer.concat([uint32(0), uint32(NO_ERROR), Buffer.from('too_many_connections')])),
])

/**
 * Refuses a connection for which there is no room. Its caller learns that no stream of it was taken, and may send all
 * of them again elsewhere or later. Nothing is made for it that could be asked for more.
 */
export function refuseConnection(socket: TLSSocket): void {
  const late = setTimeout(() => socket.destroy(), LINGER)
  socket.on('error', () => {})
  socket.once('close', () => clearTimeout(late))
  // Closed with octets unread, the system would send a reset, which overtakes what is said here.
  socket.resume()
  socket.end(REFUSAL)
}

/** A frame of stream 0 without flags (RFC 9113 §4.1). */
function frame(type: number, payload: Buffer): Buffer {
  return Buffer.concat([uint32(payload.length).subarray(1), Buffer.of(type, 0), uint32(0), payload])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
