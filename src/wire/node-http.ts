import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Problem } from '../contract/problem.ts'
import { MethodNotAllowed } from '../contract/problems.ts'
import { Exchange } from '../pipeline/exchange.ts'
import { type Report, careful } from '../pipeline/fail.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { isStreamed, letGo, type piecesOf } from '../pipeline/pieces.ts'
import { type WireReply, isBodiless } from '../pipeline/reply.ts'
import type { WireLimits } from './limits.ts'
import { CallerLeft, type ListenOptions, type Listening, Stopped } from './listening.ts'
import { NodeIncoming, type Serving, checkFields } from './node-incoming.ts'
import { ExpectationFailed, type ParserError, TooManyConnections, parserProblem } from './refusals.ts'
import { type Remote, remoteOf } from './proxied-incoming.ts'
import { sendPieces } from './send-pieces.ts'

/**
 * Not `import`: that reads every export of node:http, and one of them loads node's whole `fetch`,
 * which is 20 ms of a start of 50.
 */
const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http')

/** Milliseconds that a caller has to read why it was refused, and that a stop takes past its deadline to release what is held. */
const LINGER = 1000

/** What a timer of node's can wait, less what is added to it here and by node. */
const MOST = 2 ** 31 - 2000

/** The other end of a connection. */
interface Peer extends Remote {
  /** Requests that it has sent on it. */
  asked: number
  /** The last one that was answered before all of its body had come. */
  early?: IncomingMessage
}

