import { openAsBlob } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import zlib from 'node:zlib'
import { type Middleware, api, bytes, file, get, group, post, put, reply, stream, text } from 'trestle'
import { serve } from 'trestle/node'
import { type ResponseObject, toOpenApi } from 'trestle/openapi'
import { cached, compression, conditional, etag, idempotent, preconditions, validators } from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Connection } from '../matrix/connection.ts'
import type { Received } from '../matrix/received.ts'
import { deferred } from '../pipeline/wires.ts'

const LONG = JSON.stringify({ words: 'all that glitters is not gold, '.repeat(100) })
const CSV = `${'1,tea,450\n'.repeat(500)}`
const seen: string[] = []
let runs = 0
let version = 3
let gate = deferred()
const told: unknown[] = []
const sawBody: Middleware = async (context, next) => {
  const given = await next(context)
  seen.push(typeof given.body)
  return given
}

const app = api(
  { policies: [compression()], middleware: [sawBody] },
  {
    long: get('/long', { returns: text('application/json') }, () => LONG),
    huge: get('/huge', { returns: text('text/csv') }, () => CSV.repeat(10)),
    short: get('/short', () => ({ a: 1 })),
    bytes: get('/bytes', { returns: bytes('image/svg+xml') }, () => new TextEncoder().encode(LONG)),
    picture: get('/picture', { returns: bytes('image/png') }, () => new Uint8Array(5000)),
    noise: get('/noise', { returns: bytes('text/plain') }, () => crypto.getRandomValues(new Uint8Array(3000))),
    coded: get('/coded', { returns: bytes('text/plain') }, () =>
      reply(200, new Uint8Array(zlib.gzipSync(LONG)), { 'content-encoding': 'gzip' }),
    ),
    asis: get('/asis', { returns: text() }, () => reply(200, LONG, { 'cache-control': 'max-age=5, No-Transform' })),
    csv: get('/csv', { returns: stream('text/csv') }, () => [CSV]),
    slow: get('/slow', { returns: stream('text/csv') }, async function* () {
      yield 'first\n'
      await gate.promise
      yield 'last\n'
    }),
    odd: get('/odd', { returns: stream('text/csv') }, async function* () {
      yield 'first\n'
      throw new Error('the disk is gone')
    }),
    number: get('/number', { returns: stream('text/csv') }, async function* () {
      yield 7 as never
    }),
    file: get('/file', { returns: file() }, () =>
      openAsBlob(new URL('../../package-lock.json', import.meta.url).pathname, { type: 'application/json' }),
    ),
    tagged: get('/tagged', { returns: text(), policies: [etag()] }, () => LONG),
    kept: get('/kept', { returns: text(), policies: [cached({ for: 60, public: true })] }, () => {
      runs++
      return LONG
    }),
    once: post('/once', { returns: text(), policies: [idempotent()] }, () => {
      runs++
      return LONG
    }),
    read: get('/product', { returns: text(), use: { preconditions } }, (context) =>
      reply(200, LONG, context.preconditions.check({ version })),
    ),
    write: put('/product', { use: { preconditions }, policies: [conditional()] }, (context) => {
      context.preconditions.check({ version })
      return { versions: context.preconditions.versions }
    }),
    wrong: post('/wrong', { body: z.array(z.string()) }, () => 'taken'),
    plain: group(
      '/plain',
      { policies: [compression(false)] },
      {
        off: get('/off', { returns: text() }, () => LONG),
        on: get('/on', { returns: text(), policies: [compression({ from: 10_000 })] }, () => LONG),
      },
    ),
  },
)

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

interface Opened {
  readonly port: number
  readonly ask: (path: string, fields?: Record<string, string>, method?: string, body?: string) => Promise<Answer>
}

interface Answer extends Received {
  readonly fields: Readonly<Record<string, string>>
  /** The body without its coding. */
  readonly plain: string
}

const unpack: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: zlib.gunzipSync,
  br: zlib.brotliDecompressSync,
  zstd: zlib.zstdDecompressSync,
}

async function open(engine: 'trestle' | 'node' = 'trestle'): Promise<Opened> {
  told.length = 0
  seen.length = 0
  runs = 0
  const options = { port: 0, host: '127.0.0.1', quiet: true, signals: false, deadline: 300, engine } as const
  const { port, stop } = await serve(app, { ...options, report: (error) => told.push(error) })
  closing.push(stop)
  return {
    port,
    ask: async (path, fields = {}, method = 'GET', body = '') => {
      const connection = await Connection.open(port)
      const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
      if (body !== '') lines.push(`Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`)
      connection.write(`${method} ${path} HTTP/1.1\r\nHost: a\r\n${lines.join('')}\r\n${body}`)
      const received = (await connection.reply(method)) as Received
      connection.socket.destroy()
      const all = Object.fromEntries(received.headers)
      const coding = received.body.length === 0 ? '' : (all['content-encoding'] ?? '')
      const plain = (unpack[coding] ?? ((given) => given))(received.body)
      return { ...received, fields: all, plain: plain.toString() }
    },
  }
}

