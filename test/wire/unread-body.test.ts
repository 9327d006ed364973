import { setTimeout as sleep } from 'node:timers/promises'
import { type Api, type Middleware, api, bytes, get, ok, post, reply, stream, text } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Connection } from '../matrix/connection.ts'

/** A body of which not all is read: its reply arrives all the same, and nobody takes a part of it for the whole. */

let server: Server
let read: string[]
let given: Api

beforeEach(async () => {
  read = []
  // It waits for nobody.
  const impatient: Middleware = (context, next) => Promise.race([next(context), sleep(200).then(() => reply(503))])
  // It lets the body be read only when the reply is out.
  const slow: Middleware = (context, next) => sleep(300).then(() => next(context))
  given = api({
    hello: get('/hello', () => 'hello'),
    text: post('/text', { body: text(), returns: text(), middleware: [impatient] }, ({ body }) => {
      read.push(`text of ${body.length}`)
      return 'taken'
    }),
    bytes: post('/bytes', { body: bytes(), returns: text(), middleware: [impatient] }, ({ body }) => {
      read.push(`bytes of ${body.length}`)
      return 'taken'
    }),
    count: post('/count', { body: bytes(), returns: text() }, ({ body }) => {
      return `${body.length}`
    }),
    late: post('/late', { body: text(), returns: text(), middleware: [impatient, slow] }, ({ body }) => {
      read.push(`text of ${body.length}`)
      return 'taken'
    }),
    early: post('/early', { body: stream(), returns: text() }, ({ body, background }) => {
      background(async () => {
        const reader = body.getReader()
        try {
          while (!(await reader.read()).done);
          read.push('all of the stream')
        } catch {
          read.push('a stream that broke off')
        }
      })
      return 'early'
    }),
    echo: post('/echo', { body: stream(), returns: ok(stream()) }, ({ body }) => body),
    peek: post('/peek', { body: stream(), returns: text(), limits: { body: 1_000_000_000 } }, async ({ body }) => {
      await body.getReader().read()
      return 'peek'
    }),
    first: post('/first', { body: stream(), returns: text() }, async ({ body }) => {
      const reader = body.getReader()
      await reader.read()
      await reader.cancel()
      await sleep(60)
      return 'first'
    }),
  })
  server = await serve(given, { port: 0, host: '127.0.0.1', quiet: true, signals: false, report: () => {} })
})

afterEach(() => server.stop())

