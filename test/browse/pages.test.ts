import {
  type Api,
  BadRequest,
  type Members,
  NotFound,
  api,
  errorEnvelope,
  get,
  group,
  noContent,
  ok,
  post,
  reply,
  text,
  versions,
  walk,
} from 'trestle'
import { serve } from 'trestle/node'
import { cached, securityHeaders } from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { OPTIONS } from '../../src/contract/api.ts'
import { preferredView } from '../../src/projections/browse/accept.ts'
import { hello } from '../openapi/fixtures/hello.ts'
import { shop as described } from '../openapi/fixtures/shop.ts'
import { versioned } from '../openapi/fixtures/versioned.ts'
import { type Opened, openSqlite } from '../resources/databases.ts'
import { PLANTED, library } from './library.ts'

/** What Chromium sends when somebody opens an address. */
const CHROMIUM =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7'

describe('who gets a page', () => {
  test.each([
    [undefined, undefined],
    ['*/*', undefined],
    ['application/json', undefined],
    ['application/json, text/plain, */*', undefined],
    ['text/html', 'browse'],
    ['TEXT/HTML', 'browse'],
    [CHROMIUM, 'browse'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'browse'],
    ['text/html, */*', 'browse'],
    ['text/html;q=0', undefined],
    ['text/html;q=0.5, application/json', undefined],
    ['text/html, application/json', undefined],
    ['text/html, application/json;q=0.9', 'browse'],
    ['text/html;q=0.2, */*;q=0.3', undefined],
    ['text/html;q=0.2, application/*;q=0.3, */*;q=0.1', undefined],
    ['text/html;view=admin', 'admin'],
    ['text/htmlish', undefined],
  ])('%s: %s', (accept, view) => {
    expect(preferredView(accept)).toBe(view)
  })
})

let opened: Opened
let shop: Awaited<ReturnType<typeof start>>
const start = () => createTestClient(library(opened))

beforeAll(async () => {
  opened = await openSqlite()
  shop = await start()
  const { client } = shop
  await opened.database.insert(opened.tables.branches).values({ name: 'North' })
  await client.authors.create({ body: { name: PLANTED, born: 1929 } })
  for (let i = 1; i <= 7; i++) {
    const body = { branch_id: 1, author_id: 1, isbn: `978000000000${i}`, title: `Book ${i}`, pages: i * 100 }
    await client.books.create({ body })
  }
})

afterAll(async () => {
  await shop?.close()
  await opened?.close()
})

async function page(path: string, headers: Record<string, string> = {}, init: RequestInit = {}) {
  const reply = await shop.fetch(path, { redirect: 'manual', ...init, headers: { accept: CHROMIUM, ...headers } })
  return { status: reply.status, headers: reply.headers, html: await reply.text() }
}

