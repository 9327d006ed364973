import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Members, startMembers } from '../servers/members.ts'
import { BACKENDS, startBackend } from './backends.ts'

const MEMBERS = 4
const ROUNDS = 5
const AT_ONCE = 200

const program = new URL('./member.ts', import.meta.url)

describe.each(BACKENDS.filter((name) => name !== 'memory'))('Four processes on %s', (name) => {
  let members: Members
  let folder = ''
  let effects = ''
  let remove = async (): Promise<void> => {}

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'trestle-members-'))
    effects = path.join(folder, 'effects')
    await writeFile(effects, '')
    const started = await startBackend(name)
    remove = started.remove
    members = await startMembers(program, new Array(MEMBERS).fill([started.setting, effects]))
  })

  afterAll(async () => {
    await members.stop()
    await remove()
    await rm(folder, { recursive: true, force: true })
  })

  const order = (index: number, key: string, at = 'orders'): Promise<Response> =>
    fetch(`http://127.0.0.1:${members.ports[index % MEMBERS]}/${at}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ round: key }),
    })

  it(`${AT_ONCE} equal requests at once have one effect`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const key = crypto.randomUUID()
      const replies = await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => order(index, key)))
      const bodies = new Set<string>()
      for (const reply of replies) {
        expect([201, 409]).toContain(reply.status)
        const text = await reply.text()
        if (reply.status === 201) bodies.add(text)
      }
      for (let index = 0; index < MEMBERS; index++) {
        const again = await order(index, key)
        expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
        bodies.add(await again.text())
      }
      expect(bodies.size).toBe(1)
      expect(await effectsOf(key)).toBe(1)
    }
  }, 60_000)

  const effectsOf = async (key: string): Promise<number> =>
    (await readFile(effects, 'utf8')).split('\n').filter((line) => line === key).length

  it('let as many through as the limit says', async () => {
    let passed = 0
    const ask = async (index: number): Promise<void> => {
      for (let i = 0; i < 50; i++) {
        const { status } = await fetch(`http://127.0.0.1:${members.ports[(index + i) % MEMBERS]}/limited`)
        expect([200, 429]).toContain(status)
        if (status === 200) passed++
      }
    }
    await Promise.all(Array.from({ length: 20 }, (_, index) => ask(index)))
    expect(passed).toBe(500)
  }, 60_000)

  it('what one was killed over has no second effect', async () => {
    const key = crypto.randomUUID()
    const broken = order(0, key, 'hang').catch(() => 'broken')
    await expect.poll(() => effectsOf(key)).toBe(1)
    const meanwhile = await order(1, key, 'hang')
    expect([meanwhile.status, (await meanwhile.json()).code]).toEqual([409, 'idempotency_key_in_use'])
    members.children[0]?.kill('SIGKILL')
    expect(await broken).toBe('broken')
    await expect
      .poll(async () => (await (await order(2, key, 'hang')).json()).code, { timeout: 10_000 })
      .toBe('idempotency_unknown')
    expect(await effectsOf(key)).toBe(1)
  }, 30_000)
})
