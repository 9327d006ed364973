import type { Pool, PoolClient } from 'pg'

/** The key of the lock for which processes that start at once wait: "trestle" in ASCII. */
const LOCK = '32779107834359909'

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
    await client.query(`SELECT pg_advisory_xact_lock(${LOCK})`)
    await bringUp(client, steps)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  } finally {
    client.off('error', onError)
    client.release()
  }
}

async function bringUp(client: PoolClient, steps: readonly string[]): Promise<void> {
  await client.query('CREATE TABLE IF NOT EXISTS trestle_version (version integer NOT NULL)')
  const { rows } = await client.query<{ version: number }>('SELECT version FROM trestle_version')
  const version = rows[0]?.version ?? 0
  if (version > steps.length) {
    throw new Error(`the tables are of a newer version of Trestle (${version}; this one knows ${steps.length})`)
  }
  for (const step of steps.slice(version)) await client.query(step)
  await client.query('DELETE FROM trestle_version')
  await client.query('INSERT INTO trestle_version VALUES ($1)', [steps.length])
}
