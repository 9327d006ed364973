import type { Pool } from 'pg'
import { bringUp } from '../steps.ts'

/** Has processes that start at once wait for each other. The key of the lock is "trestle" in ASCII. */
export const LOCK = 'SELECT pg_advisory_xact_lock(32779107834359909)'

/**
 * Brings the tables of a backend up to date, a step at a time. Steps that were released are never changed.
 *
 * @throws an Error where a newer version has changed the tables.
 */
export async function migrate(pool: Pool, steps: readonly string[]): Promise<void> {
  const client = await pool.connect()
  // What breaks is told by the query; a listener that is missing ends the process.
  const onError = (): void => {}
  client.on('error', onError)
  try {
    await client.query('BEGIN')
    await client.query(LOCK)
    await bringUp(async (text) => (await client.query<object>(text)).rows, steps, 'trestle_version')
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  } finally {
    client.off('error', onError)
    client.release()
  }
}
