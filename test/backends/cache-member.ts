/** One of several processes that serve the same cached API on the same backend. Arguments: the backend, a folder. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { api, get, noContent, put, text } from 'trestle'
import { cached, invalidates } from 'trestle/policies'
import { z } from 'zod'
import { serveForParent } from '../servers/serve-for-parent.ts'

const [backend = 'memory', folder = ''] = process.argv.slice(2)
const params = z.object({ key: z.string() })
const fileOf = (key: string): string => path.join(folder, `value-${key}`)
const make = async (key: string, milliseconds: number): Promise<string> => {
  appendFileSync(path.join(folder, 'made'), `${key}\n`)
  const value = readFileSync(fileOf(key), 'utf8')
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
  return value
}

const app = api({
  read: get(
    '/values/{key}',
    { params, returns: text(), policies: [cached({ for: 600, tags: ['value:{key}'] })] },
    ({ params }) => make(params.key, 100),
  ),
  stale: get('/stale/{key}', { params, returns: text(), policies: [cached({ for: 0.2, stale: 600 })] }, ({ params }) =>
    make(params.key, 300),
  ),
  hang: get('/hang/{key}', { params, returns: text(), policies: [cached({ for: 600, lease: 1 })] }, ({ params }) =>
    make(params.key, process.argv[4] === 'hangs' ? 1_000_000 : 10),
  ),
  write: put(
    '/writes/{key}',
    { params, body: z.string(), returns: noContent(), policies: [invalidates('value:{key}')] },
    ({ params, body }) => writeFileSync(fileOf(params.key), body),
  ),
})

await serveForParent(app, { backend })
