import { api, bytes, depends, get, ok, post, stream, text } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Connection } from '../matrix/connection.ts'

/** A caller who leaves is no failure of the server: nothing is told of it, and nothing waits for them. */

/** Longer than what the systems of both sides hold. */
const long = Buffer.alloc(10_000_000, 'x')

let told: unknown[]
let server: Server

beforeEach(async () => {
  told = []
  const late = depends(
    {},
    async function* () {
      await new Promise((resolve) => setTimeout(resolve, 60))
      yield 'late'
    },
    { security: { name: 'late', scheme: { type: 'http', scheme: 'bearer' }, optional: true } },
  )
  server = await serve(
    api(
      { limits: { timeout: 500 } },
      {
        hello: get('/hello', () => 'hello'),
        late: post('/late', { body: z.object({}), use: { late } }, () => 'never'),
        read: post('/read', { body: text(), returns: text() }, ({ body }) => body),
        echo: post('/echo', { body: stream(), returns: ok(stream()) }, ({ body }) => body),
        obey: post('/obey', { body: stream(), returns: ok(stream()) }, async function* ({ signal }) {
          yield 'until told'
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        }),
        long: get('/long', { returns: bytes() }, () => long),
      },
    ),
    { port: 0, host: '127.0.0.1', quiet: true, signals: false, report: (error) => told.push(error) },
  )
})

afterEach(() => server.stop())

async function leaveDuring(path: string, after: number): Promise<void> {
  const connection = await Connection.open(server.port)
  const type = path === '/late' ? 'application/json' : path === '/read' ? 'text/plain' : 'application/octet-stream'
  connection.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: 100\r\n\r\n{`)
  await new Promise((resolve) => setTimeout(resolve, after))
  connection.end()
}

test.each([
  ['/late', 'before anybody asks for the body'],
  ['/read', 'while it is read'],
  ['/echo', 'while the reply is sent'],
  ['/obey', 'while the reply is sent, which ends as its signal says'],
])('%s: %s', async (path) => {
  await leaveDuring(path, 20)
  await new Promise((resolve) => setTimeout(resolve, 700))
  expect(told).toEqual([])
})

test('a body that grows too large while the reply is made of it ends the reply, and is told to nobody', async () => {
  const connection = await Connection.open(server.port)
  connection.write('POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\n')
  connection.write(`Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`)
  expect(await connection.holds('hello')).toBe(true)
  connection.write(`200000\r\n${'a'.repeat(0x200000)}\r\n0\r\n\r\n`)
  expect(await connection.closes()).toBe(true)
  expect(told).toEqual([])
})

test('a reply that is made is sent to the end, though its caller sends no more', async () => {
  const connection = await Connection.open(server.port)
  connection.socket.pause()
  connection.socket.end('GET /long HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n')
  await new Promise((resolve) => setTimeout(resolve, 100))
  connection.socket.resume()
  expect((await connection.reply('GET'))?.body.length).toBe(10_000_000)
  expect((await connection.reply('GET'))?.status).toBe(200)
  expect(await connection.closes()).toBe(true)
})

describe.each(['trestle', 'node'] as const)('the address of a caller that left, on the engine "%s"', (engine) => {
  test.each([
    ['the other end of the connection', undefined, '127.0.0.1'],
    ['the one that its proxy named', { trust: ['loopback'] }, '198.51.100.7'],
  ])('is %s', async (_, proxy, address) => {
    const asked = Promise.withResolvers<string | undefined>()
    const given = api(
      {
        middleware: [
          async (context, next) => {
            const reply = await next(context)
            asked.resolve(context.request.remoteAddress)
            return reply
          },
        ],
      },
      {
        wait: get('/wait', async ({ signal }) => {
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          return ''
        }),
      },
    )
    const options = { port: 0, host: '127.0.0.1', quiet: true, signals: false, engine } as const
    const own = await serve(given, { ...options, ...(proxy && { proxy }) })
    const connection = await Connection.open(own.port)
    connection.write('GET /wait HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n')
    await new Promise((resolve) => setTimeout(resolve, 50))
    connection.socket.resetAndDestroy()
    expect(await asked.promise).toBe(address)
    await own.stop()
  })
})
