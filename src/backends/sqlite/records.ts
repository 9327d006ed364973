import type { DatabaseSync } from 'node:sqlite'
import { type KeptRecord, MOST_LISTED, type RecordStore } from '../../auth/record-store.ts'
import type { Guard } from './guard.ts'

export const RECORDS_TABLE = `CREATE TABLE trestle_records (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  owner TEXT NOT NULL,
  value TEXT NOT NULL,
  version INTEGER NOT NULL,
  ends REAL NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID, STRICT;
CREATE INDEX trestle_records_owner ON trestle_records (kind, owner);
CREATE INDEX trestle_records_ends ON trestle_records (ends)`

/** New records after which those that are over are looked for, and how many of them go at once. */
const SWEEP_EACH = 1000
const SWEEP = 2000

/** Keeps records in a file that processes of one machine share. */
export function createSqliteRecords(database: DatabaseSync, written: Guard): RecordStore {
  const fields = 'id, owner, value, version'
  const get = database.prepare(`SELECT ${fields} FROM trestle_records WHERE kind = ? AND id = ? AND ends > ?`)
  const add = database.prepare(`INSERT INTO trestle_records (kind, id, owner, value, version, ends)
    VALUES (?1, ?2, ?3, ?4, 1, ?5)
    ON CONFLICT (kind, id) DO UPDATE SET owner = ?3, value = ?4, version = 1, ends = ?5 WHERE ends <= ?6`)
  const replace = database.prepare(`UPDATE trestle_records SET value = ?, version = version + 1, ends = ?
    WHERE kind = ? AND id = ? AND version = ? AND ends > ?`)
  const remove = database.prepare('DELETE FROM trestle_records WHERE kind = ? AND id = ? AND ends > ?')
  const removeOf = database.prepare('DELETE FROM trestle_records WHERE kind = ? AND owner = ? AND ends > ?')
  const list = database.prepare(`SELECT ${fields} FROM trestle_records
    WHERE kind = ?1 AND (?2 IS NULL OR owner = ?2) AND ends > ?3 LIMIT ${MOST_LISTED}`)
  const sweep = database.prepare(`DELETE FROM trestle_records WHERE (kind, id) IN (
    SELECT kind, id FROM trestle_records WHERE ends <= ? LIMIT ${SWEEP})`)
  let added = 0
  return {
    get: (kind, id) => written(() => get.get(kind, id, Date.now()) as unknown as KeptRecord | undefined),
    add: (kind, { id, owner, value }, keep) =>
      written(() => {
        const time = Date.now()
        if (++added % SWEEP_EACH === 0) sweep.run(time)
        return add.run(kind, id, owner, value, time + keep, time).changes > 0
      }),
    replace: (kind, { id, version }, value, keep) =>
      written(() => {
        const time = Date.now()
        return replace.run(value, time + keep, kind, id, version, time).changes > 0
      }),
    remove: (kind, id) => written(() => remove.run(kind, id, Date.now()).changes > 0),
    removeOf: (kind, owner) => written(() => Number(removeOf.run(kind, owner, Date.now()).changes)),
    list: (kind, owner) => written(() => list.all(kind, owner ?? null, Date.now()) as unknown as readonly KeptRecord[]),
  }
}
