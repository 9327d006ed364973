import { once } from 'node:events'
import { type Socket, connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { api, get, post, text } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** Connections are read into one buffer by turns: a body that nobody asked for yet must have left it by the next turn. */

let server: Server
let arrived = (): void => {}
let goOn: Promise<void>

beforeAll(async () => {
  const given = api(
    {
      // As an authorization that asks a database: the body comes, and is read, after it began.
      middleware: [
        async (context, next) => {
          arrived()
          await goOn
          return next(context)
        },
      ],
    },
    { take: post('/take', { body: text() }, ({ body }) => body), hello: get('/hello', () => 'hello') },
  )
  server = await serve(given, { port: 0, host: '127.0.0.1', quiet: true, signals: false })
})

afterAll(() => server.stop())

test('a body that came before its handler asks for it is not what another caller sends meanwhile', async () => {
  let resume = (): void => {}
  goOn = new Promise((resolve) => {
    resume = resolve
  })
  const isThere = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const [one, other] = await Promise.all([opened(), opened()])
  one.write(
    'POST /take HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\n',
  )
  await isThere
  one.write('hello')
  await setTimeout(50)
  other.write(`GET /hello?${'x'.repeat(4000)} HTTP/1.1\r\nHost: a\r\n\r\n`)
  await setTimeout(50)
  resume()
  let reply = ''
  for await (const piece of one) reply += piece
  other.destroy()
  expect(reply.slice(reply.indexOf('\r\n\r\n') + 4)).toBe('"hello"')
})

async function opened(): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}
