import { setTimeout as sleep } from 'node:timers/promises'
import zlib from 'node:zlib'
import { api, bytes, form, post, stream, text } from 'trestle'
import { toFetch } from 'trestle/fetch'
import { serve } from 'trestle/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Connection } from '../matrix/connection.ts'
import { Http2Caller } from './http2-caller.ts'
import { issuePair } from './issue-certificate.ts'

/** Bodies of requests in content codings (RFC 9110 §8.4), on every wire and of every kind. */

const LIMIT = 100_000

const app = api(
  { limits: { body: LIMIT } },
  {
    json: post('/json', { body: z.object({ tea: z.string() }) }, ({ body }) => ({ got: body.tea.length })),
    form: post('/form', { body: form(z.object({ tea: z.string() })) }, ({ body }) => ({ got: body.tea.length })),
    text: post('/text', { body: text() }, ({ body }) => ({ got: body.length })),
    bytes: post('/bytes', { body: bytes() }, ({ body }) => ({ got: body.byteLength })),
    stream: post('/stream', { body: stream() }, async ({ body }) => {
      let got = 0
      for await (const piece of body) got += piece.byteLength
      return { got }
    }),
  },
)

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: { readonly got?: number; readonly code?: string; readonly detail?: string }
}

type Send = (path: string, coding: string, body: Uint8Array<ArrayBuffer>, type?: string) => Promise<Answer>

const TYPES: Readonly<Record<string, string>> = {
  '/json': 'application/json',
  '/form': 'application/x-www-form-urlencoded',
  '/text': 'text/plain',
}
const typeOf = (path: string): string => TYPES[path] ?? 'application/octet-stream'

type Fetch = (url: string, init: RequestInit) => Promise<Response>

function byFetch(fetch: Fetch, origin: string): Send {
  return async (path, coding, body) => {
    const headers = { 'content-type': typeOf(path), 'content-encoding': coding }
    const reply = await fetch(`${origin}${path}`, { method: 'POST', headers, body })
    return { status: reply.status, headers: Object.fromEntries(reply.headers), body: (await reply.json()) as never }
  }
}

const closing: (() => unknown)[] = []
const told: unknown[] = []
const report = (error: unknown): void => void told.push(error)
const wires: Record<string, Send> = {}
let port = 0
let nodePort = 0
/** Of servers that wait for a body for 300 ms. */
let hastyPorts = { engine: 0, node: 0 }

beforeAll(async () => {
  const handle = await toFetch(app, { report })
  wires.fetch = byFetch((url, init) => handle(new Request(url, init)), 'http://api.test')
  const common = { port: 0, host: '127.0.0.1', quiet: true, signals: false, report, deadline: 500 } as const
  const limits = { bodyTimeout: 300, bodyRate: 1_000_000 }
  const engine = await serve(app, common)
  const node = await serve(app, { ...common, engine: 'node' })
  const hasty = await serve(app, { ...common, limits })
  const hastyNode = await serve(app, { ...common, limits, engine: 'node' })
  const secure = await serve(app, { ...common, tls: issuePair() })
  wires['the engine'] = byFetch(fetch, engine.url.replace('localhost', '127.0.0.1'))
  wires['node:http'] = byFetch(fetch, node.url)
  port = engine.port
  nodePort = node.port
  hastyPorts = { engine: hasty.port, node: hastyNode.port }
  const caller = await Http2Caller.open(secure.port)
  wires['HTTP/2'] = async (path, coding, body) => {
    const reply = await caller.post(path, body, { 'content-type': typeOf(path), 'content-encoding': coding })
    return { ...reply, body: JSON.parse(reply.body) }
  }
  closing.push(() => caller.end(), handle.close, engine.stop, node.stop, hasty.stop, hastyNode.stop, secure.stop)
})

afterAll(async () => {
  for (const close of closing) await close()
})

const pack: Readonly<Record<string, (body: Uint8Array | string) => Uint8Array<ArrayBuffer>>> = {
  gzip: (body) => new Uint8Array(zlib.gzipSync(body)),
  br: (body) => new Uint8Array(zlib.brotliCompressSync(body)),
  zstd: (body) => new Uint8Array(zlib.zstdCompressSync(body)),
  deflate: (body) => new Uint8Array(zlib.deflateSync(body)),
}
const CODINGS = Object.keys(pack)
const packed = (coding: string, body: Uint8Array | string) => (pack[coding] as (typeof pack)[string])(body)
const glued = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))

/** What takes 50,000 bytes, in the form of each kind. */
const CONTENT: Readonly<Record<string, string>> = {
  '/json': JSON.stringify({ tea: 'ü'.repeat(25_000) }),
  '/form': `tea=${'a'.repeat(50_000)}`,
  '/text': 'a'.repeat(50_000),
  '/bytes': 'a'.repeat(50_000),
  '/stream': 'a'.repeat(50_000),
}

