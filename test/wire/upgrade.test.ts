import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { Unauthorized } from 'trestle'
import type { ServeOptions, TakeOver, Upgrade } from 'trestle/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws'
import { issuePair } from './issue-certificate.ts'
import { SWITCHES, ask, call, start } from './upgrading.ts'

/** Sends text and gathers what comes, until that ends or holds `until`. */
async function say(port: number, words: string, until?: string): Promise<string> {
  const socket = call(port)
  socket.write(words)
  let came = ''
  for await (const bytes of socket.setEncoding('latin1')) {
    came += bytes
    if (until !== undefined && came.includes(until)) break
  }
  return came
}

/** A protocol of its own: what comes goes back in upper case. */
const shouting: TakeOver = (socket, head) => {
  socket.write(SWITCHES)
  const shout = (bytes: Buffer): void => void socket.write(bytes.toString().toUpperCase())
  if (head.length > 0) shout(head)
  socket.on('data', shout).on('end', () => socket.end())
}

describe.each(['plain', 'TLS'])('WebSocket, %s', (kind) => {
  const tls = kind === 'TLS' ? issuePair() : undefined

  async function connected(
    options: Partial<ServeOptions> = {},
  ): Promise<{ caller: WebSocket; callee: WebSocket; told: readonly unknown[] }> {
    const sockets = new WebSocketServer({ noServer: true })
    const { port, told } = await start(
      (request) =>
        request.url === '/live' &&
        ((socket, head) => sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit('connection', ws))),
      { ...options, ...(tls && { tls }) },
    )
    const arrived = once(sockets, 'connection')
    const given: ClientOptions = { rejectUnauthorized: false }
    const caller = new WebSocket(`${tls ? 'wss' : 'ws'}://127.0.0.1:${port}/live`, given)
    onTestFinished(() => caller.terminate())
    await once(caller, 'open')
    const [callee] = (await arrived) as [WebSocket]
    return { caller, callee, told }
  }

  test('messages of all lengths go both ways, many at a time', async () => {
    const { caller, callee, told } = await connected()
    callee.on('message', (data, isBinary) => callee.send(data, { binary: isBinary }))
    const lengths = [0, 1, 125, 126, 65_535, 65_536, 3_000_000, 7, 200_000]
    const came: number[] = []
    const all = new Promise<void>((resolve) => {
      caller.on('message', (data: Buffer) => {
        expect(data.every((octet) => octet === data.length % 251)).toBe(true)
        if (came.push(data.length) === lengths.length) resolve()
      })
    })
    for (const length of lengths) caller.send(Buffer.alloc(length, length % 251))
    await all
    expect(came).toEqual(lengths)
    caller.close(1000)
    await once(caller, 'close')
    expect(told).toEqual([])
  })

  test('lives on past every timeout of the server', async () => {
    const { caller, callee } = await connected({
      limits: { headerTimeout: 200, keepAliveTimeout: 200, bodyTimeout: 200, sendTimeout: 200 },
    })
    await pause(1200)
    callee.send('still here')
    const [data] = (await once(caller, 'message')) as [Buffer]
    expect(data.toString()).toBe('still here')
  })

  test('what nobody reads makes its sender wait', async () => {
    const { caller, callee } = await connected()
    callee.pause()
    const much = Buffer.alloc(1_000_000)
    for (let i = 0; i < 60; i++) caller.send(much)
    await pause(500)
    // What systems hold by themselves is some megabytes.
    expect(caller.bufferedAmount).toBeGreaterThan(30_000_000)
    let count = 0
    const all = new Promise<void>((resolve) => callee.on('message', () => (++count === 60 ? resolve() : undefined)))
    callee.resume()
    await all
    expect(caller.bufferedAmount).toBe(0)
  })
})

describe('the connection', () => {
  test('comes with what was sent behind the request', async () => {
    const { port } = await start(() => shouting)
    expect(await say(port, `${ask()}hello`, 'HELLO')).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\nHELLO$/s)
  })

  test('comes when all requests before are answered', async () => {
    const { port } = await start(() => shouting)
    const before = 'GET /slow HTTP/1.1\r\nhost: a\r\n\r\nGET /hello/ann HTTP/1.1\r\nhost: a\r\n\r\n'
    const came = await say(port, `${before}${ask()}now`, 'NOW')
    expect(came).toMatch(/^HTTP\/1\.1 200 .*"slow"HTTP\/1\.1 200 .*"hello":"ann"\}HTTP\/1\.1 101 .*NOW$/s)
  })

  test('comes where the request comes octet by octet', async () => {
    const { port } = await start(() => shouting)
    const socket = call(port).setEncoding('latin1')
    for (const octet of `${ask()}hello`) {
      socket.write(octet)
      await pause(0)
    }
    let came = ''
    for await (const bytes of socket) {
      came += bytes
      if (came.endsWith('HELLO')) break
    }
    expect(came).toContain(' 101 ')
  })

  test('has the request as node:http hands it on', async () => {
    const seen: unknown[] = []
    const { port } = await start((request) => {
      const { method, url, httpVersion, headers, rawHeaders, socket } = request
      seen.push({ method, url, httpVersion, headers, pairs: rawHeaders.length / 2, from: socket.remoteAddress })
      return undefined
    })
    await say(port, ask('X-Many: 1\r\nx-many: 2\r\nconstructor: c\r\nconnection: close\r\n', '/live?room=7'))
    expect(seen).toEqual([
      {
        ...{ method: 'GET', url: '/live?room=7', httpVersion: '1.1', pairs: 7, from: '127.0.0.1' },
        headers: {
          host: 'a',
          connection: 'keep-alive, Upgrade, close',
          upgrade: 'shout',
          'x-many': '1, 2',
          constructor: 'c',
        },
      },
    ])
  })

  test('counts among the connections of the server', async () => {
    const { port } = await start(() => shouting, { limits: { connections: 1 } })
    const first = call(port)
    first.write(ask())
    await once(first, 'data')
    expect(await say(port, ask())).toMatch(/^HTTP\/1\.1 503 /)
    first.destroy()
    await expect.poll(() => say(port, `${ask()}x`, 'X')).toMatch(/ 101 /)
  })
})

