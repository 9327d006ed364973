import { type AddressInfo, connect, createServer } from 'node:net'

/** Milliseconds after which it answers. */
const WAIT = 20

/**
 * Something elsewhere that endpoints wait for: it gives back what it is sent, after a while.
 *
 * @returns where it listens, and what ends it.
 */
export async function startUpstream(): Promise<{ port: number; stop: () => void }> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', (octets) => setTimeout(() => socket.write(octets), WAIT))
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, stop: () => server.close() }
}

/** Asks it on one connection, one octet for each question, which are answered in turn. */
export async function connectUpstream(port: number): Promise<() => Promise<void>> {
  const waiting: (() => void)[] = []
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  socket.on('data', (octets) => {
    for (const answered of waiting.splice(0, octets.length)) answered()
  })
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      socket.write('.')
    })
}
