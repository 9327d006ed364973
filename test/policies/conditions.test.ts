import { NotFound, api, created, depends, get, noContent, patch, post, put, reply, stream, text } from 'trestle'
import { toOpenApi } from 'trestle/openapi'
import { PreconditionFailed, cacheControl, conditional, etag, preconditions, validators } from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type State, judge } from '../../src/policies/conditions.ts'
import { readDirectives } from '../../src/policies/lifetime.ts'
import { onEveryWire, outcome } from '../pipeline/wires.ts'

const THEN = 'Mon, 02 Mar 2026 10:00:00 GMT'
const BEFORE = 'Mon, 02 Mar 2026 09:59:59 GMT'
const AFTER = 'Mon, 02 Mar 2026 10:00:01 GMT'
const KNOWN: State = { etag: '"a"', lastModified: THEN }
const WEAK: State = { etag: 'W/"a"', lastModified: THEN }

/** RFC 9110 §13.2.2, step by step: what there is, what is asked, what comes of it for GET and for PUT. */
const TABLE: readonly (readonly [string, State, Readonly<Record<string, string>>, unknown, unknown])[] = [
  ['nothing is asked', KNOWN, {}, 'go on', 'go on'],
  // 1. If-Match, by strong comparison.
  ['If-Match: the same', KNOWN, { 'if-match': '"a"' }, 'go on', 'go on'],
  ['If-Match: another', KNOWN, { 'if-match': '"b"' }, 412, 412],
  ['If-Match: one of several', KNOWN, { 'if-match': '"b" , "x,y", "a"' }, 'go on', 'go on'],
  ['If-Match: a weak one', KNOWN, { 'if-match': 'W/"a"' }, 412, 412],
  ['If-Match: a strong one of what is weak', WEAK, { 'if-match': '"a"' }, 412, 412],
  ['If-Match: what is no tag', KNOWN, { 'if-match': 'a' }, 412, 412],
  ['If-Match: nothing', KNOWN, { 'if-match': '' }, 412, 412],
  ['If-Match: * of what is there', KNOWN, { 'if-match': '*' }, 'go on', 'go on'],
  ['If-Match: * of what is not', undefined, { 'if-match': '*' }, 412, 412],
  ['If-Match: a tag of what is not', undefined, { 'if-match': '"a"' }, 412, 412],
  // 2. If-Unmodified-Since, only without If-Match.
  ['If-Unmodified-Since: then', KNOWN, { 'if-unmodified-since': THEN }, 'go on', 'go on'],
  ['If-Unmodified-Since: before', KNOWN, { 'if-unmodified-since': BEFORE }, 412, 412],
  ['If-Unmodified-Since: no date', KNOWN, { 'if-unmodified-since': 'yesterday' }, 'go on', 'go on'],
  ['If-Unmodified-Since: no date is known', { etag: '"a"' }, { 'if-unmodified-since': BEFORE }, 'go on', 'go on'],
  ['If-Match wins over it', KNOWN, { 'if-match': '"a"', 'if-unmodified-since': BEFORE }, 'go on', 'go on'],
  // 3. If-None-Match, by weak comparison.
  ['If-None-Match: the same', KNOWN, { 'if-none-match': '"a"' }, 304, 412],
  ['If-None-Match: a weak one', KNOWN, { 'if-none-match': 'W/"a"' }, 304, 412],
  ['If-None-Match: of what is weak', WEAK, { 'if-none-match': '"a"' }, 304, 412],
  ['If-None-Match: another', KNOWN, { 'if-none-match': '"b"' }, 'go on', 'go on'],
  ['If-None-Match: one of several', KNOWN, { 'if-none-match': '"b","a"' }, 304, 412],
  ['If-None-Match: what is no tag', KNOWN, { 'if-none-match': 'a' }, 'go on', 'go on'],
  ['If-None-Match: * of what is there', KNOWN, { 'if-none-match': '*' }, 304, 412],
  ['If-None-Match: * of what is not', undefined, { 'if-none-match': '*' }, 'go on', 'go on'],
  // 4. If-Modified-Since, only without If-None-Match, and only for who reads.
  ['If-Modified-Since: then', KNOWN, { 'if-modified-since': THEN }, 304, 'go on'],
  ['If-Modified-Since: after', KNOWN, { 'if-modified-since': AFTER }, 304, 'go on'],
  ['If-Modified-Since: before', KNOWN, { 'if-modified-since': BEFORE }, 'go on', 'go on'],
  ['If-Modified-Since: no date', KNOWN, { 'if-modified-since': '2026-03-02' }, 'go on', 'go on'],
  ['If-Modified-Since: as of RFC 850', KNOWN, { 'if-modified-since': 'Monday, 02-Mar-26 10:00:00 GMT' }, 304, 'go on'],
  [
    'If-Modified-Since: as of 850, in 2050',
    KNOWN,
    { 'if-modified-since': 'Wednesday, 02-Mar-50 10:00:00 GMT' },
    304,
    'go on',
  ],
  [
    'If-Modified-Since: as of 850, in 1994',
    KNOWN,
    { 'if-modified-since': 'Sunday, 06-Nov-94 08:49:37 GMT' },
    'go on',
    'go on',
  ],
  ['If-Modified-Since: as of asctime', KNOWN, { 'if-modified-since': 'Mon Mar  2 10:00:00 2026' }, 304, 'go on'],
  ['If-None-Match wins over it', KNOWN, { 'if-none-match': '"b"', 'if-modified-since': THEN }, 'go on', 'go on'],
  // All steps are gone through.
  ['both hold', KNOWN, { 'if-match': '"a"', 'if-none-match': '"a"' }, 304, 412],
  ['the first does not', KNOWN, { 'if-match': '"b"', 'if-none-match': '"a"' }, 412, 412],
]

