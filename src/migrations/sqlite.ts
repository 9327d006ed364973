import type { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import type { Migration, Statement } from './folder.ts'
import { MigrationError, statementAt } from './migration-error.ts'
import {
  type AppliedMigration,
  type MigrationOptions,
  type MigrationTarget,
  TABLE,
  WAIT,
  quoted,
  tableIsOld,
  waitedTooLong,
} from './target.ts'

/** SQLite's code for a file that another has (SQLITE_BUSY); the bits above say more of it. */
const IS_BUSY = 5
const CODE = 0xff

/** Milliseconds between two tries. */
const TRY_EACH = 10

/** What drizzle-kit writes where it makes a table anew under others that refer to it. */
const WITHOUT_KEYS = /\bPRAGMA\s+foreign_keys\s*=\s*(?:OFF|0|FALSE|NO)\b/i

/** Spaces and comments. */
const NOTHING = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))*/

/** Who applies has the file's own write lock (`BEGIN IMMEDIATE`), which the system takes back when the process dies. */
export function openSqlite(database: DatabaseSync, options: MigrationOptions): MigrationTarget {
  const { table = TABLE, wait = WAIT } = options

  const patiently = async <T>(work: () => T): Promise<T> => {
    const until = performance.now() + wait
    for (;;) {
      try {
        return work()
      } catch (error) {
        if ((((error as { readonly errcode?: number }).errcode ?? 0) & CODE) !== IS_BUSY) throw error
        if (performance.now() > until) throw waitedTooLong(wait, error)
      }
      await setTimeout(TRY_EACH)
    }
  }

  const columns = (): string[] => rowsOf<{ name: string }>('SELECT name FROM pragma_table_info(?)', table).map(nameOf)

  const applied = (): readonly AppliedMigration[] => {
    const names = columns()
    if (names.length === 0) return []
    if (!names.includes('name')) throw tableIsOld(table)
    const text = `SELECT name, hash, applied_at AS at FROM ${quoted(table)} WHERE name IS NOT NULL ORDER BY id`
    return rowsOf<{ name: string; hash: string; at: string | null }>(text).map(({ at, ...row }) => ({
      ...row,
      at: at === null ? undefined : new Date(at),
    }))
  }

  function rowsOf<T>(text: string, ...values: string[]): T[] {
    return database.prepare(text).all(...values) as T[]
  }

  /** A file that nobody has written to is made one whose readers and writer do not wait for each other. */
  const makeFile = async (): Promise<void> => {
    const [row] = await patiently(() => rowsOf<{ page_count: number }>('PRAGMA page_count'))
    if (row?.page_count === 0) await patiently(() => database.exec('PRAGMA journal_mode = WAL'))
  }

  const run = (migration: Migration): void => {
    for (const statement of migration.statements) runEach(database, migration, statement)
    database.exec(
      `CREATE TABLE IF NOT EXISTS ${quoted(table)} (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric, name text, applied_at TEXT)`,
    )
    database
      .prepare(`INSERT INTO ${quoted(table)} (hash, created_at, name, applied_at) VALUES (?, ?, ?, ?)`)
      .run(migration.hash, migration.writtenAt, migration.name, new Date().toISOString())
  }

  const inTransaction = async (migration: Migration, work: () => void): Promise<boolean> => {
    await patiently(() => database.exec('BEGIN IMMEDIATE'))
    try {
      const isDone = applied().some(({ name }) => name === migration.name)
      if (!isDone) work()
      // Without WAL, who reads is waited for here.
      await patiently(() => database.exec('COMMIT'))
      return !isDone
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }

  return {
    applied: () => patiently(applied),
    apply: async (migration) => {
      if (database.isTransaction) throw new Error('migrate() begins transactions of its own: end the one that is open')
      await makeFile()
      const off = migration.statements.find(({ text }) => WITHOUT_KEYS.test(text))
      if (off === undefined || !hasKeys(database)) return inTransaction(migration, () => run(migration))
      // In a transaction this does nothing: the table that is dropped would take with it the rows that refer to it.
      database.exec('PRAGMA foreign_keys = OFF')
      try {
        return await inTransaction(migration, () => {
          const before = brokenKeys(database).length
          run(migration)
          const broken = brokenKeys(database)
          if (broken.length > before) throw new MigrationError(migration, off, new Error(sentenceOf(broken)))
        })
      } finally {
        database.exec('PRAGMA foreign_keys = ON')
      }
    },
    release: () => {},
  }
}

/** SQLite prepares the first statement of a text, and says which that is. */
function runEach(database: DatabaseSync, migration: Migration, statement: Statement): void {
  let at = 0
  const skip = (): void => {
    at += NOTHING.exec(statement.text.slice(at))?.[0].length ?? 0
  }
  for (skip(); at < statement.text.length; skip()) {
    const rest = statementAt(statement, at)
    try {
      const prepared = database.prepare(rest.text)
      prepared.all()
      at += prepared.sourceSQL.length
    } catch (error) {
      throw new MigrationError(migration, rest, error)
    }
  }
}

interface BrokenKey {
  readonly table: string
  readonly parent: string
}

function hasKeys(database: DatabaseSync): boolean {
  const row = database.prepare('PRAGMA foreign_keys').get() as { readonly foreign_keys: number } | undefined
  return row?.foreign_keys === 1
}

function brokenKeys(database: DatabaseSync): BrokenKey[] {
  return database.prepare('PRAGMA foreign_key_check').all() as unknown as BrokenKey[]
}

function sentenceOf(broken: readonly BrokenKey[]): string {
  const pairs = new Set(broken.map(({ table, parent }) => `rows of ${table} refer to what is not in ${parent}`))
  return [...pairs].join('; ')
}

function nameOf({ name }: { readonly name: string }): string {
  return name
}
