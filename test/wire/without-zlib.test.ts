import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('where there is no zlib, gzip and deflate are decoded, and replies are plain', async () => {
  const program = new URL('./without-zlib.ts', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=trestle-source', program])
  const came = {
    gzip: 50_000,
    deflate: 50_000,
    both: 50_000,
    cut: 'malformed_body',
    'garbage behind': 'malformed_body',
    plain: 'malformed_body',
    'a bomb': 'content_too_large',
    'a bomb in a bomb': 'content_too_large',
    br: 'unsupported_media_type',
  }
  const on = (path: string) => Object.fromEntries(Object.entries(came).map(([what, one]) => [`${path} ${what}`, one]))
  expect(JSON.parse(stdout)).toEqual({
    came: { ...on('/text'), ...on('/stream'), taken: 'gzip, deflate', reply: [null, 5000] },
    failures: [],
  })
})
