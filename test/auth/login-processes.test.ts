import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createPasswords } from 'trestle/auth'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BACKENDS, startBackend } from '../backends/backends.ts'
import { type Members, startMembers } from '../servers/members.ts'

const PASSWORD = 'correct horse'
const hash = await (await createPasswords()).hash(PASSWORD)
const program = new URL('./login-member.ts', import.meta.url)

describe.each(BACKENDS.filter((name) => name !== 'memory'))('Two processes on %s', (name) => {
  let members: Members
  let remove = async (): Promise<void> => {}

  beforeAll(async () => {
    const started = await startBackend(name)
    remove = started.remove
    members = await startMembers(program, new Array(2).fill([started.setting, hash]))
  }, 30_000)

  afterAll(async () => {
    await members.stop()
    await remove()
  })

  const send = async (at: number, path: string, body: object) => {
    const reply = await fetch(`http://127.0.0.1:${members.ports[at % 2]}/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: reply.status, body: (await reply.json()) as { refresh_token: string } }
  }
  const reused = async (child: ChildProcess): Promise<number> => {
    child.send('?')
    return ((await once(child, 'message')) as [{ reused: number }])[0].reused
  }

  it('that are shown one refresh token at once: one gives the next, and the login ends', async () => {
    const rounds = 20
    for (let round = 0; round < rounds; round++) {
      const first = await send(round, 'login', { username: 'ada', password: PASSWORD })
      const { refresh_token } = first.body
      const both = await Promise.all([send(0, 'refresh', { refresh_token }), send(1, 'refresh', { refresh_token })])
      expect(both.map(({ status }) => status).sort()).toEqual([200, 401])
      const next = both.find(({ status }) => status === 200)?.body.refresh_token
      expect((await send(round, 'refresh', { refresh_token: next })).status).toBe(401)
    }
    const told = await Promise.all(members.children.map(reused))
    expect(told.reduce((sum, one) => sum + one)).toBe(rounds)
  }, 60_000)
})
