import type { DatabaseSync } from 'node:sqlite'
import type { Begun, ReplayStore } from '../../policies/replay-store.ts'
import { type KeptRow, begunBy, toRow } from '../kept-row.ts'
import type { Guard } from './guard.ts'

export const REPLAYS_TABLE = `CREATE TABLE trestle_replays (
  key TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  lease_ends REAL NOT NULL,
  ends REAL NOT NULL,
  status INTEGER,
  headers TEXT,
  body BLOB,
  is_text INTEGER
) STRICT;
CREATE INDEX trestle_replays_ends ON trestle_replays (ends)`

type Row = KeptRow & { readonly fingerprint: string; readonly lease_ends: number }

/** Attempts after which rows that do not matter any more are looked for, and how many of them go at once. */
const SWEEP_EACH = 1000
const SWEEP = 2000

/** Keeps replies in a file that processes of one machine share. */
export function createSqliteReplays(database: DatabaseSync, written: Guard): ReplayStore {
  const put =
    database.prepare(`INSERT INTO trestle_replays (key, owner, fingerprint, lease_ends, ends) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (key) DO UPDATE SET owner = ?2, fingerprint = ?3, lease_ends = ?4, ends = ?5,
      status = NULL, headers = NULL, body = NULL, is_text = NULL
    WHERE ends <= ?6`)
  const get = database.prepare('SELECT * FROM trestle_replays WHERE key = ?')
  const end = database.prepare(
    'UPDATE trestle_replays SET status = ?, headers = ?, body = ?, is_text = ? WHERE key = ? AND owner = ?',
  )
  const drop = database.prepare('DELETE FROM trestle_replays WHERE key = ? AND owner = ?')
  const sweep = database.prepare(
    'DELETE FROM trestle_replays WHERE key IN (SELECT key FROM trestle_replays WHERE ends <= ? LIMIT ?)',
  )
  let attempts = 0
  return {
    begin: ({ key, owner, fingerprint }, lease, keep): Begun =>
      written(() => {
        const time = Date.now()
        if (++attempts % SWEEP_EACH === 0) sweep.run(time, SWEEP)
        const { changes } = put.run(key, owner, fingerprint, time + lease, time + keep, time)
        if (changes > 0) return { is: 'begun' }
        const row = get.get(key) as unknown as Row
        return begunBy({ ...row, leased: row.lease_ends > time }, fingerprint)
      }),
    finish: ({ key, owner }, reply) =>
      written(() => {
        const { status, headers, body, is_text } = toRow(reply)
        end.run(status, headers, body, is_text, key, owner)
      }),
    forget: ({ key, owner }) => written(() => void drop.run(key, owner)),
  }
}
