import {
  NotFound,
  accepted,
  api,
  bytes,
  created,
  del,
  depends,
  file,
  form,
  get,
  group,
  json,
  noContent,
  ok,
  page,
  patch,
  post,
  problem,
  put,
  redirect,
  reply,
  status,
  stream,
  text,
} from 'trestle'
import { serve } from 'trestle/node'
import { z } from 'zod'

/** An API of every kind of input and reply, to be tried with generated requests. */

const Shape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('circle'), radius: z.number().positive().max(1e6) }),
  z.object({ kind: z.literal('square'), side: z.number().min(0).max(1e6), label: z.string().max(20).nullable() }),
])
type Tree = { name: string; inside?: Tree[] | undefined }
const Tree: z.ZodType<Tree> = z
  .lazy(() => z.object({ name: z.string(), inside: z.array(Tree).optional() }))
  .meta({ id: 'Tree' })
const Day = z.codec(z.iso.date(), z.date(), {
  decode: (day) => new Date(day),
  encode: (day) => day.toISOString().slice(0, 10),
})
const NoteIn = z.object({
  title: z.string().min(1).max(50),
  shape: Shape,
  either: z.union([z.int().min(-5).max(5), z.boolean(), z.array(z.string()).max(4)]),
  day: Day.optional(),
  tags: z.record(z.string().max(20), z.number()).default({}),
  pair: z.tuple([z.string(), z.int()]).optional(),
  memo: z.string().nullish(),
})
const Note = NoteIn.extend({ id: z.int().min(1) })
type Note = z.output<typeof Note>

const Locked = problem('locked', { status: 423, extra: z.object({ by: z.string(), until: Day }) })
const TooMany = problem('too_many', { status: 409 })

const store = depends({}, () => ({ notes: new Map<number, Note>(), next: 1 }), { scope: 'app' })
const session = depends({}, ({ request }) => request.header('x-session') ?? 'nobody')
const id = z.object({ id: z.int().min(1) })

const notes = group('/notes', {
  list: get(
    '/',
    { query: page.cursor({ tag: z.string().optional() }), returns: page.of(Note), use: { store } },
    ({ query, store }) => {
      const from = Number(query.cursor ?? 0) || 0
      const all = [...store.notes.values()].filter((note) => note.id > from)
      const items = all.slice(0, query.limit)
      return { items, next_cursor: all.length > items.length ? String(items.at(-1)?.id) : null }
    },
  ),
  create: post('/', { body: NoteIn, returns: created(Note), throws: [TooMany], use: { store } }, ({ body, store }) => {
    if (store.notes.size >= 200) {
      const oldest = store.notes.keys().next().value as number
      store.notes.delete(oldest)
      if (oldest % 7 === 0) throw TooMany()
    }
    const note = { ...body, id: store.next++ }
    store.notes.set(note.id, note)
    return note
  }),
  read: get('/{id}', { params: id, returns: Note, throws: [NotFound], use: { store } }, ({ params, store }) =>
    noteOf(store, params.id),
  ),
  replace: put(
    '/{id}',
    {
      params: id,
      body: NoteIn,
      returns: [Note, created(Note, { location: ({ id }) => `/notes/${id}` })],
      throws: [Locked],
      use: { store },
    },
    ({ params, body, store }) => {
      if (params.id % 5 === 0) throw Locked({ by: 'somebody', until: new Date(0) })
      const note = { ...body, id: params.id }
      const known = store.notes.has(note.id)
      if (known || store.notes.size < 200) store.notes.set(note.id, note)
      return known ? note : reply(201, note)
    },
  ),
  change: patch(
    '/{id}',
    {
      params: id,
      body: json(NoteIn.partial(), 'application/merge-patch+json'),
      returns: [Note, noContent()],
      throws: [NotFound],
      use: { store },
    },
    ({ params, body, store }) => {
      const note = { ...noteOf(store, params.id), ...body } as Note
      store.notes.set(note.id, note)
      return Object.keys(body).length === 0 ? reply(204) : note
    },
  ),
  remove: del(
    '/{id}',
    { params: id, returns: noContent(), throws: [NotFound], use: { store } },
    ({ params, store }) => {
      noteOf(store, params.id)
      store.notes.delete(params.id)
    },
  ),
})

function noteOf({ notes }: { readonly notes: Map<number, Note> }, id: number): Note {
  const note = notes.get(id)
  if (note === undefined) throw NotFound({ detail: `There is no note ${id}` })
  return note
}

