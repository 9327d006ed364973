import { api, get, noContent, put } from 'trestle'
import { cached, invalidates } from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { expect, it } from 'vitest'
import { startRedis } from '../servers/redis.ts'

it('a Redis that is killed takes no reply with it, and is used again when it is back', async () => {
  const redis = await startRedis()
  let made = 0
  let value = 'old'
  const app = api({
    read: get('/it', { policies: [cached({ for: 600, stale: 600 })] }, () => {
      made++
      return value
    }),
    write: put('/it', { returns: noContent(), policies: [invalidates()] }, () => {
      value = 'new'
    }),
  })
  const { fetch, failures, close } = await createTestClient(app, { backend: redis.url })
  const read = async () => {
    const given = await fetch('/it')
    expect(given.status).toBe(200)
    return given.json()
  }
  expect([await read(), await read(), made]).toEqual(['old', 'old', 1])
  await redis.kill()
  const began = performance.now()
  expect([await read(), await read(), made]).toEqual(['old', 'old', 3])
  expect((await fetch('/it', { method: 'PUT' })).status).toBe(204)
  expect(await read()).toBe('new')
  // Each waits for half a second at most, and after the first nobody does.
  expect(performance.now() - began).toBeLessThan(4000)
  await redis.start()
  await expect.poll(async () => (await fetch('/it')).headers.get('cache-status'), { timeout: 10_000 }).toContain('hit')
  expect(await read()).toBe('new')
  expect(failures.every((failure) => String(failure).startsWith('StoreAway'))).toBe(true)
  await close()
  await redis.remove()
}, 30_000)
