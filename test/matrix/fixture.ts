import {
  BadRequest,
  NotFound,
  Unauthorized,
  accepted,
  api,
  bytes,
  created,
  del,
  depends,
  errorEnvelope,
  errorFormat,
  file,
  form,
  get,
  group,
  noContent,
  ok,
  page,
  patch,
  post,
  problem,
  put,
  query,
  redirect,
  reply,
  rows,
  status,
  stream,
  text,
} from 'trestle'
import { compression } from 'trestle/policies'
import { z } from 'zod'

/** The API that every runtime serves for the matrix: one endpoint for each thing HTTP can ask of a server. */

const Thing = z.object({ id: z.int(), name: z.string() })
const Taken = problem('name_taken', { status: 409, extra: z.object({ name: z.string() }) })

const known = depends(
  {},
  ({ request }) => {
    const token = request.header('authorization')
    if (token === undefined) throw Unauthorized({ headers: { 'www-authenticate': 'Bearer' } })
    return token
  },
  { security: { name: 'bearer', scheme: { type: 'http', scheme: 'bearer' } }, throws: [Unauthorized] },
)

const things = group('/things', {
  list: get('/', { query: page.cursor(), returns: page.of(Thing) }, ({ query: { limit, cursor } }) => ({
    items: [{ id: Number(cursor ?? 1), name: 'kettle', secret: 'not declared' }],
    next_cursor: limit === 1 ? String(Number(cursor ?? 1) + 1) : null,
  })),
  create: post('/', { body: z.object({ name: z.string() }), returns: created(Thing), throws: [Taken] }, ({ body }) => {
    if (body.name === 'taken') throw Taken({ name: body.name }, { detail: 'Somebody has that name' })
    return { id: 7, name: body.name }
  }),
  read: get('/{id}', { params: z.object({ id: z.int() }), returns: Thing, throws: [NotFound] }, ({ params }) => {
    if (params.id === 404) throw NotFound()
    return { id: params.id, name: 'kettle' }
  }),
  replace: put('/{id}', { body: z.object({ name: z.string() }), returns: noContent() }, () => undefined),
  change: patch('/{id}', { body: z.object({ name: z.string() }), returns: noContent() }, () => undefined),
  remove: del('/{id}', { returns: noContent() }, () => undefined),
})

const offsets = get(
  '/offsets',
  { query: page.offset(), returns: page.of(Thing, 'offset') },
  ({ query: { offset } }) => ({
    items: [{ id: offset, name: 'kettle' }],
    total: 30,
  }),
)

const paths = group('/paths', {
  echo: get('/echo/{text}', ({ params, request }) => ({ text: params.text, path: request.path })),
  rest: get('/rest/{path...}', ({ params }) => ({ path: params.path })),
  admin: get('/admin', ({ request }) => ({ admin: true, path: request.path })),
  url: get('/url', ({ request }) => ({ url: request.url, search: request.search })),
})

const bodies = group('/bodies', {
  json: post('/json', { body: z.record(z.string(), z.unknown()), returns: z.unknown() }, ({ body }) => ({ got: body })),
  form: post('/form', { body: form(z.object({ name: z.string(), age: z.int().optional() })) }, ({ body }) => body),
  text: post('/text', { body: text() }, ({ body }) => ({ length: body.length, text: body.slice(0, 20) })),
  bytes: post('/bytes', { body: bytes() }, ({ body }) => ({ length: body.byteLength })),
  stream: post('/stream', { body: stream(), limits: { body: 1000 } }, async ({ body }) => {
    let length = 0
    const reader = body.getReader()
    for (let next = await reader.read(); !next.done; next = await reader.read()) length += next.value.byteLength
    return { length }
  }),
  small: post('/small', { body: z.unknown(), limits: { body: 16 } }, ({ body }) => ({ got: body })),
  guarded: post('/guarded', { body: z.unknown(), use: { known } }, ({ body }) => ({ got: body })),
  checked: post(
    '/checked/{id}',
    { params: z.object({ id: z.int() }), body: z.object({ name: z.string() }) },
    ({ body }) => body,
  ),
  search: query('/search', { body: z.object({ term: z.string() }) }, ({ body }) => ({ found: body.term })),
})

