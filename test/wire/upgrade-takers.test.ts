import { once } from 'node:events'
import { createServer } from 'node:http'
import { type Duplex, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { queryObjects } from 'node:v8'
import { Unauthorized } from 'trestle'
import type { Upgrade } from 'trestle/node'
import { describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { Connection } from '../../src/wire/http1/connection.ts'
import { SWITCHES, ask, call, start } from './upgrading.ts'

async function all(socket: Duplex): Promise<string> {
  let came = ''
  for await (const bytes of socket.setEncoding('latin1')) came += bytes
  return came
}

const ASK = ask()

describe('what comes', () => {
  test('waits for who reads late, also behind requests that had to wait', async () => {
    const { port } = await start(() => async (socket, head) => {
      socket.write(SWITCHES)
      await pause(100)
      socket.end(`${head}${await all(socket)}`)
    })
    const caller = call(port)
    // More than is read ahead.
    const many = `GET /live HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(8000)}\r\n\r\n`.repeat(20)
    caller.write(`GET /slow HTTP/1.1\r\nhost: a\r\n\r\n${many}${ASK}`)
    let came = ''
    caller.setEncoding('latin1').on('data', (words: string) => {
      came += words
      if (words.endsWith(SWITCHES)) caller.end('hello')
    })
    await once(caller, 'end')
    expect(came.slice(came.indexOf(' 101 '))).toMatch(/\r\n\r\nhello$/)
  })

  test('is the same wherever it is cut', async () => {
    const { port } = await start(() => async (socket, head) => {
      socket.write(SWITCHES)
      socket.end(`${head}${await all(socket)}`)
    })
    const words = `${ASK}hello`
    const cuts = Array.from({ length: words.length - 1 }, (_, i) => i + 1)
    await Promise.all(
      cuts.map(async (cut) => {
        const caller = call(port)
        caller.write(words.slice(0, cut))
        await pause(30)
        caller.end(words.slice(cut))
        expect(await all(caller)).toBe(`${SWITCHES}hello`)
      }),
    )
  })

  test('waits with its sender while who has it reads a few octets at a time', async () => {
    let most = 0
    const { port } = await start(() => async (socket) => {
      socket.write(SWITCHES)
      for (let i = 0; i < 100; i++) {
        socket.read(4)
        await pause(1)
        most = Math.max(most, socket.readableLength)
      }
      socket.destroy()
    })
    const caller = call(port)
    caller.write(ASK)
    await once(caller, 'data')
    caller.write(Buffer.alloc(20_000_000))
    await new Promise((resolve) => caller.once('close', resolve))
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThan(200_000)
  })

  test('may be a reset, which a paused socket tells too', async () => {
    let closed = false
    const { port } = await start(() => (socket) => {
      socket.pause().on('close', () => {
        closed = true
      })
      socket.write(SWITCHES)
    })
    const caller = call(port)
    caller.write(ASK)
    await once(caller, 'data')
    caller.resetAndDestroy()
    await expect.poll(() => closed).toBe(true)
  })
})

describe('a caller that', () => {
  test('sends no more is not handed on: nobody would be told', async () => {
    let asked = 0
    const { port } = await start(() => {
      asked++
      return (socket) => void socket.on('end', () => socket.end(SWITCHES))
    })
    const caller = call(port)
    caller.end(`GET /long HTTP/1.1\r\nhost: a\r\n\r\n${ASK}`)
    // So that the end comes before the first reply is sent.
    await pause(100)
    expect((await all(caller)).slice(-300)).toMatch(/HTTP\/1\.1 200 .*"no upgrade: shout"$/s)
    expect(asked).toBe(0)
  })

  test('resets the connection is no failure of who reads it', async () => {
    const over: unknown[] = []
    const { port, told } = await start(() => async (socket) => {
      socket.write(SWITCHES)
      try {
        for await (const bytes of socket) socket.write(bytes)
      } catch (error) {
        over.push(error)
        throw error
      }
    })
    const caller = call(port)
    caller.write(ASK)
    await once(caller, 'data')
    caller.resetAndDestroy()
    await expect.poll(() => over.length).toBe(1)
    await pause(20)
    expect(told).toEqual([])
  })

  test('leaves before it is refused is told to who decides, and gets no reply', async () => {
    const events: string[] = []
    const { port, told } = await start(() => async (socket) => {
      socket.on('error', () => events.push('error')).on('close', () => events.push('close'))
      await pause(100)
      events.push('refuses')
      throw Unauthorized()
    })
    const caller = call(port)
    caller.write(ASK)
    await pause(30)
    caller.resetAndDestroy()
    await expect.poll(() => events).toEqual(['error', 'close', 'refuses'])
    await pause(20)
    expect(told).toEqual([])
  })

  test('still sends much reads why it is refused', async () => {
    const { port } = await start(() => async () => {
      await pause(50)
      throw Unauthorized()
    })
    const caller = call(port)
    caller.write(ASK)
    // More than systems hold. A reset would come while it is sent.
    caller.write(Buffer.alloc(20_000_000))
    expect(await all(caller)).toMatch(/^HTTP\/1\.1 401 /)
  })

  test('goes on sending after it was refused is cut off', async () => {
    const { port } = await start(() => () => {
      throw Unauthorized()
    })
    const caller = call(port)
    caller.write(ASK)
    const more = setInterval(() => caller.write('more'), 50)
    const began = performance.now()
    caller.resume()
    await once(caller, 'close').finally(() => clearInterval(more))
    expect(performance.now() - began).toBeLessThan(2000)
  })
})

test('a fault that breaks the connection is reported, though the socket tells of it too', async () => {
  const { port, told } = await start(() => async (socket) => {
    socket.write(SWITCHES)
    const broken = new Transform({
      transform(_bytes, _encoding, done) {
        done(new Error('a fault of the program'))
      },
    })
    await pipeline(socket, broken, socket)
  })
  const caller = call(port)
  caller.write(ASK)
  await once(caller, 'data')
  caller.write('hello')
  await all(caller).catch(() => '')
  expect(told).toEqual([new Error('a fault of the program')])
})

test('a problem that is thrown too late is reported, for nobody gets to see it', async () => {
  const { port, told } = await start(() => async (socket) => {
    socket.write(SWITCHES)
    await pause(10)
    throw Unauthorized({ detail: 'too late' })
  })
  const caller = call(port)
  caller.write(ASK)
  expect(await all(caller).catch(() => '')).not.toContain('401')
  expect(told).toEqual([expect.objectContaining({ message: expect.stringContaining('too late') })])
})

test('who gives up because the server stops has the caller told to come again', async () => {
  const { port, told, stop } = await start(() => async (_socket, _head, stopping) => {
    await pause(5000, undefined, { signal: stopping })
  })
  const caller = call(port)
  caller.write(ASK)
  const came = all(caller)
  await pause(50)
  await stop()
  expect(await came).toMatch(/^HTTP\/1\.1 503 /)
  expect(told).toEqual([])
})

describe('upgrade must return a function or nothing', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['a promise', async () => () => {}, /not a promise: it must not be async/],
    ['a promise that fails', () => Promise.reject(new Error('away')), /not a promise: it must not be async/],
    ['true', () => true, /upgrade returns a function .* not true$/],
    ['an object', () => ({ handleUpgrade() {} }), /upgrade returns a function .* not an object$/],
  ])('and not %s', async (_, given, says) => {
    const { port, told } = await start(given as Upgrade)
    const caller = call(port)
    caller.write(ASK)
    expect(await all(caller)).toMatch(/^HTTP\/1\.1 500 /)
    expect(told).toEqual([expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(says) })])
  })
})

