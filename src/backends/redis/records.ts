import { type KeptRecord, MOST_LISTED, type RecordStore } from '../../auth/record-store.ts'
import type { RedisConnection } from './client.ts'
import { createScript } from './script.ts'

/**
 * A hash for each record, with a time to live. Its kind, and each owner, has a set of ids by when they end, which loses
 * those that are over whenever something is kept, and ends with its last.
 */
const KEEP = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function keep(owner, id, keep)
  local ends = '+inf'
  if keep == 'inf' then redis.call('PERSIST', KEYS[1])
  else
    redis.call('PEXPIRE', KEYS[1], keep)
    ends = string.format('%.0f', now + tonumber(keep))
  end
  for _, index in ipairs({ KEYS[2], KEYS[2] .. ':' .. owner }) do
    redis.call('ZREMRANGEBYSCORE', index, '-inf', string.format('%.0f', now))
    redis.call('ZADD', index, ends, id)
    local last = redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')[2]
    if last == 'inf' then redis.call('PERSIST', index) else redis.call('PEXPIREAT', index, string.format('%.0f', tonumber(last))) end
  end
end
`

const ADD = createScript(`${KEEP}
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'owner', ARGV[2], 'value', ARGV[3], 'version', '1')
keep(ARGV[2], ARGV[1], ARGV[4])
return 1
`)

const REPLACE = createScript(`${KEEP}
local known = redis.call('HMGET', KEYS[1], 'version', 'owner')
if known[1] ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'value', ARGV[3], 'version', string.format('%.0f', tonumber(ARGV[2]) + 1))
keep(known[2], ARGV[1], ARGV[4])
return 1
`)

const REMOVE = createScript(`
local owner = redis.call('HGET', KEYS[1], 'owner')
if not owner then return 0 end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[2] .. ':' .. owner, ARGV[1])
return redis.call('DEL', KEYS[1])
`)

const REMOVE_OF = createScript(`
local index = KEYS[2] .. ':' .. ARGV[1]
local removed = 0
for _, id in ipairs(redis.call('ZRANGE', index, 0, -1)) do
  removed = removed + redis.call('DEL', KEYS[1] .. id)
  redis.call('ZREM', KEYS[2], id)
end
redis.call('DEL', index)
return removed
`)

const LIST = createScript(`
local told = {}
for _, id in ipairs(redis.call('ZREVRANGE', KEYS[2], 0, ${MOST_LISTED - 1})) do
  local known = redis.call('HMGET', KEYS[1] .. id, 'owner', 'value', 'version')
  if known[1] then table.insert(told, { id, known[1], known[2], known[3] }) end
end
return told
`)

/** Keeps records in Redis. */
export function createRedisRecords(connection: RedisConnection, prefix: string): RecordStore {
  const keysOf = (kind: string, id = ''): string[] => [`${prefix}record:${kind}:${id}`, `${prefix}records:${kind}`]
  const timeOf = (keep: number): string => (keep === Number.POSITIVE_INFINITY ? 'inf' : String(Math.ceil(keep)))
  return {
    get: async (kind, id) => {
      const [key = ''] = keysOf(kind, id)
      const told = await connection.use((client) => client.hmGet(key, ['owner', 'value', 'version']))
      return toRecord([id, ...told])
    },
    add: async (kind, { id, owner, value }, keep) =>
      (await ADD(connection, keysOf(kind, id), [id, owner, value, timeOf(keep)])) === 1,
    replace: async (kind, { id, version }, value, keep) =>
      (await REPLACE(connection, keysOf(kind, id), [id, String(version), value, timeOf(keep)])) === 1,
    remove: async (kind, id) => (await REMOVE(connection, keysOf(kind, id), [id], true)) === 1,
    removeOf: async (kind, owner) => Number(await REMOVE_OF(connection, keysOf(kind), [owner], true)),
    list: async (kind, owner) => {
      const [records = '', index] = keysOf(kind)
      const told = await LIST(connection, [records, owner === undefined ? `${index}` : `${index}:${owner}`], [])
      return (told as (string | null)[][]).map(toRecord).filter((one) => one !== undefined)
    },
  }
}

function toRecord([id, owner, value, version]: readonly (string | null | undefined)[]): KeptRecord | undefined {
  if (typeof id !== 'string' || typeof owner !== 'string' || typeof value !== 'string') return undefined
  return { id, owner, value, version: Number(version) }
}
