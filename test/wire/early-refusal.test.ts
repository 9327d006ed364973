import { Worker } from 'node:worker_threads'
import { api, get, post, text } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterAll, beforeAll, expect, test } from 'vitest'

/**
 * A refusal that is sent before the body has come in must reach who is still sending it: a connection
 * that is closed with bytes unread is reset, and the reset overtakes the reply (RFC 9112 §9.6).
 */

let server: Server

beforeAll(async () => {
  const given = api({
    take: post('/take', { body: text(), limits: { body: 1000 } }, () => 'taken'),
    hello: get('/hello', () => 'hello'),
  })
  server = await serve(given, { port: 0, host: '127.0.0.1', quiet: true, signals: false })
})

afterAll(() => server.stop())

/** In a thread: it sends all it has before it looks for a reply, as callers do who are busy. */
const CALLER = `
const { connect } = require('node:net')
const { parentPort, workerData: { port, head } } = require('node:worker_threads')
const socket = connect({ port, host: '127.0.0.1' }, () => {
  socket.write(head)
  socket.write(Buffer.alloc(3_000_000, 'a'))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
})
let received = ''
const end = (why) => {
  parentPort.postMessage(received.split(/ /)[1] ?? why)
  socket.destroy()
}
socket.on('data', (chunk) => {
  received += chunk
  if (received.includes('}')) end()
})
socket.on('error', (error) => end(error.message))
socket.on('end', () => end('the end'))
`

function send(head: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const caller = new Worker(CALLER, { eval: true, workerData: { port: server.port, head } })
    caller.once('message', resolve)
    caller.once('error', reject)
  })
}

test.each([
  ['by its declared length', '413', 'Content-Type: text/plain\r\nContent-Length: 3000000'],
  ['by count', '413', 'Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n2DC6C0'],
  ['with its head', '400', 'Content-Type: text/plain\r\nContent-Length: 3000000\r\nx-control: \x01'],
  ['with its host', '400', 'Content-Type: text/plain\r\nContent-Length: 3000000\r\nHost: another'],
  ['for its coding', '501', 'Content-Type: text/plain\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2DC6C0'],
])('a body refused %s: %s arrives', async (_, status, fields) => {
  const head = `POST /take HTTP/1.1\r\nHost: a\r\n${fields}\r\n${fields.includes('\r\n\r\n') ? '' : '\r\n'}`
  const answers = await Promise.all(Array.from({ length: 8 }, () => send(head)))
  expect(answers).toEqual(answers.map(() => status))
})
