import { type Api, api, created, multipart, ok, post, stream, upload } from 'trestle'
import { toFetch } from 'trestle/fetch'
import { idempotent } from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { fileField, formOf, ownTemporaryFolder, raw } from './covers.ts'

ownTemporaryFolder()

async function fault(faulty: Api): Promise<string> {
  const error = await toFetch(faulty).then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  if (error === undefined) throw new Error('it starts')
  return error.message
}

test('a form that cannot be taken stops the start', async () => {
  const message = await fault(
    api({
      date: post('/date', { body: multipart({ at: z.date() }) }, () => 1),
      none: post('/none', { body: multipart({ at: 'text' as never }) }, () => 1),
      reply: post('/reply', { returns: ok(multipart({ a: upload() }) as never) }, () => 1 as never),
      small: post('/small', { body: multipart({ a: upload({ most: 5000 }) }), limits: { body: 4000 } }, () => 1),
      again: post(
        '/again',
        { body: multipart({ a: upload(), b: upload({ sha256: true }) }), policies: [idempotent()], security: 'public' },
        () => 1,
      ),
    }),
  )
  expect(message).toBe(`The API cannot start: 5 faults in its declaration.
  POST /date (date)
    body.at: JSON has no dates
    → use z.iso.datetime(), or z.codec(z.iso.datetime(), z.date(), …) to work with Date
  POST /none (none)
    body.at: is not a schema
    → give it a zod, valibot or arktype schema
  POST /reply (reply)
    returns 200: multipart(…) is only for request bodies
    → answer with a schema or text()
  POST /small (small)
    limits.body: is 4000, and the file "a" alone may have 5000 bytes
    → leave it out, for it is 1053576 then, or take a smaller file
  POST /again (again)
    policies: "idempotent" has to know whether the file "a" is the same again
    → declare it as upload({ sha256: true })`)
})

test('what is no number, no type and no limit is refused where it is written', () => {
  expect(() => upload({ most: 0 })).toThrow('upload: most is a whole number from 1, not 0')
  expect(() => upload({ many: 1.5 })).toThrow('upload: many is a whole number from 1, not 1.5')
  expect(() => upload({ types: [] })).toThrow('upload: types is empty, so no file could be sent')
  expect(() => upload({ types: ['image/*'] })).toThrow('upload: "image/*" is no media type: name each one')
  expect(() => upload({ types: ['png'] })).toThrow('upload: "png" is no media type')
  expect(() => multipart({}, { size: 1 } as never)).toThrow('multipart: there is no limit "size"; there are parts,')
  expect(() => multipart({}, { parts: -1 })).toThrow('multipart: the limit "parts" is a whole number from 1, not -1')
})

test('a form may be as long as its files, whatever its API says of bodies, unless its endpoint says otherwise', async () => {
  const body = multipart({ a: upload({ most: 3_000_000, many: 2 }) })
  const app = api(
    { limits: { body: 1000 } },
    {
      usual: post('/usual', { body }, ({ body }) => body.a.length),
      less: post('/less', { body, limits: { body: 3_500_000 } }, ({ body }) => body.a.length),
    },
  )
  const { fetch, close } = await createTestClient(app)
  const form = raw(formOf([1, 2].map((i) => [fileField('a', `${i}`), new Uint8Array(2_900_000)] as const)))
  expect((await fetch('/usual', form)).status).toBe(200)
  expect((await fetch('/less', form)).status).toBe(413)
  await close()
})

test('with an Idempotency-Key, the same file again has the reply of the first, and another is refused', async () => {
  let made = 0
  const app = api({
    create: post(
      '/',
      {
        body: multipart({ cover: upload({ sha256: true }) }),
        returns: created(z.object({ made: z.int() }), { location: () => '/' }),
        policies: [idempotent()],
        security: 'public',
      },
      () => ({ made: ++made }),
    ),
  })
  const { fetch, close } = await createTestClient(app)
  const send = async (content: string): Promise<unknown> => {
    const init = raw(formOf([[fileField('cover', 'a.txt', 'text/plain'), content]]))
    const headers = { ...(init.headers as Record<string, string>), 'idempotency-key': 'one' }
    const reply = await fetch('/', { ...init, headers })
    return [reply.status, ((await reply.json()) as { made?: number }).made]
  }
  expect(await send('first')).toEqual([201, 1])
  expect(await send('first')).toEqual([201, 1])
  expect(await send('other')).toEqual([422, undefined])
  await close()
})

test('a form is one of several bodies, wherever it stands among them', async () => {
  const form = multipart({ file: upload(), note: z.string() })
  const taken = z.object({ note: z.string() })
  const app = api({
    last: post('/last', { body: [taken, form] }, ({ body }) => Object.keys(body).toSorted()),
    first: post('/first', { body: [form, taken] }, ({ body }) => Object.keys(body).toSorted()),
  })
  const { fetch, close } = await createTestClient(app)
  const sent = raw(
    formOf([
      [fileField('file', 'a.bin'), 'content'],
      ['Content-Disposition: form-data; name="note"', 'n'],
    ]),
  )
  const headers = { 'content-type': 'application/json' }
  for (const path of ['/last', '/first']) {
    expect(await (await fetch(path, sent)).json()).toEqual(['file', 'note'])
    expect(await (await fetch(path, { method: 'POST', headers, body: '{"note":"n"}' })).json()).toEqual(['note'])
  }
  await close()
})

test('what idempotent() could not compare stops the start, also as one of several bodies', async () => {
  const spec = { policies: [idempotent()], security: 'public' as const }
  const message = await fault(
    api({
      form: post('/form', { ...spec, body: [z.object({ a: z.string() }), multipart({ a: upload() })] }, () => 1),
      stream: post('/stream', { ...spec, body: [stream('text/csv'), stream('application/x-ndjson')] }, () => 1),
    }),
  )
  expect(message).toContain('"idempotent" has to know whether the file "a" is the same again')
  expect(message).toContain('"idempotent" has to know the whole body before the handler runs, and this one is stream()')
})
