/** Conduit as a process of its own, the way `npm start -- conduit` runs it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const main = path.join(import.meta.dirname, '..', '..', 'examples', 'conduit', 'main.ts')
const SECRET = 'a secret for tests, and for tests alone'

let folder: string
const children: ChildProcess[] = []
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'conduit-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

interface Started {
  readonly url: string
  readonly said: () => string
  /** Asks it to stop; gives its exit code. */
  readonly stop: () => Promise<number | null>
}

function run(settings: Record<string, string>): {
  child: ChildProcess
  said: () => string
  ended: Promise<number | null>
} {
  const { JWT_SECRET: _1, DATABASE_FILE: _2, NODE_ENV: _3, ...env } = process.env
  const child = spawn(process.execPath, ['--conditions=trestle-source', main], {
    cwd: folder,
    env: { ...env, PORT: '0', DATABASE_FILE: path.join(folder, 'data', 'conduit.db'), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let text = ''
  for (const output of [child.stdout, child.stderr]) {
    output?.setEncoding('utf8').on('data', (piece) => {
      text += piece
    })
  }
  return { child, said: () => text, ended: new Promise((resolve) => child.on('close', resolve)) }
}

async function start(settings: Record<string, string> = {}): Promise<Started> {
  const { child, said, ended } = run(settings)
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const found = /Listening on (\S+)/.exec(said())?.[1]
      if (found !== undefined) resolve(found)
    })
    ended.then((code) => reject(new Error(`it ended with ${code}: ${said()}`)))
  })
  return {
    url,
    said,
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}

async function login(url: string): Promise<{ user: { username: string; token: string } }> {
  const response = await fetch(`${url}/api/users/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: { email: 'jake@jake.jake', password: 'password' } }),
  })
  expect(response.status).toBe(200)
  return (await response.json()) as { user: { username: string; token: string } }
}

const currentUser = (url: string, token: string): Promise<Response> =>
  fetch(`${url}/api/user`, { headers: { authorization: `Token ${token}` } })

test('it starts with people and articles, keeps them, and stops when asked', async () => {
  const first = await start()
  const articles = await (await fetch(`${first.url}/api/articles`)).json()
  expect(articles).toMatchObject({ articlesCount: 4 })
  expect((await fetch(`${first.url}/docs`)).status).toBe(200)
  expect(await first.stop()).toBe(0)
  const second = await start()
  expect(await (await fetch(`${second.url}/api/articles`)).json()).toEqual(articles)
  expect(await second.stop()).toBe(0)
})

test('without a secret it says so, and tokens end with the process; with one they last', async () => {
  const first = await start()
  expect(first.said()).toContain('JWT_SECRET is not set')
  const { user } = await login(first.url)
  expect((await currentUser(first.url, user.token)).status).toBe(200)
  await first.stop()
  const second = await start({ JWT_SECRET: SECRET })
  expect(second.said()).not.toContain('JWT_SECRET')
  expect((await currentUser(second.url, user.token)).status).toBe(401)
  const lasting = (await login(second.url)).user.token
  await second.stop()
  const third = await start({ JWT_SECRET: SECRET })
  expect((await currentUser(third.url, lasting)).status).toBe(200)
  await third.stop()
})

test('in production it wants a secret, and has nobody whose password all know', async () => {
  const refused = run({ NODE_ENV: 'production' })
  expect(await refused.ended).not.toBe(0)
  expect(refused.said()).toContain('JWT_SECRET is missing')
  const short = run({ NODE_ENV: 'production', JWT_SECRET: 'hunter2' })
  expect(await short.ended).not.toBe(0)
  expect(short.said()).toContain('JWT_SECRET')
  expect(short.said()).not.toContain('hunter2')
  const running = await start({ NODE_ENV: 'production', JWT_SECRET: SECRET })
  expect(await (await fetch(`${running.url}/api/articles`)).json()).toEqual({ articles: [], articlesCount: 0 })
  await running.stop()
})
