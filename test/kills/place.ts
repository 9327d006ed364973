import { readFile } from 'node:fs/promises'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { startPostgres } from '../servers/postgres.ts'
import { startRedis } from '../servers/redis.ts'
import { STORE_STEPS, type Step, TRANSACTION_STEPS } from './steps.ts'

/** Where orders and the records of requests are kept, real and empty at first. */
export interface Place {
  readonly name: PlaceName
  /** True where both are of one transaction. */
  readonly isShared: boolean
  readonly steps: readonly Step[]
  /** Arguments of `program.ts`. */
  readonly words: readonly string[]
  /** How often a request had its effect. */
  readonly effects: (round: string) => Promise<number>
  readonly remove: () => Promise<void>
}

export const PLACES = ['sqlite', 'postgres', 'redis', 'transactions in postgres', 'transactions in sqlite'] as const

export type PlaceName = (typeof PLACES)[number]

export async function openPlace(name: PlaceName): Promise<Place> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trestle-kills-'))
  const drop = (): Promise<void> => rm(folder, { recursive: true, force: true })
  if (name === 'transactions in sqlite') return inFile(name, path.join(folder, 'orders.db'), drop)
  if (name === 'transactions in postgres') return inPool(name, drop)
  const server =
    name === 'postgres'
      ? await startPostgres()
      : name === 'redis'
        ? await startRedis()
        : { url: `sqlite:${folder}/state.db` }
  const file = path.join(folder, 'effects')
  await writeFile(file, '')
  return {
    name,
    isShared: false,
    steps: STORE_STEPS,
    words: ['store', server.url, file],
    effects: async (round) => (await readFile(file, 'utf8')).split('\n').filter((line) => line === round).length,
    remove: async () => {
      if ('remove' in server) await server.remove()
      await drop()
    },
  }
}

async function inPool(name: PlaceName, drop: () => Promise<void>): Promise<Place> {
  const { url, remove } = await startPostgres()
  const pool = new pg.Pool({ connectionString: url })
  pool.on('error', () => {})
  await pool.query('CREATE TABLE orders (round text NOT NULL)')
  return {
    name,
    isShared: true,
    steps: TRANSACTION_STEPS,
    words: ['pool', url],
    effects: async (round) => (await pool.query('SELECT 1 FROM orders WHERE round = $1', [round])).rows.length,
    remove: async () => {
      await pool.end()
      await remove()
      await drop()
    },
  }
}

function inFile(name: PlaceName, file: string, drop: () => Promise<void>): Place {
  const database = new DatabaseSync(file, { timeout: 5000 })
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE orders (round TEXT NOT NULL)')
  return {
    name,
    isShared: true,
    steps: TRANSACTION_STEPS,
    words: ['file', file],
    effects: async (round) => database.prepare('SELECT 1 FROM orders WHERE round = ?').all(round).length,
    remove: async () => {
      database.close()
      await drop()
    },
  }
}
