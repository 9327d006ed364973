import { openAsBlob } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { api, file, get, ok, post, reply } from 'trestle'
import { createClient } from 'trestle/client'
import { serve } from 'trestle/node'
import { type OperationObject, type PathItem, toOpenApi } from 'trestle/openapi'
import { cacheControl, compression, etag, validators } from 'trestle/policies'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Connection } from '../matrix/connection.ts'
import { Http2Caller } from '../wire/http2-caller.ts'
import { issuePair } from '../wire/issue-certificate.ts'

/** Parts of files (RFC 9110 §14), over sockets. */

const SIZE = 10_000
const content = Buffer.from(Array.from({ length: SIZE }, (_, index) => (index * 7) % 256))
const CHANGED = new Date('2026-03-02T10:00:00.500Z')
const LAST_MODIFIED = 'Mon, 02 Mar 2026 10:00:00 GMT'
let folder: string
let onDisk: string

const app = api({
  disk: get('/disk', { returns: file('video/mp4') }, () => openAsBlob(onDisk)),
  tagged: get('/tagged', { returns: file('video/mp4'), policies: [etag(), cacheControl({ maxAge: 5 })] }, async () =>
    reply(200, await openAsBlob(onDisk), validators({ version: 3, modified: CHANGED })),
  ),
  weak: get('/weak', { returns: file() }, () => reply(200, new Blob([content]), { etag: 'W/"3"' })),
  named: get(
    '/named',
    { returns: file(), policies: [etag()] },
    async () => new File([await openAsBlob(onDisk)], 'plan.bin', { lastModified: CHANGED.getTime() }),
  ),
  fresh: get('/fresh', { returns: file() }, () => new File([content], 'fresh.bin')),
  recent: get('/recent', { returns: file() }, () =>
    reply(200, new Blob([content]), validators({ modified: new Date() })),
  ),
  empty: get('/empty', { returns: file() }, () => new Blob([])),
  text: get('/text', { returns: file('text/plain'), policies: [compression()] }, () =>
    reply(200, new Blob(['a'.repeat(SIZE)]), { etag: '"t"' }),
  ),
  posted: post('/posted', { returns: file() }, () => {
    return new File([content], 'plan.bin', { lastModified: CHANGED.getTime() })
  }),
  own: get('/own', { returns: ok(file()) }, () => new Blob([content])),
})

interface Answer {
  readonly status: number
  readonly fields: Readonly<Record<string, string>>
  readonly body: Buffer
}
type Ask = (path: string, fields?: Readonly<Record<string, string>>, method?: string) => Promise<Answer>

const wires: Record<string, Ask> = {}
const closing: (() => unknown)[] = []
const told: unknown[] = []
let url: string

function rawly(port: number): Ask {
  return async (target, fields = {}, method = 'GET') => {
    const connection = await Connection.open(port)
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
    connection.write(`${method} ${target} HTTP/1.1\r\nHost: a\r\n${lines.join('')}\r\n`)
    const received = await connection.reply(method)
    connection.socket.destroy()
    if (received === undefined) throw new Error(`no reply to ${method} ${target}`)
    return { ...received, fields: Object.fromEntries(received.headers) }
  }
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trestle-ranges-'))
  onDisk = path.join(folder, 'film')
  await writeFile(onDisk, content)
  const options = { port: 0, host: '127.0.0.1', quiet: true, signals: false, deadline: 500 } as const
  const report = (error: unknown): void => void told.push(error)
  const engine = await serve(app, { ...options, report })
  const node = await serve(app, { ...options, report, engine: 'node' })
  const secure = await serve(app, { ...options, report, tls: issuePair() })
  const caller = await Http2Caller.open(secure.port)
  url = engine.url
  wires['the engine'] = rawly(engine.port)
  wires['node:http'] = rawly(node.port)
  wires['HTTP/2'] = async (target, fields, method = 'GET') => {
    const stream = caller.begin(target, { ':method': method, ...fields }, { endStream: true })
    const pieces: Buffer[] = []
    let headers: Record<string, unknown> = {}
    stream.on('response', (given) => {
      headers = given
    })
    stream.on('data', (piece: Buffer) => pieces.push(piece))
    await new Promise((resolve) => stream.once('close', resolve))
    const status = headers[':status'] as number
    return { status, fields: headers as Record<string, string>, body: Buffer.concat(pieces) }
  }
  closing.push(() => caller.end(), engine.stop, node.stop, secure.stop)
})

afterAll(async () => {
  for (const close of closing) await close()
  await rm(folder, { recursive: true })
})

/** The parts of a reply of several, by RFC 9110 §14.6 and RFC 2046 §5.1.1. */
function partsOf({ fields, body }: Answer): [range: string | undefined, type: string | undefined, body: Buffer][] {
  const [, boundary] = /^multipart\/byteranges; boundary=([\w-]+)$/.exec(fields['content-type'] ?? '') ?? []
  const text = body.toString('latin1')
  const parts = text.split(`\r\n--${boundary}`)
  expect([parts[0], parts.at(-1)]).toEqual(['', '--\r\n'])
  return parts.slice(1, -1).map((part) => {
    const end = part.indexOf('\r\n\r\n')
    const head = Object.fromEntries(
      part
        .slice(2, end)
        .split('\r\n')
        .map((line) => line.split(': ')),
    )
    return [head['Content-Range'], head['Content-Type'], Buffer.from(part.slice(end + 4), 'latin1')]
  })
}