describe('Preconditions, in the order of RFC 9110 §13.2.2', () => {
  it.each(TABLE)('%s', (_, state, fields, read, write) => {
    const ask = (method: string): unknown => judge({ method, header: (name) => fields[name] }, state)
    expect([ask('GET'), ask('HEAD'), ask('PUT'), ask('DELETE')]).toEqual([read, read, write, write])
  })

  it('are read in linear time', () => {
    for (const evil of ['"'.repeat(64_000), 'W/'.repeat(32_000), '"a'.repeat(32_000), ',"a" '.repeat(12_000)]) {
      const began = performance.now()
      judge({ method: 'GET', header: () => evil }, { etag: '"b"', lastModified: THEN })
      readDirectives(evil)
      // Far above what it takes, for a machine that is busy, and far below what a square of the length takes.
      expect(performance.now() - began).toBeLessThan(2000)
    }
  })
})

const quiet = { places: { docs: false, redoc: false, reference: false } } as const
const Product = z.object({ id: z.int(), name: z.string(), version: z.int() })
const ProductIn = z.object({ name: z.string() })

/** Products with a column for their version, and a lock for who writes. */
function shop() {
  const rows = new Map([[1, { id: 1, name: 'tea', version: 3, modified: new Date('2026-03-02T10:00:00.700Z') }]])
  const seen = { made: 0 }
  const params = z.object({ id: z.coerce.number() })
  const app = api(quiet, {
    list: get('/products', { policies: [etag(), cacheControl({ private: true, noCache: true })] }, () => [
      ...rows.keys(),
    ]),
    read: get(
      '/products/{id}',
      {
        params,
        returns: Product,
        use: { preconditions },
        policies: [etag(), cacheControl({ maxAge: 60 })],
        throws: [NotFound],
      },
      ({ params, preconditions }) => {
        const row = rows.get(params.id)
        if (row === undefined) throw NotFound()
        const fields = preconditions.check(row)
        seen.made++
        return reply(200, row, { ...fields, vary: 'accept-language', 'content-location': '/p/1' })
      },
    ),
    write: put(
      '/products/{id}',
      { params, body: ProductIn, returns: Product, use: { preconditions }, policies: [conditional()] },
      ({ params, body, preconditions }) => {
        const row = rows.get(params.id)
        preconditions.check(row)
        const next = { id: params.id, ...body, version: (row?.version ?? 0) + 1, modified: new Date() }
        rows.set(params.id, next)
        return reply(200, next, validators({ version: next.version }))
      },
    ),
    rename: patch(
      '/products/{id}',
      {
        params,
        body: ProductIn,
        returns: noContent(),
        use: { preconditions },
        policies: [conditional({ required: false })],
      },
      ({ params, body, preconditions }) => {
        const row = rows.get(params.id)
        const { versions } = preconditions
        if (row === undefined || versions?.includes(String(row.version)) === false) throw PreconditionFailed()
        rows.set(params.id, { ...row, ...body, version: row.version + 1 })
      },
    ),
  })
  return { app, rows, seen }
}

const sending = (body: unknown, headers: Record<string, string>, method = 'PUT'): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