function head(path: string, type: string, framing: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\n${framing}\r\n\r\n`
}

describe('the rest of a body comes after its reply', () => {
  test.each([
    ['/text', 'text/plain', 'Content-Length: 10', 'hello', 'world'],
    ['/text', 'text/plain', 'Transfer-Encoding: chunked', '5\r\nhello\r\n', '5\r\nworld\r\n0\r\n\r\n'],
    ['/bytes', 'application/octet-stream', 'Content-Length: 10', 'hello', 'world'],
  ])('%s (%s, %s): no handler gets a part of it', async (path, type, framing, one, two) => {
    const connection = await Connection.open(server.port)
    connection.write(head(path, type, framing) + one)
    expect((await connection.reply('POST'))?.status).toBe(503)
    connection.write(`${two}GET /hello HTTP/1.1\r\nHost: a\r\n\r\n`)
    expect((await connection.reply('GET'))?.body.toString()).toBe('"hello"')
    connection.end()
    expect(read).toEqual([])
  })

  test('who still reads the stream is told that it broke off', async () => {
    const connection = await Connection.open(server.port)
    connection.write(`${head('/early', 'application/octet-stream', 'Content-Length: 10')}hello`)
    expect((await connection.reply('POST'))?.body.toString()).toBe('early')
    connection.write('world')
    await expect.poll(() => read).toEqual(['a stream that broke off'])
    connection.end()
  })
})

describe('more comes of a body than is taken off the wire for nothing', () => {
  const chunked = 'Transfer-Encoding: chunked\r\n\r\n2DC6C0'

  /** The reply, to somebody who looks for it only when all is sent. */
  async function send(path: string): Promise<[status: number | undefined, body: string | undefined]> {
    const connection = await Connection.open(server.port)
    connection.socket.pause()
    connection.write(head(path, 'application/octet-stream', chunked).replace(/\r\n\r\n$/, '\r\n'))
    for (let sent = 0; sent < 3_000_000; sent += 30_000) {
      connection.write(Buffer.alloc(30_000, 'a'))
      if (sent < 300_000) await sleep(5)
    }
    connection.socket.resume()
    const reply = await connection.reply('POST')
    connection.end()
    return [reply?.status, reply?.body.toString()]
  }

  test('a reply that is made while it comes is not lost', async () => {
    expect(await send('/first')).toEqual([200, 'first'])
  })

  test('nor is one that was made before', async () => {
    expect((await send('/nowhere'))[0]).toBe(404)
  })
})

test('a long body that is read while its reply is sent does not end the connection', async () => {
  const connection = await Connection.open(server.port)
  connection.write(`${head('/echo', 'application/octet-stream', 'Content-Length: 200000')}${'a'.repeat(1000)}`)
  expect(await connection.holds('aaa')).toBe(true)
  connection.write(`${'a'.repeat(199_000)}GET /hello HTTP/1.1\r\nHost: a\r\n\r\n`)
  expect((await connection.reply('POST'))?.body.length).toBe(200_000)
  expect((await connection.reply('GET'))?.status).toBe(200)
  connection.end()
})

describe('a part of the body was read, and the reader left', () => {
  async function peek(length: number): Promise<Connection> {
    const connection = await Connection.open(server.port)
    connection.write(`${head('/peek', 'application/octet-stream', `Content-Length: ${length}`)}${'a'.repeat(1000)}`)
    return connection
  }

  test('a connection that will end before all of it has come says so', async () => {
    const connection = await peek(100_000_000)
    const reply = await connection.reply('POST')
    expect(reply?.body.toString()).toBe('peek')
    expect(reply?.headers).toContainEqual(['connection', 'close'])
    connection.end()
  })

  test('one that has not much to wait for goes on', async () => {
    const connection = await peek(2_000_000)
    expect((await connection.reply('POST'))?.body.toString()).toBe('peek')
    connection.write(`${'a'.repeat(1_999_000)}GET /hello HTTP/1.1\r\nHost: a\r\n\r\n`)
    expect((await connection.reply('GET'))?.body.toString()).toBe('"hello"')
    connection.end()
  })
})

test('a body in chunks of one octet takes no more than a body', async () => {
  const chunks = Buffer.from('1\r\nx\r\n'.repeat(10_000))
  const connection = await Connection.open(server.port)
  connection.write(head('/count', 'application/octet-stream', 'Transfer-Encoding: chunked'))
  const before = used()
  let most = 0
  for (let i = 0; i < 100; i++) {
    connection.socket.write(chunks)
    await new Promise((resolve) => setImmediate(resolve))
    most = Math.max(most, used() - before)
  }
  connection.write('0\r\n\r\n')
  expect((await connection.reply('POST'))?.body.toString()).toBe('1000000')
  connection.end()
  expect(most).toBeLessThan(50_000_000)
})

function used(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

describe.each(['trestle', 'node'] as const)('on the engine "%s"', (engine) => {
  let connection: Connection

  beforeEach(async () => {
    await server.stop()
    server = await serve(given, { port: 0, host: '127.0.0.1', quiet: true, signals: false, engine, report: () => {} })
    connection = await Connection.open(server.port)
  })

  afterEach(() => connection.end())

  test('what follows a body of which a part was read is answered', async () => {
    connection.write(head('/peek', 'application/octet-stream', 'Content-Length: 300000') + 'x'.repeat(100_000))
    expect((await connection.reply('POST'))?.body.toString()).toBe('peek')
    connection.write(`${'x'.repeat(200_000)}GET /hello HTTP/1.1\r\nHost: a\r\n\r\n`)
    expect((await connection.reply('GET'))?.body.toString()).toBe('"hello"')
  })

  test('who still reads the stream is told that it broke off', async () => {
    connection.write(`${head('/early', 'application/octet-stream', 'Content-Length: 10')}hello`)
    expect((await connection.reply('POST'))?.body.toString()).toBe('early')
    connection.write('world')
    await expect.poll(() => read).toEqual(['a stream that broke off'])
  })

  test('who begins to read when the reply is out gets all of it or nothing, and not an empty body', async () => {
    connection.write(`${head('/late', 'text/plain', 'Content-Length: 5')}hello`)
    expect(await connection.reply('POST')).toMatchObject({ status: 503 })
    await sleep(400)
    expect(read.filter((one) => one !== 'text of 5')).toEqual([])
  })
})