export const fixture = api(
  { title: 'Everything', version: '1.0.0' },
  {
    notes,
    words: get(
      '/words',
      { query: page.offset({ like: z.string().max(30).optional() }), returns: page.of(z.string(), 'offset') },
      ({ query }) => ({
        items: ['a', 'b', query.like ?? 'c'].slice(0, query.limit),
        total: 3,
      }),
    ),
    tree: post('/trees', { body: Tree, returns: Tree }, ({ body }) => body),
    inputs: get(
      '/inputs/{word}/{number}',
      {
        params: z.object({ word: z.enum(['a', 'b', 'ö']), number: z.number().min(-1e9).max(1e9) }),
        query: z.object({
          list: z.array(z.int()).max(5).optional(),
          flag: z.boolean().default(false),
          day: Day.optional(),
          big: z.bigint().optional(),
          must: z.string().regex(/^[a-z]{1,5}$/),
        }),
        headers: z.object({ 'x-count': z.int().min(0).max(9).optional(), 'x-names': z.array(z.string()).optional() }),
        cookies: z.object({ theme: z.enum(['dark', 'light']).optional() }),
        returns: ok(
          z.object({
            word: z.string(),
            number: z.number(),
            list: z.array(z.int()),
            day: Day.nullable(),
            session: z.string(),
          }),
          {
            headers: z.object({ 'x-sum': z.string() }),
          },
        ),
        use: { session },
      },
      ({ params, query, session }) => {
        const list = query.list ?? []
        const sum = list.reduce((all, one) => all + one, 0)
        return reply(200, { ...params, list, day: query.day ?? null, session }, { 'x-sum': String(sum) })
      },
    ),
    contact: post(
      '/contact',
      {
        body: form(z.object({ email: z.email(), about: z.array(z.string()).optional(), age: z.int().min(0).max(200) })),
        returns: redirect(),
      },
      ({ body }) => `/words?like=${encodeURIComponent(body.email)}`,
    ),
    old: get('/old/{place}', { returns: redirect(308) }, ({ params }) => `/new/${encodeURIComponent(params.place)}`),
    shout: post('/shout', { body: text(), returns: text() }, ({ body }) => body.toUpperCase()),
    copy: post('/copy', { body: bytes(), returns: bytes() }, ({ body }) => body),
    pass: post('/pass', { body: stream(), returns: ok(stream()), limits: { body: 100_000 } }, ({ body }) => body),
    lines: get(
      '/lines/{count}',
      { params: z.object({ count: z.int().min(0).max(500) }), returns: ok(stream('text/csv')) },
      async function* ({ params }) {
        for (let i = 0; i < params.count; i++) yield `${i},line\r\n`
      },
    ),
    picture: get(
      '/picture',
      { returns: file('image/png') },
      () => new File([new Uint8Array([137, 80, 78, 71])], 'bild "ö".png'),
    ),
    job: post(
      '/jobs/{kind}',
      {
        returns: [
          accepted(z.object({ job: z.string() })),
          noContent(),
          status(200, text()),
          status(207, z.array(z.int())),
        ],
      },
      ({ params }) => {
        switch (params.kind.length % 4) {
          case 0:
            return reply(204)
          case 1:
            return reply(200, params.kind)
          case 2:
            return reply(207, [1, 2])
          default:
            return { job: params.kind }
        }
      },
    ),
    small: put('/small', { body: z.string(), returns: noContent(), limits: { body: 100, depth: 3 } }, () => {}),
    loose: post(
      '/loose',
      { body: z.object({ any: z.unknown() }).loose(), returns: z.object({ keys: z.int() }) },
      ({ body }) => ({
        keys: Object.keys(body).length,
      }),
    ),
    strict: post(
      '/strict',
      { body: z.strictObject({ a: z.int().optional(), b: z.literal(['x', 7, null]).optional() }) },
      ({ body }) => body,
    ),
    slow: get(
      '/slow/{ms}',
      { params: z.object({ ms: z.int().min(0).max(30) }), returns: z.object({ ms: z.int() }) },
      async ({ params, background }) => {
        await new Promise((resolve) => setTimeout(resolve, params.ms))
        background(() => {})
        return { ms: params.ms }
      },
    ),
  },
)

if (import.meta.main) await serve(fixture, { host: '127.0.0.1' })