describe.each(['the engine', 'node:http', 'HTTP/2'])('A file, by %s', (wire) => {
  const ask: Ask = (...args) => (wires[wire] as Ask)(...args)

  it('says that parts of it can be had', async () => {
    for (const method of ['GET', 'HEAD']) {
      const { status, fields, body } = await ask('/disk', {}, method)
      expect([status, fields['accept-ranges'], fields['content-length']]).toEqual([200, 'bytes', String(SIZE)])
      expect(body).toEqual(method === 'GET' ? content : Buffer.alloc(0))
    }
    const posted = await ask('/posted', { range: 'bytes=0-9' }, 'POST')
    expect([posted.status, posted.fields['accept-ranges'], posted.fields.etag]).toEqual([200, undefined, undefined])
  })

  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=0-99', 0, 99],
    ['bytes=9999-', 9999, 9999],
    ['bytes=100-', 100, 9999],
    ['bytes=-1', 9999, 9999],
    ['bytes=-500', 9500, 9999],
    ['bytes=-20000', 0, 9999],
    ['bytes=9000-99999', 9000, 9999],
    ['bytes=0-', 0, 9999],
    ['BYTES=5-9', 5, 9],
    ['bytes=5-9, 20000-20001', 5, 9],
    ['bytes=5-9,8-12', 5, 12],
    ['bytes=50-99,0-9', 0, 99],
    [`bytes=7-${'9'.repeat(400)}`, 7, 9999],
    ['bytes= 7-9 ,, 8-9,', 7, 9],
  ])('gives %j', async (range, first, last) => {
    for (const target of ['/disk', '/own']) {
      const { status, fields, body } = await ask(target, { range })
      expect([status, fields['content-range']]).toEqual([206, `bytes ${first}-${last}/${SIZE}`])
      expect([fields['content-length'], fields['accept-ranges']]).toEqual([String(last - first + 1), 'bytes'])
      expect(fields['content-type']).toBe(target === '/disk' ? 'video/mp4' : 'application/octet-stream')
      expect(body).toEqual(content.subarray(first, last + 1))
    }
  })

  it('gives several, those that overlap or nearly touch as one, the others in their order', async () => {
    const answer = await ask('/disk', { range: 'bytes=9000-9009, 0-9, -1,5-14, 500-599, 600-609 ,650-659' })
    expect([answer.status, answer.fields['content-range']]).toEqual([206, undefined])
    expect(answer.fields['content-length']).toBe(String(answer.body.length))
    expect(partsOf(answer)).toEqual(
      [
        [9000, 9009],
        [9999, 9999],
        [0, 14],
        [500, 659],
      ].map(([first = 0, last = 0]) => [
        `bytes ${first}-${last}/${SIZE}`,
        'video/mp4',
        content.subarray(first, last + 1),
      ]),
    )
  })

  it.each(['bytes=10000-', 'bytes=10000-10001,20000-', 'bytes=-0'])('has no %j', async (range) => {
    const { status, fields, body } = await ask('/tagged', { range })
    expect([status, fields['content-range']]).toEqual([416, `bytes */${SIZE}`])
    expect([fields['content-type'], JSON.parse(body.toString()).code]).toEqual([
      'application/problem+json',
      'range_not_satisfiable',
    ])
  })

  it.each([
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=9-5',
    'bytes=1-2,9-5',
    'bytes=+1-2',
    'bytes=1-2-3',
    'bytes 1-2',
    'lines=1-2',
    'bytes=0x1-2',
    `bytes=${Array.from({ length: 17 }, (_, index) => `${index * 200}-${index * 200}`).join()}`,
    `bytes=${'0-,'.repeat(2000)}0-`,
  ])('is whole for %j, which is no range or too many', async (range) => {
    const { status, body } = await ask('/disk', { range })
    expect([status, body.length]).toEqual([200, SIZE])
  })

  it('is whole where there is nothing of it', async () => {
    for (const range of ['bytes=0-', 'bytes=-5']) {
      const { status, fields } = await ask('/empty', { range })
      expect([status, fields['content-length']]).toEqual([200, '0'])
    }
  })

  it('gives a range of the version that is asked for, and else all', async () => {
    const range = 'bytes=1-2'
    const statusOf = async (target: string, ifRange: string): Promise<number> =>
      (await ask(target, { range, 'if-range': ifRange })).status
    expect(await statusOf('/tagged', '"3"')).toBe(206)
    expect(await statusOf('/tagged', '"4"')).toBe(200)
    expect(await statusOf('/tagged', 'W/"3"')).toBe(200)
    expect(await statusOf('/tagged', LAST_MODIFIED)).toBe(206)
    expect(await statusOf('/tagged', 'Mon, 02 Mar 2026 10:00:01 GMT')).toBe(200)
    expect(await statusOf('/tagged', 'yesterday')).toBe(200)
    expect(await statusOf('/weak', 'W/"3"')).toBe(200)
    expect(await statusOf('/weak', '"3"')).toBe(200)
    expect(await statusOf('/disk', '"3"')).toBe(200)
    expect(await statusOf('/disk', LAST_MODIFIED)).toBe(200)
    // It may change once more in this second.
    const now = (await ask('/recent')).fields['last-modified'] as string
    expect(await statusOf('/recent', now)).toBe(200)
    // Without a range it is nothing.
    expect((await ask('/tagged', { 'if-range': '"4"' })).status).toBe(200)
  })

  it('is asked for its conditions first', async () => {
    const range = 'bytes=1-2'
    const same = await ask('/tagged', { range, 'if-none-match': '"3"' })
    expect([same.status, same.fields['content-range'], same.fields.etag]).toEqual([304, undefined, '"3"'])
    expect((await ask('/tagged', { range: 'bytes=20000-', 'if-none-match': '"3"' })).status).toBe(304)
    expect((await ask('/tagged', { range, 'if-match': '"4"' })).status).toBe(412)
    const part = await ask('/tagged', { range, 'if-match': '"3"' })
    expect([part.status, part.fields.etag, part.fields['last-modified'], part.fields['cache-control']]).toEqual([
      206,
      '"3"',
      LAST_MODIFIED,
      'max-age=5',
    ])
  })

  it('of a name says when it was changed, and has a tag by that', async () => {
    const { fields } = await ask('/named')
    const tag = fields.etag as string
    expect([fields['last-modified'], tag]).toEqual([LAST_MODIFIED, expect.stringMatching(/^"[\w-]+"$/)])
    const part = await ask('/named', { range: 'bytes=1-2', 'if-range': tag })
    expect([part.status, part.fields['content-disposition']]).toEqual([
      206,
      `attachment; filename="plan.bin"; filename*=UTF-8''plan.bin`,
    ])
    expect((await ask('/named', { 'if-none-match': tag })).status).toBe(304)
    expect((await ask('/named', { 'if-modified-since': LAST_MODIFIED })).status).toBe(304)
    const fresh = await ask('/fresh')
    expect([fresh.fields.etag, fresh.fields['last-modified']]).toEqual([undefined, undefined])
  })

  it('that is compressed has no parts, and its plain form has', async () => {
    const coded = { 'accept-encoding': 'gzip' }
    const whole = await ask('/text', coded)
    expect([whole.fields['content-encoding'], whole.fields['accept-ranges'], whole.fields.etag]).toEqual([
      'gzip',
      undefined,
      '"t--gzip"',
    ])
    const resumed = await ask('/text', { ...coded, range: 'bytes=5-', 'if-range': '"t--gzip"' })
    expect([resumed.status, resumed.fields['content-encoding']]).toEqual([200, 'gzip'])
    const part = await ask('/text', { ...coded, range: 'bytes=5-9' })
    expect([
      part.status,
      part.fields['content-encoding'],
      part.fields.vary,
      part.fields.etag,
      part.body.toString(),
    ]).toEqual([206, undefined, 'Accept-Encoding', '"t"', 'aaaaa'])
  })

  it('is nothing that the log should hear of', () => {
    expect(told).toEqual([])
  })
})