test('the same address gives JSON to a program and a page to a browser, and says that it does', async () => {
  const json = await shop.fetch('/books/1')
  expect(json.headers.get('content-type')).toBe('application/json')
  expect(json.headers.get('vary')).toBe('Accept')
  expect(json.headers.get('etag')).toBe('"1"')
  const { status, headers, html } = await page('/books/1')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(headers.get('vary')).toBe('Accept')
  // That of the JSON: a page is another representation.
  expect(headers.get('etag')).toBeNull()
  expect(headers.get('cache-control')).toBe('private, no-cache')
  expect(headers.get('content-security-policy')).toContain("script-src 'self'")
  expect(headers.get('content-security-policy')).toContain("connect-src 'self';")
  expect(html).toContain('<h1>Book 1</h1>')
  expect(html).toContain('data-etag="&quot;1&quot;"')
  expect(html.match(/<script(?! type="module" src="[^"]+"><\/script>)/)).toBeNull()
  expect(html).not.toMatch(/ style="| on\w+="/)
})

test('HEAD has the fields of the page', async () => {
  const { status, headers, html } = await page('/books', {}, { method: 'HEAD' })
  expect([status, headers.get('content-type'), html]).toEqual([200, 'text/html; charset=utf-8', ''])
})

test('what is no GET is answered in JSON, and varies by nothing', async () => {
  const reply = await shop.fetch('/books', { method: 'POST', headers: { accept: CHROMIUM } })
  expect(reply.headers.get('content-type')).toBe('application/problem+json')
  expect(reply.headers.get('vary')).toBeNull()
})

test('a list links to its rows, to the next page, and sorts', async () => {
  const { html } = await page('/books')
  expect(html).toContain('<a href="/books/5">5</a>')
  expect(html).toContain('href="/books?sort=title"')
  const next = /rel="next" href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&')
  const second = await page(next as string)
  expect(second.html).toContain('<a href="/books/7">7</a>')
  expect(second.html).not.toContain('<a href="/books/5">5</a>')
  expect(second.html).toContain('rel="first"')
  const sorted = await page('/books?sort=title')
  expect(sorted.html).toContain('aria-sort="ascending"')
  expect(sorted.html).toContain('href="/books?sort=-title"')
})

test('an id that names a row of another list leads there', async () => {
  const { html } = await page('/books/1')
  expect(html).toContain('<a href="/authors/1">1</a>')
})

test('a form without a script leaves out what was left empty', async () => {
  const { status, headers } = await page('/books?~form=1&status=in&title%5Bcontains%5D=&q=')
  expect([status, headers.get('location')]).toEqual([303, '/books?status=in'])
  expect((await page('/books?~form=1&q=')).headers.get('location')).toBe('/books')
})

test('a filter that is refused says so beside its field, and keeps what was written', async () => {
  const { status, html } = await page('/books?pages%5Bgte%5D=many')
  expect(status).toBe(422)
  expect(html).toMatch(/name="pages\[gte\]"[^>]*value="many"[^>]*aria-invalid="true"/)
  expect(html).toMatch(/id="filter-pages\[gte\]-error">[^<]+</)
})

test('what is planted is text', async () => {
  const { html } = await page('/authors/1')
  expect(html).not.toContain('<script>window')
  expect(html).not.toContain('<img')
  expect(html).toContain('&lt;script&gt;window.planted')
  const query = await page(`/authors?q=${encodeURIComponent(PLANTED)}&name=${encodeURIComponent(PLANTED)}`)
  expect(query.html).not.toContain('<script>window')
  const path = await page(`/nothing/${encodeURIComponent(PLANTED)}`)
  expect(path.status).toBe(404)
  expect(path.html).not.toContain('<script>window')
  expect(path.html).toContain('What there is')
})

test('without a script one begins at /browse', async () => {
  const { html } = await page('/browse')
  expect(html).toContain('<h1>Library</h1>')
  expect(html).toContain('href="/books"')
  const json = await shop.fetch('/browse')
  expect(json.headers.get('content-type')).toBe('application/json')
})

test('files of pages are there for ever, and no others', async () => {
  const { html } = await page('/books')
  const script = /src="([^"]+)"/.exec(html)?.[1] as string
  const reply = await shop.fetch(script)
  expect(reply.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(reply.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  for (const [, name] of (await reply.text()).matchAll(/from '\.\/([\w.]+)'/g)) {
    expect((await shop.fetch(script.replace('browse.js', name as string))).status).toBe(200)
  }
  expect((await shop.fetch(script.replace('browse.js', 'show.ts'))).status).toBe(404)
})

test('what is no JSON of an endpoint is as it was', async () => {
  const plain = api(
    { browse: true, errors: errorEnvelope, middleware: [securityHeaders()] },
    {
      invoice: get('/invoice', { returns: ok(text()) }, () => 'Tea'),
      nothing: get('/nothing', { returns: noContent() }, () => undefined),
      inner: get('/inner', { hidden: true }, () => 'hidden'),
      shown: get('/shown', { query: z.object({ n: z.int().optional() }), returns: z.object({ n: z.int() }) }, () => ({
        n: 1,
      })),
      broken: get('/broken', () => {
        throw new Error('broken on purpose')
      }),
      deep: group('/deep', { act: post('/act', { body: z.object({ x: z.string() }) }, () => 'ok') }),
    },
  )
  const { fetch } = await createTestClient(plain)
  const ask = (path: string) => fetch(path, { headers: { accept: CHROMIUM } })
  expect(await (await ask('/invoice')).text()).toBe('Tea')
  expect((await ask('/nothing')).status).toBe(204)
  expect(await (await ask('/inner')).json()).toBe('hidden')
  expect(await (await ask('/openapi.json')).json()).toMatchObject({ openapi: '3.1.0' })
  expect((await ask('/healthz')).headers.get('content-type')).toBe('application/json')
  const shown = await ask('/shown')
  expect(shown.headers.get('content-security-policy')).toContain("script-src 'self'")
  expect(shown.headers.get('strict-transport-security')).toBeNull()
  expect(shown.headers.get('cross-origin-resource-policy')).toBe('same-origin')
  const refused = await ask('/shown?n=x')
  expect([refused.status, (await refused.text()).includes('id="filter-n-error"')]).toEqual([422, true])
  const broken = await ask('/broken')
  expect([broken.status, (await broken.text()).includes('broken on purpose')]).toEqual([500, false])
  // Where there is nothing to read there may be something to send.
  const act = await ask('/deep/act')
  expect([act.status, (await act.text()).includes('data-send="POST"')]).toEqual([405, true])
})

test('of versions that stand side by side a page shows the one that answered', async () => {
  const of = (name: string, field: string) => ({
    books: group('/books', {
      list: get('/', { summary: `Books of ${name}`, query: z.object({ [field]: z.string().optional() }) }, () => []),
    }),
  })
  const both = versions({ first: of('the first', 'old'), second: of('the second', 'new') }, { default: 'first' })
  const { fetch, failures } = await createTestClient(api({ browse: true }, both))
  const ask = (headers: Record<string, string>) => fetch('/books', { headers: { accept: CHROMIUM, ...headers } })
  const usual = await ask({})
  expect(usual.headers.get('vary')).toBe('API-Version, Accept')
  expect(await usual.text()).toMatch(/<h1>Books of the first<\/h1>[\s\S]*name="old"/)
  expect(await (await ask({ 'api-version': 'second' })).text()).toMatch(
    /<h1>Books of the second<\/h1>[\s\S]*name="new"/,
  )
  expect(failures).toEqual([])
})

test('a reply that a program has kept by its ETag is no page, and the other way round', async () => {
  const reply = await shop.fetch('/books/1', { headers: { 'if-none-match': '"1"' } })
  expect([reply.status, reply.headers.get('vary')]).toEqual([304, 'Accept'])
})

test('what is kept for programs stays theirs', async () => {
  let asked = 0
  const read = get('/n', { returns: z.object({ n: z.int() }), policies: [cached({ for: 60 })] }, () => ({ n: ++asked }))
  const { fetch, failures } = await createTestClient(api({ browse: true }, { read }))
  const of = async (accept: string) => {
    const reply = await fetch('/n', { headers: { accept } })
    return [reply.headers.get('content-type'), reply.headers.get('vary'), (await reply.text()).includes('{"n":1}')]
  }
  const [html, json] = ['text/html; charset=utf-8', 'application/json']
  expect(await of(CHROMIUM)).toEqual([html, 'Accept', false])
  expect(await of('*/*')).toEqual([json, 'Accept', true])
  expect(await of(CHROMIUM)).toEqual([html, 'Accept', false])
  expect(await of('*/*')).toEqual([json, 'Accept', true])
  expect([asked, failures]).toEqual([1, []])
})

test('what is kept of an endpoint of several forms is kept for pages in JSON', async () => {
  const read = get('/n', { returns: z.object({ n: z.int() }), policies: [cached({ for: 60 })] }, () => ({ n: 1 }))
  const { fetch, failures } = await createTestClient(api({ browse: true, formats: ['json', 'xml'] }, { read }))
  const of = async (accept: string) => (await fetch('/n', { headers: { accept } })).headers.get('content-type')
  expect(await of(CHROMIUM)).toBe('text/html; charset=utf-8')
  expect(await of(CHROMIUM)).toBe('text/html; charset=utf-8')
  expect(await of('application/xml')).toBe('application/xml; charset=utf-8')
  expect(await of('*/*')).toBe('application/json')
  expect(failures).toEqual([])
})

test('an endpoint that looks at Accept itself is asked for JSON', async () => {
  const read = get('/n', ({ request }) => ({ accept: request.header('Accept'), host: request.header('host') }))
  const { fetch } = await createTestClient(api({ browse: true }, { read }))
  const html = await (await fetch('/n', { headers: { accept: CHROMIUM, host: 'shop.example' } })).text()
  expect(html).toContain('text/html, application/json;q=0.9, */*;q=0.5')
  expect(html).toContain('shop.example')
  expect(await (await fetch('/n', { headers: { accept: 'application/json' } })).json()).toMatchObject({
    accept: 'application/json',
  })
})

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ browse: true }, false, true],
  [{ browse: false }, true, false],
])('%o, in development %s: pages %s', async (options, development, isPage) => {
  const app = api({ ...options, places: { browse: '/look' } }, { hello: get('/hello', () => 'hi') })
  const server = await serve(app, { port: 0, host: '127.0.0.1', quiet: true, signals: false, development })
  try {
    const headers = { accept: CHROMIUM }
    const type = (await fetch(`${server.url}/hello`, { headers })).headers.get('content-type')
    expect(type).toBe(isPage ? 'text/html; charset=utf-8' : 'application/json')
    expect((await fetch(`${server.url}/look`, { headers })).status).toBe(isPage ? 200 : 404)
  } finally {
    await server.stop()
  }
})

