import { Ajv2020 } from 'ajv/dist/2020.js'
import { type } from 'arktype'
import {
  NotFound,
  accepted,
  api,
  created,
  errorEnvelope,
  form,
  get,
  noContent,
  page,
  patch,
  post,
  problem,
  put,
  redirect,
  reply,
  status,
  text,
} from 'trestle'
import { type OperationObject, type ResponseObject, toOpenApi } from 'trestle/openapi'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

/** What the document says is what the pipeline does: real replies, held against their schemas. */

const Day = z.codec(z.iso.date(), z.date(), {
  decode: (day) => new Date(day),
  encode: (day) => day.toISOString().slice(0, 10),
})
const Visit = z.object({
  id: z.string(),
  day: Day,
  guests: z.int().min(1).default(1),
  note: z.string().nullable().optional(),
})
const Shout = z.object({ said: z.int() })
const Full = problem('full', { status: 409, extra: z.object({ until: z.string() }) })
const visit = { id: '7', day: new Date('2026-01-02'), guests: 2 }

const make = (options: object) =>
  api(options, {
    list: get('/visits', { query: page.cursor({ from: Day.optional() }), returns: page.of(Visit) }, () => ({
      items: [visit],
      next_cursor: 'x',
    })),
    places: get('/places', { query: page.offset(), returns: page.of(z.string(), 'offset') }, () => ({
      items: ['a'],
      total: 3,
    })),
    create: post('/visits', { body: Visit, returns: created(Visit), throws: [Full] }, ({ body }) => {
      if (body.guests > 8) throw Full({ until: 'noon' })
      return body
    }),
    read: get(
      '/visits/{id}',
      { params: z.object({ id: z.string().max(3) }), returns: Visit, throws: [NotFound] },
      ({ params }) => {
        if (params.id === '404') throw NotFound()
        if (params.id === '500') throw new Error('secret')
        return { ...visit, id: params.id }
      },
    ),
    shout: post('/shout', { body: text(), returns: Shout }, ({ body }) => ({ said: body.length })),
    contact: post('/contact', { body: form(z.object({ n: z.int() })), returns: redirect() }, () => '/thanks'),
    either: patch(
      '/either/{id}',
      { returns: [accepted(z.object({ job: z.string() })), noContent(), status(200, text())] },
      ({ params }) => {
        if (params.id === 'a') return { job: 'j' }
        return params.id === 'b' ? reply(204) : reply(200, 'done')
      },
    ),
    person: put(
      '/person',
      { body: type({ name: 'string > 1' }), returns: type({ name: 'string' }) },
      ({ body }) => body,
    ),
    slow: get('/slow', { limits: { timeout: 20 } }, () => new Promise(() => {})),
    small: post('/small', { body: z.string(), limits: { body: 10 } }, ({ body }) => body),
  })

const json = (body: unknown, method = 'POST'): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

/** Operation, status, request. */
const cases: readonly (readonly [string, number, string, RequestInit?])[] = [
  ['list', 200, '/visits?limit=1&from=2026-01-01'],
  ['list', 422, '/visits?limit=0&from=never'],
  ['list', 422, '/visits?from=%FF'],
  ['places', 200, '/places?offset=1'],
  ['create', 201, '/visits', json({ id: '1', day: '2026-01-02' })],
  ['create', 409, '/visits', json({ id: '1', day: '2026-01-02', guests: 9 })],
  ['create', 400, '/visits', json('{"id":')],
  ['create', 415, '/visits', { method: 'POST', headers: { 'content-type': 'text/csv' }, body: 'a,b' }],
  ['create', 422, '/visits', json({ day: 5, guests: 0 })],
  ['read', 200, '/visits/1'],
  ['read', 400, '/visits/%FF'],
  ['read', 404, '/visits/404'],
  ['read', 422, '/visits/12345'],
  ['read', 500, '/visits/500'],
  ['shout', 200, '/shout', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'hey' }],
  ['contact', 303, '/contact', { method: 'POST', body: new URLSearchParams({ n: '4' }) }],
  ['contact', 422, '/contact', { method: 'POST', body: new URLSearchParams({ n: 'four' }) }],
  ['either', 202, '/either/a', { method: 'PATCH' }],
  ['either', 204, '/either/b', { method: 'PATCH' }],
  ['either', 200, '/either/c', { method: 'PATCH' }],
  ['person', 200, '/person', json({ name: 'Ann' }, 'PUT')],
  ['person', 422, '/person', json({ name: 'A' }, 'PUT')],
  ['slow', 503, '/slow'],
  ['small', 413, '/small', json('"more than ten bytes"')],
]

describe.each([
  ['problem documents', {}],
  ['the error envelope', { errors: errorEnvelope }],
])('with %s', (_format, options) => {
  const given = make(options)
  const operations = new Map<string, OperationObject>()
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  let shared: Record<string, ResponseObject>
  let runtime: Awaited<ReturnType<typeof createTestClient>>

  beforeAll(async () => {
    const document = await toOpenApi(given)
    for (const item of Object.values(document.paths)) {
      for (const operation of Object.values(item)) operations.set(operation.operationId, operation)
    }
    shared = document.components.responses ?? {}
    ajv.addSchema({ $id: 'trestle:document', ...document })
    runtime = await createTestClient(given)
  })
  afterAll(() => runtime.close())

  test.for(cases)('%s answers %i as declared: %s', async ([id, expected, path, init]) => {
    const response = await runtime.fetch(path, init)
    expect(response.status).toBe(expected)
    const declared = operations.get(id)?.responses[expected]
    const found = declared && '$ref' in declared ? shared[declared.$ref.split('/').at(-1) as string] : declared
    const body = await response.text()
    for (const [name, header] of Object.entries(found?.headers ?? {})) {
      if (header.required) expect(response.headers.has(name)).toBe(true)
    }
    if (expected === 201 || expected === 303) expect(response.headers.has('location')).toBe(true)
    const mediaType = response.headers.get('content-type')?.split(';')[0]
    if (found?.content === undefined) {
      expect([mediaType, body]).toEqual([undefined, ''])
      return
    }
    const { schema } = found.content[mediaType as string] ?? {}
    expect(schema, `${mediaType} is declared`).toBeDefined()
    const text = JSON.stringify(schema).replaceAll('"#/components', '"trestle:document#/components')
    const validate = ajv.compile(JSON.parse(text))
    const value = mediaType?.includes('json') ? JSON.parse(body) : body
    expect(validate(value), JSON.stringify([value, validate.errors])).toBe(true)
  })
})
