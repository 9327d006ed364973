import { api, get, ok, post, stream, text } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Connection } from '../matrix/connection.ts'

/** What is no HTTP/1.1 is refused, and never in the middle of a reply to something else. */

describe.each(['trestle', 'node'] as const)('on the engine "%s"', (engine) => {
  let server: Server
  let connection: Connection
  let goOn: () => void

  beforeEach(async () => {
    const gate = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const given = api({
      count: get('/count', { returns: ok(stream('text/plain')) }, async function* () {
        yield 'one '
        await gate
        yield 'two'
      }),
      passOver: post('/pass-over', () => 'passed over'),
      slow: post('/slow', { body: text(), returns: z.object({ said: z.string() }) }, async ({ body }) => {
        await gate
        return { said: body }
      }),
    })
    server = await serve(given, { port: 0, host: '127.0.0.1', quiet: true, signals: false, engine, report: () => {} })
    connection = await Connection.open(server.port)
  })

  afterEach(async () => {
    goOn()
    connection.end()
    await server.stop()
  })

  test('a body that breaks off while its reply is on the way ends the connection, with nothing written into the reply', async () => {
    connection.write('GET /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    expect(await connection.holds('one ')).toBe(true)
    connection.write('no chunk\r\n')
    expect(await connection.closes()).toBe(true)
    expect(connection.rest).not.toContain('400')
    expect(connection.rest).not.toContain('0\r\n\r\n')
  })

  test('what follows a request and is none is refused after the reply to that request', async () => {
    connection.write('POST /slow HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi')
    connection.write('and more\r\n\r\n')
    setTimeout(goOn, 50)
    const first = await connection.reply('POST')
    expect([first?.status, first?.body.toString()]).toEqual([200, '{"said":"hi"}'])
    expect((await connection.reply('POST'))?.status).toBe(400)
    expect(await connection.closes()).toBe(true)
  })

  test('what follows a request while its reply is streamed is refused when that is sent', async () => {
    connection.write('GET /count HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(await connection.holds('one ')).toBe(true)
    connection.write('no request\r\n\r\n')
    setTimeout(goOn, 50)
    expect((await connection.reply('GET'))?.body.toString()).toBe('one two')
    expect((await connection.reply('GET'))?.status).toBe(400)
    expect(await connection.closes()).toBe(true)
  })

  test('a body that breaks off before its reply is refused', async () => {
    connection.write(
      'POST /slow HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n',
    )
    expect((await connection.reply('POST'))?.status).toBe(400)
    expect(await connection.closes()).toBe(true)
  })

  test.each([
    ['breaks off', 'no chunk\r\n'],
    ['ends', undefined],
  ])('a body that %s when its reply is out ends the connection, and is not answered again', async (_, more) => {
    connection.write('POST /pass-over HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    expect(await connection.reply('POST')).toMatchObject({ status: 200 })
    if (more === undefined) connection.socket.end()
    else connection.write(more)
    await connection.closed
    expect(connection.rest).toBe('')
  })
})
