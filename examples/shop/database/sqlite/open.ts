import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { drizzle } from 'drizzle-orm/node-sqlite'
import { migrate } from 'drizzle-orm/node-sqlite/migrator'
import { type Backend, type Queries, sqliteTables as tables } from '../tables.ts'

/** Milliseconds to wait for another process that writes. */
const PATIENCE = 10_000

/** Opens the shop's file with two connections: one reads, and sees only what is committed; the other writes. */
export function openSqlite(file: string): Backend {
  const writer = connect(file)
  const reader = connect(file, { readOnly: true })
  return {
    db: queriesOn(reader),
    writer: queriesOn(writer),
    tables,
    atomic: async (work) => {
      writer.exec('begin immediate')
      try {
        const result = await work({ db: queriesOn(writer), tables })
        writer.exec('commit')
        return result
      } catch (error) {
        if (writer.isTransaction) writer.exec('rollback')
        throw error
      }
    },
    close: async () => {
      reader.close()
      writer.close()
    },
  }
}

/** Makes the file and brings its tables up to date. Of several processes that start at once, one does it. */
export function migrateSqlite(file: string): void {
  mkdirSync(dirname(file), { recursive: true })
  // Drizzle reads which migrations are done before its transaction begins, so what the others wait for
  // is a lock on a file beside it. The system drops it with the process, should it die here.
  const lock = new DatabaseSync(`${file}-lock`, { timeout: PATIENCE })
  lock.exec('begin immediate')
  const database = connect(file)
  try {
    database.exec('pragma journal_mode = wal')
    migrate(drizzle({ client: database }), { migrationsFolder: `${import.meta.dirname}/migrations` })
  } finally {
    database.close()
    lock.close()
  }
}

function connect(file: string, options: { readOnly?: boolean } = {}): DatabaseSync {
  return new DatabaseSync(file, { timeout: PATIENCE, ...options })
}

function queriesOn(database: DatabaseSync): Queries {
  return drizzle({ client: database }) as unknown as Queries
}