test('without being told it is off', async () => {
  const { fetch } = await createTestClient(api({ hello: get('/hello', () => 'hi') }))
  const reply = await fetch('/hello', { headers: { accept: CHROMIUM } })
  expect([reply.headers.get('content-type'), reply.headers.get('vary')]).toEqual(['application/json', null])
  expect((await fetch('/browse')).status).toBe(404)
})

/** Contracts whose endpoints refuse everything, so that what can be sent to each path is shown. */
function refusing(members: Members): Members {
  const handler = (): never => {
    throw BadRequest()
  }
  const entries = Object.entries(members).map(([key, one]) => [
    key,
    one.is === 'endpoint' ? { ...one, handler: one.handler ?? handler } : refusing(one as Members),
  ])
  return Object.fromEntries(entries) as Members
}

test.each(Object.entries({ hello, shop: described, versioned }))('%s has pages with forms', async (_, of) => {
  const { [OPTIONS]: options, ...members } = of as unknown as Members & Api
  const { fetch, failures } = await createTestClient(api({ ...options, browse: true }, refusing(members)))
  let forms = 0
  for (const path of new Set(walk(of).flatMap(({ path, hidden }) => (hidden ? [] : [path])))) {
    const reply = await fetch(path.replace(/\{[^}]+\}/g, '7'), { headers: { accept: CHROMIUM } })
    const view = reply.headers.get('trestle-view')
    const isJson = /json/.test(reply.headers.get('content-type') ?? '')
    expect([path, reply.status, isJson ? view : 'browse']).toEqual([path, reply.status, 'browse'])
    forms += (await reply.text()).match(/<form data-send/g)?.length ?? 0
  }
  expect(forms > 0 || of === (hello as unknown)).toBe(true)
  expect(failures.filter((one) => !/does not declare/.test(String(one)))).toEqual([])
})