onEveryWire('Validated replies', (open) => {
  it('have a strong tag of their content, and are not sent to who has it', async () => {
    const running = await open(shop().app)
    const first = await running.fetch('/products')
    const tag = first.headers.get('etag') ?? ''
    expect(tag).toMatch(/^"[\w-]{20,}"$/)
    const head = await running.fetch('/products', { method: 'HEAD' })
    expect([head.status, head.headers.get('etag')]).toEqual([200, tag])
    const again = await running.fetch('/products', { headers: { 'if-none-match': `"x", W/${tag}` } })
    expect([again.status, await again.text()]).toEqual([304, ''])
    expect([again.headers.get('etag'), again.headers.get('cache-control'), again.headers.get('content-type')]).toEqual([
      tag,
      'private, no-cache',
      null,
    ])
    const failed = await running.fetch('/products', { headers: { 'if-match': '"other"' } })
    expect([await outcome(failed), failed.headers.get('etag')]).toEqual([[412, 'precondition_failed'], tag])
    expect(running.failures).toEqual([])
  })

  it('are not made where the handler knows the version', async () => {
    const { app, seen } = shop()
    const running = await open(app)
    const first = await running.fetch('/products/1')
    expect([first.headers.get('etag'), first.headers.get('last-modified')]).toEqual(['"3"', THEN])
    expect(seen.made).toBe(1)
    for (const headers of [{ 'if-none-match': '"3"' }, { 'if-modified-since': THEN }]) {
      const again = await running.fetch('/products/1', { headers })
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', '"3"'])
      expect(again.headers.get('cache-control')).toBe('max-age=60')
    }
    expect(seen.made).toBe(1)
    expect((await running.fetch('/products/1', { headers: { 'if-none-match': '"2"' } })).status).toBe(200)
    expect(running.failures).toEqual([])
  })

  it('that are failures have neither tag nor condition', async () => {
    const running = await open(shop().app)
    const none = await running.fetch('/products/9', { headers: { 'if-none-match': '*' } })
    expect([none.status, none.headers.get('etag'), none.headers.get('cache-control')]).toEqual([404, null, null])
  })

  it('repeat in a 304 what caches need of it, with a tag that the handler states', async () => {
    const fields = { etag: 'W/"7"', vary: 'accept-language', expires: THEN, 'content-location': '/p/1' }
    const app = api(quiet, {
      read: get('/', { returns: text(), policies: [etag()] }, () => reply(200, 'hello', fields)),
    })
    const running = await open(app)
    const again = await running.fetch('/', { headers: { 'if-none-match': '"7"' } })
    expect([again.status, await again.text()]).toEqual([304, ''])
    expect(Object.fromEntries(again.headers)).toMatchObject(fields)
    expect(again.headers.has('content-type')).toBe(false)
  })

  it('that come in pieces have the tag that is stated, and their source is let go of', async () => {
    let ended = false
    async function* pieces(): AsyncGenerator<string> {
      try {
        yield 'a'
      } finally {
        ended = true
      }
    }
    const app = api(quiet, {
      plain: get('/plain', { returns: stream('text/plain'), policies: [etag()] }, () => pieces()),
      tagged: get('/tagged', { returns: stream('text/plain'), policies: [etag()] }, () => {
        const source = pieces()
        return source.next().then(() => reply(200, source, { etag: '"s"' }))
      }),
    })
    const running = await open(app)
    const plain = await running.fetch('/plain')
    expect([plain.headers.get('etag'), await plain.text()]).toEqual([null, 'a'])
    ended = false
    expect((await running.fetch('/tagged', { headers: { 'if-none-match': '"s"' } })).status).toBe(304)
    expect(ended).toBe(true)
  })
})

