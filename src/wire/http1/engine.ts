import type { AddressInfo, Server, Socket } from 'node:net'
import type { Problem } from '../../contract/problem.ts'
import { careful } from '../../pipeline/fail.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { Serving } from '../http2/answer.ts'
import { type ListenOptions, type Listening, Stopped } from '../listening.ts'
import type { SecureServer } from '../secure-server.ts'
import type { TlsOptions } from '../tls.ts'
import { Connection, LINGER, type Shared } from './connection.ts'
import { HandedOn } from './handed-on.ts'
import { TooManyConnections } from '../refusals.ts'
import { Pace } from './pace.ts'
import { ReplyHeads } from './reply.ts'
import { Reading, type Receive, readEvents } from './reading.ts'
import { Timeouts } from './timeouts.ts'

/** Not `import`, which makes a list of every export, at every start. */
const { createServer } = process.getBuiltinModule('node:net')

/** Milliseconds in which a connection that was just used may bring another request when the server stops. */
const PARTING = 1000

/** Serves a pipeline on an HTTP/1.1 engine of its own (RFC 9112), and over TLS on HTTP/2 for whoever asks for that. */
export async function listen(pipeline: Pipeline, options: ListenOptions): Promise<Listening> {
  const { limits, proxy, path, tls, upgrade } = options
  const report = careful(options.report)
  const timeouts = new Timeouts()
  const peers = { proxy, unix: path !== undefined }
  const shared: Shared = {
    pipeline,
    limits,
    report,
    timeouts,
    pace: new Pace(),
    heads: new ReplyHeads(),
    peers,
    handedOn: new HandedOn(upgrade, report),
  }
  const { handedOn } = shared
  const connections = new Map<Connection, Socket>()
  let stopping = false

  const isOneTooMany = (): boolean => connections.size + handedOn.size >= limits.connections
  const connect = (socket: Socket, giveAway: () => void, isFull = isOneTooMany()): Receive => {
    const ended = (): void => connection.callerEnded()
    const closed = (): void => {
      connections.delete(connection)
      timeouts.delete(connection)
      connection.closed()
    }
    const leave = (): void => {
      giveAway()
      socket.off('end', ended).off('close', closed)
      closed()
    }
    const connection = new Connection(socket, shared, leave)
    connections.set(connection, socket)
    timeouts.add(connection)
    // What goes wrong on a socket closes it, and `close` tells.
    socket.on('error', ignore)
    socket.on('end', ended)
    socket.on('close', closed)
    if (isFull) connection.refuse(TooManyConnections({ headers: { 'retry-after': '1' } }) as Problem)
    // Its handshake was under way.
    else if (stopping) connection.stop(PARTING)
    return (bytes, to) => connection.receive(bytes, to)
  }

  const secure = tls && (await createSecure(tls, shared, connect))
  const server = secure?.server ?? createPlain(connect)
  await bind(server, options).catch((error: unknown) => {
    secure?.abandon()
    timeouts.stop()
    throw error
  })
  // A connection that could not be accepted is its caller's to try again, and no reason to end the process.
  server.on('error', (error) => shared.report(error, { operation: undefined, request: 'accept' }))
  const address = server.address() as AddressInfo | string
  return {
    port: typeof address === 'string' ? 0 : address.port,
    host: typeof address === 'string' ? undefined : address.address,
    stop: async (deadline) => {
      const until = performance.now() + deadline
      stopping = true
      server.close()
      handedOn.stop()
      await Promise.all([endAll(connections, handedOn, timeouts, deadline), secure?.stop(deadline)])
      timeouts.stop()
      await pipeline.close(Math.max(until - performance.now(), LINGER))
    },
  }
}

/** Outside of the above: from in there it would keep a connection that was handed on as long as its socket. */
const ignore = (): void => {}

/** @param isFull whether it is one more than the limit, where somebody else counts. */
type ConnectOne = (socket: Socket, giveAway: () => void, isFull?: boolean) => Receive

function createPlain(connect: ConnectOne): Server {
  const reading = new Reading()
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true })
  return server.on('connection', (socket) => void reading.take(socket, (it, giveAway) => connect(it, giveAway)))
}

/** Loaded only where it is used. */
async function createSecure(tls: TlsOptions, serving: Serving, connect: ConnectOne): Promise<SecureServer> {
  const { createSecureServer } = await import('../secure-server.ts')
  return createSecureServer(tls, serving, (socket, isFull) => {
    socket.allowHalfOpen = true
    readEvents(socket, (it, giveAway) => connect(it, giveAway, isFull))
  })
}

function bind(server: Server, { port, host, path }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path === undefined ? { port, host } : { path }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Lets every connection answer what it has been asked; those that are not done at the deadline are broken. */
async function endAll(
  connections: ReadonlyMap<Connection, Socket>,
  handedOn: HandedOn,
  timeouts: Timeouts,
  deadline: number,
): Promise<void> {
  const closed = [...connections.values(), ...handedOn.sockets].map(
    (socket) => new Promise((resolve) => socket.once('close', resolve)),
  )
  timeouts.look()
  for (const connection of connections.keys()) connection.stop(Math.min(PARTING, deadline / 10))
  const parting = setInterval(() => timeouts.look(), 50)
  const late = setTimeout(() => {
    for (const [connection, socket] of connections) {
      connection.exchange?.abort(new Stopped('the server stops'))
      socket.destroy()
    }
    for (const socket of handedOn.sockets) socket.destroy()
  }, deadline)
  await Promise.all(closed)
  clearTimeout(late)
  clearInterval(parting)
}
