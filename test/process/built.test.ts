import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { build } from '../../scripts/build.ts'
import { type Folder, type Program, createFolder, runTrestle } from './program.ts'

/** What is published is made of few files: programs and pages are still found where they are. */
let folder: Folder
let program: Program | undefined

beforeAll(async () => {
  expect(await build()).toMatchObject({ ok: true })
  folder = await createFolder()
  await folder.write(
    'app.ts',
    `import { api, get } from 'trestle'
export default api({ title: 'Small' }, {
  hello: get('/hello/{name}', ({ params }) => ({ hello: params.name })),
  failing: get('/failing', () => { throw new Error('a fault of the reader') }),
})
`,
  )
}, 300_000)

afterEach(async () => {
  program?.signal('SIGKILL')
  await program?.ended
  program = undefined
})

afterAll(() => folder.remove())

test('trestle start --workers, from dist', async () => {
  program = runTrestle(folder, ['start', 'app.ts', '--workers', '2'], {}, 'built')
  const [, url] = await program.says(/Listening on (\S+) with 2 workers/)
  expect(await (await fetch(`${url}/hello/ada`)).json()).toEqual({ hello: 'ada' })
  program.signal('SIGTERM')
  expect(await program.ended).toBe(0)
})

test('trestle dev, from dist: its pages have their scripts, and a failure shows the line of the reader', async () => {
  program = runTrestle(folder, ['dev', 'app.ts'], {}, 'built')
  const [, url] = await program.says(/(http:\S+) ready in/)
  const docs = await (await fetch(`${url}/docs`)).text()
  const scripts = [...docs.matchAll(/<script src="([^"]+)"/g)].map(([, src]) => new URL(src as string, `${url}/docs`))
  expect(scripts.length).toBeGreaterThan(1)
  for (const script of scripts) expect((await fetch(script)).status).toBe(200)
  const failure = await (await fetch(`${url}/failing`, { headers: { accept: 'text/html' } })).text()
  expect(failure).toMatch(/<span class="failed">[^<]*a fault of the reader/)
  await expect(fetch(`${url}/openapi.json`).then((it) => it.json())).resolves.toMatchObject({ openapi: '3.1.0' })
})
