import type { CacheStore, Looked } from '../../policies/cache-store.ts'
import type { KeptReply } from '../../policies/replay-store.ts'
import type { RedisConnection } from './client.ts'
import { createScript } from './script.ts'

/**
 * A key for each reply, whose fields are the reply, who makes it anew, and of each the versions of the tags when it was
 * begun; a key for each tag, with its version. A tag that Redis let go of has none, and so what it marks is made anew.
 */
const LOOK = createScript(`
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function stampOf()
  local versions = {}
  for i = 2, #KEYS do
    local version = redis.call('GET', KEYS[i])
    versions[#versions + 1] = version or '-'
  end
  return table.concat(versions, ',')
end
local e = redis.call('HMGET', KEYS[1], 'reply', 'stamp', 'made', 'fresh', 'ends', 'owner', 'lease', 'lstamp')
local stamp = stampOf()
local kept = e[1] and e[2] == stamp and tonumber(e[5]) > now
local leased = e[6] and e[8] == stamp and tonumber(e[7]) > now
local function told(mine) return { 'kept', e[1], string.format('%d', now - tonumber(e[3])), string.format('%d', tonumber(e[4]) - now), mine } end
if kept and (tonumber(e[4]) > now or leased) then return told('0') end
if leased then return { 'awaited', e[6] } end
for i = 2, #KEYS do
  redis.call('SET', KEYS[i], ARGV[4] .. i, 'NX', 'PX', ARGV[3])
  if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[i], ARGV[3]) end
end
if not kept then redis.call('HDEL', KEYS[1], 'reply') end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'lease', string.format('%d', now + tonumber(ARGV[2])), 'lstamp', stampOf())
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
if kept then return told('1') end
return { 'mine' }
`)

const KEEP = createScript(`
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function at(after) return string.format('%d', now + tonumber(after)) end
redis.call('HSET', KEYS[1], 'reply', ARGV[2], 'made', at(0), 'fresh', at(ARGV[3]), 'ends', at(ARGV[4]), 'stamp', redis.call('HGET', KEYS[1], 'lstamp'))
redis.call('HDEL', KEYS[1], 'owner', 'lease', 'lstamp')
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
`)

const DROP = createScript(`
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then redis.call('HDEL', KEYS[1], 'owner', 'lease', 'lstamp') end
return 1
`)

/** Keeps replies in Redis. */
export function createRedisCache(connection: RedisConnection, prefix: string): CacheStore {
  const keyOf = (key: string): string => `${prefix}cache:${key}`
  const tagKeys = (tags: readonly string[]): string[] => tags.map((tag) => `${prefix}cache-tag:${tag}`)
  const whole = (milliseconds: number): string => String(Math.ceil(milliseconds))
  return {
    look: async ({ key, tags, owner }, lease, life): Promise<Looked> => {
      const args = [owner, whole(lease), whole(life), crypto.randomUUID()]
      const told = (await LOOK(connection, [keyOf(key), ...tagKeys(tags)], args)) as string[]
      const [is, value = '', age, ttl, mine] = told
      if (is === 'mine') return { is }
      if (is === 'awaited') return { is, owner: value }
      return { is: 'kept', reply: toReply(value), age: Number(age), ttl: Number(ttl), mine: mine === '1' }
    },
    keep: async ({ key, owner }, reply, fresh, stale) => {
      await KEEP(connection, [keyOf(key)], [owner, toText(reply), whole(fresh), whole(fresh + stale)])
    },
    drop: async ({ key, owner }) => {
      await DROP(connection, [keyOf(key)], [owner])
    },
    invalidate: async (tags) => {
      await connection.use((client) => client.del(tagKeys(tags)))
    },
  }
}

/** JSON, and the body behind its first line: text as it is, for most are. */
function toText({ status, headers, body }: KeptReply): string {
  const kind = body === undefined ? 'none' : typeof body === 'string' ? 'text' : 'bytes'
  const sent = typeof body === 'string' ? body : body === undefined ? '' : Buffer.from(body).toString('base64')
  return `${JSON.stringify({ status, headers, kind })}\n${sent}`
}

function toReply(text: string): KeptReply {
  const end = text.indexOf('\n')
  const { status, headers, kind } = JSON.parse(text.slice(0, end))
  const sent = text.slice(end + 1)
  const body = kind === 'none' ? undefined : kind === 'text' ? sent : new Uint8Array(Buffer.from(sent, 'base64'))
  return { status, headers, body }
}
