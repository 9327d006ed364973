import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Members, startMembers } from '../servers/members.ts'
import { BACKENDS, startBackend } from './backends.ts'

const MEMBERS = 3
const AT_ONCE = 1000

const program = new URL('./cache-member.ts', import.meta.url)

describe.each(BACKENDS.filter((name) => name !== 'memory'))('Three processes that cache on %s', (name) => {
  let members: Members
  let folder = ''
  let remove = async (): Promise<void> => {}

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'trestle-caching-'))
    await writeFile(path.join(folder, 'made'), '')
    const started = await startBackend(name)
    remove = started.remove
    const hanging = [started.setting, folder, 'hangs']
    members = await startMembers(program, [hanging, ...new Array(MEMBERS - 1).fill([started.setting, folder])])
  })

  afterAll(async () => {
    await members.stop()
    await remove()
    await rm(folder, { recursive: true, force: true })
  })

  const get = async (index: number, what: string): Promise<string> => {
    const given = await fetch(`http://127.0.0.1:${members.ports[index % MEMBERS]}${what}`)
    expect(given.status).toBe(200)
    return given.text()
  }
  const write = async (index: number, key: string, value: string): Promise<void> => {
    const given = await fetch(`http://127.0.0.1:${members.ports[index % MEMBERS]}/writes/${key}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(value),
    })
    expect(given.status).toBe(204)
  }
  const begin = async (value: string): Promise<string> => {
    const key = crypto.randomUUID()
    await writeFile(path.join(folder, `value-${key}`), value)
    return key
  }
  const timesMade = async (key: string): Promise<number> =>
    (await readFile(path.join(folder, 'made'), 'utf8')).split('\n').filter((line) => line === key).length

  it(`${AT_ONCE} at once on a cold key have it made once`, async () => {
    // Connected before: a store that does not answer in half a second is done without, once in each process.
    const other = await begin('milk')
    await Promise.all([0, 1, 2].map((index) => get(index, `/values/${other}`)))
    const key = await begin('tea')
    const all = await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => get(index, `/values/${key}`)))
    expect(new Set(all)).toEqual(new Set(['tea']))
    expect(await timesMade(key)).toBe(1)
  }, 30_000)

  it('see at once what one of them changed', async () => {
    const key = await begin('0')
    for (let round = 1; round <= 10; round++) {
      await Promise.all([0, 1, 2].map((index) => get(index, `/values/${key}`)))
      await write(round, key, String(round))
      const after = await Promise.all([0, 1, 2].map((index) => get(index, `/values/${key}`)))
      expect(after).toEqual(new Array(3).fill(String(round)))
    }
  }, 30_000)

  it('see it though another is just making what was', async () => {
    const key = await begin('old')
    const before = get(0, `/values/${key}`)
    await expect.poll(() => timesMade(key)).toBe(1)
    await write(1, key, 'new')
    expect(await get(2, `/values/${key}`)).toBe('new')
    expect(await before).toBe('old')
    expect(await Promise.all([0, 1, 2].map((index) => get(index, `/values/${key}`)))).toEqual(['new', 'new', 'new'])
  }, 30_000)

  it('give what is stale while one of them makes it anew', async () => {
    const key = await begin('old')
    expect(await get(0, `/stale/${key}`)).toBe('old')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await writeFile(path.join(folder, `value-${key}`), 'new')
    const began = performance.now()
    const all = await Promise.all(Array.from({ length: 30 }, (_, index) => get(index, `/stale/${key}`)))
    // Nobody waited for the 300 ms that it takes.
    if (performance.now() - began < 300) expect(new Set(all)).toEqual(new Set(['old']))
    expect(await timesMade(key)).toBe(2)
    await expect.poll(() => get(1, `/stale/${key}`), { timeout: 5000 }).toBe('new')
  }, 30_000)

  it('do not wait for one that was killed for longer than its lease', async () => {
    const key = await begin('tea')
    const broken = fetch(`http://127.0.0.1:${members.ports[0]}/hang/${key}`).catch(() => 'broken')
    await expect.poll(() => timesMade(key)).toBe(1)
    members.children[0]?.kill('SIGKILL')
    expect(await broken).toBe('broken')
    expect(await Promise.all([1, 2, 4, 5].map((index) => get(index, `/hang/${key}`)))).toEqual(new Array(4).fill('tea'))
    expect(await timesMade(key)).toBe(2)
  }, 30_000)
})
