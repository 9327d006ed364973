import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, type Socket, connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connect as connectSecurely } from 'node:tls'
import { api } from 'trestle'
import { serve } from 'trestle/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { issuePair } from './issue-certificate.ts'

/** What a taker and a caller were told, in order. */
type Log = (what: string) => void

const SWITCHES = 'HTTP/1.1 101 Switching Protocols\r\n\r\n'

function watch(socket: Socket, log: Log): void {
  socket.on('end', () => log('end')).on('finish', () => log('finish'))
  socket.on('close', (failed) => log(`close ${failed}`))
  socket.on('error', (error: NodeJS.ErrnoException) => log(`error ${error.code}`))
}

/** Counts what comes, with the request or later, and says goodbye when it ends. */
function count(socket: Socket, head: Buffer, log: Log): void {
  let { length } = head
  socket.on('data', (bytes: Buffer) => {
    length += bytes.length
  })
  socket.on('end', () => {
    log(`came: ${length}`)
    socket.end('bye')
  })
}

const takers: Record<string, (socket: Socket, head: Buffer, log: Log) => void | Promise<void>> = {
  'reads events': (socket, head, log) => {
    socket.write(SWITCHES)
    count(socket, head, log)
  },
  'puts back what came': (socket, head, log) => {
    socket.unshift(head)
    socket.write(SWITCHES)
    count(socket, Buffer.alloc(0), log)
  },
  'reads late': async (socket, head, log) => {
    await pause(150)
    socket.write(SWITCHES)
    log(`ended: ${socket.readableEnded}, broken: ${socket.destroyed}`)
    count(socket, head, log)
  },
  'reads a loop': async (socket, head, log) => {
    socket.unshift(head)
    socket.write(SWITCHES)
    let length = 0
    try {
      for await (const bytes of socket) length += bytes.length
    } catch (error) {
      log(`thrown: ${(error as NodeJS.ErrnoException).code}`)
    }
    log(`came: ${length}`)
    socket.end('bye')
  },
  'reads when it is readable': (socket, head, log) => {
    socket.unshift(head)
    socket.write(SWITCHES)
    let length = 0
    socket.on('readable', () => {
      for (let bytes = socket.read(); bytes !== null; bytes = socket.read()) length += bytes.length
    })
    socket.on('end', () => {
      log(`came: ${length}`)
      socket.end('bye')
    })
  },
  'pauses first': async (socket, head, log) => {
    socket.pause()
    socket.write(SWITCHES)
    count(socket, head, log)
    await pause(100)
    log(`paused: ${socket.isPaused()}`)
    socket.resume()
  },
  'sends it back': (socket, head) => {
    socket.unshift(head)
    socket.write(SWITCHES)
    socket.pipe(socket)
  },
  ends: (socket) => void socket.end(SWITCHES),
  'ends and reads on': (socket) => void socket.end(SWITCHES).resume(),
  breaks: (socket) => {
    socket.write(SWITCHES)
    socket.destroy()
  },
  'breaks with an error': (socket) => {
    socket.write(SWITCHES)
    socket.destroy(Object.assign(new Error('broken'), { code: 'BROKEN' }))
  },
  'does nothing': (socket) => void socket.write(SWITCHES),
}

/** Waits until the taker has answered, and what it did along with that has come. */
async function answered(socket: Socket): Promise<void> {
  await new Promise((resolve) => socket.once('data', resolve).once('close', resolve))
  await pause(50)
}

const callers: Record<string, (socket: Socket, ask: string) => void | Promise<void>> = {
  'ends at once': (socket, ask) => void socket.end(`${ask}hello`),
  'ends later': async (socket, ask) => {
    socket.write(ask)
    await answered(socket)
    socket.write('he')
    await pause(30)
    socket.end('llo')
  },
  'says nothing': async (socket, ask) => {
    socket.write(ask)
    await answered(socket)
    socket.end()
  },
  'sends much': async (socket, ask) => {
    socket.write(ask)
    await answered(socket)
    socket.end(Buffer.alloc(300_000))
  },
  leaves: async (socket, ask) => {
    socket.write(`${ask}hello`)
    await answered(socket)
    socket.destroy()
  },
  resets: async (socket, ask) => {
    socket.write(`${ask}hello`)
    await answered(socket)
    socket.emit('break')
  },
}

describe.each(['plain', 'TLS'])('what is handed on is what node:http hands on, %s', (kind) => {
  const tls = kind === 'TLS' ? issuePair() : undefined
  const logs = new Map<string, Log>()
  const ports = { node: 0, trestle: 0 }
  const stops: (() => unknown)[] = []

  function take(url: string | undefined, socket: Socket, head: Buffer): void {
    const [, taker, id] = decodeURI(url ?? '').split('/') as [string, string, string]
    const log = logs.get(id) as Log
    watch(socket, log)
    void takers[taker]?.(socket, head, log)
  }

  beforeAll(async () => {
    const node = tls ? createSecureServer(tls) : createServer()
    node.on('upgrade', ({ url }, socket, head) => {
      // Over TLS, and only there, node ends a socket by itself when its caller has. Here both are alike.
      Object.assign(socket, { allowHalfOpen: true })
      take(url, socket as Socket, head)
    })
    await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve))
    ports.node = (node.address() as AddressInfo).port
    const server = await serve(api({}), {
      ...{ port: 0, host: '127.0.0.1', quiet: true, signals: false, deadline: 100, ...(tls && { tls }) },
      upgrade:
        ({ url }) =>
        (socket, head) =>
          take(url, socket as Socket, head),
    })
    ports.trestle = server.port
    stops.push(() => node.close(), server.stop)
  })

  afterAll(async () => {
    for (const stop of stops) await stop()
  })

  async function run(which: 'node' | 'trestle', taker: string, caller: string): Promise<object> {
    const [told, read]: [string[], string[]] = [[], []]
    const id = `${which} ${taker} ${caller}`.replaceAll(' ', '-')
    logs.set(id, (what) => told.push(what))
    const raw = connect({ port: ports[which], host: '127.0.0.1', allowHalfOpen: true })
    const socket: Socket = tls
      ? connectSecurely({ socket: raw, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
      : raw
    // Only TCP has a reset.
    socket.on('break', () => raw.resetAndDestroy())
    watch(socket, (what) => read.push(what))
    let came = ''
    socket.on('data', (bytes: Buffer) => {
      came += bytes.length > 1000 ? `${bytes.length} octets` : bytes.toString('latin1')
    })
    await new Promise((resolve) => socket.once(tls ? 'secureConnect' : 'connect', resolve))
    const ask = `GET ${encodeURI(`/${taker}/${id}`)} HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: x\r\n\r\n`
    await callers[caller]?.(socket, ask)
    await pause(400)
    const seen = { told: [...told], read: [...read], came: came.replace(/(?:\d+ octets)+/, 'many octets') }
    socket.destroy()
    return seen
  }

  async function all(which: 'node' | 'trestle', taker: string): Promise<object> {
    const names = Object.keys(callers)
    const seen = await Promise.all(names.map((caller) => run(which, taker, caller)))
    return Object.fromEntries(names.map((caller, i) => [caller, seen[i]]))
  }

  // Of two ends at the same time, the system may tell either first.
  test.concurrent.each(Object.keys(takers))('to one who %s', { retry: 3 }, async (taker) => {
    const [node, trestle] = await Promise.all([all('node', taker), all('trestle', taker)])
    expect(trestle).toEqual(node)
  })
})
