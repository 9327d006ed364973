import { api, multipart, post, upload } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { PNG, covers, field, fileField, formOf, inPieces, ownTemporaryFolder, raw } from './covers.ts'

const folder = ownTemporaryFolder()

async function send(body: Uint8Array | string, type?: string): Promise<{ status: number; detail: string | undefined }> {
  const { fetch, close, failures } = await createTestClient(covers)
  const octets = typeof body === 'string' ? Buffer.from(body, 'latin1') : body
  const outcomes = []
  // Whole, and cut wherever it can be.
  for (const init of [raw(octets, type), inPieces(octets, octets.length > 100_000 ? 65_536 : 1, type)]) {
    const reply = await fetch('/any', init)
    outcomes.push({ status: reply.status, detail: ((await reply.json()) as { detail?: string }).detail })
  }
  await close()
  expect(failures).toEqual([])
  expect(folder.left()).toEqual([])
  expect(outcomes[1]).toEqual(outcomes[0])
  return outcomes[0] as { status: number; detail: string | undefined }
}

const part = (head: string, content = 'a'): string => `--b\r\n${head}\r\n\r\n${content}\r\n`
const FILE = fileField('file', 'a.bin')

describe('a form that is not one is refused', () => {
  test.each([
    ['nothing', ''],
    ['no boundary', 'a'.repeat(1000)],
    ['no boundary for long', 'a'.repeat(1_000_000)],
    ['another boundary', part(FILE).replaceAll('--b', '--c')],
    ['no end', part(FILE)],
    ['no end, and half of a boundary', `${part(FILE)}--`],
    ['no end of a header section', `--b\r\n${FILE}`],
    ['a header section that ends with the body', `--b\r\n${FILE}\r\n\r\n`],
    ['a longer boundary where one is expected', `${part(FILE).replace('--b', '--bb')}--b--\r\n`],
    ['text after a boundary', `--b x\r\n${FILE}\r\n\r\na\r\n--b--\r\n`],
    ['bare line feeds', `${part(FILE)}--b--\r\n`.replaceAll('\r\n', '\n')],
    ['a bare line feed in a header section', `${part(`X-A: 1\n${FILE}`)}--b--\r\n`],
    ['a bare carriage return in a header section', `${part(`X-A: 1\rX-B: 2\r\n${FILE}`)}--b--\r\n`],
    ['a NUL in a header section', `${part(`X-A: \0\r\n${FILE}`)}--b--\r\n`],
    ['a folded line', `${part(`Content-Disposition: form-data;\r\n name="file"; filename="a"`)}--b--\r\n`],
    ['a line that is no field', `${part(`${FILE}\r\nnonsense`)}--b--\r\n`],
    ['a blank before the colon', `${part('Content-Disposition : form-data; name="file"; filename="a"')}--b--\r\n`],
    ['no header section', '--b\r\n\r\na\r\n--b--\r\n'],
    ['no Content-Disposition', `${part('Content-Type: text/plain')}--b--\r\n`],
    ['another disposition', `${part('Content-Disposition: attachment; name="file"')}--b--\r\n`],
    ['no name', `${part('Content-Disposition: form-data; filename="a"')}--b--\r\n`],
    ['two names', `${part('Content-Disposition: form-data; name="file"; name="title"')}--b--\r\n`],
    ['a name whose quotes do not end', `${part('Content-Disposition: form-data; name="file')}--b--\r\n`],
    ['two dispositions', `${part(`${FILE}\r\n${field('file')}`)}--b--\r\n`],
    ['two types', `${part(`${FILE}\r\nContent-Type: text/html`)}--b--\r\n`],
    ['a type that is none', `${part(fileField('file', 'a', 'image'))}--b--\r\n`],
    ['a transfer encoding', `${part(`${FILE}\r\nContent-Transfer-Encoding: base64`, 'YQ==')}--b--\r\n`],
    [
      'multipart in multipart',
      `${part(fileField('file', 'a', 'multipart/mixed; boundary=c'), '--c\r\n\r\na\r\n--c--')}--b--\r\n`,
    ],
    ['text in Latin-1 in a header section', `${part(fileField('file', 'gr\xfcn'))}--b--\r\n`],
    ['text after its end, for long', `${part(FILE)}--b--\r\n${'a'.repeat(1_000_000)}`],
  ])('%s', async (_, body) => {
    const { status, detail } = await send(body)
    expect({ status, detail }).toEqual({
      status: 400,
      detail: expect.stringMatching(/^(The body|The header fields|A part|A boundary) /),
    })
  })

  test.each([
    ['a preamble', `This is a form.\r\n${part(FILE)}--b--\r\n`],
    ['an epilogue', `${part(FILE)}--b--\r\nThat was it.`],
    ['no line end after the last boundary', `${part(FILE)}--b--`],
    ['blanks after a boundary', `--b \t\r\n${FILE}\r\n\r\na\r\n--b--\r\n`],
    ['a part without data, in the shortest way', `--b\r\n${FILE}\r\n\r\n--b--\r\n`],
    ['header fields that mean nothing here', `${part(`X-A: 1\r\n${FILE}\r\nX-B:`)}--b--\r\n`],
    ['names of fields in other letters', `${part(FILE.toUpperCase().replace('"FILE"', '"file"'))}--b--\r\n`],
    ['a name without quotes', `${part('Content-Disposition: form-data; name=file; filename=a.bin')}--b--\r\n`],
    ['the encoding of text', `${part(`${FILE}\r\nContent-Transfer-Encoding: 8bit`)}--b--\r\n`],
  ])('%s is none of that', async (_, body) => {
    expect((await send(body)).status).toBe(200)
  })
})

