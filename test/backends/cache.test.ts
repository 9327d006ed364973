import { api, get } from 'trestle'
import { serve } from 'trestle/node'
import { type CacheStore, type KeptReply, type Looked, type Wanted, cacheStore, cached } from 'trestle/policies'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMemoryCache } from '../../src/backends/memory/cache.ts'
import { deferred } from '../pipeline/wires.ts'
import { LONG, onEveryBackend } from './backends.ts'
import { openPort } from './open-port.ts'

type Running = Awaited<ReturnType<typeof serve>>

const wanted = (key: string = crypto.randomUUID(), tags: readonly string[] = []): Wanted => ({
  key,
  tags,
  owner: crypto.randomUUID(),
})

const REPLY: KeptReply = {
  status: 200,
  headers: [
    ['content-type', 'application/json'],
    ['link', '</a>; rel="x"'],
    ['link', '</b>; rel="y"'],
  ],
  body: '{"name":"Jürgen \\u0000 ☕\\n"}\n',
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

onEveryBackend('The store of the cache', (behind) => {
  let cache: CacheStore
  let close: () => Promise<void>
  beforeAll(async () => {
    const opened = await openPort(cacheStore, behind.setting)
    cache = opened.port
    close = opened.close
  })
  afterAll(() => close())
  const look = async (what: Wanted, lease = 60_000): Promise<Looked> => cache.look(what, lease, 3_600_000)
  const again = (what: Wanted): Wanted => ({ ...what, owner: crypto.randomUUID() })
  const kept = async (what: Wanted, fresh = 60_000, stale = 60_000): Promise<void> => {
    expect(await look(what)).toEqual({ is: 'mine' })
    await cache.keep(what, REPLY, fresh, stale)
  }

  it('has one make what is not there, and gives it to all', async () => {
    const first = wanted()
    expect(await look(first)).toEqual({ is: 'mine' })
    expect(await look(again(first))).toEqual({ is: 'awaited', owner: first.owner })
    await cache.keep(first, REPLY, 60_000, 0)
    const found = await look(again(first))
    expect(found).toMatchObject({ is: 'kept', reply: REPLY, mine: false })
    if (found.is !== 'kept') throw new Error('not kept')
    expect(found.age).toBeGreaterThanOrEqual(0)
    expect(found.age).toBeLessThan(5000)
    expect(found.ttl).toBeGreaterThan(50_000)
    expect(found.ttl).toBeLessThanOrEqual(60_000)
  })

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['bytes', new Uint8Array([0, 1, 255, 10])],
    ['much', 'x'.repeat(500_000)],
  ])('keeps a body of %s', async (_, body) => {
    const first = wanted()
    await look(first)
    await cache.keep(first, { status: 200, headers: [], body }, 60_000, 0)
    expect(await look(again(first))).toMatchObject({ is: 'kept', reply: { status: 200, headers: [], body } })
  })

  it('gives what is stale to all while one makes it anew', async () => {
    const first = wanted()
    await kept(first, 20, 60_000)
    await pause(60)
    const second = again(first)
    expect(await look(second)).toMatchObject({ is: 'kept', mine: true })
    const third = await look(again(first))
    expect(third).toMatchObject({ is: 'kept', reply: REPLY, mine: false })
    if (third.is === 'kept') expect(third.ttl).toBeLessThan(0)
    await cache.keep(second, { ...REPLY, body: 'new' }, 60_000, 0)
    expect(await look(again(first))).toMatchObject({ is: 'kept', reply: { body: 'new' } })
  })

  it('gives nothing whose time is over', async () => {
    const first = wanted()
    await kept(first, 20, 20)
    await pause(100)
    expect(await look(again(first))).toEqual({ is: 'mine' })
    expect(await look(again(first))).toMatchObject({ is: 'awaited' })
  })

  it('what is dropped, or not made in its time, is made by another', async () => {
    const first = wanted()
    await look(first)
    await cache.drop(again(first))
    expect(await look(again(first))).toMatchObject({ is: 'awaited', owner: first.owner })
    await cache.drop(first)
    const second = again(first)
    expect(await look(second, 20)).toEqual({ is: 'mine' })
    await pause(60)
    const third = again(first)
    expect(await look(third)).toEqual({ is: 'mine' })
    // It comes too late: another makes it now.
    await cache.keep(second, REPLY, 60_000, 0)
    expect(await look(again(first))).toMatchObject({ is: 'awaited', owner: third.owner })
  })

  it('what is invalidated by one of its tags is not given, nor while it is stale', async () => {
    const [one, two, other] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
    const first = wanted(undefined, [one, two])
    const second = wanted(undefined, [two])
    await kept(first)
    await kept(second, 1)
    await cache.invalidate([other])
    expect(await look(again(first))).toMatchObject({ is: 'kept' })
    await cache.invalidate([one, other])
    expect(await look(again(first))).toEqual({ is: 'mine' })
    expect(await look(again(second))).toMatchObject({ is: 'kept' })
    await cache.invalidate([two])
    expect(await look(again(second))).toEqual({ is: 'mine' })
  })

  it('invalidates tags that nobody knows, and whatever is in them', async () => {
    const tags = ["a'b", 'a"b', 'a,b', 'ключ', 'a:b{c}', '%$1', 'a\0b', 'x'.repeat(500), LONG]
    await cache.invalidate(tags)
    const first = wanted(undefined, tags)
    await kept(first)
    expect(await look(again(first))).toMatchObject({ is: 'kept' })
    for (const tag of tags) {
      await cache.invalidate([tag])
      const next = again(first)
      expect(await look(next)).toEqual({ is: 'mine' })
      await cache.keep(next, REPLY, 60_000, 0)
      expect(await look(again(first))).toMatchObject({ is: 'kept' })
    }
  })

  it('what was begun before it was invalidated is not given after', async () => {
    const tag = crypto.randomUUID()
    const first = wanted(undefined, [tag])
    await look(first)
    await cache.invalidate([tag])
    // Nobody looked meanwhile.
    await cache.keep(first, REPLY, 60_000, 60_000)
    const second = again(first)
    expect(await look(second)).toEqual({ is: 'mine' })
    await cache.invalidate([tag])
    // Another makes it anew, and does not wait for what is old already.
    const third = again(first)
    expect(await look(third)).toEqual({ is: 'mine' })
    await cache.keep(second, REPLY, 60_000, 0)
    await cache.keep(third, { ...REPLY, body: 'new' }, 60_000, 0)
    expect(await look(again(first))).toMatchObject({ is: 'kept', reply: { body: 'new' } })
  })

  it('has what a server made that was stopped meanwhile, and keeps nobody waiting', async () => {
    const failures: unknown[] = []
    const name = `/${crypto.randomUUID()}` as const
    let made = 0
    const gates = [deferred(), deferred()]
    const app = api({
      read: get(name, { policies: [cached({ for: 0.2, stale: 60 })] }, async () => {
        await gates[made++]?.promise
        return made
      }),
    })
    const open = (): Promise<Running> =>
      serve(app, {
        port: 0,
        host: '127.0.0.1',
        quiet: true,
        signals: false,
        backend: behind.setting,
        report: (error) => failures.push(error),
      })
    const ask = async ({ port }: Running): Promise<string | null> => {
      const given = await fetch(`http://127.0.0.1:${port}${name}`, { headers: { connection: 'close' } })
      return given.headers.get('cache-status')
    }
    for (const [at, gate] of gates.entries()) {
      const server = await open()
      // At first somebody waits for it; then it is stale, and made anew when nobody does.
      const asked = ask(server)
      if (at === 1 && behind.setting !== 'memory') expect(await asked).toMatch(/^Trestle; hit; ttl=-?\d/)
      await expect.poll(() => made).toBe(at + 1)
      const stopped = server.stop()
      await pause(50)
      gate.resolve()
      await Promise.all([asked, stopped])
      if (at === 0) await pause(250)
    }
    const last = await open()
    const from = performance.now()
    expect(await ask(last)).toMatch(behind.setting === 'memory' ? /stored$/ : /^Trestle; hit; ttl=/)
    expect(performance.now() - from).toBeLessThan(5000)
    await last.stop()
    expect(failures).toEqual([])
  })

  it('of many that look at once, one is to make it', async () => {
    for (let round = 0; round < 5; round++) {
      const key = crypto.randomUUID()
      const tags = [`a${round}`, 'b']
      const all = await Promise.all(Array.from({ length: 20 }, () => look(wanted(key, tags))))
      expect(all.filter(({ is }) => is === 'mine')).toHaveLength(1)
      expect(all.filter(({ is }) => is === 'awaited')).toHaveLength(19)
    }
  })
})

