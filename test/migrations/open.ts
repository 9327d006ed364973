import { DatabaseSync } from 'node:sqlite'
import { Pool } from 'pg'

export type Kind = 'sqlite' | 'postgres'

export interface Opened {
  readonly database: DatabaseSync | Pool
  readonly rows: (text: string) => Promise<object[]>
  readonly close: () => Promise<void>
}

/** Opens a database by its address. */
export function openDatabase(kind: Kind, address: string): Opened {
  if (kind === 'sqlite') {
    const database = new DatabaseSync(address)
    const rows = async (text: string): Promise<object[]> =>
      database
        .prepare(text)
        .all()
        .map((row) => ({ ...row }))
    return { database, rows, close: async () => database.close() }
  }
  const pool = new Pool({ connectionString: address, max: 2 })
  pool.on('error', () => {})
  return { database: pool, rows: async (text) => (await pool.query(text)).rows, close: () => pool.end() }
}
