import type { Begun, ReplayStore } from '../../policies/replay-store.ts'
import { type KeptRow, begunBy, toRow } from '../kept-row.ts'
import type { PostgresPool } from './pool.ts'

export const REPLAYS_TABLE = `
CREATE TABLE trestle_replays (
  key text PRIMARY KEY,
  owner text NOT NULL,
  fingerprint text NOT NULL,
  lease_ends timestamptz NOT NULL,
  ends timestamptz NOT NULL,
  status integer,
  headers text,
  body bytea,
  is_text integer
);
CREATE INDEX trestle_replays_ends ON trestle_replays (ends);
`

/**
 * One statement, so that of any number that begin at once one puts the row, and the others read it. Who reads while
 * that one commits sees neither, and asks again.
 */
const BEGIN = `
WITH put AS (
  INSERT INTO trestle_replays AS r (key, owner, fingerprint, lease_ends, ends)
  VALUES ($1, $2, $3, now() + $4 * interval '1 ms', now() + $5 * interval '1 ms')
  ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, fingerprint = excluded.fingerprint,
    lease_ends = excluded.lease_ends, ends = excluded.ends, status = NULL, headers = NULL, body = NULL, is_text = NULL
  WHERE r.ends <= now()
  RETURNING true
)
SELECT true AS begun, '' AS fingerprint, true AS leased, NULL::integer AS status, NULL AS headers, NULL::bytea AS body,
  NULL::integer AS is_text FROM put
UNION ALL
SELECT false, fingerprint, lease_ends > now(), status, headers, body, is_text FROM trestle_replays
WHERE key = $1 AND ends > now() AND NOT EXISTS (SELECT FROM put)`

type Row = KeptRow & { readonly begun: boolean; readonly fingerprint: string; readonly leased: boolean }

/** Times that a row is looked for which another is just putting. */
const TRIES = 10
/** Attempts after which rows that do not matter any more are looked for. */
const SWEEP_EACH = 1000

/** Keeps replies in Postgres. */
export function createPostgresReplays({ use }: PostgresPool): ReplayStore {
  let attempts = 0
  const sweep = (): void => {
    const gone = `DELETE FROM trestle_replays WHERE key IN (
      SELECT key FROM trestle_replays WHERE ends < now() LIMIT 1000 FOR UPDATE SKIP LOCKED)`
    use((client) => client.query(gone)).catch(() => {})
  }
  return {
    begin: async ({ key, owner, fingerprint }, lease, keep): Promise<Begun> => {
      if (++attempts % SWEEP_EACH === 0) sweep()
      const values = [key, owner, fingerprint, lease, keep]
      for (let tries = 0; tries < TRIES; tries++) {
        const { rows } = await use((client) => client.query<Row>({ name: 'trestle_begin', text: BEGIN, values }))
        const row = rows[0]
        if (row !== undefined) return row.begun ? { is: 'begun' } : begunBy(row, fingerprint)
      }
      return { is: 'running' }
    },
    finish: async ({ key, owner }, reply) => {
      const { status, headers, body, is_text } = toRow(reply)
      const text =
        'UPDATE trestle_replays SET status = $1, headers = $2, body = $3, is_text = $4 WHERE key = $5 AND owner = $6'
      await use((client) => client.query(text, [status, headers, body && Buffer.from(body), is_text, key, owner]), true)
    },
    forget: async ({ key, owner }) => {
      const text = 'DELETE FROM trestle_replays WHERE key = $1 AND owner = $2'
      await use((client) => client.query(text, [key, owner]), true)
    },
  }
}
