import { connect } from 'node:net'
import { api, depends, get, stream } from 'trestle'
import { serve } from 'trestle/node'
import { expect, it } from 'vitest'
import { Connection } from '../matrix/connection.ts'
import { deferred } from './wires.ts'

const quiet = { places: { openapi: false, docs: false, redoc: false, reference: false } } as const
const base = { port: 0, host: '127.0.0.1', quiet: true, signals: false, report: () => {} } as const
const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

it('A reply under way is finished, says that the connection ends, and ends it', async () => {
  const begun = deferred()
  const gate = deferred()
  const server = await serve(
    api(quiet, {
      slow: get('/slow', async () => {
        begun.resolve()
        await gate.promise
        return { ok: true }
      }),
    }),
    base,
  )
  const connection = await Connection.open(server.port)
  connection.write(GET('/slow'))
  await begun.promise
  const stopped = server.stop()
  await expect(connectTo(server.port)).rejects.toThrow(/ECONNREFUSED/)
  gate.resolve()
  const reply = await connection.reply('GET')
  expect(reply?.body.toString()).toBe('{"ok":true}')
  expect(reply?.headers).toContainEqual(['connection', 'close'])
  expect(await connection.closes()).toBe(true)
  await stopped
})

it('Connections that wait for a request are closed when none has come for a second', async () => {
  const server = await serve(api(quiet, { read: get('/', () => ({ ok: true })) }), base)
  const used = await Connection.open(server.port)
  used.write(GET('/'))
  expect((await used.reply('GET'))?.status).toBe(200)
  const fresh = await Connection.open(server.port)
  const began = performance.now()
  await server.stop()
  expect(performance.now() - began).toBeLessThan(2000)
  expect(await used.closes()).toBe(true)
  expect(await fresh.closes()).toBe(true)
})

it('A stream is sent to its end within the deadline', async () => {
  const gate = deferred()
  const server = await serve(
    api(quiet, {
      read: get('/', { returns: stream('text/plain') }, async function* () {
        yield 'first '
        await gate.promise
        yield 'last'
      }),
    }),
    base,
  )
  const connection = await Connection.open(server.port)
  connection.write(GET('/'))
  expect(await connection.holds('first ')).toBe(true)
  const stopped = server.stop()
  gate.resolve()
  expect((await connection.reply('GET'))?.body.toString()).toBe('first last')
  await stopped
})

it('What is not done at the deadline is told by its signal, and its connection ends', async () => {
  const log: string[] = []
  const begun = deferred()
  const pool = depends(
    {},
    async function* () {
      yield 1
      log.push('pool closed')
    },
    { scope: 'app' },
  )
  const row = depends({ pool }, async function* () {
    const failure: unknown = yield 1
    log.push(`row released: ${(failure as Error).message}`)
  })
  const server = await serve(
    api(quiet, {
      never: get('/never', { use: { row } }, ({ signal }) => {
        signal.addEventListener('abort', () => log.push(`signal: ${signal.reason.message}`))
        begun.resolve()
        return new Promise(() => {})
      }),
    }),
    { ...base, deadline: 30 },
  )
  const connection = await Connection.open(server.port)
  connection.write(GET('/never'))
  await begun.promise
  await server.stop()
  expect(await connection.closes()).toBe(true)
  expect(log).toEqual(['signal: the server stops', expect.stringContaining('row released: '), 'pool closed'])
})

it('Background work that goes on ends the stop no later than its deadline', async () => {
  const closed = deferred()
  const pool = depends(
    {},
    async function* () {
      yield 1
      closed.resolve()
    },
    { scope: 'app' },
  )
  const server = await serve(
    api(quiet, {
      read: get('/', { use: { pool } }, ({ background }) => {
        background(() => new Promise(() => {}))
        return { ok: true }
      }),
    }),
    { ...base, deadline: 50 },
  )
  const connection = await Connection.open(server.port)
  connection.write(GET('/'))
  expect((await connection.reply('GET'))?.status).toBe(200)
  await server.stop()
  await closed.promise
}, 5000)

it('To stop twice is to stop once', async () => {
  let closed = 0
  const pool = depends(
    {},
    async function* () {
      yield 1
      closed++
    },
    { scope: 'app' },
  )
  const server = await serve(api(quiet, { read: get('/', { use: { pool } }, () => ({})) }), base)
  const connection = await Connection.open(server.port)
  connection.write(GET('/'))
  await connection.reply('GET')
  await Promise.all([server.stop(), server.stop()])
  expect(closed).toBe(1)
})

it('A port that is taken is an error that says so', async () => {
  const server = await serve(api(quiet, { read: get('/', () => ({})) }), base)
  await expect(serve(api(quiet, { read: get('/', () => ({})) }), { ...base, port: server.port })).rejects.toThrow(
    /EADDRINUSE/,
  )
  await server.stop()
})

function connectTo(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', reject)
  })
}