describe('nobody takes it over', () => {
  test('the request is answered as any other, and so are those behind it', async () => {
    const { port } = await start((request) => request.url === '/other' && shouting)
    const came = await say(port, `${ask()}GET /hello/ann HTTP/1.1\r\nhost: a\r\n\r\n`, 'ann')
    expect(came).toMatch(/^HTTP\/1\.1 200 .*no upgrade: shout.*HTTP\/1\.1 200 .*ann/s)
  })

  test.each([
    [
      'it has a body',
      `${ask('content-length: 5\r\n').replace('GET /live', 'POST /echo')}hello`,
      /^HTTP\/1\.1 (?:200|415) /,
    ],
    ['it is of HTTP/1.0', ask().replace('HTTP/1.1', 'HTTP/1.0'), /^HTTP\/1\.1 200 .*no upgrade/s],
    ['Connection does not say so', ask().replace(', Upgrade', ''), /^HTTP\/1\.1 200 .*no upgrade/s],
    ['it names no protocol', ask().replace('upgrade: shout', 'upgrade:'), /^HTTP\/1\.1 200 .*no upgrade/s],
  ])('where %s nobody is asked', async (_, words, reply) => {
    let asked = 0
    const { port } = await start(() => {
      asked++
      return shouting
    })
    expect(await say(port, words, '\r\n\r\n')).toMatch(reply)
    expect(asked).toBe(0)
  })

  test('a target that two could read in two ways is refused before', async () => {
    let asked = 0
    const { port } = await start(() => {
      asked++
      return shouting
    })
    expect(await say(port, ask('', '/a/../live'))).toMatch(/^HTTP\/1\.1 400 .*segments/s)
    expect(asked).toBe(0)
  })
})

describe('a refusal', () => {
  const refused =
    /^HTTP\/1\.1 401 .*content-type: application\/problem\+json.*connection: close\r\n.*"code":"unauthorized"/s

  test('is the problem that was thrown when it was asked', async () => {
    const { port, told } = await start(() => {
      throw Unauthorized({ detail: 'Say who you are' })
    })
    expect(await say(port, ask())).toMatch(refused)
    expect(told).toEqual([])
  })

  test('is the problem that was thrown by who took it over, before anything was written', async () => {
    const { port, told } = await start(() => async () => {
      await pause(10)
      throw Unauthorized()
    })
    expect(await say(port, ask())).toMatch(refused)
    expect(told).toEqual([])
  })

  test.each<[string, Upgrade]>([
    [
      'at once',
      () => {
        throw new Error('the list of rooms is away')
      },
    ],
    [
      'by who took it over',
      () => () => {
        throw new Error('the list of rooms is away')
      },
    ],
  ])('of anything else, thrown %s, is 500 and is reported', async (_, upgrade) => {
    const { port, told } = await start(upgrade)
    const came = await say(port, ask())
    expect(came).toMatch(/^HTTP\/1\.1 500 /)
    expect(came).not.toContain('rooms')
    expect(told).toEqual([new Error('the list of rooms is away')])
  })

  test('breaks the connection where the other protocol has begun', async () => {
    const { port, told } = await start(() => async (socket) => {
      socket.write(SWITCHES)
      await pause(10)
      throw new Error('too late')
    })
    expect(await say(port, ask()).catch(() => 'reset')).not.toContain('500')
    expect(told).toEqual([new Error('too late')])
  })
})

describe('when the server stops', () => {
  test('who has the connection is told, and can take its leave', async () => {
    const { port, stop } = await start(() => (socket: Duplex, _head, stopping) => {
      socket.write(SWITCHES)
      stopping.addEventListener('abort', () => socket.end('bye'))
    })
    const came = say(port, ask())
    await pause(100)
    const began = performance.now()
    await stop()
    expect(performance.now() - began).toBeLessThan(900)
    expect(await came).toMatch(/ 101 .*bye$/s)
  })

  test('one that does not end is broken at the deadline', async () => {
    const { port, stop } = await start(() => shouting, { deadline: 300 })
    const came = say(port, ask()).catch(() => 'reset')
    await pause(100)
    const began = performance.now()
    await stop()
    expect(performance.now() - began).toBeGreaterThan(250)
    await came
  })
})

test('a caller that resets the connection is no failure of the server', async () => {
  const { port, told } = await start(() => shouting)
  const socket = call(port)
  socket.write(ask())
  await once(socket, 'data')
  socket.resetAndDestroy()
  await pause(50)
  expect(await say(port, `${ask()}x`, 'X')).toContain(' 101 ')
  expect(told).toEqual([])
})

test('node:http does not offer it', async () => {
  await expect(start(() => shouting, { engine: 'node' })).rejects.toThrow(/upgrade is not for engine "node"/)
})
