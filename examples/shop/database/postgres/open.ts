import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import { migrate } from 'trestle/migrations'
import { type Backend, postgresTables as tables } from '../tables.ts'

/** Opens a pool of connections to the shop's database. */
export function openPostgres(url: string): Backend {
  const pool = new Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 10_000 })
  // A connection that breaks while idle is replaced; without a listener its error would end the process.
  pool.on('error', (error) => {
    if (!pool.ending) console.error('Postgres:', error.message)
  })
  const db = drizzle({ client: pool })
  return {
    db,
    writer: db,
    tables,
    atomic: (work) => db.transaction((tx) => work({ db: tx, tables })),
    close: () => pool.end(),
  }
}

/** Brings the tables up to date. */
export async function migratePostgres(url: string): Promise<void> {
  const pool = new Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 10_000 })
  try {
    await migrate(pool, new URL('migrations', import.meta.url))
  } finally {
    await pool.end()
  }
}
