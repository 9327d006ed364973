import { depends } from '../../contract/depends.ts'
import type { Backend } from '../../contract/port.ts'
import { createRedisCache } from './cache.ts'
import { type RedisConnection, connectRedis } from './client.ts'
import { createRedisRates } from './rates.ts'
import { createRedisRecords } from './records.ts'
import { createRedisReplays } from './replays.ts'

/** What keys of a backend begin with. */
const PREFIX = 'trestle:'

/** State in Redis, shared by all that are connected to it. */
export function redisBackend(url: string): Backend {
  const redis = depends(
    {},
    async function* (): AsyncGenerator<RedisConnection> {
      const connection = connectRedis(url)
      yield connection
      await connection.close()
    },
    {
      scope: 'app',
      name: 'backend',
      // It connects while the server starts, and nobody waits for it.
      eager: true,
      check: ({ use }) => use((client) => client.ping()).then(() => true),
    },
  )
  return {
    name: 'redis',
    ports: {
      'rate-limits': depends({ redis }, ({ redis }) => createRedisRates(redis, PREFIX), {
        scope: 'app',
        name: 'rate-limits',
      }),
      cache: depends({ redis }, ({ redis }) => createRedisCache(redis, PREFIX), { scope: 'app', name: 'cache' }),
      replays: depends({ redis }, ({ redis }) => createRedisReplays(redis, PREFIX), { scope: 'app', name: 'replays' }),
      records: depends({ redis }, ({ redis }) => createRedisRecords(redis, PREFIX), { scope: 'app', name: 'records' }),
    },
  }
}
