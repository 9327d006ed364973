/** A program on a runtime that has no `node:zlib`, as far as the package can tell. It prints what came of each request. */
import { deflateSync, gzipSync } from 'node:zlib'

Reflect.deleteProperty(process, 'getBuiltinModule')

const { api, get, post, stream, text } = await import('trestle')
const { toFetch } = await import('trestle/fetch')
const { compression } = await import('trestle/policies')

const failures: string[] = []
const handle = await toFetch(
  api(
    { limits: { body: 100_000 }, policies: [compression()] },
    {
      text: post('/text', { body: text() }, ({ body }) => body.length),
      stream: post('/stream', { body: stream('text/plain') }, async ({ body }) => {
        let length = 0
        for await (const piece of body) length += piece.byteLength
        return length
      }),
      long: get('/long', { returns: text() }, () => 'a'.repeat(5000)),
    },
  ),
  { report: (error) => failures.push(String(error)) },
)

const whole = { gzip: gzipSync('a'.repeat(50_000)), deflate: deflateSync('a'.repeat(50_000)) }
const bomb = gzipSync(Buffer.alloc(50_000_000))
const sent: [what: string, coding: string, body: Uint8Array<ArrayBuffer>][] = [
  ['gzip', 'gzip', whole.gzip],
  ['deflate', 'deflate', whole.deflate],
  ['both', 'deflate, gzip', gzipSync(whole.deflate)],
  ['cut', 'gzip', whole.gzip.subarray(0, -3)],
  ['garbage behind', 'gzip', Buffer.concat([whole.gzip, Buffer.from('garbage')])],
  ['plain', 'deflate', Buffer.from('plain')],
  ['a bomb', 'gzip', bomb],
  ['a bomb in a bomb', 'gzip, gzip', gzipSync(bomb)],
  ['br', 'br', whole.gzip],
]
const came: Record<string, unknown> = {}
for (const path of ['/text', '/stream']) {
  for (const [what, coding, body] of sent) {
    const headers = { 'content-type': 'text/plain', 'content-encoding': coding }
    const reply = await handle(new Request(`http://api.test${path}`, { method: 'POST', headers, body }))
    const said = (await reply.json()) as number | { readonly code: string }
    came[`${path} ${what}`] = typeof said === 'number' ? said : said.code
    if (what === 'br') came.taken = reply.headers.get('accept-encoding')
  }
}
const long = await handle(new Request('http://api.test/long', { headers: { 'accept-encoding': 'gzip' } }))
came.reply = [long.headers.get('content-encoding'), (await long.text()).length]
console.log(JSON.stringify({ came, failures }))
