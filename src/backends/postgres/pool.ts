import pg from 'pg'
import { type Patience, createPatience } from '../patience.ts'

/** A pool of connections to Postgres, and the time that it has to answer. */
export interface PostgresPool extends Patience {
  readonly pool: pg.Pool
  readonly close: () => Promise<void>
}

/** Connections of a process, at most. */
const CONNECTIONS = 10
/** Milliseconds that a connection may take to be made, and then to answer. The one who asks gives up sooner. */
const CONNECT_TIME = 2000
const QUERY_TIME = 5000

/** @param url `postgres://` or `postgresql://`. */
export function connectPostgres(url: string): PostgresPool {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIME,
    query_timeout: QUERY_TIME,
    application_name: 'trestle',
  })
  // An idle connection that breaks is made anew; a listener that is missing ends the process.
  pool.on('error', () => {})
  const { ask } = createPatience('Postgres', isAway)
  return { pool, ask, close: () => pool.end() }
}

/**
 * True for a failure of the connection: what is no answer of Postgres, and its answers that it is going or cannot
 * take more (SQLSTATE classes 08, 53, 57).
 */
export function isAway(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return true
  return /^(?:08|53|57)/.test(error.code ?? '')
}
