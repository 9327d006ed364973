import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { type Running, start, startNode } from './process.ts'

const root = path.join(import.meta.dirname, '..', '..')
const bin = (name: string): string => path.join(root, 'node_modules', '.bin', name)

const conditions = '--conditions=trestle-source'

it.each([
  ['Node', () => startNode('hello', 'app.ts')],
  ['Bun', () => start('hello', bin('bun'), [conditions, 'app.fetch.ts'])],
  [
    'Deno',
    () =>
      start('hello', bin('deno'), ['serve', conditions, '--host', '127.0.0.1', '--port', '0', 'app.fetch.ts'], {
        DENO_NO_UPDATE_CHECK: '1',
      }),
  ],
] as readonly (readonly [string, () => Promise<Running>])[])('hello answers on %s', async (_runtime, run) => {
  const { url, stop } = await run()
  try {
    const response = await fetch(`${url}/hello/J%C3%BCrgen`)
    expect([response.status, await response.json()]).toEqual([200, { hello: 'Jürgen' }])
    expect(response.headers.get('content-type')).toBe('application/json')
    const missing = await fetch(`${url}/bye`)
    expect([missing.status, await missing.json()]).toMatchObject([404, { code: 'not_found' }])
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object }
    expect(Object.keys(document.paths)).toEqual(['/hello/{name}'])
  } finally {
    await stop()
  }
})

it('is no longer than it says', async () => {
  const source = await readFile(path.join(root, 'examples', 'hello', 'app.ts'), 'utf8')
  expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(7)
})
