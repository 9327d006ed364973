import type { DatabaseSync } from 'node:sqlite'

/** Milliseconds for which a process waits for another that writes: at its start, and then with all its requests. */
const BUSY_AT_START = 5000
const BUSY = 50

/** What the tables of a backend have come to be, a step at a time. Steps that were released are never changed. */
export type Steps = readonly string[]

/**
 * Opens a database and brings its tables up to date. Processes that start at once wait for each other.
 *
 * @param file a path, or `:memory:`.
 * @throws the system's error where the file cannot be had; an Error where a newer version has changed its tables.
 */
export function openDatabase(file: string, steps: Steps): DatabaseSync {
  const { DatabaseSync: Database } = process.getBuiltinModule('node:sqlite')
  const database = new Database(file, { timeout: BUSY_AT_START })
  try {
    switchToWal(database)
    database.exec('PRAGMA synchronous = NORMAL')
    migrate(database, steps)
    database.exec(`PRAGMA busy_timeout = ${BUSY}`)
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

/** SQLite's code for a file that another holds (SQLITE_BUSY). */
const IS_BUSY = 5
/** Milliseconds between two tries. */
const TRY_EACH = 5

/** Of several that switch at once, all but one are told that it is busy: for this, SQLite waits for nobody. */
function switchToWal(database: DatabaseSync): void {
  const until = performance.now() + BUSY_AT_START
  for (;;) {
    try {
      return database.exec('PRAGMA journal_mode = WAL')
    } catch (error) {
      if ((error as { readonly errcode?: number }).errcode !== IS_BUSY || performance.now() > until) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TRY_EACH)
    }
  }
}

function migrate(database: DatabaseSync, steps: Steps): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    database.exec('CREATE TABLE IF NOT EXISTS trestle_version (version INTEGER NOT NULL)')
    const row = database.prepare('SELECT version FROM trestle_version').get() as { version: number } | undefined
    const version = row?.version ?? 0
    if (version > steps.length) {
      throw new Error(`the tables are of a newer version of Trestle (${version}; this one knows ${steps.length})`)
    }
    for (const step of steps.slice(version)) database.exec(step)
    database.exec('DELETE FROM trestle_version')
    database.prepare('INSERT INTO trestle_version VALUES (?)').run(steps.length)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