test.each<[string, Upgrade]>([
  [
    'events',
    () => (socket, head) => void socket.on('data', (bytes) => socket.write(bytes)).write(`${SWITCHES}${head}`),
  ],
  [
    'a loop',
    () => async (socket, head) => {
      socket.write(`${SWITCHES}${head}`)
      for await (const bytes of socket) socket.write(bytes)
    },
  ],
])('what read the requests is let go of while a socket is read by %s', async (_, taker) => {
  const { port } = await start(taker)
  const before = queryObjects(Connection, { format: 'count' })
  for (let i = 0; i < 20; i++) {
    const caller = call(port)
    caller.write(ASK)
    caller.write('hello')
    await once(caller, 'data')
  }
  expect(queryObjects(Connection, { format: 'count' })).toBeLessThan(before + 5)
})

test('a library that waits for the event of node:http gets it', async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  const http = createServer()
  const sockets = new WebSocketServer({ server: http, path: '/live' })
  sockets.on('connection', (socket) => socket.on('message', (data) => resolve(String(data))))
  const { port } = await start((request) => (socket, head) => void http.emit('upgrade', request, socket, head))
  const caller = new WebSocket(`ws://127.0.0.1:${port}/live`)
  await once(caller, 'open')
  caller.send('hello')
  expect(await promise).toBe('hello')
  caller.terminate()
})
