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

it('stands in the README as it is, in seven lines', async () => {
  const source = (name: string) => readFile(path.join(root, 'examples', 'hello', name), 'utf8')
  const blocks = [...(await readFile(path.join(root, 'README.md'), 'utf8')).matchAll(/^```ts.*\n([\s\S]*?)^```$/gm)]
  const [first, second] = blocks.map(([, text]) => text)
  expect(first).toBe(await source('app.ts'))
  expect(second).toBe(await source('app.fetch.ts'))
  expect(first?.trimEnd().split('\n')).toHaveLength(7)
})
