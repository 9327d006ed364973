import { depends } from '../../contract/depends.ts'
import type { Backend } from '../../contract/port.ts'
import { CACHE_TABLES, createSqliteCache } from './cache.ts'
import { openDatabase } from './database.ts'
import { createGuard } from './guard.ts'
import { RATES_TABLE, createSqliteRates } from './rates.ts'
import { RECORDS_TABLE, createSqliteRecords } from './records.ts'
import { REPLAYS_TABLE, createSqliteReplays } from './replays.ts'

/** State in a file, by node:sqlite: it outlives the process, and processes of one machine share it. */
export function sqliteBackend(file: string): Backend {
  const database = depends(
    {},
    async function* () {
      const opened = openDatabase(file, [RATES_TABLE, REPLAYS_TABLE, CACHE_TABLES, RECORDS_TABLE])
      yield opened
      opened.close()
    },
    { scope: 'app', name: 'backend', check: (opened) => opened.prepare('SELECT 1').get() !== undefined },
  )
  const written = createGuard()
  return {
    name: 'sqlite',
    ports: {
      'rate-limits': depends({ database }, ({ database }) => createSqliteRates(database, written), {
        scope: 'app',
        name: 'rate-limits',
      }),
      cache: depends({ database }, ({ database }) => createSqliteCache(database, written), {
        scope: 'app',
        name: 'cache',
      }),
      replays: depends({ database }, ({ database }) => createSqliteReplays(database, written), {
        scope: 'app',
        name: 'replays',
      }),
      records: depends({ database }, ({ database }) => createSqliteRecords(database, written), {
        scope: 'app',
        name: 'records',
      }),
    },
  }
}
