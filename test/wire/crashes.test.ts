import { connect } from 'node:net'
import { api, errorFormat, get, stream } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Connection } from '../matrix/connection.ts'

/** What one request does ends no more than that request: an error that nobody catches would end the process. */

let told: unknown[]
let server: Server

const once = new ReadableStream<string>({
  start(controller) {
    controller.enqueue('once')
    controller.close()
  },
})

beforeEach(async () => {
  told = []
  const given = api({
    hello: get('/hello', () => 'hello'),
    shared: get('/shared', { returns: stream() }, () => once),
    broken: get('/broken', { returns: stream() }, () => ({
      [Symbol.asyncIterator]: () => {
        throw new Error('cannot begin')
      },
    })),
  })
  server = await serve(given, {
    port: 0,
    host: '127.0.0.1',
    quiet: true,
    signals: false,
    report: (error) => told.push(error),
  })
})

afterEach(() => server.stop())

test('a caller that asks for a tunnel and resets the connection', async () => {
  for (let wait = 0; wait < 10; wait++) {
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write('CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\nmore')
        setTimeout(() => socket.resetAndDestroy(), wait)
      })
      socket.on('close', () => resolve())
    })
  }
  expect((await fetch(`${server.url}/hello`)).status).toBe(200)
})

test('a stream that somebody reads already, and one that cannot begin', async () => {
  expect(await (await fetch(`${server.url}/shared`)).text()).toBe('once')
  expect((await fetch(`${server.url}/shared`)).status).toBe(500)
  expect((await fetch(`${server.url}/shared`, { method: 'HEAD' })).status).toBe(500)
  await expect(fetch(`${server.url}/broken`).then((reply) => reply.text())).rejects.toThrow()
  expect(told.map(String)).toEqual([
    expect.stringContaining('being read'),
    expect.stringContaining('being read'),
    expect.stringContaining('cannot begin'),
  ])
  expect((await fetch(`${server.url}/hello`)).status).toBe(200)
})

test('in development, a failure that causes itself, and one that cannot be read', async () => {
  const circular = new Error('round')
  circular.cause = circular
  const unreadable = Object.defineProperty(new Error('odd'), 'stack', { value: 7 })
  const given = api({
    circular: get('/circular', () => Promise.reject(circular)),
    unreadable: get('/unreadable', () => Promise.reject(unreadable)),
  })
  const shown = await serve(given, {
    port: 0,
    host: '127.0.0.1',
    quiet: true,
    signals: false,
    development: true,
    report: (error) => told.push(error),
  })
  for (const path of ['/circular', '/unreadable']) {
    const reply = await fetch(shown.url + path, { headers: { accept: 'text/html' }, signal: AbortSignal.timeout(3000) })
    expect(reply.status).toBe(500)
  }
  await shown.stop()
})

test('a format of errors that throws', async () => {
  const errors = errorFormat({
    name: 'Fault',
    mediaType: 'application/json',
    // Not every problem has a detail.
    body: (problem) => ({ fault: (problem.detail as string).toUpperCase(), fields: problem.errors?.length }),
    schema: () => ({ type: 'object' }),
  })
  const odd = await serve(api({ errors }, { hello: get('/hello', () => 'hello') }), {
    port: 0,
    host: '127.0.0.1',
    quiet: true,
    signals: false,
    limits: { headerTimeout: 100 },
    report: (error) => told.push(error),
  })
  for (const text of ['GET /hello HTTP/1.1\r\n', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`]) {
    const connection = await Connection.open(odd.port)
    connection.write(text)
    expect((await connection.reply('GET'))?.status).toBe(500)
    connection.end()
  }
  expect(told.map(String)).toEqual([expect.stringContaining('toUpperCase'), expect.stringContaining('toUpperCase')])
  expect(await (await fetch(`${odd.url}/hello`)).text()).toBe('"hello"')
  await odd.stop()
})