describe('a form that is meant to take long does not', () => {
  const many = (piece: string, bytes: number): Buffer => Buffer.alloc(bytes, piece)

  test.each([
    ['a million parts', Buffer.concat([many(part(FILE, ''), 40_000_000)]), 413],
    ['a million fields that nobody knows', many(part(field('x'), ''), 40_000_000), 413],
    ['carriage returns', Buffer.concat([Buffer.from(`--b\r\n${FILE}\r\n\r\n`), many('\r', 40_000_000)]), 400],
    ['half boundaries', Buffer.concat([Buffer.from(`--b\r\n${FILE}\r\n\r\n`), many('\r\n--', 40_000_000)]), 400],
    ['a header section without end', Buffer.concat([Buffer.from('--b\r\n'), many('a: b\r\n', 40_000_000)]), 413],
    ['blanks after a boundary', Buffer.concat([Buffer.from('--b'), many(' ', 40_000_000)]), 400],
    ['backslashes', Buffer.from(part(`Content-Disposition: form-data; name="${'\\'.repeat(8000)}`)), 400],
    ['blanks', Buffer.from(part(`Content-Disposition: form-data;${' '.repeat(8000)}!`)), 400],
    ['parameters', Buffer.from(part(`Content-Disposition: form-data${'; a=b'.repeat(1500)}`)), 400],
  ])('%s', async (_, body, expected) => {
    const { fetch, close } = await createTestClient(covers)
    const from = performance.now()
    const reply = await fetch('/any', inPieces(body, 65_536))
    expect(reply.status).toBe(expected)
    expect(performance.now() - from).toBeLessThan(3000)
    await close()
    expect(folder.left()).toEqual([])
  })

  test('a thousand parts with header sections that are as hard as they can be', async () => {
    const { fetch, close } = await createTestClient(covers)
    const body = formOf(Array.from({ length: 900 }, () => [`${field('tags')}${' '.repeat(8000)}`, '']))
    const from = performance.now()
    expect((await fetch('/covers', raw(body))).status).toBe(422)
    expect(performance.now() - from).toBeLessThan(3000)
    await close()
  })

  test('a thousand small files are not held in memory together', async () => {
    const app = api({
      all: post('/all', { body: multipart({ file: upload({ most: 65_536, many: 1000 }) }) }, ({ body }) => ({
        inFile: body.file.filter(({ path }) => path !== undefined).length,
      })),
    })
    const { fetch, close } = await createTestClient(app)
    const files = Array.from({ length: 100 }, () => [FILE, 'a'.repeat(60_000)] as const)
    expect(await (await fetch('/all', raw(formOf(files)))).json()).toEqual({ inFile: 83 })
    await close()
  })
})

describe('names', () => {
  test.each([
    ['cover.png', 'cover.png'],
    ['../../etc/passwd', 'passwd'],
    ['..', 'file'],
    ['.', 'file'],
    ['/', 'file'],
    ['.htaccess', 'htaccess'],
    ['C:\\fakepath\\cover.png', 'cover.png'],
    ['..\\..\\boot.ini', 'boot.ini'],
    ['a%00.png', 'a%00.png'],
    ['a%0D%0AX: 1.png', 'aX 1.png', 'a\r\nX: 1.png'],
    ['a%22b.png', 'ab.png', 'a"b.png'],
    ['a\\"b.png', 'ab.png', 'a"b.png'],
    ['gr\u00fcn \u2713.png', 'gr\u00fcn \u2713.png'],
    ['exe\u202egnp.png', 'exegnp.png'],
    ['nul.txt', '_nul.txt'],
    ['a. . .', 'a'],
    [`${'a'.repeat(300)}.jpeg`, `${'a'.repeat(195)}.jpeg`],
    ['\u{1f375}'.repeat(100), '\u{1f375}'.repeat(50)],
  ])('%j is %j', async (sent, name, as = sent) => {
    const { fetch, close } = await createTestClient(covers)
    const reply = await fetch('/any', raw(formOf([[fileField('file', sent), 'a']])))
    expect(await reply.json()).toMatchObject({ name, sentName: as })
    await close()
  })

  test('of fields pollute nothing', async () => {
    const { fetch, close } = await createTestClient(covers)
    const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']
    const reply = await fetch(
      '/any',
      raw(
        formOf(
          names.flatMap((name) => [
            [field(name), '1'],
            [fileField(name, 'a'), '1'],
          ]),
        ),
      ),
    )
    expect(reply.status).toBe(422)
    expect(((await reply.json()) as { errors: unknown[] }).errors).toHaveLength(10)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    await close()
  })
})

