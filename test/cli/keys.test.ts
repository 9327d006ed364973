import { execFile } from 'node:child_process'
import path from 'node:path'
import { api, get } from 'trestle'
import { apiKeys } from 'trestle/auth'
import { createTestClient } from 'trestle/testing'
import { describe, expect, it, test } from 'vitest'
import { BACKENDS, startBackend } from '../backends/backends.ts'
import { startFaultProxy } from '../servers/fault-proxy.ts'
import { startPostgres } from '../servers/postgres.ts'

const program = path.resolve(import.meta.dirname, '../../src/cli/main.ts')

function trestle(args: readonly string[], backend = ''): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, TRESTLE_BACKEND: backend }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=trestle-source', program, 'keys', ...args],
      { env },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
      },
    )
  })
}

describe.each(BACKENDS.filter((name) => name !== 'memory'))('trestle keys, on %s', (name) => {
  it('makes, lists and revokes a key that lets in', async () => {
    const { setting, remove } = await startBackend(name)
    const { key } = apiKeys({ prefix: 'shop' })
    const app = api({ me: get('/', { use: { key: key.scopes('a:read') } }, ({ key }) => key.owner) })
    const { fetch, close } = await createTestClient(app, { backend: setting })
    const all = ['--prefix', 'shop']
    const made = await trestle(
      ['create', ...all, '--name', 'CI', '--owner', 'acme', '--scopes', 'a:read,b:write', '--lifetime', '90d'],
      setting,
    )
    const text = made.stdout.trim()
    expect(text).toMatch(/^shop_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}$/)
    const shown = text.slice(0, 21)
    expect(made.stderr).toBe(`This is the only time that it is shown. To end it: trestle keys revoke ${shown}\n`)
    const ask = () => fetch('/', { headers: { 'x-api-key': text } })
    expect(await (await ask()).json()).toBe('acme')
    const minute = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d`
    await expect
      .poll(async () => (await trestle(['list', ...all, '--backend', setting])).stdout, { timeout: 15_000 })
      .toMatch(new RegExp(`^${shown}  acme  CI  a:read b:write  used ${minute}, ends ${minute}\n$`))
    const listed = JSON.parse((await trestle(['list', ...all, '--owner', 'acme', '--json'], setting)).stdout)
    expect(listed).toMatchObject([{ name: 'CI', owner: 'acme', scopes: ['a:read', 'b:write'] }])
    expect(JSON.stringify(listed)).not.toMatch(/digest|_/)
    expect((await trestle(['list', ...all, '--owner', 'other'], setting)).stdout).toBe('')
    // The whole of it does as well, for one that leaked.
    expect(await trestle(['revoke', text], setting)).toMatchObject({ code: 0, stdout: `${shown} is revoked\n` })
    expect((await ask()).status).toBe(401)
    expect(await trestle(['revoke', shown], setting)).toMatchObject({ code: 1, stderr: `There is no key ${shown}\n` })
    await close()
    await remove()
  }, 90_000)
})

test('a backend that is slow to answer is waited for, and the key is made once', async () => {
  const server = await startPostgres()
  const proxy = await startFaultProxy(server.port)
  proxy.onReply = () => {
    proxy.onReply = () => {}
    proxy.freeze()
    // Longer than a request would wait.
    setTimeout(() => proxy.pass(), 1200)
  }
  const setting = server.url.replace(String(server.port), String(proxy.port))
  const made = await trestle([...CREATE, '--backend', setting])
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^shop_\w{66}\n$/) })
  const listed = await trestle(['list', '--prefix', 'shop', '--backend', setting])
  expect(listed.stdout.trimEnd().split('\n')).toHaveLength(1)
  await proxy.close()
  await server.remove()
}, 60_000)

const CREATE = ['create', '--prefix', 'shop', '--name', 'CI', '--owner', 'acme']

test.each([
  [[], /^Name what to do: trestle keys create/],
  [['burn'], /^"keys" can create, list and revoke, and not "burn"/],
  [['list'], /^Say what the keys begin with.*--prefix shop/],
  [['create', '--prefix', 'shop'], /^Say whose key it is/],
  [CREATE, /^Say where the API keeps its keys: --backend/],
  [[...CREATE, '--lifetime', '90'], /^--lifetime takes minutes, hours or days, such as 90d, not "90"/],
  [[...CREATE, '--port', '1'], /^"keys" takes no --port/],
  [[...CREATE, '--backend', 'mysql://x'], /^"mysql" is no backend/],
  [[...CREATE, '--backend', 'redis://127.0.0.1:1'], /^The backend cannot be worked with: /],
  [[...CREATE, '--backend', 'sqlite:/nowhere/state.db'], /^The backend cannot be worked with: unable to open/],
  [['list', '--prefix', 'Shop', '--backend', 'redis://127.0.0.1:1'], /^"Shop" is no prefix/],
  [['list', 'more', '--prefix', 'shop'], /^Nobody knows what "more" is for/],
  [['revoke'], /^Say which key/],
  [['revoke', 'x'], /^Say which key/],
])('%j says what to mend', async (args, message) => {
  const { code, stderr } = await trestle(args)
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/^\s+at /m)
  expect(code).toBe(1)
})
