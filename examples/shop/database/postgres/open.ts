import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { Client, Pool } from 'pg'
import { type Backend, postgresTables as tables } from '../tables.ts'

/** The advisory lock of the shop's migrations: any number, as long as nobody else has it. */
const MIGRATIONS = 7_302_026

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

/** Brings the tables up to date. Of several processes that start at once, one does it. */
export async function migratePostgres(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATIONS])
    await migrate(drizzle({ client }), { migrationsFolder: `${import.meta.dirname}/migrations` })
  } finally {
    await client.end() // which gives the lock back
  }
}