describe.each(['fetch', 'the engine', 'node:http', 'HTTP/2'])('A coded body, by %s', (wire) => {
  const send: Send = (...args) => (wires[wire] as Send)(...args)

  test.each(CODINGS)('in %s is decoded, whatever is made of it', async (coding) => {
    for (const [path, content] of Object.entries(CONTENT)) {
      const { status, body } = await send(path, coding, packed(coding, content))
      expect([path, status, body.got]).toEqual([path, 200, path === '/json' ? 25_000 : 50_000])
    }
  })

  test('may have two codings, and names in any case', async () => {
    const inner = packed('br', CONTENT['/text'] as string)
    expect((await send('/text', 'Br, X-GZIP', packed('gzip', inner))).body).toEqual({ got: 50_000 })
    expect((await send('/stream', 'identity, br , gzip', packed('gzip', inner))).body).toEqual({ got: 50_000 })
    expect((await send('/text', 'identity', new Uint8Array([97]))).body).toEqual({ got: 1 })
  })

  test('in a coding that is not taken is 415, and which are is said', async () => {
    for (const coding of ['compress', 'gzip;q=1', 'gzip, br, gzip', '*']) {
      const { status, headers, body } = await send('/json', coding, packed('gzip', '{"tea":"a"}'))
      expect([coding, status, body.code]).toEqual([coding, 415, 'unsupported_media_type'])
      expect(headers['accept-encoding']).toBe('gzip, br, zstd, deflate')
      expect(headers.accept).toBeUndefined()
    }
  })

  test.each(CODINGS)('in %s that is not what it says is 400', async (coding) => {
    const whole = packed(coding, CONTENT['/text'] as string)
    const half = whole.slice(0, whole.length - 3)
    const other = CODINGS.find((one) => one !== coding) as string
    for (const path of ['/text', '/stream']) {
      for (const [what, body] of [
        ['cut', half],
        ['the first byte', whole.slice(0, 1)],
        ['not coded', new Uint8Array(Buffer.from('this is plain text'))],
        ['another coding', packed(other, 'a'.repeat(100))],
        ['garbage behind', glued(whole, Buffer.from('garbage'))],
        ['a zero behind', glued(whole, Buffer.alloc(1))],
        ['much behind', glued(whole, Buffer.alloc(70_000))],
      ] as const) {
        const { status, body: problem } = await send(path, coding, body)
        expect([path, what, status, problem.code]).toEqual([path, what, 400, 'malformed_body'])
        expect(problem.detail).toContain(coding)
      }
    }
  })

  test('of several members of gzip, or frames of Zstandard, is one body', async () => {
    const parts = (coding: string) => glued(packed(coding, 'a'), packed(coding, 'b'))
    expect((await send('/text', 'gzip', parts('gzip'))).body).toEqual({ got: 2 })
    expect((await send('/text', 'zstd', parts('zstd'))).body).toEqual({ got: 2 })
  })

  test('of Zstandard may have a thousand frames that are tiny, and such as are passed over', async () => {
    const frames = (count: number, one: Uint8Array) =>
      new Uint8Array(Buffer.concat(Array.from({ length: count }, () => one)))
    expect((await send('/text', 'zstd', frames(1000, packed('zstd', 'a')))).body).toEqual({ got: 1000 })
    const { status, body } = await send('/text', 'zstd', frames(1001, packed('zstd', 'a')))
    expect([status, body.detail]).toEqual([400, 'The zstd body has too many frames that are too short'])
    const skipped = Buffer.concat([Buffer.from([0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from('any')])
    expect((await send('/text', 'zstd', glued(skipped, packed('zstd', 'a'), skipped))).body).toEqual({ got: 1 })
  })

  test('of Zstandard may not ask for a window of more than 8 MB (RFC 9659)', async () => {
    for (const [windowLog, status] of [
      [23, 200],
      [24, 400],
    ] as const) {
      const engine = zlib.createZstdCompress({ params: { [zlib.constants.ZSTD_c_windowLog]: windowLog } })
      const pieces: Buffer[] = []
      engine.on('data', (piece: Buffer) => pieces.push(piece))
      engine.write('a')
      await new Promise<void>((resolve) => engine.flush(() => resolve()))
      engine.end('b')
      await new Promise((resolve) => engine.once('end', resolve))
      expect((await send('/text', 'zstd', new Uint8Array(Buffer.concat(pieces)))).status).toBe(status)
    }
  })

  test.each(CODINGS)('in %s is limited by what comes of it', async (coding) => {
    for (const path of ['/text', '/bytes', '/stream']) {
      const fits = await send(path, coding, packed(coding, Buffer.alloc(LIMIT)))
      expect([path, fits.status, fits.body.got]).toEqual([path, 200, LIMIT])
      const { status, body } = await send(path, coding, packed(coding, Buffer.alloc(LIMIT + 1)))
      expect([path, status, body.code]).toEqual([path, 413, 'content_too_large'])
      expect(body.detail).toBe(`The body, decoded from ${coding}, may have ${LIMIT} bytes`)
    }
  })

  test('is limited by what comes, and by what is between two codings', async () => {
    const noise = new Uint8Array(LIMIT)
    for (let i = 0; i < LIMIT; i++) noise[i] = (i * 2_654_435_761) >>> 13
    const incompressible = new Uint8Array(zlib.gzipSync(noise, { level: 0 }))
    expect(incompressible.byteLength).toBeGreaterThan(LIMIT)
    expect((await send('/bytes', 'gzip', incompressible)).status).toBe(413)
    // Blocks of nothing: a long body in the first coding, which is empty in the second.
    const empty = zlib.deflateSync('')
    const blocks = Buffer.alloc(5 * 40_000, Buffer.from([0, 0, 0, 0xff, 0xff]))
    const long = Buffer.concat([empty.subarray(0, 2), blocks, empty.subarray(2)])
    expect(zlib.inflateSync(long)).toHaveLength(0)
    const { status, body } = await send('/text', 'deflate, gzip', packed('gzip', long))
    expect([status, body.detail]).toEqual([413, `The body, decoded from gzip, may have ${LIMIT} bytes`])
  })

  test('of no bytes is none', async () => {
    expect((await send('/text', 'gzip', new Uint8Array())).body).toEqual({ got: 0 })
    expect((await send('/text', 'gzip', packed('gzip', ''))).body).toEqual({ got: 0 })
    expect((await send('/json', 'gzip', packed('gzip', ''))).status).toBe(400)
  })

  test('is nothing that the log should hear of', () => {
    expect(told).toEqual([])
  })
})

describe('A coded body that comes slowly', () => {
  const begin = (path: string, coding: string, length: number): string =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${typeOf(path)}\r\nContent-Encoding: ${coding}\r\nContent-Length: ${length}\r\n\r\n`

  test.each(CODINGS)('in %s, byte by byte, is put together', async (coding) => {
    const body = packed(coding, 'a'.repeat(300)).slice()
    for (const path of ['/text', '/stream']) {
      const connection = await Connection.open(port)
      connection.write(begin(path, coding, body.length))
      for (const byte of body) {
        connection.write(new Uint8Array([byte]))
        await sleep(0)
      }
      const reply = await connection.reply('POST')
      expect([path, reply?.status, JSON.parse(String(reply?.body)).got]).toEqual([path, 200, 300])
      connection.socket.destroy()
    }
  })

  test.each([
    ['the engine', () => hastyPorts.engine],
    ['node:http', () => hastyPorts.node],
  ])('is 408 past its time, or the end of the connection, by %s', async (_, portOf) => {
    const body = packed('gzip', 'a'.repeat(5000))
    const connection = await Connection.open(portOf())
    connection.write(begin('/text', 'gzip', body.length))
    const from = performance.now()
    let over = false
    void connection.closed.then(() => {
      over = true
    })
    for (const byte of body) {
      connection.write(new Uint8Array([byte]))
      await sleep(100)
      if (over) break
    }
    const reply = await connection.reply('POST')
    expect(reply?.status).toBe(408)
    expect(performance.now() - from).toBeLessThan(5000)
    connection.socket.destroy()
  })

  test.each([
    ['the engine', () => port],
    ['node:http', () => nodePort],
  ])('and is wrong already is refused at once where it is a stream, by %s', async (_, portOf) => {
    const plain = Buffer.from('this is no gzip')
    const outer = zlib.createGzip()
    const flushed = new Promise<Buffer>((resolve) =>
      outer.once('data', (head) => outer.once('data', (rest) => resolve(Buffer.concat([head, rest])))),
    )
    outer.write(plain)
    outer.flush()
    for (const [coding, body] of [
      ['gzip', plain],
      ['gzip, gzip', await flushed],
    ] as const) {
      const connection = await Connection.open(portOf())
      connection.write(begin('/stream', coding, 5000))
      connection.write(body)
      const reply = await connection.reply('POST')
      expect([coding, reply?.status, JSON.parse(String(reply?.body)).code]).toEqual([coding, 400, 'malformed_body'])
      connection.socket.destroy()
    }
    outer.destroy()
  })

  test('is asked for by 100 only where its coding is taken', async () => {
    const connection = await Connection.open(port)
    const expecting = (coding: string): string =>
      begin('/text', coding, 5).replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n')
    connection.write(expecting('compress'))
    const reply = await connection.reply('POST')
    expect([reply?.status, reply?.interim]).toEqual([415, []])
    connection.socket.destroy()
  })
})
