import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { api, depends, get, stream } from 'trestle'
import { type ProxyOptions, type ServeOptions, type Server, serve } from 'trestle/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

let folder: string
let server: Server | undefined

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'trestle-unix-'))
})

afterEach(async () => {
  await server?.stop()
  server = undefined
  rmSync(folder, { recursive: true })
})

const app = api({
  where: get('/where', ({ request: { remoteAddress, url } }) => ({ from: remoteAddress ?? 'nobody knows', url })),
  broken: get('/broken', { returns: stream() }, async function* () {
    yield 'half'
    await new Promise((resolve) => setTimeout(resolve, 20))
    throw new Error('the other half is missing')
  }),
})

const place = (): string => path.join(folder, 'app.sock')

async function start(engine: ServeOptions['engine'], proxy?: ProxyOptions): Promise<void> {
  server = await serve(app, {
    ...{ path: place(), engine, quiet: true, signals: false, report: () => {} },
    ...(proxy && { proxy }),
  } as ServeOptions)
}

function ask(headers: Record<string, string>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = { socketPath: place(), path: '/where', headers: { host: 'inside', ...headers }, agent: false }
    const sent = request(options, (reply) => {
      reply.on('data', (piece: Buffer) => resolve(JSON.parse(piece.toString())))
    })
    sent.on('error', reject).end()
  })
}

const SAID = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop.test' }
const NOBODY = { from: 'nobody knows', url: 'http://inside/where' }
const CALLER = { from: '203.0.113.9', url: 'https://shop.test/where' }

describe.each(['trestle', 'node'] as const)('on a unix socket, with the engine %s,', (engine) => {
  test('peers have no address', async () => {
    await start(engine)
    expect([server?.url, server?.port]).toEqual([`unix:${place()}`, 0])
    expect(await ask({})).toEqual(NOBODY)
    expect(await ask(SAID)).toEqual(NOBODY)
  })

  test.each<[string, ProxyOptions, unknown]>([
    ['a proxy is believed where the socket is trusted', { trust: ['unix'] }, CALLER],
    ['a proxy is not believed for what is trusted over TCP', { trust: ['loopback', 'private'] }, NOBODY],
    ['a proxy is not believed that nobody named', { trust: [] }, NOBODY],
  ])('%s', async (_, proxy, expected) => {
    await start(engine, proxy)
    expect(await ask(SAID)).toEqual(expected)
  })

  test('a proxy that knows no address says none', async () => {
    await start(engine, { trust: ['unix'] })
    expect(await ask({ 'x-forwarded-for': 'unknown' })).toMatchObject({ from: 'nobody knows' })
  })

  test('a reply of HTTP/1.0 that breaks off ends the connection, and nothing else', async () => {
    await start(engine)
    const got = await new Promise<string>((resolve) => {
      const socket = connect(place())
      let text = ''
      socket.on('data', (piece) => {
        text += piece
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(text))
      socket.write('GET /broken HTTP/1.0\r\n\r\n')
    })
    expect(got).toContain('half')
    expect(await ask({})).toEqual(NOBODY)
  })

  test('the file of a server that was killed is no hindrance', async () => {
    const victim = spawn(process.execPath, [
      '-e',
      `require('node:net').createServer().listen(${JSON.stringify(place())})`,
    ])
    await expect.poll(() => existsSync(place()), { interval: 5, timeout: 5000 }).toBe(true)
    victim.kill('SIGKILL')
    await once(victim, 'close')
    expect(existsSync(place())).toBe(true)
    await start(engine)
    expect(await ask({})).toEqual(NOBODY)
  })

  test('a server that listens keeps its place, and what was made for the other is released', async () => {
    await start(engine)
    let released = 0
    const held = depends(
      {},
      async function* () {
        yield 1
        released++
      },
      { scope: 'app', eager: true },
    )
    const other = api({ read: get('/', { use: { held } }, () => 1) })
    const late = serve(other, { path: place(), engine, quiet: true, signals: false })
    await expect(late).rejects.toThrow(`Another server listens on ${place()}: stop it, or give another path`)
    expect(released).toBe(1)
    expect(await ask({})).toEqual(NOBODY)
  })
})