test('nothing that an API says of itself, or gives, becomes markup', async () => {
  const Thing = z
    .object({
      [PLANTED]: z.string().describe(PLANTED),
      kind: z.enum([PLANTED, 'b']),
      deep: z.record(z.string(), z.unknown()),
    })
    .describe(PLANTED)
  const about = { summary: PLANTED, description: PLANTED, tags: [PLANTED] }
  const thing = { [PLANTED]: PLANTED, kind: PLANTED, deep: { [PLANTED]: [{ [PLANTED]: PLANTED }, PLANTED] } }
  const query = z.object({ [PLANTED]: z.enum([PLANTED]).optional().describe(PLANTED) })
  const hostile = api(
    { title: PLANTED, description: PLANTED, browse: true },
    {
      things: group('/things', {
        list: get('/', { ...about, query, returns: z.array(Thing) }, () => [{ ...thing, kind: PLANTED }]),
        create: post('/', { ...about, body: Thing }, () => thing),
        read: get('/{id}', { ...about, returns: Thing.extend({ id: z.string() }) }, ({ params }) =>
          reply(200, { id: params.id, ...thing, kind: PLANTED }, { etag: `"<script>window.planted=1</script>"` }),
        ),
        broken: get('/{id}/broken', { throws: [NotFound] }, () => {
          throw NotFound({
            detail: PLANTED,
            errors: [{ pointer: `/query/${PLANTED}`, code: PLANTED, message: PLANTED }],
          })
        }),
      }),
    },
  )
  const { fetch, failures } = await createTestClient(hostile)
  const key = encodeURIComponent(PLANTED)
  const paths = [
    '/browse',
    '/things',
    `/things?${key}=${key}`,
    `/things?${key}=x`,
    `/things/${key}`,
    `/things/${key}/broken`,
  ]
  for (const path of paths) {
    const asked = await fetch(path, { headers: { accept: CHROMIUM, host: `shop.example` } })
    const html = await asked.text()
    expect([path, asked.headers.get('trestle-view')]).toEqual([path, 'browse'])
    // Tags are those that pages have; what was planted has none of them.
    const tags = new Set([...html.matchAll(/<([a-z0-9]+)/gi)].map(([, name]) => name as string))
    expect([path, [...tags].filter((name) => !TAGS.has(name))]).toEqual([path, []])
    expect([path, html.match(/<script/g)?.length]).toEqual([path, 1])
    expect(html).not.toMatch(/\son\w+="/)
  }
  expect(failures).toEqual([])
})

const TAGS = new Set(
  'html head meta title link script body a header span nav ol ul li main h1 h2 h3 p section div code pre details summary form input label select option fieldset legend textarea button table thead tbody tr th td dl dt dd template time'.split(
    ' ',
  ),
)

test('nothing failed', () => {
  expect(shop.failures.filter((one) => !/no index/.test(String(one)))).toEqual([])
})
