import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { api, get, post, text } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { issueCertificate } from './issue-certificate.ts'
import { serveSecurely } from './secure-server.ts'

/** A process that was held up, by a long calculation or with its container, has not read what came meanwhile. */

let server: Server

beforeAll(async () => {
  const given = api({ hello: get('/hello', () => 'hello'), say: post('/say', { body: text() }, ({ body }) => body) })
  const limits = { headerTimeout: 1000, keepAliveTimeout: 1000, bodyTimeout: 1000, bodyRate: 1_000_000 }
  server = await serve(given, { port: 0, host: '127.0.0.1', quiet: true, signals: false, limits, overload: false })
})

afterAll(() => server.stop())

/** In a thread of its own: each writes its first part, the next when the server is held up, the last when it is not. */
const CALLERS = `
const { connect } = require('node:net')
const { parentPort, workerData: { port, callers } } = require('node:worker_threads')
const { setTimeout } = require('node:timers/promises')
async function call(name, before, during, after) {
  let received = ''
  const open = () => connect(port, '127.0.0.1').on('data', (piece) => { received += piece }).on('error', () => {})
  let socket = before === '' ? undefined : open()
  socket?.write(before)
  await setTimeout(500)
  received = ''
  parentPort.postMessage('ready')
  await setTimeout(500)
  socket ??= open()
  socket.write(during)
  await setTimeout(1600)
  socket.write(after)
  await setTimeout(300)
  parentPort.postMessage([name, received.slice(9, 12)])
}
for (const caller of callers) call(...caller)
`

const REQUEST = 'GET /hello HTTP/1.1\r\nHost: a\r\n\r\n'
const BODY = 'POST /say HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n'

test('callers who were in time are answered', async () => {
  const callers = [
    ['half a request before', 'GET /hello HTTP/1.1\r\n', 'Host: a\r\n\r\n', ''],
    ['half a body before', `${BODY}he`, 'llo', ''],
    ['a connection that is kept', REQUEST, REQUEST, ''],
    ['a connection that is new', '', 'GET /hello HTTP/1.1\r\n', 'Host: a\r\n\r\n'],
  ]
  const thread = new Worker(CALLERS, { eval: true, workerData: { port: server.port, callers } })
  await once(thread, 'message')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000)
  const seen = new Map<string, string>()
  thread.on('message', (message) => {
    if (message !== 'ready') seen.set(message[0], message[1])
  })
  await once(thread, 'exit')
  expect(seen).toEqual(new Map(callers.map(([name = '']) => [name, '200'])))
})

/** The same over HTTP/2: a connection that is kept asks again while the server is held up. */
const KEPT = `
const { connect } = require('node:http2')
const { parentPort, workerData: { port } } = require('node:worker_threads')
const { setTimeout } = require('node:timers/promises')
const session = connect('https://127.0.0.1:' + port, { rejectUnauthorized: false })
session.on('error', () => {})
const ask = () => new Promise((resolve) => {
  const stream = session.request({ ':path': '/hello' })
  stream.on('response', (headers) => resolve(headers[':status'])).on('error', () => resolve('reset')).on('close', () => resolve('closed'))
  stream.resume()
})
async function call() {
  const first = await ask()
  parentPort.postMessage('ready')
  await setTimeout(1500)
  parentPort.postMessage([first, await ask()])
  session.destroy()
}
call().catch((error) => parentPort.postMessage([String(error)]))
`

test('callers who were in time are answered over HTTP/2', async () => {
  const { cert, key } = issueCertificate()
  const limits = { keepAliveTimeout: 1000 }
  const secure = await serveSecurely(api({ hello: get('/hello', () => 'hello') }), { cert, key }, { limits })
  const thread = new Worker(KEPT, { eval: true, workerData: { port: secure.port } })
  const ended = once(thread, 'exit') // it may come in the same turn as the last message
  await once(thread, 'message')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
  const [statuses] = await once(thread, 'message')
  expect(statuses).toEqual([200, 200])
  await ended
  await secure.stop()
})