const ENGINES = ['trestle', 'node'] as const

describe.each(ENGINES)('compression(), by the engine %s', (engine) => {
  it.each(['gzip', 'br', 'zstd'])('sends what its caller takes: %s', async (coding) => {
    const { ask } = await open(engine)
    for (const path of ['/long', '/huge', '/bytes', '/csv', '/tagged', '/kept', '/file']) {
      const { status, fields, plain, body } = await ask(path, { 'accept-encoding': coding })
      expect([path, status, fields['content-encoding'], fields.vary]).toEqual([path, 200, coding, 'Accept-Encoding'])
      const whole = await ask(path)
      expect(plain).toBe(whole.body.toString())
      expect(body.length).toBeLessThan(whole.body.length / 3)
    }
    // Nobody but the caller sees what is coded.
    expect(new Set(seen)).toEqual(new Set(['string', 'object']))
    expect(told).toEqual([])
  })

  it.each([
    [undefined, undefined],
    ['', undefined],
    ['identity', undefined],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip, deflate, br', 'br'],
    ['gzip;q=1, br;q=0.5', 'gzip'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['gzip;q=0', undefined],
    ['gzip;q=0.0, *', 'zstd'],
    ['*', 'zstd'],
    ['*;q=0', undefined],
    ['gzip;q=0.5, identity', undefined],
    ['gzip;q=0.5, identity;q=0.2', 'gzip'],
    ['gzip, identity', 'gzip'],
    ['deflate', undefined],
    ['compress, identity;q=0', undefined],
    ['identity;q=0, gzip;q=0.001', 'gzip'],
    ['gzip;q=oops', 'gzip'],
    [',,gzip ; q=0.7 ,', 'gzip'],
  ])('asked with %j, chooses %j', async (accepted, coding) => {
    const { ask } = await open(engine)
    const { fields, plain } = await ask('/long', accepted === undefined ? {} : { 'accept-encoding': accepted })
    expect([fields['content-encoding'], fields.vary, plain]).toEqual([coding, 'Accept-Encoding', LONG])
  })

  it('leaves alone what is short, coded, not to be changed, or would not become shorter', async () => {
    const { ask } = await open(engine)
    const asked = { 'accept-encoding': 'gzip' }
    for (const path of ['/short', '/picture', '/asis', '/plain/off', '/plain/on', '/nowhere']) {
      const { fields } = await ask(path, asked)
      expect([path, fields['content-encoding'], fields.vary]).toEqual([path, undefined, undefined])
    }
    const coded = await ask('/coded', asked)
    expect([coded.fields['content-encoding'], coded.fields.vary, coded.plain]).toEqual(['gzip', undefined, LONG])
    const noise = await ask('/noise', asked)
    expect([noise.fields['content-encoding'], noise.fields.vary, noise.body.length]).toEqual([
      undefined,
      'Accept-Encoding',
      3000,
    ])
  })

  it('answers HEAD with the fields of GET', async () => {
    const { ask } = await open(engine)
    for (const path of ['/long', '/tagged', '/csv', '/file', '/short']) {
      const { date: _1, 'transfer-encoding': _2, ...got } = (await ask(path, { 'accept-encoding': 'br' })).fields
      const { date: _3, ...headed } = (await ask(path, { 'accept-encoding': 'br' }, 'HEAD')).fields
      expect([path, headed]).toEqual([path, got])
    }
  })

  it('compresses failures that are long', async () => {
    const { ask } = await open(engine)
    const body = JSON.stringify(Array.from({ length: 50 }, () => 1))
    const { status, fields, plain } = await ask('/wrong', { 'accept-encoding': 'gzip' }, 'POST', body)
    expect([status, fields['content-encoding'], fields['content-type']]).toEqual([
      422,
      'gzip',
      'application/problem+json',
    ])
    expect(JSON.parse(plain).errors).toHaveLength(50)
  })

  it('has pieces arrive as they come', async () => {
    for (const coding of ['gzip', 'br', 'zstd']) {
      gate = deferred()
      const { port } = await open(engine)
      const response = await fetch(`http://127.0.0.1:${port}/slow`, { headers: { 'accept-encoding': coding } })
      expect(response.headers.get('content-encoding')).toBe(coding)
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      const first = await reader.read()
      expect(Buffer.from(first.value ?? []).toString()).toBe('first\n')
      gate.resolve()
      let rest = ''
      for (let next = await reader.read(); !next.done; next = await reader.read()) rest += Buffer.from(next.value)
      expect(rest).toBe('last\n')
    }
  })

  it('breaks off where the source does', async () => {
    const { port } = await open(engine)
    for (const path of ['/odd', '/number']) {
      const response = fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'accept-encoding': 'gzip' } })
      await expect(response.then((given) => given.text())).rejects.toThrow()
    }
    expect(told.map(String)).toEqual([
      'Error: the disk is gone',
      'TypeError: a stream is of strings and bytes, not of number',
    ])
  })

  it('keeps what is kept plain, for callers that take something else', async () => {
    const { ask } = await open(engine)
    for (const [index, coding] of ['gzip', 'identity', 'br'].entries()) {
      const kept = await ask('/kept', { 'accept-encoding': coding })
      expect([kept.plain, kept.fields['content-encoding']]).toEqual([LONG, coding === 'identity' ? undefined : coding])
      const once = await ask('/once', { 'accept-encoding': coding, 'idempotency-key': '"a"' }, 'POST', '{}')
      expect([once.status, once.plain, runs]).toEqual([200, LONG, 2])
      expect(once.fields['idempotency-replayed'] === undefined).toBe(index === 0)
    }
  })

  it('has a tag for each coding, by any of which a caller is known', async () => {
    const { ask } = await open(engine)
    for (const path of ['/tagged', '/product', '/kept']) {
      const tags = new Set<string>()
      for (const coding of ['identity', 'gzip', 'br', 'zstd']) {
        const asked = { 'accept-encoding': coding }
        const { etag: tag = '' } = (await ask(path, asked)).fields
        tags.add(tag)
        const same = await ask(path, { ...asked, 'if-none-match': tag })
        expect([path, coding, same.status, same.fields.etag, same.fields.vary]).toEqual([
          path,
          coding,
          304,
          tag,
          'Accept-Encoding',
        ])
        expect(same.body.length).toBe(0)
        // A caller that takes another coding by now: what it has is of the coding that it had.
        const other = await ask(path, { 'accept-encoding': 'br', 'if-none-match': `"x", ${tag}` })
        expect([other.status, other.fields.etag]).toEqual([304, tag])
      }
      expect(tags.size).toBe(4)
    }
  })

  it('lets who read a compressed reply write', async () => {
    const { ask } = await open(engine)
    const { etag: tag = '' } = (await ask('/product', { 'accept-encoding': 'gzip' })).fields
    expect(tag).toBe('"3--gzip"')
    const written = await ask('/product', { 'if-match': tag }, 'PUT', '{}')
    expect([written.status, written.plain]).toEqual([200, '{"versions":["3"]}'])
    version = 4
    expect((await ask('/product', { 'if-match': tag }, 'PUT', '{}')).status).toBe(412)
    version = 3
  })
})

