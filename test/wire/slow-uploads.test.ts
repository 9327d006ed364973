import { setTimeout as sleep } from 'node:timers/promises'
import { api, post, stream, text } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Connection } from '../matrix/connection.ts'

/** Who sends slowly takes its own time and not the handler's: no failure of the server, and nothing for its log. */

const TIMEOUT = 300

describe.each(['trestle', 'node'] as const)('on the engine "%s"', (engine) => {
  let server: Server
  let told: unknown[]

  beforeEach(async () => {
    told = []
    const given = api(
      { limits: { timeout: TIMEOUT } },
      {
        read: post('/read', { body: text(), returns: text() }, async ({ body }) => {
          await sleep(50)
          return body
        }),
        never: post('/never', { body: text(), returns: text() }, () => new Promise<string>(() => {})),
        stream: post('/stream', { body: stream('text/plain'), returns: text() }, async ({ body }) => {
          for await (const _ of body);
          return 'read'
        }),
      },
    )
    server = await serve(given, {
      port: 0,
      host: '127.0.0.1',
      quiet: true,
      signals: false,
      deadline: 500,
      engine,
      limits: { bodyTimeout: 1000, bodyRate: 1_000_000 },
      report: (error) => told.push(error),
    })
  })
  afterEach(() => server.stop())

  /** Sends a body, an octet each 100 ms, and gives the reply with the milliseconds after the last octet. */
  async function send(path: string, octets: number): Promise<{ status: number; body: string; after: number }> {
    const connection = await Connection.open(server.port)
    connection.write(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: ${octets}\r\n\r\n`,
    )
    for (let sent = 0; sent < octets && connection.rest === ''; sent++) {
      await sleep(100)
      connection.write('x')
    }
    const from = performance.now()
    const reply = await connection.reply('POST')
    connection.end()
    if (reply === undefined) throw new Error('no reply')
    return { status: reply.status, body: reply.body.toString(), after: performance.now() - from }
  }

  test('a body may take longer than its handler', async () => {
    expect(await send('/read', 7)).toMatchObject({ status: 200, body: 'xxxxxxx' })
    expect(told).toEqual([])
  })

  test('the handler has all of its time then, and no more', async () => {
    const { status, after } = await send('/never', 7)
    expect(status).toBe(503)
    expect(after).toBeGreaterThan(TIMEOUT * 0.6)
    expect(after).toBeLessThan(TIMEOUT * 3)
    expect(told).toHaveLength(1)
  })

  test('a body below its rate is the fault of its caller', async () => {
    const { status, body } = await send('/read', 30)
    expect([status, JSON.parse(body).code]).toEqual([408, 'request_timeout'])
    expect(told).toEqual([])
  })

  test('a handler that reads a stream does so in its own time', async () => {
    expect((await send('/stream', 7)).status).toBe(503)
    expect(told).toHaveLength(1)
  })
})
