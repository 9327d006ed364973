import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../servers/postgres.ts'
import { type TestRedis, startRedis } from '../servers/redis.ts'
import type { Members } from '../servers/members.ts'
import { askAll, exhaust, limitOf, startServers } from './run.ts'
import { tripsToPostgres, tripsToRedis } from './trips.ts'

// The short form of `npm run limits`.
const BUCKET = { count: 20, window: 1000, burst: 300, windows: 0 }
const WINDOW = { count: 100, window: 5000, burst: 1, windows: 2 }

describe('Two processes that share a limit', () => {
  let redis: TestRedis
  let members: Members
  beforeAll(async () => {
    redis = await startRedis()
    members = await startServers(2, redis.url, {
      'token-bucket': limitOf(BUCKET),
      'sliding-window': limitOf(WINDOW),
    })
    await askAll(members.ports, '/warm', 500)
  })
  afterAll(async () => {
    await members.stop()
    await redis.remove()
  })

  it.each([
    ['token-bucket', BUCKET],
    ['sliding-window', WINDOW],
  ] as const)('let through what it allows, and no less: %s', { timeout: 30_000 }, async (strategy, limit) => {
    const outcome = await exhaust(strategy, { ...limit, requests: 2000, ports: members.ports })
    expect(outcome.faults).toEqual([])
  })
})

it('a decision is one round trip to Redis', async () => {
  const { url, remove } = await startRedis()
  const { faults } = await tripsToRedis(url, 500)
  await remove()
  expect(faults).toEqual([])
})

it('a decision is one round trip to Postgres', async () => {
  const { url, port, remove } = await startPostgres()
  const { faults } = await tripsToPostgres(url, port, 500)
  await remove()
  expect(faults).toEqual([])
})