describe('a file is what it says', () => {
  const bytes = {
    png: PNG,
    jpeg: Buffer.from('ffd8ffe000104a464946', 'hex'),
    gif: Buffer.from('GIF89a'),
    webp: Buffer.from('RIFF\0\0\0\0WEBPVP8 '),
    pdf: Buffer.from('%PDF-1.7\n'),
    zip: Buffer.from('PK\x03\x04'),
    mp4: Buffer.from('\0\0\0\x20ftypisom\0\0\x02\0'),
    m4a: Buffer.from('\0\0\0\x20ftypM4A \0\0\x02\0'),
    mov: Buffer.from('\0\0\0\x14ftypqt  \0\0\x02\0'),
    mp3: Buffer.from('ID3\x04\0\0\0\0'),
    frame: Buffer.from('fffb9064', 'hex'),
    webm: Buffer.from('1a45dfa3', 'hex'),
    wav: Buffer.from('RIFF\0\0\0\0WAVEfmt '),
    gzip: Buffer.from('1f8b0800', 'hex'),
    html: Buffer.from('<!doctype html><script>'),
    csv: Buffer.from('a,b\n1,2\n'),
    nothing: Buffer.alloc(0),
  }

  test.each<[keyof typeof bytes, said: string, is: string | undefined]>([
    ['png', 'image/png', 'image/png'],
    ['png', 'application/octet-stream', 'image/png'],
    ['png', 'image/jpeg', undefined],
    ['png', 'text/plain', undefined],
    ['jpeg', 'image/jpg', 'image/jpeg'],
    ['gif', 'image/gif', 'image/gif'],
    ['webp', 'image/webp', 'image/webp'],
    ['pdf', 'application/pdf', 'application/pdf'],
    ['zip', 'application/zip', 'application/zip'],
    ['zip', 'application/x-zip-compressed', 'application/zip'],
    [
      'zip',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    ],
    ['zip', 'application/pdf', undefined],
    ['zip', 'image/png', undefined],
    ['mp4', 'video/mp4', 'video/mp4'],
    ['mp4', 'image/gif', undefined],
    ['m4a', 'audio/mp4', 'audio/mp4'],
    ['m4a', 'application/octet-stream', 'audio/mp4'],
    ['mov', 'video/quicktime', 'video/quicktime'],
    ['mp3', 'audio/mpeg', 'audio/mpeg'],
    ['frame', 'audio/mp3', 'audio/mpeg'],
    ['webm', 'video/webm', 'video/webm'],
    ['wav', 'audio/x-wav', 'audio/wav'],
    ['gzip', 'application/json', undefined],
    ['html', 'image/png', undefined],
    ['html', 'application/pdf', undefined],
    ['html', 'text/html', 'text/html'],
    ['csv', 'text/csv', 'text/csv'],
    // Windows calls it so.
    ['csv', 'application/vnd.ms-excel', 'application/vnd.ms-excel'],
    ['nothing', 'application/octet-stream', 'application/octet-stream'],
    ['nothing', 'image/png', undefined],
  ])('%s as %s is %s', async (what, said, is) => {
    const { fetch, close } = await createTestClient(covers)
    for (const init of [raw, (body: Uint8Array) => inPieces(body, 1)]) {
      const reply = await fetch('/any', init(formOf([[fileField('file', 'a', said), bytes[what]]])))
      const body = (await reply.json()) as { type: string; errors?: { pointer: string; code: string }[] }
      expect(body.errors?.map(({ pointer, code }) => `${pointer} ${code}`) ?? body.type).toEqual(
        is ?? ['/body/file not_its_type'],
      )
    }
    await close()
  })

  test('and one of those that are taken, by whatever name', async () => {
    const app = api({
      take: post('/', { body: multipart({ a: upload({ types: ['image/JPG'] }) }) }, ({ body }) => body.a.type),
    })
    const { fetch, close } = await createTestClient(app)
    const send = async (said: string, content: Uint8Array): Promise<number> =>
      (await fetch('/', raw(formOf([[fileField('a', 'a', said), content]])))).status
    expect(await send('image/jpeg', bytes.jpeg)).toBe(200)
    expect(await send('image/png', bytes.png)).toBe(422)
    expect(await send('application/octet-stream', bytes.png)).toBe(422)
    await close()
  })
})

test('text of another charset, and what is no UTF-8, is refused', async () => {
  const app = api({ take: post('/', { body: multipart({ a: z.string(), b: z.string() }) }, ({ body }) => body) })
  const { fetch, close } = await createTestClient(app)
  const reply = await fetch(
    '/',
    raw(
      formOf([
        [field('a'), Buffer.from([0xff])],
        [`${field('b')}\r\nContent-Type: text/plain; charset=iso-8859-1`, 'b'],
      ]),
    ),
  )
  expect(await reply.json()).toMatchObject({
    status: 422,
    errors: [
      { pointer: '/body/a', code: 'invalid_encoding' },
      { pointer: '/body/b', code: 'invalid_encoding' },
    ],
  })
  await close()
})
