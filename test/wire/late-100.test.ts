import { setTimeout as sleep } from 'node:timers/promises'
import { type Middleware, api, get, post, reply, text } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Connection } from '../matrix/connection.ts'

/** A caller that waits for 100 sends nothing before it comes, and is not to blame for that (RFC 9110 §10.1.1). */
describe.each(['trestle', 'node'] as const)('on the engine "%s"', (engine) => {
  let server: Server

  beforeAll(async () => {
    const given = api(
      {
        middleware: [
          async (context, next) => {
            await sleep(1000)
            return next(context)
          },
        ],
      },
      { take: post('/take', { body: text(), returns: text() }, ({ body }) => body) },
    )
    const limits = { bodyTimeout: 300, bodyRate: 1_000_000 }
    server = await serve(given, { port: 0, host: '127.0.0.1', quiet: true, signals: false, engine, limits })
  })
  afterAll(() => server.stop())

  async function ask(): Promise<Connection> {
    const connection = await Connection.open(server.port)
    connection.write('POST /take HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n')
    connection.write('Expect: 100-continue\r\nContent-Length: 5\r\n\r\n')
    return connection
  }

  test('the time of a body that is asked for late begins when it is asked for', async () => {
    const connection = await ask()
    expect(await connection.holds('100 Continue')).toBe(true)
    connection.write('hello')
    const reply = await connection.reply('POST')
    expect([reply?.status, reply?.body.toString()]).toEqual([200, 'hello'])
    connection.end()
  })

  test('and is over where it does not come then', async () => {
    const connection = await ask()
    expect(await connection.holds('100 Continue')).toBe(true)
    expect(await connection.closes()).toBe(true)
    connection.end()
  })
})

describe.each(['trestle', 'node'] as const)(
  'on the engine "%s", a body that is asked for after its reply',
  (engine) => {
    let server: Server
    const failures: unknown[] = []
    const waiting = Promise.withResolvers<void>()
    const read = Promise.withResolvers<void>()

    beforeAll(async () => {
      const impatient: Middleware = (context, next) => Promise.race([next(context), sleep(20).then(() => reply(503))])
      const late: Middleware = async (context, next) => {
        await waiting.promise
        try {
          return await next(context)
        } finally {
          read.resolve()
        }
      }
      const given = api({
        take: post('/take', { body: text(), returns: text(), middleware: [impatient, late] }, ({ body }) => body),
        next: get('/next', { returns: text() }, async () => {
          waiting.resolve()
          await read.promise
          return 'next'
        }),
      })
      const report = (error: unknown): void => void failures.push(error)
      server = await serve(given, { port: 0, host: '127.0.0.1', quiet: true, signals: false, engine, report })
    })
    afterAll(() => server.stop())

    test('has no 100 before the reply to another request', async () => {
      const connection = await Connection.open(server.port)
      connection.write('POST /take HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n')
      connection.write('Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello')
      expect(await connection.reply('POST')).toMatchObject({ status: 503, interim: [] })
      // Where the body may not have come, that was the last reply on its connection.
      const other = engine === 'node' ? await Connection.open(server.port) : connection
      other.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n')
      expect(await other.reply('GET')).toMatchObject({ status: 200, interim: [] })
      expect(failures).toEqual([])
      other.end()
    })
  },
)
