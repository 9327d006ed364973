import { setTimeout as sleep } from 'node:timers/promises'
import { api, get, ok, post, stream, text } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WIRE_LIMITS } from '../../src/wire/limits.ts'
import { Connection } from '../matrix/connection.ts'
import { fieldOf } from '../matrix/received.ts'

/** What a connection is allowed holds whichever engine reads it. */

const LIMITS = {
  connections: 3,
  requestsPerConnection: 3,
  headerTimeout: 600,
  bodyTimeout: 600,
  keepAliveTimeout: 900,
  sendTimeout: 600,
}

/** Milliseconds by which a connection may outlast its time: node:http gives those that wait for a request a second more. */
const SLACK = 1900

const GET = 'GET /hello HTTP/1.1\r\nHost: a\r\n\r\n'

function upload(path: string, length: number, more = ''): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n${more}\r\n`
}

describe.each(['trestle', 'node'] as const)('on the engine "%s"', (engine) => {
  let server: Server
  let told: unknown[]
  let connection: Connection

  beforeEach(async () => {
    told = []
    const given = api({
      hello: get('/hello', { returns: text() }, () => 'hello'),
      wait: get('/wait', { returns: text() }, async () => {
        await sleep(1500)
        return 'waited'
      }),
      large: get('/large', { returns: text() }, () => 'x'.repeat(30_000_000)),
      passOver: post('/pass-over', { returns: text() }, () => 'passed over'),
      read: post('/read', { body: text(), returns: text() }, ({ body }) => body),
      stream: post('/stream', { body: stream('text/plain'), returns: text() }, async ({ body }) => {
        for await (const _ of body);
        return 'read'
      }),
      echo: post('/echo', { body: stream('text/plain'), returns: ok(stream('text/plain')) }, ({ body }) => body),
      late: post('/late', { body: stream('text/plain'), returns: ok(text()) }, async ({ body }) => {
        await sleep(1500)
        let length = 0
        for await (const piece of body) length += piece.length
        return String(length)
      }),
    })
    server = await serve(given, {
      port: 0,
      host: '127.0.0.1',
      quiet: true,
      signals: false,
      deadline: 300,
      engine,
      limits: LIMITS,
      report: (error) => told.push(error),
    })
    connection = await Connection.open(server.port)
  })

  afterEach(async () => {
    connection.end()
    await server.stop()
    expect(told).toEqual([])
  })

  /** Milliseconds until the connection is closed, from now on. */
  async function closing(): Promise<number> {
    const from = performance.now()
    const closed = await Promise.race([connection.closed.then(() => true), sleep(5000)])
    expect(closed).toBe(true)
    return performance.now() - from
  }

  test('a connection that brings no other request is closed', async () => {
    connection.write(GET)
    expect(await connection.reply('GET')).toMatchObject({ status: 200 })
    expect(await closing()).toBeLessThan(LIMITS.keepAliveTimeout + SLACK)
  })

  test('so is one on which the rest of a body does not come that nobody reads', async () => {
    connection.write(`${upload('/pass-over', 5)}ab`)
    expect(await connection.reply('POST')).toMatchObject({ status: 200 })
    expect(await closing()).toBeLessThan(LIMITS.bodyTimeout + SLACK)
  })

  test('or comes an octet at a time', async () => {
    connection.write(`${upload('/pass-over', 500)}ab`)
    expect(await connection.reply('POST')).toMatchObject({ status: 200 })
    const dripping = setInterval(() => connection.write('x'), 100)
    expect(await closing()).toBeLessThan(LIMITS.bodyTimeout + SLACK)
    clearInterval(dripping)
  })

  test.each(['/read', '/stream'])('a body that stops half-way is 408: %s', async (path) => {
    connection.write(`${upload(path, 5)}ab`)
    const reply = await connection.reply('POST')
    expect([reply?.status, JSON.parse(String(reply?.body)).code]).toEqual([408, 'request_timeout'])
    expect(await closing()).toBeLessThan(SLACK)
  })

  test('one that stops while the reply is made of it ends the connection, and is told to nobody', async () => {
    connection.write(`${upload('/echo', 5)}ab`)
    expect(await connection.holds('ab')).toBe(true)
    expect(await closing()).toBeLessThan(LIMITS.bodyTimeout + SLACK)
    expect(connection.rest).not.toContain('\r\n0\r\n')
  })

  test('a body that does not come after 100 is 408 as well', async () => {
    connection.write(upload('/read', 5, 'Expect: 100-continue\r\n'))
    expect(await connection.reply('POST')).toMatchObject({ status: 408, interim: [100] })
  })

  test('a caller does not answer for a handler that reads late', async () => {
    connection.write(upload('/late', 500_000) + 'x'.repeat(500_000))
    expect(await connection.reply('POST')).toMatchObject({ status: 200, body: Buffer.from('500000') })
  })

  test('nor for one that answers late, and what is to be sent after its reply', async () => {
    connection.write(GET.replace('/hello', '/wait') + GET)
    expect(await connection.reply('GET')).toMatchObject({ status: 200, body: Buffer.from('waited') })
    expect(await connection.reply('GET')).toMatchObject({ status: 200, body: Buffer.from('hello') })
  })

  test('a reply that is not read is given up', async () => {
    connection.socket.pause()
    connection.write(GET.replace('/hello', '/large'))
    await sleep(LIMITS.sendTimeout + SLACK)
    connection.socket.resume()
    await closing()
    expect(connection.socket.bytesRead).toBeLessThan(30_000_000)
  })

  test('the last request of a connection is answered with its end', async () => {
    connection.write(GET.repeat(5))
    const ends: boolean[] = []
    for (let i = 0; i < 3; i++) {
      const { headers = [] } = (await connection.reply('GET')) ?? {}
      ends.push(fieldOf(headers, 'connection') === 'close')
    }
    expect(ends).toEqual([false, false, true])
    expect(await closing()).toBeLessThan(SLACK)
    expect(connection.rest).toBe('')
  })

  test('also where its caller waits for 100', async () => {
    connection.write(GET.repeat(2) + upload('/read', 5, 'Expect: 100-continue\r\n'))
    for (let i = 0; i < 2; i++) expect(await connection.reply('GET')).toMatchObject({ status: 200 })
    expect(await connection.holds('100 Continue')).toBe(true)
    connection.write(`hello${GET}`)
    expect(await connection.reply('POST')).toMatchObject({ status: 200, interim: [100], body: Buffer.from('hello') })
    expect(await closing()).toBeLessThan(SLACK)
    expect(connection.rest).toBe('')
  })

  test('one connection more than there may be is told so', async () => {
    const others = await Promise.all([Connection.open(server.port), Connection.open(server.port)])
    for (const other of others) {
      other.write(GET)
      expect(await other.reply('GET')).toMatchObject({ status: 200 })
    }
    const last = await Connection.open(server.port)
    last.write(GET)
    const reply = await last.reply('GET')
    expect([reply?.status, JSON.parse(String(reply?.body)).code]).toEqual([503, 'too_many_connections'])
    expect(fieldOf(reply?.headers ?? [], 'retry-after')).toBe('1')
    await last.closed
    for (const other of [...others, last]) other.end()
    await sleep(50)
    const next = await Connection.open(server.port)
    next.write(GET)
    expect(await next.reply('GET')).toMatchObject({ status: 200 })
    next.end()
  })

  test('a connection that brings nothing is closed, and is told nothing', async () => {
    expect(await closing()).toBeLessThan(LIMITS.headerTimeout + SLACK)
    expect(connection.rest).toBe('')
  })

  test('a request whose expectation is refused is the last, be its body on the way', async () => {
    connection.write(upload('/read', 500, 'Expect: miracles\r\n'))
    expect(await connection.reply('POST')).toMatchObject({ status: 417 })
    expect(await closing()).toBeLessThan(LIMITS.keepAliveTimeout)
  })

  test('limits may be as large as numbers are', async () => {
    await server.stop()
    const limits = Object.fromEntries(Object.keys(WIRE_LIMITS).map((name) => [name, Number.MAX_SAFE_INTEGER]))
    const warnings: string[] = []
    const warned = ({ message }: Error): void => void warnings.push(message)
    process.on('warning', warned)
    server = await serve(api({ read: post('/read', { body: text(), returns: text() }, ({ body }) => body) }), {
      ...{ port: 0, host: '127.0.0.1', quiet: true, signals: false, engine, limits },
    })
    const patient = await Connection.open(server.port)
    for (let i = 0; i < 2; i++) {
      patient.write(upload('/read', 5))
      await sleep(50)
      patient.write('hello')
      expect(await patient.reply('POST')).toMatchObject({ status: 200, body: Buffer.from('hello') })
    }
    patient.end()
    process.off('warning', warned)
    expect(warnings).toEqual([])
  })
})
