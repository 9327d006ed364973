import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { onEveryWire } from '../pipeline/wires.ts'
import { PNG, covers, field, fileField, formOf, inPieces, ownTemporaryFolder, raw } from './covers.ts'

const folder = ownTemporaryFolder()

/** Each field that was refused, as `pointer code`. */
async function refused(reply: Response): Promise<unknown> {
  const body = (await reply.json()) as { errors?: { pointer: string; code: string }[] }
  return [reply.status, ...(body.errors ?? []).map(({ pointer, code }) => `${pointer} ${code}`)]
}

onEveryWire('A form', (open) => {
  it('gives text in the types of its schemas, lists, and files with what is known of them', async () => {
    const { fetch } = await open(covers)
    const form = new FormData()
    form.append('title', 'Tea & "milk"')
    form.append('copies', '3')
    form.append('tags', 'new')
    form.append('tags', 'größer')
    form.append('cover', new File([PNG], 'cover.png', { type: 'image/png' }))
    form.append('pages', new File(['one'], 'one.txt', { type: 'text/plain' }))
    form.append('pages', new File([new Uint8Array(100_000)], 'two.bin'))
    const reply = await fetch('/covers', { method: 'POST', body: form })
    expect(await reply.json()).toEqual({
      title: 'Tea & "milk"',
      copies: 3,
      tags: ['new', 'größer'],
      cover: {
        name: 'cover.png',
        sentName: 'cover.png',
        type: 'image/png',
        size: PNG.length,
        sha256: createHash('sha256').update(PNG).digest('hex'),
        inFile: false,
      },
      pages: [
        { name: 'one.txt', sentName: 'one.txt', type: 'text/plain', size: 3, inFile: false },
        { name: 'two.bin', sentName: 'two.bin', type: 'application/octet-stream', size: 100_000, inFile: true },
      ],
      start: '89504e47',
    })
  })

  it('gives what is absent its default, an empty list or undefined', async () => {
    const { fetch } = await open(covers)
    const reply = await fetch(
      '/covers',
      raw(
        formOf([
          [field('title'), 'a'],
          [fileField('cover', 'a.png', 'image/png'), PNG],
        ]),
      ),
    )
    expect(await reply.json()).toMatchObject({ title: 'a', copies: 1, tags: [], pages: [] })
    const nothing = await fetch('/any', raw(formOf([])))
    expect(await nothing.json()).toEqual({ length: 0 })
  })

  it('takes a field where no file was chosen for one that is absent', async () => {
    const { fetch } = await open(covers)
    const none = await fetch('/any', raw(formOf([[fileField('file', ''), '']])))
    expect(await none.json()).toEqual({ length: 0 })
    const needed = await fetch(
      '/covers',
      raw(
        formOf([
          [field('title'), 'a'],
          [fileField('cover', ''), ''],
        ]),
      ),
    )
    expect(await refused(needed)).toEqual([422, '/body/cover required'])
  })

  it('tells of every field that is refused at once', async () => {
    const { fetch } = await open(covers)
    const reply = await fetch(
      '/covers',
      raw(
        formOf([
          [field('copies'), 'many'],
          [field('title'), ''],
          [field('title'), 'again'],
          [field('isbn'), '1'],
          [fileField('back', 'back.png', 'image/png'), PNG],
          [fileField('tags', 'tags.txt', 'text/plain'), 'a'],
          [fileField('cover', 'cover.pdf', 'application/pdf'), '%PDF-1.7 …'],
          [fileField('pages', '1.bin'), '1'],
          [fileField('pages', '2.bin'), '2'],
          [fileField('pages', '3.bin'), '3'],
          [fileField('pages', '4.bin'), '4'],
        ]),
      ),
    )
    expect(await refused(reply)).toEqual([
      422,
      '/body/title repeated',
      '/body/isbn unrecognized_key',
      '/body/back unrecognized_key',
      '/body/tags invalid_type',
      '/body/cover type_not_taken',
      '/body/pages too_many',
      '/body/title too_small',
      '/body/copies invalid_type',
    ])
  })

  it('is the same however it is cut', async () => {
    const { fetch } = await open(covers)
    // What looks like the boundary and is none, where it could be cut.
    const tricky = Buffer.from('\r\n--\r\n-\r\r\n--c\r\n--\r\r\n\r\n--B\r\n')
    const body = formOf([
      [field('title'), '\r\n--a\r'],
      [field('tags'), ''],
      [fileField('cover', 'a.txt', 'text/plain'), tricky],
    ])
    const whole = await (await fetch('/covers', raw(body))).json()
    expect(whole).toMatchObject({ title: '\r\n--a\r', tags: [''], cover: { size: tricky.length } })
    expect((whole as { cover: { sha256: string } }).cover.sha256).toBe(
      createHash('sha256').update(tricky).digest('hex'),
    )
    for (const size of [1, 2, 3, 5, 7, 11, 64]) {
      expect(await (await fetch('/covers', inPieces(body, size))).json()).toEqual(whole)
    }
  })

  it('refuses what is too large, and says which', async () => {
    const { fetch } = await open(covers)
    const cases: [body: Uint8Array, detail: string, pointer: string | undefined][] = [
      [
        formOf([[fileField('cover', 'a.txt', 'text/plain'), 'a'.repeat(200_001)]]),
        'cover: This file may have 200000 bytes',
        '/body/cover',
      ],
      [formOf([[field('title'), 'a'.repeat(65_537)]]), 'title: This field may have 65536 bytes', '/body/title'],
      [
        formOf(Array.from({ length: 20 }, () => [field('tags'), 'a'.repeat(60_000)])),
        'tags: All text of the form together may have 1048576 bytes',
        '/body/tags',
      ],
      [formOf(Array.from({ length: 1001 }, () => [field('tags'), 'a'])), 'The form may have 1000 parts', undefined],
      [
        formOf([[`${field('title')}\r\nX-Long: ${'a'.repeat(8200)}`, 'a']]),
        'The header fields of a part may have 8192 bytes',
        undefined,
      ],
      [Buffer.alloc(40_000_000), 'The body may have 32705856 bytes', undefined],
    ]
    for (const [body, detail, pointer] of cases) {
      const reply = await fetch('/covers', raw(body))
      expect([reply.status, await reply.json()]).toEqual([
        413,
        {
          type: 'about:blank',
          title: 'The body is too large',
          status: 413,
          code: 'content_too_large',
          detail,
          ...(pointer && { errors: [{ pointer, code: 'too_large', message: detail.replace(/^\w+: /, '') }] }),
        },
      ])
    }
  })

  it('refuses another media type, no body, and no boundary', async () => {
    const { fetch } = await open(covers)
    const statusOf = async (init: RequestInit): Promise<number> => (await fetch('/covers', init)).status
    expect(await statusOf(raw(formOf([]), 'application/json'))).toBe(415)
    expect(await statusOf(raw(formOf([]), 'multipart/mixed; boundary=b'))).toBe(415)
    expect(await statusOf(raw(new Uint8Array()))).toBe(400)
    expect(await statusOf(raw(formOf([]), 'multipart/form-data'))).toBe(400)
    expect(await statusOf(raw(formOf([]), 'multipart/form-data; boundary=b; boundary=c'))).toBe(400)
    expect(await statusOf(raw(formOf([]), `multipart/form-data; boundary=${'b'.repeat(71)}`))).toBe(400)
    expect(await statusOf(raw(formOf([]), 'multipart/form-data; boundary="b "'))).toBe(400)
    expect(await statusOf(raw(formOf([], 'b c'), 'multipart/form-data; boundary="b c"'))).toBe(422)
  })

  it('leaves no temporary file behind, whatever came of it', async () => {
    const { fetch, close } = await open(covers)
    const large = new Uint8Array(150_000)
    const requests = [
      raw(formOf([[fileField('file', 'a.bin'), large]])),
      raw(
        formOf([
          [fileField('file', 'a.bin'), large],
          [field('unknown'), '1'],
        ]),
      ),
      raw(formOf([[fileField('file', 'a.bin'), large]]).subarray(0, 150_100)),
    ]
    const replies = await Promise.all(requests.map((init) => fetch('/any', init)))
    expect(replies.map(({ status }) => status)).toEqual([200, 422, 400])
    expect(await (replies[0] as Response).json()).toMatchObject({ inFile: true, size: 150_000, length: 150_000 })
    await expect.poll(folder.left).toEqual([])
    await close()
  })
})
