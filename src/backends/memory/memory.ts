import { depends } from '../../contract/depends.ts'
import type { Backend } from '../../contract/port.ts'
import { createMemoryCache } from './cache.ts'
import { createMemoryRates } from './rates.ts'
import { createMemoryRecords } from './records.ts'
import { createMemoryReplays } from './replays.ts'

/** State in this process: the default. It is gone with the process, and others know nothing of it. */
export function memoryBackend(): Backend {
  return {
    name: 'memory',
    ports: {
      'rate-limits': depends({}, () => createMemoryRates(), { scope: 'app', name: 'rate-limits' }),
      cache: depends({}, () => createMemoryCache(), { scope: 'app', name: 'cache' }),
      replays: depends({}, () => createMemoryReplays(), { scope: 'app', name: 'replays' }),
      records: depends({}, () => createMemoryRecords(), { scope: 'app', name: 'records' }),
    },
  }
}
