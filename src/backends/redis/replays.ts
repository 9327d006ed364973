import type { Begun, ReplayStore } from '../../policies/replay-store.ts'
import { begunBy, toRow } from '../kept-row.ts'
import type { RedisConnection } from './client.ts'
import { createScript } from './script.ts'

/** A key of its own, with a time to live. Its fields: owner, fingerprint, when the lease ends, and the reply. */
const BEGIN = createScript(`
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local known = redis.call('HMGET', KEYS[1], 'fingerprint', 'lease', 'reply')
if known[1] then return { known[1], tonumber(known[2]) > now and '1' or '0', known[3] or '' } end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'fingerprint', ARGV[2], 'lease', tostring(now + tonumber(ARGV[3])))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {}
`)

const FINISH = createScript(`
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then redis.call('HSET', KEYS[1], 'reply', ARGV[2]) end
return 1
`)

const FORGET = createScript(`
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`)

/** Keeps replies in Redis. */
export function createRedisReplays(connection: RedisConnection, prefix: string): ReplayStore {
  const keyOf = (key: string): string[] => [`${prefix}replay:${key}`]
  return {
    begin: async ({ key, owner, fingerprint }, lease, keep): Promise<Begun> => {
      const args = [owner, fingerprint, String(Math.ceil(lease)), String(Math.ceil(keep))]
      const [known, leased, reply] = (await BEGIN(connection, keyOf(key), args)) as string[]
      if (known === undefined) return { is: 'begun' }
      const { status = null, headers = null, body = null, is_text = null } = reply ? JSON.parse(reply) : {}
      const bytes = body === null ? null : Buffer.from(body, 'base64')
      return begunBy({ fingerprint: known, leased: leased === '1', status, headers, body: bytes, is_text }, fingerprint)
    },
    finish: async ({ key, owner }, reply) => {
      const row = toRow(reply)
      const body = row.body === null ? null : Buffer.from(row.body).toString('base64')
      await FINISH(connection, keyOf(key), [owner, JSON.stringify({ ...row, body })], true)
    },
    forget: async ({ key, owner }) => {
      await FORGET(connection, keyOf(key), [owner], true)
    },
  }
}
