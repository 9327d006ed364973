import { setTimeout as sleep } from 'node:timers/promises'
import { type Api, api, post, stream, text } from 'trestle'
import { type Server, type WireLimits, serve } from 'trestle/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Connection } from '../matrix/connection.ts'
import { Http2Caller, replyOf } from './http2-caller.ts'
import { issueCertificate } from './issue-certificate.ts'
import { serveSecurely } from './secure-server.ts'

/** What a caller sends at first buys it time for the rest, but no silence: a burst would hold a connection for hours. */

/** By its rate alone, the burst would have 1,000 s. */
const limits: Partial<WireLimits> = { bodyTimeout: 400, bodyRate: 20 }
const BURST = 'x'.repeat(20_000)
/** More than systems hold. */
const REPLY = 30_000_000

let told: unknown[]
let app: Api

beforeEach(() => {
  told = []
  app = api({
    whole: post('/whole', { body: text(), returns: text() }, ({ body }) => String(body.length)),
    pieces: post('/pieces', { body: stream('text/plain'), returns: text() }, async ({ body }) => {
      let length = 0
      for await (const piece of body) length += piece.length
      return String(length)
    }),
    unread: post('/unread', { body: stream('text/plain'), returns: text() }, () => 'read nothing'),
    long: post('/long', { body: stream('text/plain'), returns: text() }, () => 'y'.repeat(REPLY)),
    late: post('/late', { body: stream('text/plain'), returns: text() }, async ({ body }) => {
      await sleep(1500)
      let length = 0
      for await (const piece of body) length += piece.length
      return String(length)
    }),
  })
})

describe.each(['trestle', 'node'] as const)('on the engine "%s"', (engine) => {
  let server: Server

  beforeEach(async () => {
    const report = (error: unknown): unknown => told.push(error)
    server = await serve(app, { port: 0, host: '127.0.0.1', quiet: true, signals: false, engine, limits, report })
  })
  afterEach(() => server.stop())

  const head = (path: string, octets: number): string =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: ${octets}\r\n\r\n`

  test.each(['/whole', '/pieces'])('a body that is silent after a burst is 408, read by %s', async (path) => {
    const connection = await Connection.open(server.port)
    const began = performance.now()
    connection.write(head(path, BURST.length * 2) + BURST)
    expect((await connection.reply('POST'))?.status).toBe(408)
    await connection.closed
    expect(performance.now() - began).toBeGreaterThan(380)
    expect(performance.now() - began).toBeLessThan(1900)
    expect(told).toEqual([])
  })

  test('one that is answered already ends its connection', async () => {
    const connection = await Connection.open(server.port)
    const began = performance.now()
    connection.write(head('/unread', BURST.length * 2) + BURST)
    expect((await connection.reply('POST'))?.status).toBe(200)
    await connection.closed
    expect(performance.now() - began).toBeLessThan(2500)
  })

  test('a caller that reads its reply for longer than that gets all of it', async () => {
    const connection = await Connection.open(server.port)
    connection.write(head('/long', BURST.length * 2) + BURST)
    let octets = 0
    connection.socket.removeAllListeners('data').on('data', (bytes: Buffer) => {
      octets += bytes.length
    })
    for (let i = 0; i < 10; i++) {
      connection.socket.pause()
      await sleep(100)
      connection.socket.resume()
      await sleep(5)
    }
    await connection.closed
    expect(octets).toBeGreaterThan(REPLY)
  })

  test('pauses that are shorter are none of it', async () => {
    const connection = await Connection.open(server.port)
    connection.write(head('/whole', BURST.length * 4))
    for (let i = 0; i < 4; i++) {
      await sleep(250)
      connection.write(BURST)
    }
    expect((await connection.reply('POST'))?.body.toString()).toBe(String(BURST.length * 4))
    connection.end()
  })

  test('nor is the time in which nobody reads', async () => {
    const connection = await Connection.open(server.port)
    const all = BURST.repeat(20)
    connection.write(head('/late', all.length) + all)
    expect((await connection.reply('POST'))?.body.toString()).toBe(String(all.length))
    connection.end()
  })
})

test.each(['/whole', '/pieces'])('over HTTP/2 too, read by %s', async (path) => {
  const server = await serveSecurely(app, issueCertificate(), { limits })
  const caller = await Http2Caller.open(server.port)
  const began = performance.now()
  const sent = caller.begin(path, { ':method': 'POST', 'content-type': 'text/plain' })
  sent.write(BURST)
  expect((await replyOf(sent)).status).toBe(408)
  expect(performance.now() - began).toBeGreaterThan(380)
  expect(performance.now() - began).toBeLessThan(1900)
  caller.end()
  await server.stop()
})
