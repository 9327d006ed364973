import { type Attempt, StoreAway, type Take } from 'trestle/policies'
import { expect, it } from 'vitest'
import { createMemoryRates } from '../../src/backends/memory/rates.ts'
import { createMemoryReplays } from '../../src/backends/memory/replays.ts'

const DAY = 86_400_000

const attempt = (): Attempt => ({ key: crypto.randomUUID(), fingerprint: 'f', owner: crypto.randomUUID() })
const reply = (size: number) => ({ status: 200, headers: [], body: new Uint8Array(size) })
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

it('replies are held up to a number of bytes, and those that are held stay', async () => {
  const replays = createMemoryReplays({ keys: 100, bytes: 1000 })
  const first = attempt()
  for (const one of [first, attempt()]) {
    await replays.begin(one, DAY, DAY)
    await replays.finish(one, reply(600))
  }
  expect(() => replays.begin(attempt(), DAY, DAY)).toThrow(StoreAway)
  expect(await replays.begin({ ...first, owner: 'another' }, DAY, DAY)).toMatchObject({ is: 'done' })
})

it('what is forgotten, and what is kept anew, makes room', async () => {
  const replays = createMemoryReplays({ keys: 100, bytes: 1000 })
  const [first, second] = [attempt(), attempt()]
  await replays.begin(first, DAY, DAY)
  for (let i = 0; i < 5; i++) await replays.finish(first, reply(900))
  await replays.begin(second, DAY, DAY)
  await replays.finish(second, reply(900))
  expect(() => replays.begin(attempt(), DAY, DAY)).toThrow(StoreAway)
  await replays.forget(first)
  expect(await replays.begin(attempt(), DAY, DAY)).toEqual({ is: 'begun' })
})

it('a reply that is kept for long keeps none that came after it', async () => {
  const replays = createMemoryReplays({ keys: 3, bytes: 1_000_000 })
  await replays.begin(attempt(), DAY, DAY)
  await replays.begin(attempt(), DAY, 20)
  await replays.begin(attempt(), DAY, 20)
  expect(() => replays.begin(attempt(), DAY, DAY)).toThrow(StoreAway)
  await pause(50)
  expect(await replays.begin(attempt(), DAY, DAY)).toEqual({ is: 'begun' })
})

it('a key that begins again after its time is held as long as any other', async () => {
  const replays = createMemoryReplays({ keys: 2, bytes: 1_000_000 })
  const first = attempt()
  await replays.begin(first, DAY, 40)
  await pause(60)
  await replays.begin(first, DAY, DAY)
  await replays.begin(attempt(), DAY, 40)
  await pause(60)
  // The second is over, the first is not.
  expect(await replays.begin(attempt(), DAY, DAY)).toEqual({ is: 'begun' })
  expect(await replays.begin({ ...first, owner: 'another' }, DAY, DAY)).toEqual({ is: 'running' })
})

it('so many callers are counted, and none of them has a new quota for that', async () => {
  const rates = createMemoryRates(3)
  const take = (key: string, window = 60_000): Take => ({
    key,
    strategy: 'token-bucket',
    count: 1,
    window,
    burst: 1,
    cost: 1,
  })
  for (const one of [take('a'), take('b'), take('c', 20)]) {
    expect(await rates.take([one])).toMatchObject([{ allowed: true }])
  }
  expect(() => rates.take([take('d')])).toThrow(StoreAway)
  expect(await rates.take([take('a')])).toMatchObject([{ allowed: false }])
  // What does not matter any more makes room.
  await pause(1050)
  expect(await rates.take([take('d')])).toMatchObject([{ allowed: true }])
  expect(() => rates.take([take('e')])).toThrow(StoreAway)
})
