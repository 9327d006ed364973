import type { DatabaseSync } from 'node:sqlite'
import { StoreAway } from '../../policies/store-away.ts'
import { type OpenTransaction, WAIT } from '../open-transaction.ts'
import { Turns } from './turns.ts'

/** Milliseconds between two looks at a file that another process writes. */
const PAUSE = 10

/**
 * The turns at each connection. It has one transaction at a time, however many dependencies were made of it, and goes
 * with it.
 */
const turns = new WeakMap<DatabaseSync, Turns>()

/**
 * Begins a transaction that writes, when it is this request's turn and no other process writes. Waiting holds nobody
 * else up.
 *
 * @param value what handlers get.
 */
export async function beginInSqlite<Value>(database: DatabaseSync, value: Value): Promise<OpenTransaction<Value>> {
  const ofConnection = turns.get(database) ?? new Turns()
  turns.set(database, ofConnection)
  const until = performance.now() + WAIT
  const leave = await ofConnection.take(WAIT)
  try {
    // IMMEDIATE: who reads to write must not find at the end that another wrote meanwhile.
    await patient(database, 'BEGIN IMMEDIATE', until)
  } catch (error) {
    leave()
    throw error
  }
  return {
    value,
    query: (text, values) => {
      if (values !== undefined) return database.prepare(text).all(...(values as string[])) as object[]
      database.exec(text)
      return []
    },
    commit: async () => {
      if (!database.isTransaction)
        throw new Error('the transaction was ended by the handler, or by SQLite for a failure')
      await patient(database, 'COMMIT', performance.now() + WAIT)
      leave()
    },
    rollback: () => {
      try {
        if (database.isTransaction) database.exec('ROLLBACK')
      } finally {
        leave()
      }
    },
  }
}

/** Runs a statement that other processes may keep from running. They are not waited for in SQLite, which stops this one. */
async function patient(database: DatabaseSync, statement: string, until: number): Promise<void> {
  const { timeout = 0 } = (database.prepare('PRAGMA busy_timeout').get() ?? {}) as { timeout?: number }
  for (;;) {
    if (timeout > 0) database.exec('PRAGMA busy_timeout = 0')
    try {
      return database.exec(statement)
    } catch (error) {
      if (!isSqliteAway(error)) throw error
      if (resultOf(error) !== BUSY || performance.now() > until) {
        throw new StoreAway('the database cannot be written', { cause: error })
      }
    } finally {
      if (timeout > 0) database.exec(`PRAGMA busy_timeout = ${timeout}`)
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE * Math.random()))
  }
}

const BUSY = 5
/** Result codes of SQLite: busy, locked, read-only, failed to read or write, full, cannot be opened. */
const AWAY = new Set([BUSY, 6, 8, 10, 13, 14])

/** True for what may be gone when the same is tried again. */
export function isSqliteAway(error: unknown): boolean {
  const result = resultOf(error)
  return result !== undefined && AWAY.has(result)
}

/** The primary result code of a failure of SQLite, which query builders wrap. */
function resultOf(error: unknown): number | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code, errcode } = at as { code?: unknown; errcode?: unknown }
    if (code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number') return errcode & 0xff
  }
  return undefined
}
