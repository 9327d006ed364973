import type { RateStore, Taken } from '../../policies/rate-store.ts'
import type { RedisConnection } from './client.ts'
import { Refused } from '../refused.ts'
import { createScript } from './script.ts'

/**
 * The arithmetic of `counting.ts`, where Redis holds still meanwhile and its clock is everybody's. A key holds three
 * numbers: when its bucket is full or its window began, what was taken in that, and in the one before.
 */
const TAKE = createScript(`
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local all = true
local looks = {}
for i, key in ipairs(KEYS) do
  local strategy = ARGV[i * 5 - 4]
  local count, window, burst, cost = tonumber(ARGV[i * 5 - 3]), tonumber(ARGV[i * 5 - 2]), tonumber(ARGV[i * 5 - 1]), tonumber(ARGV[i * 5])
  local known = redis.call('HMGET', key, 'at', 'taken', 'before')
  local at, taken, before = tonumber(known[1] or '0'), tonumber(known[2] or '0'), tonumber(known[3] or '0')
  local look = { strategy = strategy }
  if strategy == 'token-bucket' then
    local one = window / count
    local full = math.max(at, now)
    local after = full + cost * one
    local over = after - now - burst * one
    look.wait = over <= one * 1e-6 and 0 or over
    look.left = { math.max(0, math.floor(burst - (full - now) / one + 1e-6)), full - now }
    look.done = { math.max(0, math.floor(burst - (after - now) / one + 1e-6)), after - now }
    look.at, look.taken, look.before, look.ends = after, 0, 0, after
  else
    local began = now - now % window
    local last
    if at == began then last = before
    elseif at == began - window then last = taken; taken = 0
    else last = 0; taken = 0 end
    local counted = strategy == 'sliding-window' and last or 0
    local rest = began + window - now
    local weight = counted * rest / window
    if taken + weight + cost <= count + 1e-6 then look.wait = 0
    elseif strategy == 'fixed-window' then look.wait = math.max(1, rest)
    else
      local room = count - cost
      if taken <= room then look.wait = math.max(1, rest - (room - taken) / counted * window)
      else look.wait = math.max(1, rest + math.max(0, 1 - math.max(0, room) / taken) * window) end
    end
    local function told(sum)
      return { math.max(0, math.floor(count - sum - weight + 1e-6)), (strategy == 'sliding-window' and sum > 0) and rest + window or rest }
    end
    look.left, look.done = told(taken), told(taken + cost)
    look.at, look.taken, look.before, look.ends = began, taken + cost, last, began + 2 * window
  end
  if look.wait > 0 then all = false end
  looks[i] = look
end
local reply = {}
for i, look in ipairs(looks) do
  local told = look.left
  if all then
    told = look.done
    redis.call('HSET', KEYS[i], 'at', string.format('%.17g', look.at), 'taken', string.format('%.17g', look.taken), 'before', string.format('%.17g', look.before))
    redis.call('PEXPIRE', KEYS[i], math.max(1, math.ceil(look.ends - now)))
  end
  reply[i * 3 - 2] = tostring(told[1])
  reply[i * 3 - 1] = string.format('%.3f', told[2])
  reply[i * 3] = string.format('%.3f', look.wait)
end
return reply
`)

/** Counts in Redis, one round trip for each request. */
export function createRedisRates(connection: RedisConnection, prefix: string): RateStore {
  const refused = new Refused()
  return {
    take: async (takes) => {
      const known = refused.answer(takes)
      if (known !== undefined) return known
      const keys = takes.map(({ key }) => `${prefix}rate:${key}`)
      const args = takes.flatMap(({ strategy, count, window, burst, cost }) => [
        strategy,
        String(count),
        String(window),
        String(burst),
        String(cost),
      ])
      const told = ((await TAKE(connection, keys, args)) as string[]).map(Number)
      const taken = takes.map((_, index): Taken => {
        const [remaining = 0, reset = 0, retryAfter = 0] = told.slice(index * 3)
        return { allowed: retryAfter === 0, remaining, reset, retryAfter }
      })
      return refused.note(takes, taken)
    },
  }
}
