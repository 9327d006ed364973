import { type Middleware, api, errorEnvelope, get, group, post, text } from 'trestle'
import { type Server, serve } from 'trestle/node'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { Connection } from '../matrix/connection.ts'
import { deferred } from '../pipeline/wires.ts'

/** Handlers of `hold`, which wait until they are told to go on. */
let held = deferred()
const passed: string[] = []
const told: string[] = []

const watch: Middleware = (x, next) => {
  passed.push(x.request.path)
  return next(x)
}

const served = api(
  { middleware: [watch] },
  {
    hold: get('/hold', async () => {
      await held.promise
      return 'held'
    }),
    stuck: get('/stuck', { limits: { timeout: 20 } }, () => held.promise),
    take: post('/take', { body: text() }, ({ body }) => body.length),
    other: group('/other', { errors: errorEnvelope }, { one: get('/', () => 1) }),
  },
)

beforeEach(() => {
  held = deferred()
  passed.length = 0
  told.length = 0
})

describe.each(['trestle', 'node'] as const)('with one request at work, on engine "%s"', (engine) => {
  async function start(): Promise<Server> {
    const server = await serve(served, {
      port: 0,
      host: '127.0.0.1',
      quiet: true,
      signals: false,
      engine,
      overload: { concurrency: 1 },
      report: (error, { request }) => told.push(`${request}: ${(error as Error).message}`),
    })
    onTestFinished(async () => {
      held.resolve()
      await server.stop()
    })
    return server
  }

  /** A server that has its hands full. */
  async function full(): Promise<{ url: string; port: number; holding: Promise<Response> }> {
    const { url, port } = await start()
    const holding = fetch(`${url}/hold`)
    await expect.poll(() => passed).toEqual(['/hold'])
    return { url, port, holding }
  }

  it('another is refused, told once, and served as soon as there is room', async () => {
    const { url, holding } = await full()
    const refused = [await fetch(`${url}/hold`), await fetch(`${url}/take`, { method: 'POST', body: 'tea' })]
    for (const reply of refused) {
      expect(reply.status).toBe(503)
      expect(reply.headers.get('retry-after')).toBe('1')
      expect(reply.headers.get('content-type')).toBe('application/problem+json')
      expect(await reply.json()).toEqual({
        type: 'about:blank',
        title: 'There is more to do than can be done; nothing was done for this request',
        status: 503,
        code: 'overloaded',
      })
    }
    expect(passed).toEqual(['/hold'])
    expect(told).toEqual(['overload: a request was refused with 503: more come than can be served'])
    held.resolve()
    expect(await (await holding).json()).toBe('held')
    expect((await fetch(`${url}/hold`)).status).toBe(200)
  })

  it('the refusal has the form of errors that the endpoint has', async () => {
    const { url } = await full()
    expect(await (await fetch(`${url}/other`)).json()).toMatchObject({ error: { code: 'overloaded' } })
  })

  it('health is told, and what no endpoint answers is refused as ever', async () => {
    const { url } = await full()
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    expect((await fetch(`${url}/nowhere`)).status).toBe(404)
    expect((await fetch(`${url}/hold`, { method: 'DELETE' })).status).toBe(405)
  })

  it('a body that does not come takes no room, and its handler does', async () => {
    const { url, port } = await start()
    const slow = await Promise.all([1, 2, 3].map(() => Connection.open(port)))
    for (const connection of slow) {
      connection.write('POST /take HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n')
    }
    await expect.poll(() => passed).toHaveLength(3)
    expect((await fetch(`${url}/other`)).status).toBe(200)
    for (const connection of slow) {
      connection.write('0123456789')
      expect((await connection.reply('POST'))?.status).toBe(200)
      connection.end()
    }
    // Counted once each: there is room for one, and for no more.
    const holding = fetch(`${url}/hold`)
    await expect.poll(() => passed).toContain('/hold')
    expect((await fetch(`${url}/other`)).status).toBe(503)
    held.resolve()
    expect((await holding).status).toBe(200)
    expect((await fetch(`${url}/other`)).status).toBe(200)
  })

  it('a handler whose time is up takes its room until it ends, though its middleware has answered', async () => {
    const { url } = await start()
    expect(await (await fetch(`${url}/stuck`)).json()).toMatchObject({ code: 'handler_timeout' })
    expect(await (await fetch(`${url}/other`)).json()).toMatchObject({ error: { code: 'overloaded' } })
    held.resolve()
    await expect.poll(async () => (await fetch(`${url}/other`)).status).toBe(200)
  })

  it('HEAD is refused without a body', async () => {
    const { port } = await full()
    const connection = await Connection.open(port)
    connection.write('HEAD /hold HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
    expect((await connection.reply('HEAD'))?.status).toBe(503)
    expect((await connection.reply('GET'))?.status).toBe(200)
    connection.end()
  })

  it('a small body is thrown away and the connection goes on', async () => {
    const { port } = await full()
    const connection = await Connection.open(port)
    connection.write('POST /take HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n')
    expect((await connection.reply('POST'))?.status).toBe(503)
    connection.write(`${'x'.repeat(1000)}GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n`)
    expect((await connection.reply('GET'))?.status).toBe(200)
    connection.end()
  })

  it('who expects 100 is not asked for the body', async () => {
    const { port } = await full()
    const connection = await Connection.open(port)
    connection.write(
      'POST /take HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n',
    )
    expect((await connection.reply('POST'))?.status).toBe(503)
    connection.end()
  })
})

it('a large body ends the connection, after the reply', async () => {
  const server = await serve(served, {
    port: 0,
    quiet: true,
    signals: false,
    overload: { concurrency: 1 },
    report: () => {},
  })
  onTestFinished(async () => {
    held.resolve()
    await server.stop()
  })
  const holding = fetch(`${server.url}/hold`)
  await expect.poll(() => passed).toEqual(['/hold'])
  const connection = await Connection.open(server.port)
  connection.write('POST /take HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 900000\r\n\r\n')
  const reply = await connection.reply('POST')
  expect(reply?.status).toBe(503)
  expect(reply?.headers).toContainEqual(['connection', 'close'])
  held.resolve()
  await holding
})

it('`overload: false` takes whatever comes', async () => {
  const server = await serve(served, { port: 0, quiet: true, signals: false, overload: false })
  onTestFinished(() => server.stop())
  const replies = Array.from({ length: 20 }, () => fetch(`${server.url}/hold`))
  await expect.poll(() => passed.length).toBe(20)
  held.resolve()
  for (const reply of replies) expect((await reply).status).toBe(200)
})
