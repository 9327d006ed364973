import { api, get } from 'trestle'
import { serve } from 'trestle/node'
import { expect, test } from 'vitest'
import { Connection } from '../matrix/connection.ts'

test('what a caller gets wrong is not told as a failure of the server, or anybody could fill its log', async () => {
  const told: unknown[] = []
  const server = await serve(
    api({
      hello: get('/hello', () => 'hello'),
      broken: get('/broken', () => {
        throw new Error('broken')
      }),
    }),
    { port: 0, host: '127.0.0.1', quiet: true, signals: false, report: (error) => told.push(error) },
  )
  const statusOf = async (line: string): Promise<number | undefined> => {
    const connection = await Connection.open(server.port)
    connection.write(`${line} HTTP/1.1\r\nHost: a\r\n\r\n`)
    const reply = await connection.reply('GET')
    connection.end()
    return reply?.status
  }
  expect(await statusOf('PROPFIND /hello')).toBe(501)
  expect(await statusOf('LINK /nothing')).toBe(501)
  expect(await statusOf('FOO /hello')).toBe(501)
  expect(await statusOf('DELETE /hello')).toBe(405)
  expect(told).toEqual([])
  expect(await statusOf('GET /broken')).toBe(500)
  expect(told).toEqual([new Error('broken')])
  await server.stop()
})
