import { api, get, ok, stream } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Connection } from '../matrix/connection.ts'

const DATE = 'Mon, 01 Jan 2024 00:00:00 GMT'

/** Fields that a server writes by itself, set by a handler or middleware. */
describe.each(['trestle', 'node'] as const)('on the engine "%s"', (engine) => {
  let server: Server

  beforeAll(async () => {
    const given = api(
      {
        middleware: [
          async (context, next) => {
            const reply = await next(context)
            return reply.set('Connection', 'x-other, Close').set('Date', DATE).set('X-Other', 'yes')
          },
        ],
      },
      { hello: get('/hello', () => 'hello') },
    )
    server = await serve(given, { port: 0, host: '127.0.0.1', quiet: true, signals: false, engine })
  })
  afterAll(() => server.stop())

  it('keeps to "connection: close", answers nothing after it, and writes no second date', async () => {
    const connection = await Connection.open(server.port)
    connection.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(await connection.closes()).toBe(true)
    const sent = connection.rest
    expect(sent.match(/HTTP\/1\.1 200/g)).toHaveLength(1)
    expect(sent.match(/^connection: .*close/gim)).toHaveLength(1)
    expect(sent.match(/^date: .*/gim)).toEqual([expect.stringContaining(DATE)])
    connection.end()
  })
})

describe.each(['trestle', 'node'] as const)('"Connection: keep-alive" of middleware on the engine "%s"', (engine) => {
  let server: Server

  beforeAll(async () => {
    const given = api(
      { middleware: [async (context, next) => (await next(context)).set('Connection', 'keep-alive')] },
      {
        hello: get('/hello', () => 'hello'),
        stream: get('/stream', { returns: ok(stream('text/plain')) }, async function* () {
          yield 'hello'
        }),
      },
    )
    server = await serve(given, { port: 0, host: '127.0.0.1', quiet: true, signals: false, engine })
  })
  afterAll(() => server.stop())

  it.each([
    ['/hello', 'HTTP/1.1', 'Connection: close\r\n'],
    ['/stream', 'HTTP/1.1', 'Connection: close\r\n'],
    ['/hello', 'HTTP/1.0', ''],
    ['/stream', 'HTTP/1.0', ''],
  ])('is not sent with a reply that ends the connection: %s, %s', async (path, version, field) => {
    const connection = await Connection.open(server.port)
    connection.write(`GET ${path} ${version}\r\nHost: a\r\n${field}\r\n`)
    expect(await connection.closes()).toBe(true)
    expect(connection.rest.match(/^connection: .*/gim)).toEqual([expect.stringMatching(/close/i)])
    connection.end()
  })

  it('is sent once where the connection goes on', async () => {
    const connection = await Connection.open(server.port)
    connection.write('GET /hello HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n')
    const reply = await connection.reply('GET')
    expect(reply?.headers.filter(([name]) => name === 'connection')).toHaveLength(1)
    expect(connection.ended).toBe(false)
    connection.end()
  })
})
