import { type KeptRecord, MOST_LISTED, type RecordStore } from '../../auth/record-store.ts'
import type { PostgresPool } from './pool.ts'

/** `ends` is milliseconds since 1970, as a number that can be infinite. */
export const RECORDS_TABLE = `
CREATE TABLE trestle_records (
  kind text NOT NULL,
  id text NOT NULL,
  owner text NOT NULL,
  value text NOT NULL,
  version integer NOT NULL,
  ends double precision NOT NULL,
  PRIMARY KEY (kind, id)
);
CREATE INDEX trestle_records_owner ON trestle_records (kind, owner);
CREATE INDEX trestle_records_ends ON trestle_records (ends);
`

const NOW = 'extract(epoch FROM clock_timestamp())::double precision * 1000'
const GET = `SELECT id, owner, value, version FROM trestle_records WHERE kind = $1 AND id = $2 AND ends > ${NOW}`
const ADD = `INSERT INTO trestle_records AS r (kind, id, owner, value, version, ends)
VALUES ($1, $2, $3, $4, 1, ${NOW} + $5::double precision)
ON CONFLICT (kind, id) DO UPDATE SET owner = excluded.owner, value = excluded.value, version = 1, ends = excluded.ends
WHERE r.ends <= ${NOW}`
const REPLACE = `UPDATE trestle_records SET value = $4, version = version + 1, ends = ${NOW} + $5::double precision
WHERE kind = $1 AND id = $2 AND version = $3 AND ends > ${NOW}`
const REMOVE = `DELETE FROM trestle_records WHERE ends > ${NOW} AND kind = $1`
const LIST = `SELECT id, owner, value, version FROM trestle_records
WHERE kind = $1 AND ($2::text IS NULL OR owner = $2) AND ends > ${NOW} LIMIT ${MOST_LISTED}`
const SWEEP = `DELETE FROM trestle_records WHERE (kind, id) IN (
  SELECT kind, id FROM trestle_records WHERE ends < ${NOW} LIMIT 1000 FOR UPDATE SKIP LOCKED)`

/** New records after which those that are over are looked for. */
const SWEEP_EACH = 1000

/** Keeps records in Postgres, one round trip for each step. */
export function createPostgresRecords({ use }: PostgresPool): RecordStore {
  let added = 0
  const run = async (text: string, values: readonly unknown[], mustBe = false): Promise<number> => {
    const { rowCount } = await use((client) => client.query(text, [...values]), mustBe)
    return rowCount ?? 0
  }
  return {
    get: async (kind, id) => {
      const asked = { name: 'trestle_record', text: GET, values: [kind, id] }
      return (await use((client) => client.query<KeptRecord>(asked))).rows[0]
    },
    add: async (kind, { id, owner, value }, keep) => {
      if (++added % SWEEP_EACH === 0) run(SWEEP, []).catch(() => {})
      return (await run(ADD, [kind, id, owner, value, keep])) > 0
    },
    replace: async (kind, { id, version }, value, keep) => (await run(REPLACE, [kind, id, version, value, keep])) > 0,
    remove: async (kind, id) => (await run(`${REMOVE} AND id = $2`, [kind, id], true)) > 0,
    removeOf: (kind, owner) => run(`${REMOVE} AND owner = $2`, [kind, owner], true),
    list: async (kind, owner) => (await use((client) => client.query<KeptRecord>(LIST, [kind, owner ?? null]))).rows,
  }
}