describe('The cache in memory', () => {
  it('holds so many bytes, and lets go of what was not asked for the longest', async () => {
    const cache = createMemoryCache(() => 0, 50_000)
    const body = 'x'.repeat(5000)
    const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => wanted(key))
    for (const what of all) {
      await cache.look(what, 1000, 1000)
      await cache.keep(what, { status: 200, headers: [], body }, 1000, 0)
      // Asked for each time, so it stays.
      expect(await cache.look(wanted('a'), 1000, 1000)).toMatchObject({ is: 'kept' })
    }
    const found = await Promise.all(all.map(async ({ key }) => (await cache.look(wanted(key), 1000, 1000)).is))
    expect(found).toEqual(['kept', 'mine', 'mine', 'kept', 'kept', 'kept'])
  })

  it('holds so many characters of tags, and gives no reply whose tag it let go of', async () => {
    const cache = createMemoryCache(() => 0)
    const first = wanted('first', ['first'])
    await cache.look(first, 1000, 1000)
    await cache.keep(first, REPLY, 1000, 0)
    const looked = async (): Promise<string> => (await cache.look({ ...first, owner: 'another' }, 1000, 1000)).is
    // As many paths as nobody would hold, of a length that a target may have.
    const ask = (paths: number): void => {
      for (let i = 0; i < paths; i++) void cache.look(wanted(`${i}`, [`${i}`.padEnd(8000, 'x')]), 1000, 1000)
    }
    ask(100)
    expect(await looked()).toBe('kept')
    ask(2500)
    expect(await looked()).toBe('mine')
  })
})
