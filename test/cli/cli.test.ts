import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
const program = path.join(root, 'src/cli/main.ts')

let folder: string
const running = new Set<ChildProcess>()

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trestle-cli-'))
  await write('package.json', '{ "type": "module" }')
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
})

afterEach(async () => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
  await rm(folder, { recursive: true, force: true })
})

const write = (name: string, text: string): Promise<void> => writeFile(path.join(folder, name), text)

const API = `import { api, get } from 'trestle'
export default api({ title: 'Small' }, {
  hello: get('/hello/{name}', ({ params }) => ({ hello: params.name })),
})
`

interface Running {
  readonly child: ChildProcess
  readonly output: () => string
  /** Waits until the output matches. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>
  readonly ended: Promise<number | null>
}

function trestle(...args: string[]): Running {
  return trestleWith({}, ...args)
}

function trestleWith(env: Record<string, string>, ...args: string[]): Running {
  const child = spawn(process.execPath, ['--conditions=trestle-source', program, ...args], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: '', PORT: '0', ...env },
  })
  running.add(child)
  let output = ''
  const listeners = new Set<() => void>()
  const take = (chunk: Buffer): void => {
    output += chunk
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const says = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(output)
        if (found !== null) {
          listeners.delete(look)
          resolve(found)
        }
      }
      listeners.add(look)
      child.once('exit', () => reject(new Error(`it ended before it said ${pattern}:\n${output}`)))
      look()
    })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, output: () => output, says, ended }
}

/** What is answered; undefined as long as nobody listens. */
function asked(url: string): Promise<unknown> {
  return fetch(url).then(
    (reply) => reply.json(),
    () => undefined,
  )
}

test('help lists every command', async () => {
  const help = trestle('--help')
  expect(await help.ended).toBe(0)
  await expect(help.output()).toMatchFileSnapshot('../golden/cli/help.txt')
})

test.each([
  [['fly', 'api.ts'], /There is no command "fly"/],
  [['start'], /Name the file of the API: trestle start <file>/],
  [['start', 'nowhere.ts'], /There is no file .*nowhere\.ts/],
  [['start', 'empty.ts'], /empty\.ts exports no API\. Write: export default api/],
  [['start', 'api.ts', '--port', 'http'], /--port takes a number from 0 to 65535, not "http"/],
  [['start', 'api.ts', '--tls-cert', 'cert.pem'], /--tls-cert and --tls-key go together/],
  [['start', 'api.ts', '--tls-cert', 'no.pem', '--tls-key', 'no.pem'], /^tls\.cert: there is no file .*no\.pem/],
  [
    ['start', 'api.ts', '--trust-proxy', '10.0.0.0/8, 0.0.0.0/0'],
    /^proxy: trust has "0\.0\.0\.0\/0", which is everybody/,
  ],
  [['start', 'api.ts', '--path-prefix', 'api'], /^proxy: "api" is no prefix: write "\/api"/],
  [['start', 'api.ts', '--host', '192.0.2.1'], /^192\.0\.2\.1 is no address of this machine: .*--host/],
  [['start', 'api.ts', '--host', '192.0.2.1', '--workers', '1'], /^192\.0\.2\.1 is no address of this machine/],
  [
    ['start', 'api.ts', '--host', 'nowhere.invalid'],
    /^--host takes an address of this machine, and nobody knows "nowhere\.invalid"/,
  ],
  [['start', 'api.ts', '--host', ''], /^--host is empty: give it a value, or leave it out/],
  [['start', 'api.ts', '--socket', ''], /^--socket is empty: give it a value, or leave it out/],
  [['start', 'api.ts', '--tls-cert', '', '--tls-key', ''], /^--tls-cert is empty: give it a value, or leave it out/],
  [['start', '.'], /^\S+ is a folder: name the file in it whose default export is the API\n$/],
  [['start', 'api.ts', '--socket', 'x'.repeat(120)], /^There can be no socket at .*x: its path is too long/],
  [['start', 'api.ts', '--workers', '1', '--socket', 'x'.repeat(120)], /^There can be no socket at .*x: its path is/],
  [['openapi', 'api.ts', '--out', 'none/api.json'], /^There can be no file none\/api\.json: its folder does not exist/],
  [
    ['openapi', 'api.ts', '--out', 'api.ts/api.json'],
    /^There can be no file api\.ts\/api\.json: its folder does not exist/,
  ],
  [['openapi', 'api.ts', '--out', '.'], /^There can be no file \.: it is a folder/],
  [['openapi', 'twice.ts'], /^The API cannot start[\s\S]*"Order" is another schema than in "returns" of a/],
  [['routes', 'api.ts', '--port', '1'], /"routes" takes no --port/],
  [['routes', 'api.ts', '--colour'], /Unknown option '--colour'/],
  [['start', 'faulty.ts'], /The API cannot start: one fault[\s\S]*GET \/a\/\{id\} \(one\)[\s\S]*params\.id/],
])('%j says what to mend and ends with 1', async (args, message) => {
  await write('api.ts', API)
  await write('empty.ts', 'export {}\n')
  await write(
    'faulty.ts',
    `import { api, get } from 'trestle'
import { z } from 'zod'
export default api({ one: get('/a/{id}', { params: z.object({ }) }, () => 1) })
`,
  )
  await write(
    'twice.ts',
    `import { api, get } from 'trestle'
import { z } from 'zod'
const order = () => z.object({ id: z.int() }).meta({ id: 'Order' })
export default api({ a: get('/a', { returns: order() }, () => ({ id: 1 })), b: get('/b', { returns: order() }, () => ({ id: 1 })) })
`,
  )
  const run = trestle(...args)
  expect(await run.ended).toBe(1)
  expect(run.output()).toMatch(message)
  expect(run.output()).not.toMatch(/^\s+at /m)
})

test.each(['start', 'dev'])(
  '%s says in a sentence why it cannot listen, or what the environment lacks',
  async (command) => {
    await write('api.ts', API)
    const wrong = trestleWith({ PORT: 'http' }, command, 'api.ts')
    await wrong.says(/^PORT takes a number from 0 to 65535, not "http"/)
    const first = trestle('start', 'api.ts')
    const [, port = ''] = await first.says(/:(\d+)/)
    const second = trestle(command, 'api.ts', '--port', port)
    await second.says(new RegExp(`Port ${port} is taken: stop what listens there, or give another with --port or PORT`))
    await write(
      'unset.ts',
      `import { settings } from 'trestle/settings'
import { z } from 'zod'
settings({ databaseUrl: z.url() })
${API}`,
    )
    const unset = trestle(command, 'unset.ts')
    await unset.says(/DATABASE_URL is missing/)
    const elsewhere = trestle(command, 'api.ts', '--host', '192.0.2.1')
    await elsewhere.says(/^192\.0\.2\.1 is no address of this machine/)
    for (const run of [wrong, second, unset, elsewhere]) expect(run.output()).not.toMatch(/^\s+at /m)
  },
)

test('routes lists endpoints, as a table and as JSON', async () => {
  await write('api.ts', API)
  const table = trestle('routes', 'api.ts')
  expect(await table.ended).toBe(0)
  expect(table.output()).toBe('GET  /hello/{name}  hello\n')
  const json = trestle('routes', 'api.ts', '--json')
  await json.ended
  expect(JSON.parse(json.output())).toMatchObject([{ method: 'GET', path: '/hello/{name}', operation: 'hello' }])
})

test('routes says who may call, where callers are told apart', async () => {
  await write(
    'guarded.ts',
    `import { api, get, post } from 'trestle'
import { anyOf, bearer } from 'trestle/auth'
const token = bearer({}, () => ({ sub: 'a' }), { name: 'token', principal: ({ sub }) => sub })
const key = bearer({}, () => ({ id: 'b' }), { name: 'key', principal: ({ id }) => id })
export default api({
  list: get('/orders', { use: { caller: anyOf({ token, key }).scopes('orders:read') } }, () => []),
  create: post('/orders', { use: { token: token.scopes('orders:read', 'orders:write'), key } }, () => ({})),
  hours: get('/hours', { use: { token: token.optional() } }, () => ({})),
  hello: get('/hello', () => ({})),
})
`,
  )
  const table = trestle('routes', 'guarded.ts')
  expect(await table.ended).toBe(0)
  expect(table.output()).toBe(`GET   /orders  list    token with orders:read, or key with orders:read
POST  /orders  create  token with orders:read orders:write and key
GET   /hours   hours   anyone, or token
GET   /hello   hello   anyone
`)
})

test('openapi writes the document to standard output, or to a file', async () => {
  await write('api.ts', API)
  const printed = trestle('openapi', 'api.ts')
  await printed.ended
  expect(JSON.parse(printed.output())).toMatchObject({ openapi: '3.1.0', info: { title: 'Small' } })
  await trestle('openapi', 'api.ts', '--out', 'api.json').ended
  expect(JSON.parse(await readFile(path.join(folder, 'api.json'), 'utf8'))).toEqual(JSON.parse(printed.output()))
})

test('start serves until SIGTERM, and shows nothing internal', async () => {
  await write('api.ts', API.replace('({ hello: params.name })', '{ throw new Error("the vault is at 7") }'))
  const run = trestle('start', 'api.ts')
  const [, url] = await run.says(/Listening on (\S+)/)
  const reply = await fetch(`${url}/hello/ann`, { headers: { accept: 'text/html' } })
  expect(reply.status).toBe(500)
  expect(await reply.text()).not.toMatch(/vault|api\.ts/)
  run.child.kill('SIGTERM')
  expect(await run.ended).toBe(0)
})

test('dev serves new code in under a second after a save, and lives through code that fails', async () => {
  await write('api.ts', API)
  const run = trestle('dev', 'api.ts')
  const [, url] = await run.says(/(\S+) ready in \d+ ms/)
  const hello = (): Promise<unknown> => asked(`${url}/hello/ann`)
  expect(await hello()).toEqual({ hello: 'ann' })

  // The quickest of several: another process may have had the machine meanwhile.
  const times: number[] = []
  for (const end of ['!', '?', '.']) {
    const saved = performance.now()
    await write('api.ts', API.replace('params.name', `params.name + '${end}'`))
    await expect.poll(hello, { interval: 10, timeout: 10_000 }).toEqual({ hello: `ann${end}` })
    times.push(performance.now() - saved)
  }
  expect(Math.min(...times)).toBeLessThan(1000)

  await write('api.ts', 'export default api(')
  await run.says(/SyntaxError[\s\S]*Waiting for a change/)
  await write('api.ts', API)
  await expect.poll(hello, { interval: 10, timeout: 5000 }).toEqual({ hello: 'ann' })
})

test('dev sees every save by rename', async () => {
  await write('api.ts', API)
  const run = trestle('dev', 'api.ts')
  const [, url] = await run.says(/(\S+) ready in \d+ ms/)
  for (const end of ['!', '?', '.']) {
    await write('api.tmp', API.replace('params.name', `params.name + '${end}'`))
    await rename(path.join(folder, 'api.tmp'), path.join(folder, 'api.ts'))
    await expect.poll(() => asked(`${url}/hello/ann`), { interval: 10, timeout: 5000 }).toEqual({ hello: `ann${end}` })
  }
})

test('dev sees files of folders that come, go and are replaced', async () => {
  await mkdir(path.join(folder, 'words'))
  await write('words/start.json', '"first"')
  await write(
    'api.ts',
    `import { existsSync, readFileSync } from 'node:fs'
import { api, get } from 'trestle'
const file = ['words/new/greeting.json', 'words/start.json'].find((file) => existsSync(file))
const word = file === undefined ? 'none' : JSON.parse(readFileSync(file, 'utf8'))
export default api({ word: get('/word', () => word) })
`,
  )
  const run = trestle('dev', 'api.ts')
  const [, url] = await run.says(/(\S+) ready in \d+ ms/)
  const word = () => expect.poll(() => asked(`${url}/word`), { interval: 10, timeout: 5000 })
  await word().toBe('first')
  await mkdir(path.join(folder, 'words/new'))
  await write('words/new/greeting.json', '"new"')
  await word().toBe('new')
  await write('words/new/greeting.json', '"saved"')
  await word().toBe('saved')
  await rm(path.join(folder, 'words'), { recursive: true })
  await word().toBe('none')
  await mkdir(path.join(folder, 'words/new'), { recursive: true })
  await write('words/new/greeting.json', '"again"')
  await word().toBe('again')
  await rename(path.join(folder, 'words'), path.join(folder, 'moved'))
  await word().toBe('none')
  await mkdir(path.join(folder, 'other/new'), { recursive: true })
  await write('other/new/greeting.json', '"other"')
  await rename(path.join(folder, 'other'), path.join(folder, 'words'))
  await word().toBe('other')
  await write('words/new/greeting.json', '"last"')
  await word().toBe('last')
})

test('dev passes over what is installed, made or hidden, and what is no source', async () => {
  await write('api.ts', API)
  for (const name of ['dist', '.cache']) await mkdir(path.join(folder, name))
  const run = trestle('dev', 'api.ts')
  await run.says(/ready in/)
  await mkdir(path.join(folder, 'coverage'))
  for (const name of ['dist/a.ts', '.cache/a.ts', 'coverage/a.ts', 'shop.db']) await write(name, '1')
  await write('api.ts', `${API}\n`)
  await run.says(/ready in[\s\S]*ready in/)
  expect(run.output().match(/\S+ changed/g)).toEqual(['api.ts changed'])
})

test('dev has one process at a time, however soon saves follow each other', async () => {
  await write(
    'api.ts',
    `import { appendFileSync } from 'node:fs'
import { api, depends, get } from 'trestle'
const slow = depends({}, async function* () {
  appendFileSync('log', '+')
  yield 1
  await new Promise((resolve) => setTimeout(resolve, 300))
  appendFileSync('log', '-')
}, { scope: 'app', eager: true })
export default api({ hello: get('/hello', { use: { slow } }, () => 1) })
`,
  )
  const run = trestle('dev', 'api.ts')
  await run.says(/ready in/)
  for (const name of ['a.ts', 'b.ts']) {
    await write(name, '1')
    await run.says(new RegExp(`${name} changed`))
  }
  await run.says(/b\.ts changed[\s\S]*ready in/)
  await write('c.ts', '1')
  await run.says(/c\.ts changed[\s\S]*ready in/)
  expect(await readFile(path.join(folder, 'log'), 'utf8')).toBe('+-+-+')
})

test('dev shows browsers the line that failed', async () => {
  await write('api.ts', API.replace('({ hello: params.name })', '{ throw new Error("no <tea>") }'))
  const run = trestle('dev', 'api.ts')
  const [, url] = await run.says(/(\S+) ready in/)
  const page = await fetch(`${url}/hello/ann`, { headers: { accept: 'text/html,*/*' } })
  expect(page.status).toBe(500)
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(await page.text()).toMatch(/class="failed">3 {2}.*no &lt;tea&gt;/)
  const problem = await fetch(`${url}/hello/ann`)
  expect(problem.headers.get('content-type')).toBe('application/problem+json')
})
