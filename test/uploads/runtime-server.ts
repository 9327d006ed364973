/** Serves forms on Bun or Deno, by the fetch form: prints its port. */
import { api, multipart, post, upload } from 'trestle'
import { toFetch } from 'trestle/fetch'
import { folder } from 'trestle/storage'

const files = folder(process.env.FILES as string)
const app = api({
  keep: post(
    '/keep',
    { body: multipart({ file: upload({ most: 100_000_000, sha256: true }) }), use: { files } },
    async ({ body: { file }, files }) => {
      let length = 0
      for await (const piece of file.stream()) length += piece.length
      const stored = await files.put('a/b', file)
      const slice = await stored.slice(0, 4).text()
      const { size: blob } = await file.blob()
      return {
        name: file.name,
        sha256: file.sha256,
        length,
        blob,
        inFile: file.path !== undefined,
        slice,
        kept: stored.size,
      }
    },
  ),
})

const fetch = await toFetch(app)
const runtime = globalThis as unknown as {
  Bun?: { serve(options: object): { port: number } }
  Deno: { serve(options: object): { addr: { port: number } } }
}
const options = { port: 0, hostname: '127.0.0.1', maxRequestBodySize: 1e9, fetch, onListen: () => {} }
const port = runtime.Bun?.serve(options).port ?? runtime.Deno.serve({ ...options, handler: fetch }).addr.port
console.log(`port ${port}`)
