import { depends } from '../../contract/depends.ts'
import type { Backend } from '../../contract/port.ts'
import { CACHE_TABLES, createPostgresCache } from './cache.ts'
import { type PostgresPool, connectPostgres } from './pool.ts'
import { RATES_TABLE, createPostgresRates } from './rates.ts'
import { RECORDS_TABLE, createPostgresRecords } from './records.ts'
import { REPLAYS_TABLE, createPostgresReplays } from './replays.ts'

/** State in Postgres, shared by all that are connected to it. */
export function postgresBackend(url: string): Backend {
  const postgres = depends(
    {},
    async function* (): AsyncGenerator<PostgresPool> {
      const connected = connectPostgres(url, [RATES_TABLE, REPLAYS_TABLE, CACHE_TABLES, RECORDS_TABLE])
      yield connected
      await connected.close()
    },
    {
      scope: 'app',
      name: 'backend',
      // It connects while the server starts, and nobody waits for it.
      eager: true,
      check: ({ use }) => use((client) => client.query('SELECT 1')).then(() => true),
    },
  )
  return {
    name: 'postgres',
    ports: {
      'rate-limits': depends({ postgres }, ({ postgres }) => createPostgresRates(postgres), {
        scope: 'app',
        name: 'rate-limits',
      }),
      cache: depends({ postgres }, ({ postgres }) => createPostgresCache(postgres), { scope: 'app', name: 'cache' }),
      replays: depends({ postgres }, ({ postgres }) => createPostgresReplays(postgres), {
        scope: 'app',
        name: 'replays',
      }),
      records: depends({ postgres }, ({ postgres }) => createPostgresRecords(postgres), {
        scope: 'app',
        name: 'records',
      }),
    },
  }
}
