import { api, get, redirect, text } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Connection } from '../matrix/connection.ts'

let server: Server

beforeAll(async () => {
  server = await serve(
    api({
      say: get('/say/{word}', { returns: text() }, ({ params }) => params.word),
      go: get('/go/{where}', { returns: redirect() }, ({ params }) => `/there/${params.where}`),
    }),
    { port: 0, host: '127.0.0.1', quiet: true, signals: false },
  )
})

afterAll(() => server.stop())

async function ask(target: string): Promise<{ status: number; body: string; location: string | undefined }> {
  const connection = await Connection.open(server.port)
  connection.write(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)
  const reply = await connection.reply('GET')
  connection.end()
  if (reply === undefined) throw new Error('no reply')
  const location = reply.headers.find(([name]) => name === 'location')?.[1]
  return { status: reply.status, body: reply.body.toString(), location }
}

test.each(['/say/%%38%31', '/say/a%%332e', '/say/%E2%%398%%395', '/%%37%33ay/x', '/say/%%32%65%%32%65'])(
  'what decoding once leaves is never decoded again: %s',
  async (target) => {
    expect((await ask(target)).status).toBe(400)
  },
)

test('an escaped percent sign is one', async () => {
  expect(await ask('/say/%2541')).toMatchObject({ status: 200, body: '%41' })
})

test.each([
  ['`', '%60'],
  ['%22%3C%3E%5C%5E%7B%7C%7D', '%22%3C%3E%5C%5E%7B%7C%7D'],
  ['100%25', '100%25'],
  ['%E2%98%95', '%E2%98%95'],
])('Location is a URI whatever is in it (RFC 3986 §2): %s', async (word, escaped) => {
  expect((await ask(`/go/${word}`)).location).toBe(`/there/${escaped}`)
})