const replies = group('/replies', {
  text: get('/text', { returns: text() }, () => 'grüße'),
  bytes: get('/bytes', { returns: bytes('image/x-dots') }, () => new Uint8Array([0, 1, 2, 255])),
  stream: get('/stream', { returns: stream('text/csv') }, async function* () {
    yield 'a,b\n'
    yield new TextEncoder().encode('1,2\n')
    yield 'ü\n'
  }),
  list: get('/list', { returns: stream('text/csv') }, () => ['a\n', 'b\n']),
  web: get('/web', { returns: stream('text/csv') }, () => new Blob(['from a web stream\n']).stream()),
  file: get('/file', { returns: file() }, () => new File(['twelve bytes'], 'naïve "plan".txt', { type: 'text/plain' })),
  unpacked: get('/unpacked', { returns: text(), policies: [compression(false)] }, () => 'tea '.repeat(1000)),
  packed: get('/packed', { returns: text(), policies: [compression()] }, () => 'tea '.repeat(1000)),
  blob: get('/blob', { returns: file('application/pdf') }, () => new Blob(['%PDF'])),
  redirect: get('/redirect', { returns: redirect() }, () => '/things/ü?q=1'),
  moved: get('/moved', { returns: redirect(308) }, () => 'https://elsewhere.example/x'),
  nothing: get('/nothing', { returns: noContent() }, () => undefined),
  undeclared: get('/undeclared', () => undefined),
  accepted: post('/accepted', { returns: accepted(z.object({ job: z.string() })) }, () => ({ job: 'j1' })),
  many: get(
    '/many/{which}',
    { returns: [ok(z.object({ full: z.boolean() })), status(203, text()), noContent()] },
    ({ params }) => {
      if (params.which === 'full') return { full: true }
      return params.which === 'text' ? reply(203, 'some') : reply(204)
    },
  ),
  stated: get('/stated', { returns: ok(Thing, { headers: z.object({ 'x-total': z.string() }) }) }, () =>
    reply(200, { id: 1, name: 'kettle' }, { 'x-total': '3', 'set-cookie': ['a=1', 'b=2'] }),
  ),
  wrong: get('/wrong', { returns: Thing }, () => ({ id: 'no number' }) as never),
  broken: get('/broken', () => {
    throw new Error('the password is hunter2')
  }),
})

const custom = errorFormat({
  name: 'Fault',
  mediaType: 'application/vnd.fault+json',
  body: ({ code, status: number }) => ({ fault: `${number} ${code}` }),
  schema: () => ({ type: 'object', properties: { fault: { type: 'string' } } }),
})

const formats = group('/formats', {
  envelope: group(
    '/envelope',
    { errors: errorEnvelope },
    {
      read: get('/{id}', { params: z.object({ id: z.int() }) }, ({ params }) => {
        if (params.id === 409) throw Taken({ name: 'kettle' })
        return params
      }),
    },
  ),
  custom: group(
    '/custom',
    { errors: custom },
    {
      refuse: get('/', () => {
        throw BadRequest()
      }),
    },
  ),
})

const Note = z.object({ id: z.int(), text: z.string(), tags: z.array(z.string()), gone: z.string().nullable() })
const note = { id: 1, text: 'a <b> & "c"\r\nü 😀\0\ud800', tags: ['x', ''], gone: null }

const forms = group(
  '/forms',
  { formats: ['json', 'xml'] },
  {
    read: get('/note', { returns: Note }, () => note),
    echo: post(
      '/note',
      { body: [Note, form(z.object({ text: z.string() }))], returns: created(Note, { location: () => '/forms/note' }) },
      ({ body }) => ('id' in body ? body : { ...note, text: body.text }),
    ),
    list: get('/list', { returns: page.of(Note), query: page.cursor(), formats: ['json', 'csv', 'ndjson'] }, () => ({
      items: [{ ...note, text: '=1+1, "x"' }],
      next_cursor: null,
    })),
    rows: get('/rows', { returns: rows(Note), formats: ['json', 'xml', 'csv', 'ndjson'] }, async function* () {
      yield { ...note, text: 'a' }
      yield { ...note, id: 2, text: 'ü\n' }
    }),
    broken: get('/broken', { returns: Note, throws: [NotFound] }, () => {
      throw NotFound()
    }),
  },
)

const options = { title: 'Matrix', places: { openapi: false, docs: false, redoc: false, reference: false } } as const

const echoes = group('/fields', {
  read: get('/{name}', ({ params, request }) => ({ value: request.header(params.name) ?? null })),
  send: post('/{name}', { body: text() }, ({ params, request }) => ({ value: request.header(params.name) ?? null })),
})

export const fixture = api(options, {
  probe: get('/probe', () => ({ ok: true })),
  unmodified: get('/unmodified', { returns: status(304, undefined) }, () => undefined),
  reset: get('/reset', { returns: status(205, undefined) }, () => undefined),
  fields: echoes,
  slow: get('/slow/{ms}', ({ params, signal }) => later(Number(params.ms), signal)),
  things,
  offsets,
  paths,
  bodies,
  replies,
  formats,
  forms,
})

function later(ms: number, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve({ waited: ms }), ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
