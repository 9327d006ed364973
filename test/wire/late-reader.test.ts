import { api, bytes, post, stream, text } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterEach, expect, test } from 'vitest'
import { Connection } from '../matrix/connection.ts'
import { issuePair } from './issue-certificate.ts'

/** Bodies that have come before anybody asks for them: a middleware takes its time first. */

let server: Server | undefined

afterEach(async () => {
  await server?.stop()
})

const late = api(
  {
    middleware: [
      async (context, next) => {
        await new Promise((resolve) => setTimeout(resolve, 30))
        return next(context)
      },
    ],
  },
  {
    text: post('/text', { body: text() }, ({ body }) => body.length),
    bytes: post('/bytes', { body: bytes() }, ({ body }) => body.byteLength),
    stream: post('/stream', { body: stream() }, async ({ body }) => {
      let length = 0
      for await (const piece of body) length += piece.byteLength
      return length
    }),
  },
)

const TYPES = { text: 'text/plain', bytes: 'application/octet-stream', stream: 'application/octet-stream' } as const

test.each([
  ['in plain text', false],
  ['over TLS', true],
])('are read whole, however much of them has come, %s', async (_, isSecure) => {
  const options = { port: 0, host: '127.0.0.1', quiet: true, signals: false, overload: false } as const
  server = await serve(late, { ...options, ...(isSecure && { tls: issuePair() }) })
  const { port } = server
  const connection = await (isSecure ? Connection.openSecurely(port) : Connection.open(port))
  for (const [way, type] of Object.entries(TYPES)) {
    // Some are held whole, some fill what is held exactly, of some the rest is still on its way.
    for (const length of [10, 60_000, 65_536, 65_537, 70_000, 100_000, 200_000, 700_000]) {
      const head = `POST /${way} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`
      connection.write(head)
      connection.write(Buffer.alloc(length, 'x'))
      const reply = await connection.reply('POST')
      expect([way, reply?.status, reply?.body.toString()]).toEqual([way, 200, String(length)])
    }
  }
  connection.end()
})
