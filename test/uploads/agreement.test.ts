import fc from 'fast-check'
import { api, multipart, post, upload } from 'trestle'
import { type TestClient, createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { inPieces, ownTemporaryFolder } from './covers.ts'

/** What others write is read as they meant it, however it is cut; what nobody wrote is refused, and nothing else comes of it. */

ownTemporaryFolder()

const app = api({
  take: post(
    '/take',
    { body: multipart({ text: z.array(z.string()), file: upload({ many: 100, optional: true }) }) },
    async ({ body }) => ({
      text: body.text,
      file: await Promise.all(
        body.file.map(async (file) => [file.sentName, file.type, Buffer.from(await file.bytes()).toString('latin1')]),
      ),
    }),
  ),
})

let client: TestClient<typeof app>
beforeAll(async () => {
  client = await createTestClient(app)
})
afterAll(async () => {
  expect(client.failures).toEqual([])
  await client.close()
})

/** Text and bytes made of what boundaries and header sections are made of. */
const PIECES = [
  '\r',
  '\n',
  '\r\n',
  '-',
  '--',
  '"',
  '\\',
  ';',
  ':',
  '%22',
  '%0D',
  'b',
  '\r\n--b',
  'name=',
  'ü',
  '\u0000',
]
const tricky = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'grapheme', maxLength: 5 })), {
  maxLength: 12,
})
const text = tricky.map((pieces) => pieces.join('').toWellFormed())
// A name without anything in it is what an empty field of a page has; undici writes none then.
const name = text.map((given) => `a${given.replace(/\0|\\|%(22|0D|0A)/gi, '')}`)
const content = fc.oneof(
  text.map((given) => Buffer.from(given)),
  fc.uint8Array({ maxLength: 300 }).map(Buffer.from),
)

test('what a browser sends is what arrives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { maxLength: 4 }),
      fc.array(fc.record({ name, content }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 40 }),
      async (texts, files, size) => {
        const form = new FormData()
        for (const one of texts) form.append('text', one)
        for (const file of files) form.append('file', new File([file.content], file.name, { type: 'x/y' }))
        const request = new Request('http://a/', { method: 'POST', body: form })
        const body = new Uint8Array(await request.arrayBuffer())
        const reply = await client.fetch('/take', inPieces(body, size, request.headers.get('content-type') as string))
        const meant = {
          // As HTML has it, line ends of text are CRLF; of what they are in names, undici tells by its own hand.
          text: texts.map((one) => one.replace(/\r\n|\r|\n/g, '\r\n')),
          file: files.map((file) => [file.name, 'x/y', file.content.toString('latin1')]),
        }
        const got = (await reply.json()) as typeof meant & { errors?: { code: string }[] }
        // By chance, bytes are those of a sound or the like, and so no x/y.
        if (reply.status === 422) expect(got.errors?.filter(({ code }) => code !== 'not_its_type')).toEqual([])
        else expect(got).toEqual(meant)
      },
    ),
    { numRuns: 300 },
  )
})

test('a form with anything changed in it is taken or refused, and never a failure', async () => {
  const form = new FormData()
  form.append('text', 'one')
  form.append('file', new File(['two'], 'two.txt', { type: 'text/plain' }))
  form.append('text', 'three')
  const request = new Request('http://a/', { method: 'POST', body: form })
  const type = request.headers.get('content-type') as string
  const whole = Buffer.from(await request.arrayBuffer())
  const place = fc.integer({ min: 0, max: whole.length })
  const put = fc.oneof(
    fc.constantFrom(...PIECES).map((piece) => Buffer.from(piece)),
    fc.uint8Array({ maxLength: 4 }),
  )
  const seen = new Set<number>()
  await fc.assert(
    fc.asyncProperty(place, place, put, fc.integer({ min: 1, max: 99 }), async (a, b, inserted, size) => {
      const changed = Buffer.concat([whole.subarray(0, a), inserted, whole.subarray(b)])
      const replies = [inPieces(changed, changed.length + 1, type), inPieces(changed, size, type)].map(async (init) => {
        const reply = await client.fetch('/take', init)
        return [reply.status, await reply.text()] as const
      })
      const [first, second] = (await Promise.all(replies)) as [readonly [number, string], readonly [number, string]]
      expect(second).toEqual(first)
      expect([200, 400, 413, 422]).toContain(first[0])
      seen.add(first[0])
    }),
    { numRuns: 1000 },
  )
  expect([...seen].toSorted()).toEqual(expect.arrayContaining([200, 400, 422]))
})
