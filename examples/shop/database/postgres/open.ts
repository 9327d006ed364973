import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import { migrate } from 'trestle/migrations'
import { type Backend, postgresTables as tables } from '../tables.ts'

/** Opens a pool of connections to the shop's database. */
export function openPostgres(url: string): Backend {
  const pool = connect(url, 10)
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
  const pool = connect(url, 1)
  try {
    await migrate(pool, new URL('migrations', import.meta.url))
  } finally {
    await pool.end()
  }
}

function connect(url: string, max: number): Pool {
  const pool = new Pool({ connectionString: url, max, connectionTimeoutMillis: 10_000 })
  // A connection that breaks while idle is replaced; without a listener its error would end the process.
  pool.on('error', (error) => {
    if (!pool.ending) console.error('Postgres:', error.message)
  })
  return pool
}