it('is read by the typed client', async () => {
  const { port } = await open()
  const { createClient } = await import('trestle/client')
  const client = createClient<typeof app>(`http://127.0.0.1:${port}`)
  const { body, headers } = await client.long.reply()
  expect([body, headers.get('content-encoding')]).toEqual([LONG, expect.stringMatching(/gzip|br|zstd/)])
})

it('lets go of the source when the reader leaves', async () => {
  const left = deferred()
  const endless = api({
    rows: get('/', { returns: stream('text/csv'), policies: [compression()] }, async function* () {
      try {
        for (;;) {
          yield crypto.randomUUID()
          await new Promise((resolve) => setImmediate(resolve))
        }
      } finally {
        left.resolve()
      }
    }),
  })
  const { fetch, close, failures } = await createTestClient(endless)
  const reader = ((await fetch('/', { headers: { 'accept-encoding': 'gzip' } })).body as ReadableStream).getReader()
  await reader.read()
  await reader.cancel()
  await left.promise
  await close()
  expect(failures).toEqual([])
})

it('makes no more than is read', async () => {
  let made = 0
  const endless = api({
    noise: get('/', { returns: stream('text/plain'), policies: [compression()] }, function* () {
      for (;;) {
        made++
        yield crypto.getRandomValues(new Uint8Array(65_536))
      }
    }),
  })
  for (const coding of ['gzip', 'br', 'zstd']) {
    const { fetch, close } = await createTestClient(endless)
    const reader = ((await fetch('/', { headers: { 'accept-encoding': coding } })).body as ReadableStream).getReader()
    await reader.read()
    const first = made
    await sleep(200)
    expect(made - first).toBeLessThan(10)
    for (let count = 0; count < 50; count++) await reader.read()
    expect(made).toBeGreaterThan(first + 5)
    await reader.cancel()
    await close()
  }
})

it('refuses a size that is none, and a version that ends as its tags do', () => {
  expect(() => compression({ from: -1 })).toThrow('compression: from is whole bytes from 0, not -1')
  expect(() => validators({ version: 'a--gzip' })).toThrow('end it otherwise')
})

it('is in the description, where it is not switched off', async () => {
  const { paths } = await toOpenApi(app)
  const header = {
    description: 'The content coding that the body has, of those in `Accept-Encoding`',
    schema: { type: 'string', enum: ['zstd', 'br', 'gzip'] },
  }
  const of = (path: string) =>
    (paths[path]?.get?.responses[200] as ResponseObject | undefined)?.headers?.['Content-Encoding']
  expect([of('/long'), of('/plain/on'), of('/plain/off')]).toEqual([header, header, undefined])
})
