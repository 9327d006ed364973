import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { api, get, text } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Connection } from '../matrix/connection.ts'

/** Connections wait for their next request for a minute, ten thousand of them: what they keep of the last one is little. */

const CONNECTIONS = 200

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

let server: Server

beforeAll(async () => {
  const given = api({ hello: get('/hello', { returns: text() }, () => 'hello') })
  server = await serve(given, { port: 0, host: '127.0.0.1', quiet: true, signals: false })
})

afterAll(() => server.stop())

test('a connection that waits does not keep a long request', async () => {
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(server.port)))
  const ask = async (target: string, value: string): Promise<number> => {
    for (const connection of connections) {
      connection.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nX: ${value}\r\n\r\n`)
      expect(await connection.reply('GET')).toMatchObject({ status: 200 })
    }
    collect()
    return process.memoryUsage().heapUsed
  }
  await ask('/hello', 'a')
  const before = await ask('/hello', 'b')
  const after = await ask(`/hello?${'x'.repeat(7000)}`, 'y'.repeat(15_000))
  for (const connection of connections) connection.socket.destroy()
  expect((after - before) / CONNECTIONS).toBeLessThan(4000)
})
