/**
 * `npm run limits`: eight processes share a limit, and are asked for far more than it allows.
 *
 *     npm run limits -- --store redis --strategy token-bucket --requests 50000
 */
import { parseArgs } from 'node:util'
import { describeMachine, toLine } from '../../bench/machine.ts'
import { startPostgres } from '../servers/postgres.ts'
import { startRedis } from '../servers/redis.ts'
import { type LimitOptions, askAll, exhaust, limitOf, startServers } from './run.ts'
import { tripsToPostgres, tripsToRedis } from './trips.ts'

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: '' },
    strategy: { type: 'string', default: '' },
    requests: { type: 'string', default: '50000' },
    processes: { type: 'string', default: '8' },
    /** Seconds of a window: a part of the requests has to be answered in one. */
    window: { type: 'string', default: '10' },
  },
})
const windows = 4
const requests = Number(values.requests)
const window = Number(values.window) * 1000

// Little comes back in a second, so that a slow machine is not asked for all it can do.
const BUCKET = { count: 200, window: 1000, burst: Math.ceil(requests / 10), windows: 0 }
const WINDOW = { count: Math.ceil(requests / 25), window, burst: 1, windows }
const LIMITS = { 'token-bucket': BUCKET, 'fixed-window': WINDOW, 'sliding-window': WINDOW } as const

const starts = {
  redis: async () => ({ ...(await startRedis()), trips: tripsToRedis }),
  postgres: async () => {
    const started = await startPostgres()
    return { ...started, trips: (url: string, decisions: number) => tripsToPostgres(url, started.port, decisions) }
  },
}

process.stdout.write(`${toLine(describeMachine())}\n`)
let failed = false
for (const store of ['redis', 'postgres'] as const) {
  if (!store.includes(values.store)) continue
  const { url, remove, trips } = await starts[store]()
  try {
    const { decisions, trips: counted, faults } = await trips(url, 2000)
    print(`${store}: ${counted} round trips for ${decisions} decisions`, faults)
    const limits = Object.fromEntries(Object.entries(LIMITS).map(([strategy, limit]) => [strategy, limitOf(limit)]))
    const members = await startServers(Number(values.processes), url, limits)
    await askAll(members.ports, '/warm', 8000)
    for (const strategy of Object.keys(LIMITS) as (keyof typeof LIMITS)[]) {
      if (strategy.includes(values.strategy))
        await run(store, strategy, { ...LIMITS[strategy], requests, ports: members.ports })
    }
    for (const told of new Set(members.told)) process.stdout.write(`  reported: ${told}\n`)
    await members.stop()
  } finally {
    await remove()
  }
}
process.exit(failed ? 1 : 0)

async function run(store: string, strategy: keyof typeof LIMITS, options: LimitOptions): Promise<void> {
  const { passed, bound, seconds, windows, faults } = await exhaust(strategy, options)
  const share = ((passed / bound) * 100).toFixed(2)
  const rate = Math.round(options.requests / seconds)
  const where = windows === 0 ? '' : ` in ${windows} windows`
  print(
    `${store} ${strategy}: ${passed} of ${bound} let through (${share} %), of ${options.requests} asked of ${options.ports.length} processes${where}, ${seconds.toFixed(1)} s, ${rate}/s`,
    faults,
  )
}

function print(line: string, faults: readonly string[]): void {
  if (faults.length > 0) failed = true
  process.stdout.write(
    `${[`${faults.length === 0 ? '✓' : '✗'} ${line}`, ...faults.map((fault) => `  ✗ ${fault}`)].join('\n')}\n`,
  )
}
