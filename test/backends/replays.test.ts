import { type Attempt, type Begun, type KeptReply, type ReplayStore, replayStore } from 'trestle/policies'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { onEveryBackend } from './backends.ts'
import { openPort } from './open-port.ts'

const attempt = (key: string, fingerprint = 'f'): Attempt => ({ key, fingerprint, owner: crypto.randomUUID() })

const REPLY: KeptReply = {
  status: 201,
  headers: [
    ['content-type', 'application/json'],
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2; Path=/'],
  ],
  body: '{"name":"Jürgen \\u0000 ☕"}',
}

const DAY = 86_400_000

onEveryBackend('The store of replies', (behind) => {
  let replays: ReplayStore
  let close: () => Promise<void>
  beforeAll(async () => {
    const opened = await openPort(replayStore, behind.setting)
    replays = opened.port
    close = opened.close
  })
  afterAll(() => close())
  const begin = async (what: Attempt, lease = 60_000, keep = DAY): Promise<Begun> => replays.begin(what, lease, keep)

  it('begins once, and gives the reply again', async () => {
    const first = attempt(crypto.randomUUID())
    expect(await begin(first)).toEqual({ is: 'begun' })
    expect(await begin(attempt(first.key))).toEqual({ is: 'running' })
    await replays.finish(first, REPLY)
    expect(await begin(attempt(first.key))).toEqual({ is: 'done', reply: REPLY })
  })

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['bytes', new Uint8Array([0, 1, 255, 10])],
    ['much', 'x'.repeat(500_000)],
  ])('keeps a body of %s', async (_, body) => {
    const first = attempt(crypto.randomUUID())
    await begin(first)
    await replays.finish(first, { status: 200, headers: [], body })
    expect(await begin(attempt(first.key))).toEqual({ is: 'done', reply: { status: 200, headers: [], body } })
  })

  it('knows a key of another request', async () => {
    const first = attempt(crypto.randomUUID())
    await begin(first)
    expect(await begin(attempt(first.key, 'other'))).toEqual({ is: 'other' })
    await replays.finish(first, REPLY)
    expect(await begin(attempt(first.key, 'other'))).toEqual({ is: 'other' })
  })

  it('what is forgotten may begin again', async () => {
    const first = attempt(crypto.randomUUID())
    await begin(first)
    await replays.forget(first)
    expect(await begin(attempt(first.key))).toEqual({ is: 'begun' })
  })

  it('what broke off is not known, and never begins again', async () => {
    const first = attempt(crypto.randomUUID())
    await begin(first, 20)
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(await begin(attempt(first.key))).toEqual({ is: 'unknown' })
    // It was slow, and not gone.
    await replays.finish(first, REPLY)
    expect(await begin(attempt(first.key))).toMatchObject({ is: 'done' })
  })

  it('only who began ends', async () => {
    const first = attempt(crypto.randomUUID())
    await begin(first)
    await replays.finish(attempt(first.key), REPLY)
    await replays.forget(attempt(first.key))
    expect(await begin(attempt(first.key))).toEqual({ is: 'running' })
  })

  it('nothing is known of a key whose time is over', async () => {
    const first = attempt(crypto.randomUUID())
    await begin(first, 20, 50)
    await replays.finish(first, REPLY)
    await new Promise((resolve) => setTimeout(resolve, 120))
    expect(await begin(attempt(first.key, 'other'))).toEqual({ is: 'begun' })
    expect(await begin(attempt(first.key, 'other'))).toEqual({ is: 'running' })
  })

  it('of many that begin at once, one does', async () => {
    for (let round = 0; round < 5; round++) {
      const key = crypto.randomUUID()
      const all = await Promise.all(Array.from({ length: 20 }, () => begin(attempt(key))))
      expect(all.filter((begun) => begun.is === 'begun')).toHaveLength(1)
      expect(all.filter((begun) => begun.is === 'running')).toHaveLength(19)
    }
  })
})