it('gives the typed client a part, as the file that it is', async () => {
  for (const options of [{ contract: app }, {}]) {
    const client = createClient<typeof app>(url, options)
    const { status, body } = await client.disk.reply({}, { headers: { range: 'bytes=1-2' } })
    expect([status, body]).toEqual([206, expect.any(Blob)])
    expect(Buffer.from(await body.arrayBuffer())).toEqual(content.subarray(1, 3))
    const refused = client.disk({}, { headers: { range: 'bytes=20000-' } })
    await expect(refused).rejects.toMatchObject({ status: 416, code: 'range_not_satisfiable' })
  }
})

it('is in the description', async () => {
  const { paths } = await toOpenApi(app)
  const { parameters, responses } = (paths['/tagged'] as PathItem).get as OperationObject
  expect(parameters?.map(({ name }) => name)).toEqual(['If-None-Match', 'Range', 'If-Range'])
  const film = { schema: { type: 'string', format: 'binary' }, 'x-trestle-kind': 'file' }
  expect(responses[206]).toEqual({
    description: 'Partial Content',
    headers: {
      ETag: expect.anything(),
      'Cache-Control': expect.anything(),
      'Accept-Ranges': expect.anything(),
      'Content-Range': expect.anything(),
    },
    content: { 'video/mp4': film, 'multipart/byteranges': film },
  })
  expect(responses).toHaveProperty('416')
  expect(Object.keys(paths['/posted']?.post?.responses ?? {})).toEqual(['200', '500', '503'])
})