/** Serves a pipeline on node:http. */
export async function listen(pipeline: Pipeline, options: ListenOptions): Promise<Listening> {
  const report = careful(options.report)
  const limits = countable(options.limits)
  const pending = new Map<Exchange, ServerResponse>()
  /** Connections whose last reply is on its way: nothing may follow it. */
  const ending = new WeakSet<Duplex>()
  const sockets = new Map<Socket, Peer>()
  const serving: Serving = {
    peers: { proxy: options.proxy, unix: options.path !== undefined },
    limits,
  }
  let stopping = false
  const endAfter = (response: ServerResponse, reply: WireReply): WireReply => {
    const { socket, complete } = response.req
    ending.add(socket)
    if (!complete) linger(socket)
    return reply.set('connection', 'close')
  }
  /** Node would let what a reply says of the connection stand, though the caller asked for its end. */
  const isLast = (request: NodeIncoming, { hasFieldsOfWire }: WireReply, response: ServerResponse): boolean =>
    stopping || request.cut || request.isLast || (hasFieldsOfWire && !response.shouldKeepAlive)

  const passOver = (request: NodeIncoming, { req }: ServerResponse): void => {
    const peer = sockets.get(req.socket)
    if (peer !== undefined) peer.early = req
    request.passOver()
    holdToPace(req, limits)
  }

  const serveOne = (message: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void => {
    if (ending.has(message.socket)) return // its caller was told that there is no room, or that it is over
    const peer = sockets.get(message.socket) as Peer
    // What follows the last one is not taken, and may be sent again.
    if (peer.asked >= limits.requestsPerConnection) return
    peer.asked++
    const request = new NodeIncoming(message, response, expectsContinue, peer, serving)
    try {
      request.isLast = checkFields(message, limits) || peer.asked >= limits.requestsPerConnection
    } catch (error) {
      sendWhole(response, endAfter(response, pipeline.refuse(error as Problem)), request.method)
      return
    }
    // A short body comes in the same read as its header section, which node is still going through: a tick later it
    // is there, and no promise is needed for it, nor for what follows.
    if (request.announcesLength && !expectsContinue) process.nextTick(answer, request, response)
    else answer(request, response)
  }

  const answer = (request: NodeIncoming, response: ServerResponse): void => {
    if (ending.has(response.req.socket)) return // refused since, for what came after its header section
    const x = new Exchange(request)
    const reply = pipeline.answer(x)
    if (!(reply instanceof Promise) && x.releases === undefined && x.tasks === undefined && !isStreamed(reply.body)) {
      if (isLast(request, reply, response)) endAfter(response, reply)
      sendWhole(response, reply, request.method)
      pipeline.finish(x)
      if (request.isDue) passOver(request, response)
      return
    }
    pending.set(x, response)
    response.on('close', () => {
      pending.delete(x)
      if (request.isDue) passOver(request, response)
      const failure = response.writableFinished
        ? undefined
        : new CallerLeft('the caller left before the reply was sent')
      pipeline.finish(x, failure)
    })
    const send = (settled: WireReply): void => {
      if (response.destroyed) return letGo(settled.body)
      if (isLast(request, settled, response)) endAfter(response, settled)
      if (isBodiless(settled.status)) {
        letGo(settled.body)
        settled.body = undefined
      }
      if (isStreamed(settled.body)) sendStreamed(response, settled, x, report)
      else sendWhole(response, settled, request.method)
    }
    if (reply instanceof Promise) reply.then(send)
    else send(reply)
  }

  const server = createServer({
    // The request line counts as well.
    maxHeaderSize: limits.headerBytes + 16_384,
    insecureHTTPParser: false,
    requireHostHeader: false,
    headersTimeout: limits.headerTimeout,
    // Node's timeout for a whole request would end a long upload at a fair pace: whoever reads it looks at that.
    requestTimeout: 0,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: limits.keepAliveTimeout + (limits.keepAliveTimeout % 2),
    noDelay: true,
  })
  // Odd, which tells it from node's own time of a connection that waits for its next request. A fraction would tell it
  // as well, but node's table of timers is three times as slow with those.
  const unread = limits.sendTimeout - (limits.sendTimeout % 2) + 1
  server.setTimeout(unread, (socket: Socket) => {
    if (socket.timeout !== unread || socket.writableLength > 0) socket.destroy()
    else socket.setTimeout(unread)
  })
  // Node leaves out what is above its count, and says nothing: `checkFields` refuses it.
  server.maxHeadersCount = 0
  server.on('request', (message, response) => serveOne(message, response, false))
  server.on('checkContinue', (message, response) => serveOne(message, response, true))
  server.on('checkExpectation', ({ method, socket }, response) => {
    if (ending.has(socket)) return
    sendWhole(response, endAfter(response, pipeline.refuse(ExpectationFailed() as Problem)), method as string)
  })
  server.on('connect', (_message, socket) =>
    refuseRaw(socket, pipeline.refuse(MethodNotAllowed({ headers: { allow: '' } }) as Problem)),
  )
  server.on('clientError', (error: NodeJS.ErrnoException & ParserError, duplex) => {
    const socket = duplex as Socket
    // What comes after the last request of a connection is thrown away until its caller has read the reply.
    if (error.code !== 'ECONNRESET' && ending.has(socket)) return
    if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesRead === 0) {
      socket.destroy()
      return
    }
    // Its caller would take another reply for that to its next request.
    if (sockets.get(socket)?.early?.complete === false) {
      ending.add(socket)
      linger(socket)
      socket.destroySoon()
      return
    }
    const refuse = (): void => {
      ending.add(socket)
      refuseRaw(socket, pipeline.refuse(parserProblem(error)))
    }
    const under = [...pending.values()].filter(({ req }) => req.socket === socket)
    // The request whose reply is half on the wire has gone wrong: what is written now would be taken for more of that.
    if (under.some(({ req, headersSent }) => headersSent && !req.complete)) {
      socket.destroy()
      return
    }
    // Replies to whole requests that came before go first: they are what the caller takes the next reply for.
    const last = under.findLast(({ req }) => req.complete)
    if (last === undefined) refuse()
    else last.once('finish', refuse)
  })

  server.on('connection', (socket) => {
    const isFull = sockets.size >= limits.connections
    sockets.set(socket, { ...remoteOf(socket), asked: 0 })
    socket.once('close', () => sockets.delete(socket))
    if (!isFull) return
    ending.add(socket)
    refuseRaw(socket, pipeline.refuse(TooManyConnections({ headers: { 'retry-after': '1' } }) as Problem))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    const { port, host, path } = options
    server.listen(path === undefined ? { port, host } : { path }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address() as AddressInfo | string
  return {
    port: typeof address === 'string' ? 0 : address.port,
    host: typeof address === 'string' ? undefined : address.address,
    stop: async (deadline) => {
      stopping = true
      const until = performance.now() + deadline
      await closeServer(server, pending, sockets, deadline)
      await pipeline.close(Math.max(until - performance.now(), LINGER))
    },
  }
}

async function closeServer(
  server: Server,
  pending: Map<Exchange, ServerResponse>,
  sockets: ReadonlyMap<Socket, Peer>,
  deadline: number,
): Promise<void> {
  // Not node:http's own, which closes idle connections at once, and with them the requests on their way.
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
  const grace = Math.min(LINGER, deadline / 8)
  let quietSince = performance.now()
  for (const response of pending.values()) {
    response.once('close', () => {
      quietSince = performance.now()
    })
  }
  // A connection in use ends with its next reply, which says so. One that has none for a while is closed here.
  const idle = setInterval(() => {
    if (performance.now() < quietSince + grace) return
    server.closeIdleConnections()
    // To node a connection is idle after its first request only.
    for (const socket of sockets.keys()) if (socket.bytesRead === 0) socket.destroy()
  }, 50)
  const late = setTimeout(() => {
    for (const x of pending.keys()) x.abort(new Stopped('the server stops'))
    server.closeAllConnections()
  }, deadline)
  await closed
  clearInterval(idle)
  clearTimeout(late)
  server.close()
  // What these hold is released when their replies are closed, which is after their connections are.
  for (const response of [...pending.values()]) {
    if (!response.closed) await new Promise((resolve) => response.once('close', resolve))
  }
}

/**
 * Limits that node can count with: of a longer time its timers make a millisecond, and its parser refuses more bytes.
 * Where nobody lives to see the end, one is as good as the other.
 */
function countable(limits: WireLimits): WireLimits {
  const { headerBytes, headerTimeout, bodyTimeout, keepAliveTimeout, sendTimeout } = limits
  return {
    ...limits,
    headerBytes: Math.min(headerBytes, MOST),
    headerTimeout: Math.min(headerTimeout, MOST),
    bodyTimeout: Math.min(bodyTimeout, MOST),
    keepAliveTimeout: Math.min(keepAliveTimeout, MOST),
    sendTimeout: Math.min(sendTimeout, MOST),
  }
}

/** Ends a connection on which the rest of a body that nobody reads comes too slowly, or no more: its reply is out. */
function holdToPace(message: IncomingMessage, { bodyTimeout, bodyRate }: WireLimits): void {
  const { socket } = message
  const before = socket.bytesRead
  let since = performance.now()
  let heardAt = since
  let last = before
  const look = (): void => {
    if (message.complete || socket.destroyed) return
    const now = performance.now()
    const { bytesRead } = socket
    // Not the caller's time: it reads the reply.
    if (socket.writableLength > 0) since = now
    if (bytesRead !== last || since === now) heardAt = now
    last = bytesRead
    const until = since + bodyTimeout + ((bytesRead - before) / bodyRate) * 1000
    const left = Math.min(until, heardAt + bodyTimeout) - now
    // What came while the process was held up is read before it is looked for: timers come first.
    if (left <= 0) socket.destroy()
    else setTimeout(() => setImmediate(look), Math.min(left, bodyTimeout / 4)).unref()
  }
  look()
}

/** Sends a reply that is in memory. */
function sendWhole(response: ServerResponse, reply: WireReply, method: string): void {
  const { status } = reply
  const fields = [...reply.fields]
  const body = reply.body as string | Uint8Array | undefined
  const none = isBodiless(status)
  // A 205 says that its content is nothing (RFC 9110 §15.3.6); the other two never say how much it is.
  if (!none || status === 205) {
    const length = none || body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
    fields.push('content-length', String(length))
  }
  response.writeHead(status, fields)
  if (method === 'HEAD' || body === undefined || none) response.end()
  // In one piece with a string, node would write the header section as UTF-8 too.
  else response.end(reply.latin1 && typeof body === 'string' ? Buffer.from(body) : body)
}

/** Sends a reply whose body comes in pieces. */
function sendStreamed(response: ServerResponse, reply: WireReply, x: Exchange, report: Report): void {
  const body = reply.body as Parameters<typeof piecesOf>[0]
  const fields = body instanceof Blob ? [...reply.fields, 'content-length', String(body.size)] : reply.fields
  response.writeHead(reply.status, fields)
  if (x.request.method === 'HEAD') {
    letGo(body)
    response.end()
    return
  }
  response.flushHeaders()
  sendPieces(response, body, x, report, () => response.destroy())
}

/** Writes a reply to a socket that node's parser has given up on, and closes it. */
function refuseRaw(socket: Duplex, reply: WireReply): void {
  const body = reply.body as string
  const lines = [`HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}`]
  for (let i = 0; i < reply.fields.length; i += 2) lines.push(`${reply.fields[i]}: ${reply.fields[i + 1]}`)
  lines.push(`content-length: ${Buffer.byteLength(body)}`, 'connection: close', '', body)
  // Node has let go of a socket that asks for a tunnel: its errors would end the process.
  socket.on('error', () => socket.destroy())
  socket.end(lines.join('\r\n'))
  setTimeout(() => socket.destroy(), LINGER).unref()
}

/**
 * Lets whoever is still sending read the reply that ends the connection. Node would close it at once; with
 * bytes unread that is a reset, which overtakes the reply (RFC 9112 §9.6).
 */
function linger(socket: Socket): void {
  socket.destroySoon = () => {
    socket.end()
    setTimeout(() => socket.destroy(), LINGER).unref()
  }
}
