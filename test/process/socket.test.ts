import { chmodSync, existsSync, symlinkSync } from 'node:fs'
import { request } from 'node:http'
import { type Server, createServer } from 'node:net'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freeSocketFile } from '../../src/wire/socket-file.ts'
import { type Folder, type Program, createFolder, runTrestle } from './program.ts'

let folder: Folder
const running = new Set<Program>()

beforeEach(async () => {
  folder = await createFolder()
  await folder.write(
    'app.ts',
    `import { api, get } from 'trestle'\nexport default api({ pid: get('/pid', () => process.pid) })\n`,
  )
})

afterEach(async () => {
  for (const program of running) program.signal('SIGKILL')
  running.clear()
  await folder.remove()
})

function start(...args: string[]): Program {
  const program = runTrestle(folder, ['start', 'app.ts', '--socket', 'app.sock', ...args])
  running.add(program)
  return program
}

const place = (): string => path.join(folder.path, 'app.sock')

function ask(target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: place(), path: target, agent: false }, (reply) => {
      let body = ''
      reply.on('data', (piece: Buffer) => {
        body += piece
      })
      reply.on('end', () => resolve(body))
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** With workers, and without. */
const WAYS = [
  ['alone', []],
  ['in workers', ['--workers', '2']],
] as const

test.each(WAYS)('A unix socket is served, and its file is gone at the end, %s', async (_, args) => {
  const program = start(...args)
  await program.says(/Listening on unix:app\.sock/)
  expect(Number(await ask('/pid'))).toBeGreaterThan(0)
  expect(await ask('/readyz')).toBe('{"status":"ready","checks":{}}')
  program.signal('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(existsSync(place())).toBe(false)
})

test.each(WAYS)('The file of a server that was killed is no hindrance, %s', async (_, args) => {
  const first = start()
  await first.says(/Listening/)
  first.signal('SIGKILL')
  await first.ended
  expect(existsSync(place())).toBe(true)

  const second = start(...args)
  await second.says(/Listening on unix:app\.sock/)
  expect(Number(await ask('/pid'))).toBeGreaterThan(0)
})

test.each(WAYS)('A socket that a server listens on is left to it, %s', async (_, args) => {
  const first = start()
  await first.says(/Listening/)
  const second = start(...args)
  expect(await second.ended).toBe(1)
  expect(second.output()).toBe('Another server listens on app.sock: stop it, or give another path\n')
  expect(await ask('/pid')).toBe(String(first.pid))
})

test('A server that answers nothing is no dead one', async () => {
  const busy: Server = createServer()
  await new Promise<void>((resolve) => busy.listen({ path: place(), backlog: 1 }, resolve))
  const program = start()
  expect(await program.ended).toBe(1)
  expect(program.output()).toMatch(/^Another server listens on app\.sock/)
  await new Promise((resolve) => busy.close(resolve))
})

test('A file that is no socket stays as it is', async () => {
  await folder.write('app.sock', 'precious')
  const program = start()
  expect(await program.ended).toBe(1)
  expect(program.output()).toBe('app.sock is a file that is no socket: give another path\n')
  expect(existsSync(place())).toBe(true)
})

test.each(WAYS)('A folder that is not there is said, %s', async (_, args) => {
  const program = runTrestle(folder, ['start', 'app.ts', '--socket', 'nowhere/app.sock', ...args])
  running.add(program)
  expect(await program.ended).toBe(1)
  expect(program.output()).toMatch(/^There can be no socket at .*nowhere\/app\.sock: .*does not exist\n$/)
})

const PLACES = [
  ['A name that no file can have', 'a'.repeat(300), /its path is too long/],
  ['A path that no socket can have', `./${'a'.repeat(150)}`, /its path is too long/],
  ['A file in the place of its folder', 'app.ts/app.sock', /what it is in is no folder/],
  ['A link to itself in the place of its folder', 'loop/app.sock', /what it is in is no folder/],
] as const

test.each(PLACES.flatMap(([name, ...one]) => WAYS.map(([way, args]) => [name, way, args, ...one] as const)))(
  '%s is said, %s',
  async (_, __, args, socket, said) => {
    symlinkSync('loop', path.join(folder.path, 'loop'))
    const program = runTrestle(folder, ['start', 'app.ts', '--socket', socket, ...args])
    running.add(program)
    expect(await program.ended).toBe(1)
    expect(program.output()).toMatch(/^There can be no socket at .*\n$/)
    expect(program.output()).toMatch(said)
  },
)

/** Of a user who is not the one that runs the tests, which takes root. */
const OTHER = 65_534

test.runIf(process.getuid?.() === 0).each([
  ['may not connect to', 0o755, 0o755, /^Another server listens on /],
  ['may not remove', 0o777, 0o755, / was left by another server, and this user may not remove it: EACCES/],
])('A socket that this user %s is said', async (_, mode, folderMode, said) => {
  const first = start()
  await first.says(/Listening/)
  first.signal('SIGKILL')
  await first.ended
  chmodSync(place(), mode)
  chmodSync(folder.path, folderMode)
  // Not a process of that user: it could not read these files where they are below a folder of root's.
  process.seteuid?.(OTHER)
  const freed = freeSocketFile(place()).finally(() => process.seteuid?.(0))
  await expect(freed).rejects.toThrow(said)
})

test('Workers are replaced on a unix socket too', async () => {
  const program = start('--workers', '2')
  await program.says(/Listening/)
  const before = await program.workers()
  program.signal('SIGHUP')
  await program.says(/Reloaded: 2 new workers serve/)
  expect(before).not.toContain(Number(await ask('/pid')))
})
