import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Api, api, bytes, get, multipart, ok, post, stream, upload } from 'trestle'
import { folder } from 'trestle/storage'
import { z } from 'zod'

const MB = 1_000_000
const PIECE = 50_000

const Order = z.object({ customer_id: z.int(), items: z.array(z.object({ sku: z.string(), qty: z.int().min(1) })) })
const Size = z.object({ mb: z.int().min(1).max(100) })

const files = folder(path.join(tmpdir(), 'trestle-load'))

/** What a server under load has: small replies and large ones, bodies that are held and bodies that are read in pieces. */
export function subjectApi(): Api {
  // One buffer for all: what is measured is what the server holds besides.
  const large = Buffer.alloc(100 * MB, 'x')
  return api({
    hello: get('/hello/{name}', ({ params }) => ({ hello: params.name })),
    order: post('/orders', { body: Order }, ({ body }) => ({ items: body.items.length })),
    upload: post('/uploads', { body: stream(), limits: { body: 10 * MB } }, async ({ body }) => {
      let size = 0
      for await (const piece of body) size += piece.byteLength
      return { size }
    }),
    form: post(
      '/forms',
      { body: multipart({ file: upload({ most: 10_000 * MB }) }), limits: { timeout: 60_000 } },
      ({ body }) => ({ size: body.file.size }),
    ),
    hashed: post(
      '/forms/hashed',
      { body: multipart({ file: upload({ most: 10_000 * MB, sha256: true }) }) },
      ({ body }) => ({
        size: body.file.size,
      }),
    ),
    kept: post(
      '/forms/kept',
      { body: multipart({ file: upload({ most: 10_000 * MB }) }), use: { files }, limits: { timeout: 60_000 } },
      async ({ body, files }) => {
        const { key, size } = await files.put(crypto.randomUUID(), body.file)
        await files.remove(key)
        return { size }
      },
    ),
    echo: post('/echo', { body: stream(), returns: ok(stream()), limits: { body: 10 * MB } }, ({ body }) => body),
    large: get('/large/{mb}', { params: Size, returns: bytes() }, ({ params }) => large.subarray(0, params.mb * MB)),
    stream: get('/stream/{mb}', { params: Size, returns: stream() }, async function* ({ params }) {
      for (let sent = 0; sent < params.mb * MB; sent += PIECE) {
        yield Buffer.alloc(PIECE, 'x')
        // As from a disk: not all of it in one turn.
        await new Promise((resolve) => setImmediate(resolve))
      }
    }),
    broken: get('/broken', { returns: stream() }, async function* () {
      yield 'a part'
      throw new Error('the source failed')
    }),
    late: get('/late', async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return { hello: 'you' }
    }),
  })
}
