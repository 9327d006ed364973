import type { DatabaseSync } from 'node:sqlite'
import type { RateStore } from '../../policies/rate-store.ts'
import { type Known, type KnownKeys, countTakes } from '../counting.ts'
import type { Guard } from './guard.ts'

export const RATES_TABLE = `CREATE TABLE trestle_rates (
  key TEXT PRIMARY KEY,
  at REAL NOT NULL,
  taken REAL NOT NULL,
  before REAL NOT NULL,
  ends REAL NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX trestle_rates_ends ON trestle_rates (ends)`

/** Decisions after which rows that do not matter any more are looked for. */
const SWEEP_EACH = 1000
/** Rows that go at once, so that nobody waits for long. */
const SWEEP = 2000

/** Counts in a file that processes of one machine share. */
export function createSqliteRates(database: DatabaseSync, written: Guard): RateStore {
  const get = database.prepare('SELECT at, taken, before, ends FROM trestle_rates WHERE key = ?')
  const put = database.prepare(
    'INSERT OR REPLACE INTO trestle_rates (key, at, taken, before, ends) VALUES (?, ?, ?, ?, ?)',
  )
  const sweep = database.prepare(
    'DELETE FROM trestle_rates WHERE key IN (SELECT key FROM trestle_rates WHERE ends <= ? LIMIT ?)',
  )
  const rows: KnownKeys = {
    get: (key) => get.get(key) as Known | undefined,
    set: (key, { at, taken, before, ends }) => put.run(key, at, taken, before, ends),
  }
  let decisions = 0
  return {
    take: (takes) =>
      written(() => {
        // IMMEDIATE: who reads to write must not find at the end that another wrote meanwhile.
        database.exec('BEGIN IMMEDIATE')
        try {
          const time = Date.now()
          const taken = countTakes(takes, rows, time)
          if (++decisions % SWEEP_EACH === 0) sweep.run(time, SWEEP)
          database.exec('COMMIT')
          return taken
        } catch (error) {
          if (database.isTransaction) database.exec('ROLLBACK')
          throw error
        }
      }),
  }
}
