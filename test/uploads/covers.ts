import { existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { api, multipart, post, upload } from 'trestle'
import { afterAll, beforeAll } from 'vitest'
import { z } from 'zod'

export const PNG: Uint8Array<ArrayBuffer> = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** What a handler knows of a file, its bytes last. */
export async function told(file: import('trestle').Upload | undefined): Promise<unknown> {
  if (file === undefined) return undefined
  const { name, sentName, type, size, sha256 } = file
  return { name, sentName, type, size, sha256, inFile: file.path !== undefined && existsSync(file.path) }
}

/** An API that takes forms and says what came. */
export const covers = api({
  create: post(
    '/covers',
    {
      body: multipart({
        title: z.string().min(1),
        copies: z.int().min(1).default(1),
        tags: z.array(z.string()),
        cover: upload({ most: 200_000, types: ['image/png', 'image/jpeg', 'text/plain'], sha256: true }),
        pages: upload({ many: 3, optional: true }),
      }),
    },
    async ({ body: { cover, pages, ...texts } }) => ({
      ...texts,
      cover: await told(cover),
      pages: await Promise.all(pages.map(told)),
      start: Buffer.from(await cover.bytes()).toString('hex', 0, 4),
    }),
  ),
  any: post(
    '/any',
    { body: multipart({ file: upload({ most: 2_000_000_000, optional: true }) }) },
    async ({ body }) => {
      let length = 0
      if (body.file !== undefined) for await (const piece of body.file.stream()) length += piece.length
      return { ...((await told(body.file)) as object), length }
    },
  ),
})

/** A folder for temporary files of this test file alone. */
export function ownTemporaryFolder(): { readonly left: () => string[] } {
  const before = process.env.TMPDIR
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'trestle-test-'))
    process.env.TMPDIR = folder
  })
  afterAll(() => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    left: () => globSync('*/*/*', { cwd: folder }),
  }
}

/** A form in octets, as RFC 7578 has it: header lines and content of each part. */
export function formOf(
  parts: readonly (readonly [head: string, content: string | Uint8Array])[],
  boundary = 'b',
): Buffer {
  const pieces = parts.flatMap(([head, content]) => [
    Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`),
    Buffer.from(content as string),
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)])
}

export const field = (name: string): string => `Content-Disposition: form-data; name="${name}"`
export const fileField = (name: string, file: string, type = 'application/octet-stream'): string =>
  `${field(name)}; filename="${file}"\r\nContent-Type: ${type}`

/** The request that sends octets as a form. */
export function raw(body: Uint8Array, type = 'multipart/form-data; boundary=b'): RequestInit {
  return { method: 'POST', headers: { 'content-type': type }, body: body as Uint8Array<ArrayBuffer> }
}

/** The request that sends a stream of pieces. */
export function inPieces(body: Uint8Array, size: number, type = 'multipart/form-data; boundary=b'): RequestInit {
  let at = 0
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (at >= body.length) return controller.close()
      controller.enqueue(body.slice(at, at + size))
      at += size
    },
  })
  return { method: 'POST', headers: { 'content-type': type }, body: stream, duplex: 'half' } as RequestInit
}
