import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { drizzle } from 'drizzle-orm/node-sqlite'
import { migrate } from 'trestle/migrations'
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

/** Makes the file and brings its tables up to date. */
export async function migrateSqlite(file: string): Promise<void> {
  mkdirSync(dirname(file), { recursive: true })
  const database = connect(file)
  try {
    await migrate(database, new URL('migrations', import.meta.url))
  } finally {
    database.close()
  }
}

function connect(file: string, options: { readOnly?: boolean } = {}): DatabaseSync {
  return new DatabaseSync(file, { timeout: PATIENCE, ...options })
}

function queriesOn(database: DatabaseSync): Queries {
  return drizzle({ client: database }) as unknown as Queries
}
