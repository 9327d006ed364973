import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import {
  type Api,
  type Dependency,
  api,
  bytes,
  created,
  depends,
  file,
  form,
  get,
  group,
  json,
  noContent,
  ok,
  page,
  post,
  problem,
  query,
  status,
} from 'trestle'
import { toFetch } from 'trestle/fetch'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

const places = { openapi: false, docs: false, redoc: false, reference: false } as const
const nothing = (): Record<string, never> => ({})

/** What a start says; the text of everything that is wrong. */
async function fault(faulty: Api): Promise<string> {
  const error = await toFetch(faulty).then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  if (error === undefined) throw new Error('it starts')
  expect(error.name).toBe('StartError')
  return error.message
}

describe('A start that cannot be', () => {
  it('says everything at once, each with its method, path, field and mend', async () => {
    const one: { uses: object } & object = { ...depends({}, () => 1, { name: 'one' }) }
    const two = depends({ one: one as unknown as Dependency<number> }, ({ one }) => one, { name: 'two' })
    Object.assign(one, { uses: { two } })
    const row = depends({}, () => 1)
    const pool = depends({ row }, () => 1, { scope: 'app' })
    const odd = problem('odd', { status: 409, extra: z.object({ status: z.string() }) })
    const faulty = api(
      { places },
      {
        orders: group('/orders', {
          read: get('/{id}', nothing),
          find: get('/{number}', nothing),
          same: get('/{id}/lines', nothing),
          missing: get('/missing/{id}/{line}', { params: z.object({ id: z.int() }) }, nothing),
          extra: get('/extra/{id}', { params: z.object({ id: z.int(), line: z.int() }) }, nothing),
          reserved: get('/reserved', { use: { query: row } as never }, nothing),
          cyclic: get('/cyclic', { use: { two } }, nothing),
          short: get('/short', { use: { pool } }, nothing),
          absent: get('/absent', { use: { gone: undefined as never } }, nothing),
          wrong: get('/wrong', { use: { value: 7 as never } }, nothing),
          dates: post(
            '/dates',
            { body: z.object({ at: z.date(), rows: z.array(z.object({ n: z.bigint() })) }) },
            nothing,
          ),
          maps: get(
            '/maps',
            { returns: z.object({ all: z.map(z.string(), z.int()), set: z.set(z.int()) }) as never },
            nothing as never,
          ),
          form: post('/form', { body: form(z.object({ at: z.date() })) }, nothing),
          made: post('/made', { returns: created(z.object({ call: z.function() }) as never) }, nothing as never),
          empty: get('/empty', { returns: status(204, z.object({})) as never }, nothing as never),
          low: get('/low', { returns: status(99, z.object({})) as never }, nothing as never),
          reading: get('/reading', { body: z.object({}) }, nothing),
          none: get('/none', { returns: noContent() }),
          schema: post('/schema', { body: { type: 'object' } as never, query: 'text' as never }, nothing),
          content: post('/content', { body: json(7 as never) }, nothing),
          odd: get('/odd', { throws: [odd] }, nothing),
          doubled: get('/doubled//slash', nothing),
          dotted: get('/dotted/../x', nothing),
          partly: get('/partly/a{id}', nothing),
          rest: get('/rest/{path...}/more', nothing),
          twice: get('/twice/{id}/{id}', nothing),
        }),
      },
    )
    expect(await fault(faulty)).toMatchInlineSnapshot(`
      "The API cannot start: 26 faults in its declaration.
        GET /orders/{number} (orders.find)
          path: orders.read (/orders/{id}) answers the same requests
          → change the path or the method of one of them
        GET /orders/missing/{id}/{line} (orders.missing)
          params.line: the path has {line}, but the schema does not
          → add "line" to the schema
        GET /orders/extra/{id} (orders.extra)
          params.line: the schema has "line", but the path does not
          → write {line} in the path, or take it out of the schema
        GET /orders/reserved (orders.reserved)
          use.query: "query" is a name the handler's context has already
          → call the dependency something else
        GET /orders/cyclic (orders.cyclic)
          use.two → one → two: uses itself
          → move what they share into a third dependency
        GET /orders/short (orders.short)
          use.pool → row: "pool" lives as long as the process, but "row" only as long as one request
          → make "row" an app dependency, or "pool" a request dependency
        GET /orders/absent (orders.absent)
          use.gone: is undefined
          → check for modules that import each other
        GET /orders/wrong (orders.wrong)
          use.value: is not a dependency
          → make it with depends(…)
        POST /orders/dates (orders.dates), the same in orders.form
          body.at: JSON has no dates
          → use z.iso.datetime(), or z.codec(z.iso.datetime(), z.date(), …) to work with Date
        POST /orders/dates (orders.dates)
          body.rows.[].n: JSON cannot carry a bigint
          → use z.int() or z.string(), or a z.codec(…) between z.string() and z.bigint()
        GET /orders/maps (orders.maps)
          returns 200.all: JSON has no maps
          → use z.record(…), or a z.codec(…) that makes a Map of it
        GET /orders/maps (orders.maps)
          returns 200.set: JSON has no sets
          → use z.array(…), or a z.codec(…) that makes a Set of it
        POST /orders/made (orders.made)
          returns 201.call: JSON cannot carry functions
          → take it out of the schema
        GET /orders/empty (orders.empty)
          returns 204: a 204 reply has no body (RFC 9110 §6.4.1)
          → leave the body out: noContent(), or status(304, undefined)
        GET /orders/low (orders.low)
          returns 99: 99 is no status of a reply
          → use a whole number from 200 to 599
        GET /orders/reading (orders.reading)
          body: a GET request has no body that anybody agrees on (RFC 9110 §9.3)
          → use post, or query for a safe method with a body
        GET /orders/none (orders.none)
          handler: this endpoint has none
          → give one as the last argument, or with implement(contract, handlers)
        POST /orders/schema (orders.schema)
          query: is not a schema
          → give it a zod, valibot or arktype schema
        POST /orders/schema (orders.schema)
          body: is neither a schema nor a content type
          → give it a schema, or a content type such as text()
        POST /orders/content (orders.content)
          body: json(…) was given something that is no schema
          → give it a zod, valibot or arktype schema
        GET /orders/odd (orders.odd)
          throws odd.status: every problem document has a member "status" of its own
          → call this one something else
        GET /orders/doubled//slash (orders.doubled)
          path: an empty segment ("//" or a "/" at the end) never matches; remove it
          → mend the path
        GET /orders/dotted/../x (orders.dotted)
          path: ".." never matches: write the path it stands for
          → mend the path
        GET /orders/partly/a{id} (orders.partly)
          path: a parameter fills a whole segment: "a{id}" must be text, "{name}" or "{name...}"
          → mend the path
        GET /orders/rest/{path...}/more (orders.rest)
          path: "{path...}" takes the rest of the path, so it must come last
          → mend the path
        GET /orders/twice/{id}/{id} (orders.twice)
          path: the parameter "id" appears twice; rename one
          → mend the path"
    `)
  })

  it('names one fault as one', async () => {
    expect(await fault(api({ places }, { read: get('/read', {}) }))).toMatchInlineSnapshot(`
      "The API cannot start: one fault in its declaration.
        GET /read (read)
          handler: this endpoint has none
          → give one as the last argument, or with implement(contract, handlers)"
    `)
  })

  it('tells two endpoints apart by method, and by text where a parameter could stand', async () => {
    const fine = api(
      { places },
      {
        a: get('/{id}', nothing),
        b: post('/{id}', nothing),
        c: get('/new', nothing),
        d: get('/{rest...}', nothing),
        e: query('/{id}', nothing),
        f: post('/raw', { body: bytes() }, nothing),
      },
    )
    await expect(toFetch(fine)).resolves.toBeTypeOf('function')
    expect(await fault(api({ places }, { a: get('/%61', nothing), b: get('/a', nothing) }))).toContain(
      'answers the same requests',
    )
  })

  it('finds a cycle without hanging, and names the way', async () => {
    const self = { ...depends({}, () => 1) } as Dependency<number> & { uses: object }
    Object.assign(self, { uses: { self } })
    expect(await fault(api({ places }, { a: get('/', { use: { me: self } }, nothing) }))).toContain('me → self')
  })

  it('reads a schema that stands in itself many times, in no time', async () => {
    const expression: z.ZodType = z.lazy(() =>
      z.union([z.string(), z.array(expression), z.tuple([expression, expression]), z.tuple([expression, expression])]),
    )
    const began = performance.now()
    await toFetch(api({ places }, { a: get('/', { query: z.object({ by: expression.optional() }) }, nothing) }))
    expect(performance.now() - began).toBeLessThan(2000)
  }, 5000)

  it('refuses a transform beside a codec in a reply, which runs one way only', async () => {
    const day = z.codec(z.iso.date(), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString().slice(0, 10),
    })
    const returns = z.object({ day, name: z.string().transform((text) => text.trim()) })
    const both = get('/', { returns }, () => ({ day: new Date(0), name: 'a' }))
    expect(await fault(api({ places }, { both }))).toContain('returns 200.name: ')
    const read = post('/', { body: returns }, nothing)
    await expect(toFetch(api({ places }, { read }))).resolves.toBeTypeOf('function')
  })

  it.each([
    ['a transform', z.string().transform(Number)],
    ['a transform in a list', z.array(z.string().transform(Number))],
    ['a transform by itself', z.transform(Number)],
    ['a preprocess', z.preprocess(Number, z.number())],
    ['a coercion behind another schema', z.string().pipe(z.coerce.number())],
    [
      'a transform behind a codec',
      z.codec(z.string(), z.string().transform(Number), { decode: String, encode: String }),
    ],
  ])('refuses %s in a reply, which would be run on its own result', async (_what, n) => {
    const mend = 'declare what is sent and make it in the handler, or use a z.codec(…), which goes both ways'
    for (const returns of [z.object({ n }), created(z.object({ n })), page.of(z.object({ n }))]) {
      const text = await fault(api({ places }, { read: get('/read', { returns }, nothing as never) }))
      expect(text).toMatch(/GET \/read \(read\)\n {4}returns 20[01]\.n.*: a transform runs one way only/)
      expect(text).toContain(`→ ${mend}`)
    }
    const taken = post('/', { body: z.object({ n }) }, nothing)
    await expect(toFetch(api({ places }, { taken }))).resolves.toBeTypeOf('function')
  })

  it.each([
    ['a coercion', z.coerce.number()],
    ['trimming', z.string().trim().toLowerCase()],
    ['a pipe between schemas of one type', z.string().pipe(z.string().min(1))],
    [
      'a codec behind which is a coercion',
      z.codec(z.iso.datetime(), z.coerce.date(), { decode: String, encode: String } as never),
    ],
    ['a text that is a boolean', z.stringbool()],
    ['a default', z.int().default(1)],
  ])('takes %s in a reply', async (_what, n) => {
    const read = get('/', { returns: z.object({ n }) as z.ZodType }, nothing)
    await expect(toFetch(api({ places }, { read }))).resolves.toBeTypeOf('function')
  })

  it('refuses replies of one status that a caller cannot tell apart, and header fields that are no text', async () => {
    const image = get('/', { returns: [ok(bytes('image/png')), ok(file('image/png'))] }, nothing as never)
    expect(await fault(api({ places }, { image }))).toContain('returns 200: image/png is both bytes and file')
    const empty = get('/', { returns: [ok(z.string()), status(200, undefined)] }, nothing as never)
    expect(await fault(api({ places }, { empty }))).toContain('returns 200: has a body and has none')
    const dated = get('/', { returns: ok(z.string(), { headers: z.object({ 'x-at': z.date() }) }) }, nothing as never)
    expect(await fault(api({ places }, { dated }))).toContain('returns 200 headers.x-at: JSON has no dates')
  })

  it.each([
    ['body', Number.NaN],
    ['body', -1],
    ['depth', 1.5],
    ['timeout', 3_000_000_000],
  ])('refuses a limit that is none: %s of %d', async (name, value) => {
    const limited = get('/', { limits: { [name]: value } }, nothing)
    expect(await fault(api({ places }, { limited }))).toContain(`limits.${name}: ${value} is no limit`)
  })

  it('lets limits be none, or infinite where nothing counts to them', async () => {
    const free = get('/', { limits: { timeout: 0, body: Number.POSITIVE_INFINITY } }, nothing)
    await expect(toFetch(api({ places }, { free }))).resolves.toBeTypeOf('function')
  })

  it.each([
    ['/orders/:id', '":id" is no parameter: write {id}, or %3Aid for the text itself'],
    ['/orders/:id.json', '":id.json" is no parameter: write {id}, or %3Aid.json for the text itself'],
    ['/orders/:', '":" is no parameter: write {name}, or %3A for the text itself'],
    ['/files/*', '"*" is no parameter: write {rest...}, or %2A for the text itself'],
  ] as const)('refuses %s, which other routers would read otherwise', async (path, what) => {
    const read = get(path, nothing)
    expect(await fault(api({ places }, { read }))).toContain(`GET ${path} (read)\n    path: ${what}`)
  })

  it('takes such a segment as text where it is escaped', async () => {
    const fetch = await toFetch(api({ places }, { read: get('/orders/%3Aid', () => 'text') }))
    expect((await fetch(new Request('http://api.test/orders/:id'))).status).toBe(200)
  })

  it('refuses types that JSON lacks in arktype, and in valibot where it says what it is made of', async () => {
    const tree = type.module({ node: { at: 'Date', 'next?': 'node' } }).node
    const faulty = api(
      { places },
      {
        dates: post(
          '/dates',
          { body: type({ at: 'Date', rows: { n: 'bigint | number' }, '+': 'reject' }).array() },
          nothing,
        ),
        query: get('/query', { query: page.cursor({ from: type("Date > d'2020-01-01'") }) }, nothing),
        reply: get(
          '/reply',
          { returns: type({ all: 'Map', rest: { '[string]': 'Set | string' }, pair: ['symbol', 'File'] }) },
          nothing as never,
        ),
        parsed: get(
          '/parsed',
          { returns: page.of(type({ at: 'string.date.parse' })), query: page.cursor() },
          nothing as never,
        ),
        tree: post('/tree', { body: json(tree) }, nothing),
        valibot: post('/valibot', { body: toStandardJsonSchema(v.object({ at: v.date() })) }, nothing),
      },
    )
    expect((await fault(faulty)).replaceAll('\n    ', ' ')).toMatchInlineSnapshot(`
      "The API cannot start: 10 faults in its declaration.
        POST /dates (dates) body.[].at: JSON has no dates → use 'string.date.iso', or 'string.date.parse' to get a Date of what comes in
        POST /dates (dates) body.[].rows.n: JSON cannot carry a bigint → use 'number.integer' or 'string'
        GET /query (query) query.from: JSON has no dates → use 'string.date.iso', or 'string.date.parse' to get a Date of what comes in
        GET /reply (reply) returns 200.all: JSON has no maps → use { '[string]': … }
        GET /reply (reply) returns 200.pair.0: JSON has no symbols → use a string
        GET /reply (reply) returns 200.pair.1: JSON cannot carry files → use bytes(), stream() or file()
        GET /reply (reply) returns 200.rest.*: JSON has no sets → use an array
        GET /parsed (parsed) returns 200.at: JSON has no dates → use 'string.date.iso', or 'string.date.parse' to get a Date of what comes in
        POST /tree (tree) body.at: JSON has no dates → use 'string.date.iso', or 'string.date.parse' to get a Date of what comes in
        POST /valibot (valibot) body: has no JSON form: The "date" schema cannot be converted to JSON Schema. → use types that JSON has"
    `)
  })

  it('refuses a union inside an arktype reply that does not tell its members apart', async () => {
    const Either = type({ a: 'number' }).or({ b: 'number' })
    const read = get(
      '/read',
      { returns: page.of(type({ all: Either.array() })), query: page.cursor() },
      nothing as never,
    )
    expect(await fault(api({ places }, { read }))).toMatchInlineSnapshot(`
      "The API cannot start: one fault in its declaration.
        GET /read (read)
          returns 200: has a union inside whose members arktype cannot tell apart, so what they do not declare cannot be dropped
          → give each member a literal of its own, such as { kind: "'a'", … }"
    `)
    const taken = post('/', { body: type({ all: Either.array() }) }, nothing)
    await expect(toFetch(api({ places }, { taken }))).resolves.toBeTypeOf('function')
  })

  it('takes what JSON has in arktype, what is read from text, and what makes JSON of itself', async () => {
    const fine = {
      body: post(
        '/body',
        { body: type({ at: 'string.date.parse', 'n?': 'string | undefined', any: 'unknown' }) },
        nothing,
      ),
      link: get('/link', { returns: type({ to: type.instanceOf(URL) }) }, nothing as never),
      odd: get('/odd', { returns: type({ even: type('number').narrow((n) => n % 2 === 0) }) }, nothing as never),
    }
    await expect(toFetch(api({ places }, fine))).resolves.toBeTypeOf('function')
  })

  it.each([
    ['no query', {}, page.of(z.string()), 'cursor', 'give it query: page.cursor(…)'],
    ['no query', {}, page.of(z.string(), 'offset'), 'limit', 'give it query: page.offset(…)'],
    [
      'a query by offset',
      { query: page.offset() },
      page.of(z.string()),
      'cursor',
      "write page.of(…, 'offset'), or query: page.cursor(…)",
    ],
    [
      'a query by cursor',
      { query: page.cursor() },
      page.of(z.string(), 'offset'),
      'offset',
      'write page.of(…), or query: page.offset(…)',
    ],
    [
      'another query',
      { query: z.object({ from: z.string() }) },
      page.of(z.string()),
      'cursor',
      'give it query: page.cursor(…)',
    ],
  ])('refuses a page with %s, for its Link would lead nowhere', async (_what, spec, returns, name, mend) => {
    const list = get('/', { ...spec, returns }, nothing as never)
    const text = await fault(api({ places }, { list }))
    expect(text).toContain(`returns 200: its Link leads on by "${name}", which the query does not have\n    → ${mend}`)
    expect(text).toContain('one fault')
  })

  it('takes a page whose query has the fields of its own, or does not name them', async () => {
    const query = z.object({ cursor: z.string().optional() })
    const fine = {
      own: get('/own', { query, returns: page.of(z.string()) }, nothing as never),
      any: get('/any', { query: z.record(z.string(), z.string()), returns: page.of(z.string()) }, nothing as never),
      free: get('/free', { query: page.offset() }, nothing),
    }
    await expect(toFetch(api({ places }, fine))).resolves.toBeTypeOf('function')
  })

  it('refuses a page whose usual size is more than its most, and fields with the names of its own', async () => {
    const list = get('/', { query: page.cursor({ limit: z.string() }, { usual: 200 }) }, nothing)
    const text = await fault(api({ places }, { list }))
    expect(text).toContain('query: 200 items are usual, but 100 the most')
    expect(text).toContain('query.limit: ')
  })
})
