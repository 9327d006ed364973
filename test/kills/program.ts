/** One of several processes that serve the same API. Arguments: where records are kept, its address, a file for effects. */
import { appendFileSync } from 'node:fs'
import { type Backend, type Dependency, api, created, depends, post } from 'trestle'
import { type ReplayStore, idempotent } from 'trestle/policies'
import { transaction } from 'trestle/transaction'
import { z } from 'zod'
import { openBackend } from '../../src/backends/open.ts'
import { KillingDatabase, KillingPool, effect, killAtWrites, killing, killingPolicy, killingStore } from './steps.ts'
import { serveForParent } from '../servers/serve-for-parent.ts'

const [kind = '', address = '', effects = ''] = process.argv.slice(2)
const Order = z.object({ round: z.string(), by: z.int() })
const spec = {
  body: Order.pick({ round: true }),
  returns: created(Order),
  policies: [idempotent({ lease: 1 }), killingPolicy],
}
const options = { middleware: [killing], places: { docs: false, redoc: false, reference: false } } as const

function inStore() {
  return api(options, {
    create: post('/orders', spec, async ({ body }) => {
      effect(() => appendFileSync(effects, `${body.round}\n`))
      await new Promise((resolve) => setTimeout(resolve, 5))
      return { ...body, by: process.pid }
    }),
  })
}

function inPool() {
  const pool = new KillingPool({ connectionString: address, max: 10 })
  pool.on('error', () => {})
  const tx = transaction(depends({}, () => pool, { scope: 'app' }))
  return api(options, {
    create: post('/orders', { ...spec, use: { tx } }, async ({ body, tx }) => {
      await effect(() => tx.query('INSERT INTO orders (round) VALUES ($1)', [body.round]))
      await new Promise((resolve) => setTimeout(resolve, 5))
      return { ...body, by: process.pid }
    }),
  })
}

function inFile() {
  const database = new KillingDatabase(address, { timeout: 5000 })
  database.exec('PRAGMA journal_mode = WAL')
  const tx = transaction(depends({}, () => database, { scope: 'app' }))
  return api(options, {
    create: post('/orders', { ...spec, use: { tx } }, async ({ body, tx }) => {
      effect(() => tx.prepare('INSERT INTO orders (round) VALUES (?)').run(body.round))
      await new Promise((resolve) => setTimeout(resolve, 5))
      return { ...body, by: process.pid }
    }),
  })
}

/** The backend, with a store that dies. */
async function killingBackend(setting: string): Promise<Backend> {
  const { name, ports } = await openBackend(setting)
  const store = ports.replays as Dependency<ReplayStore>
  const replays = depends({ store }, ({ store }) => killingStore(store), { scope: 'app' })
  return { name, ports: { ...ports, replays } }
}

killAtWrites()
const app = kind === 'pool' ? inPool() : kind === 'file' ? inFile() : inStore()
const backend = kind === 'store' ? await killingBackend(address) : 'memory'
await serveForParent(app, { backend })
