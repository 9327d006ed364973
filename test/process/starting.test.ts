import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Folder, type Program, createFolder, runTrestle } from './program.ts'

/** What comes while an API starts: signals, and messages of its own. */

let folder: Folder
const running = new Set<Program>()

beforeEach(async () => {
  folder = await createFolder()
})

afterEach(async () => {
  for (const program of running) program.signal('SIGKILL')
  running.clear()
  await folder.remove()
})

function run(...args: string[]): Program {
  const program = runTrestle(folder, args)
  running.add(program)
  return program
}

/** An API whose eager dependency takes 700 ms to come and says when it goes. */
const SLOW = `import { api, depends, get } from 'trestle'
const pool = depends({}, async function* () {
  console.log('the pool is being made')
  await new Promise((resolve) => setTimeout(resolve, 700))
  yield 'pool'
  console.log('the pool is closed')
}, { scope: 'app', eager: true })
const app = api({ read: get('/', { use: { pool } }, () => 'tea') })
`

const PROGRAMS: readonly (readonly [string, readonly string[], string])[] = [
  ['trestle start', ['start', 'app.ts'], `${SLOW}export default app\n`],
  ['trestle start --workers', ['start', 'app.ts', '--workers', '1'], `${SLOW}export default app\n`],
]

// Process 1 of a container would not even be ended by a signal that nobody takes yet, and would go on to serve.
test.each(PROGRAMS)('SIGTERM while %s starts ends it once it has, with all that it holds', async (_, args, text) => {
  await folder.write('app.ts', text)
  const program = run(...args)
  await program.says(/the pool is being made/)
  program.signal('SIGTERM')
  program.signal('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(program.output()).toContain('the pool is closed')
})

test('SIGTERM while serve starts ends the process once it has, with all that it holds', async () => {
  // What the file does is done before `trestle start` looks for an API in it.
  await folder.write('app.ts', `${SLOW}import { serve } from 'trestle/node'\nawait serve(app)\nexport default app\n`)
  const program = run('openapi', 'app.ts')
  await program.says(/the pool is being made/)
  program.signal('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(program.output()).toContain('the pool is closed')
})

test('A start that does not end is not waited for beyond the deadline', async () => {
  await folder.write('app.ts', `console.log('on its way')\nsetInterval(() => {}, 1000)\nawait new Promise(() => {})\n`)
  const program = run('start', 'app.ts', '--deadline', '300')
  await program.says(/on its way/)
  const asked = performance.now()
  program.signal('SIGTERM')
  expect(await program.ended).toBe(1)
  expect(performance.now() - asked).toBeGreaterThan(290)
  expect(program.output()).toContain(
    'SIGTERM came during the start, and the process did not end within 300 ms after it\n',
  )
})

test.each([
  ['alone', []],
  ['in a worker', ['--workers', '1']],
])('A start that fails after SIGTERM says why, %s', async (_, args) => {
  await folder.write(
    'app.ts',
    `console.log('on its way')\nawait new Promise((resolve) => setTimeout(resolve, 300))\nexport default 1\n`,
  )
  const program = run('start', 'app.ts', ...args)
  await program.says(/on its way/)
  program.signal('SIGTERM')
  expect(await program.ended).toBe(1)
  expect(program.output()).toBe('on its way\napp.ts exports no API. Write: export default api({ … })\n')
})

test('A program that tries again after a start that failed ends too', async () => {
  await folder.write(
    'app.ts',
    `import { api, depends, get } from 'trestle'
import { serve } from 'trestle/node'
let tries = 0
const pool = depends({}, async () => {
  console.log('try')
  await new Promise((resolve) => setTimeout(resolve, 200))
  if (++tries === 1) throw new Error('no database yet')
}, { scope: 'app', eager: true })
const app = api({ read: get('/', { use: { pool } }, () => 'tea') })
for (;;) {
  try {
    await serve(app, { deadline: 600 })
    break
  } catch (error) {
    console.log(error.message)
  }
}
export default app
`,
  )
  const program = run('openapi', 'app.ts')
  await program.says(/try/)
  program.signal('SIGTERM')
  expect(await program.ended).toBe(1)
  expect(program.output()).toContain('no database yet')
})

test('Of several servers in a process, each finishes its replies', async () => {
  await folder.write(
    'app.ts',
    `import { api, get } from 'trestle'
import { serve } from 'trestle/node'
process.on('warning', ({ message }) => console.log(message))
const app = api({
  quick: get('/', () => 'tea'),
  slow: get('/slow', async () => {
    console.log('begun')
    await new Promise((resolve) => setTimeout(resolve, 500))
    return 'done'
  }),
})
const [{ url }] = await Promise.all(Array.from({ length: 12 }, () => serve(app, { port: 0, quiet: true })))
console.log(await (await fetch(url + '/slow')).text())
export default app
`,
  )
  const program = run('openapi', 'app.ts')
  await program.says(/begun/)
  program.signal('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(program.output()).toMatch(/^begun\n"done"\n/)
})

test('A save during a start begins anew, and nothing is said of the start that is over', async () => {
  const text = `${SLOW}export default app\n`
  await folder.write('app.ts', text)
  const program = run('dev', 'app.ts', '--port', '0')
  await program.says(/the pool is being made/)
  await folder.write('app.ts', `${text}// saved\n`)
  await program.says(/ready in/)
  const [first, second, ...rest] = program.output().split('\n').slice(0, -1)
  expect([first, second]).toEqual(['the pool is being made', 'app.ts changed'])
  expect(rest).toEqual(['the pool is being made', expect.stringMatching(/^http.* ready in/)])
})

// Process managers take `process.send('ready')` for it, so that programs say so.
test.each([
  ['start', '--workers', '1'],
  ['dev', '--port', '0'],
])('What an API sends to its parent process is no word of a worker: %s', async (command, ...args) => {
  await folder.write(
    'app.ts',
    `import { api, get } from 'trestle'
for (const word of ['ready', null, 7, { is: 'serving' }, { url: 'here' }]) process.send?.(word)
await new Promise((resolve) => setTimeout(resolve, 500))
export default api({ read: get('/', () => 'tea') })
`,
  )
  const program = run(command, 'app.ts', ...args)
  const [, port] = await program.says(/http:\/\/localhost:(\d+)/)
  expect(await (await fetch(`http://localhost:${port}/`)).json()).toBe('tea')
  expect(program.output()).not.toMatch(/undefined|TypeError/)
  program.signal('SIGTERM')
  expect(await program.ended).toBe(0)
})
