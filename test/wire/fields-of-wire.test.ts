import { api, get } from 'trestle'
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