onEveryWire('Writers that say what they change', (open) => {
  it('do not undo what another did', async () => {
    const { app, rows } = shop()
    const running = await open(app)
    expect(await outcome(await running.fetch('/products/1', sending({ name: 'x' }, {})))).toEqual([
      428,
      'precondition_required',
    ])
    const both = await Promise.all(
      ['black', 'green'].map((name) => running.fetch('/products/1', sending({ name }, { 'if-match': '"3"' }))),
    )
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412])
    const late = both.find(({ status }) => status === 412)
    expect(late?.headers.get('etag')).toBe('"4"')
    expect(rows.get(1)?.version).toBe(4)
    expect(running.failures).toEqual([])
  })

  it('create only what is not there', async () => {
    const { app, rows } = shop()
    const running = await open(app)
    const make = () => running.fetch('/products/2', sending({ name: 'new' }, { 'if-none-match': '*' }))
    expect([(await make()).status, (await make()).status]).toEqual([200, 412])
    expect((await running.fetch('/products/3', sending({ name: 'new' }, { 'if-match': '*' }))).status).toBe(412)
    expect(rows.has(3)).toBe(false)
  })

  it('may leave it to the statement that writes', async () => {
    const { app, rows } = shop()
    const running = await open(app)
    const rename = (name: string, headers = {}) => running.fetch('/products/1', sending({ name }, headers, 'PATCH'))
    expect((await rename('a', { 'if-match': '"2", W/"3"' })).status).toBe(412)
    expect((await rename('b', { 'if-match': '"2", "3"' })).status).toBe(204)
    expect((await rename('c')).status).toBe(204)
    expect((await rename('d', { 'if-match': '*' })).status).toBe(204)
    expect(rows.get(1)).toMatchObject({ name: 'd', version: 6 })
  })

  it('commit what they read: a 304 is no failure to what is released', async () => {
    const ends: unknown[] = []
    const transaction = depends({}, async function* (): AsyncGenerator<string> {
      ends.push(yield 'open')
    })
    const app = api(quiet, {
      read: get('/', { use: { preconditions, transaction } }, ({ preconditions }) =>
        reply(200, 'read', preconditions.check({ version: 1 })),
      ),
    })
    const running = await open(app)
    const headers = { 'if-none-match': '"1"' }
    expect((await running.fetch('/', { headers })).status).toBe(304)
    await expect.poll(() => ends).toEqual([undefined])
  })
})

describe('The typed client', () => {
  it('sends conditions, and tells of 304 and 412 by their codes', async () => {
    const { client, close } = await createTestClient(shop().app)
    const { headers } = await client.read.reply({ params: { id: 1 } })
    const tag = headers.get('etag') as string
    const read = client.read({ params: { id: 1 } }, { headers: { 'if-none-match': tag } })
    await expect(read).rejects.toMatchObject({ status: 304, code: 'not_modified' })
    const input = { params: { id: 1 }, body: { name: 'green' } }
    expect(await client.write(input, { headers: { 'if-match': tag } })).toMatchObject({ version: 4 })
    const late = client.write(input, { headers: { 'if-match': tag } })
    await expect(late).rejects.toMatchObject({ status: 412, code: 'precondition_failed' })
    await close()
  })
})

describe('The description of an API', () => {
  it('has what conditions ask and answer', async () => {
    const { paths } = await toOpenApi(shop().app)
    const { get: read, put: write, patch: rename } = paths['/products/{id}'] ?? {}
    expect(Object.keys(read?.responses ?? {})).toEqual(expect.arrayContaining(['200', '304', '404', '412']))
    expect(read?.parameters?.map(({ name }) => name)).toContain('If-None-Match')
    expect(read?.responses['200']).toMatchObject({ headers: { ETag: {}, 'Cache-Control': {} } })
    expect(Object.keys(write?.responses ?? {})).toEqual(expect.arrayContaining(['200', '412', '428']))
    expect(write?.parameters?.map(({ name }) => name)).toContain('If-Match')
    expect(Object.keys(rename?.responses ?? {})).not.toContain('428')
  })
})

describe('At start', () => {
  it.each([
    ['etag() on what writes', api({ it: post('/', { policies: [etag()] }, () => 1) }), '"etag" is for replies to GET'],
    [
      'conditional() without a look at what is asked',
      api({ it: put('/', { policies: [conditional()] }, () => 1) }),
      '"conditional" asks callers for the version they change, and nothing of this endpoint looks at it',
    ],
  ])('%s is told', async (_, app, message) => {
    await expect(createTestClient(app)).rejects.toThrow(message)
  })

  it.each([
    [() => validators({ version: 'a"b' }), 'no ETag can hold'],
    [() => validators({ modified: new Date('x') }), 'no date'],
    [() => cacheControl({}), 'says nothing'],
    [() => cacheControl({ maxAge: 1.5 }), 'maxAge is whole seconds from 0, not 1.5'],
    [() => cacheControl({ noStore: true, maxAge: 60 }), 'noStore takes back maxAge'],
    [() => cacheControl({ public: true, private: true }), 'public takes back private'],
  ])('what is none is refused: %s', (make, message) => {
    expect(make).toThrow(message)
  })
})

it('created replies may state their version', async () => {
  const app = api(quiet, {
    create: post('/', { body: ProductIn, returns: created(Product, { location: () => '/1' }) }, ({ body }) =>
      reply(201, { id: 1, ...body, version: 1 }, validators({ version: 1n })),
    ),
  })
  const { fetch, close } = await createTestClient(app)
  const made = await fetch('/', { ...sending({ name: 'tea' }, {}), method: 'POST' })
  expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"'])
  await close()
})
