import type { DatabaseSync } from 'node:sqlite'
import type { CacheStore, Looked } from '../../policies/cache-store.ts'
import { type KeptRow, toReply, toRow } from '../kept-row.ts'
import type { Guard } from './guard.ts'

/** A reply, who makes it anew, and of each the versions of the tags when it was begun: of a tag that is not there, none. */
export const CACHE_TABLES = `CREATE TABLE trestle_cache (
  key TEXT PRIMARY KEY,
  status INTEGER,
  headers TEXT,
  body BLOB,
  is_text INTEGER,
  stamp TEXT,
  made REAL,
  fresh REAL,
  ends REAL NOT NULL,
  owner TEXT,
  lease_ends REAL NOT NULL,
  lease_stamp TEXT
) STRICT;
CREATE INDEX trestle_cache_ends ON trestle_cache (ends);
CREATE TABLE trestle_cache_tags (
  tag TEXT PRIMARY KEY,
  version TEXT NOT NULL,
  ends REAL NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX trestle_cache_tags_ends ON trestle_cache_tags (ends)`

interface Row extends KeptRow {
  readonly stamp: string | null
  readonly made: number
  readonly fresh: number
  readonly ends: number
  readonly owner: string | null
  readonly lease_ends: number
  readonly lease_stamp: string | null
  /** Of the tags as they are now. */
  readonly stamp_now: string
}

const STAMP = `(SELECT coalesce(group_concat(version), '') FROM (
  SELECT version FROM trestle_cache_tags WHERE tag IN (SELECT value FROM json_each(?1)) ORDER BY tag))`

/** Leases after which rows that do not matter any more are looked for, and how many of them go at once. */
const SWEEP_EACH = 1000
const SWEEP = 2000

/** Keeps replies in a file that processes of one machine share. */
export function createSqliteCache(database: DatabaseSync, written: Guard): CacheStore {
  const get = database.prepare(`SELECT *, ${STAMP} AS stamp_now FROM trestle_cache WHERE key = ?2`)
  const stamp = database.prepare(`SELECT ${STAMP} AS stamp`)
  const tag = database.prepare(`INSERT INTO trestle_cache_tags (tag, version, ends)
    SELECT value, lower(hex(randomblob(8))), ?2 FROM json_each(?1) WHERE true
    ON CONFLICT (tag) DO UPDATE SET ends = max(ends, excluded.ends)`)
  const take = database.prepare(`INSERT INTO trestle_cache (key, ends, owner, lease_ends, lease_stamp)
    VALUES (?1, ?3, ?2, ?3, ?4)
    ON CONFLICT (key) DO UPDATE SET owner = ?2, lease_ends = ?3, lease_stamp = ?4`)
  const keep = database.prepare(`UPDATE trestle_cache SET status = ?, headers = ?, body = ?, is_text = ?,
    made = ?, fresh = ?, ends = ?, stamp = lease_stamp, owner = NULL, lease_ends = 0 WHERE key = ? AND owner = ?`)
  const drop = database.prepare('UPDATE trestle_cache SET owner = NULL, lease_ends = 0 WHERE key = ? AND owner = ?')
  const gone = database.prepare('DELETE FROM trestle_cache_tags WHERE tag IN (SELECT value FROM json_each(?))')
  const sweep = database.prepare(`DELETE FROM trestle_cache WHERE key IN (
    SELECT key FROM trestle_cache WHERE ends <= ?1 AND lease_ends <= ?1 LIMIT ${SWEEP})`)
  const sweepTags = database.prepare(`DELETE FROM trestle_cache_tags WHERE tag IN (
    SELECT tag FROM trestle_cache_tags WHERE ends <= ? LIMIT ${SWEEP})`)
  let leases = 0
  return {
    look: ({ key, tags, owner }, lease, life) => {
      const list = JSON.stringify(tags)
      // Most replies are there, and who only reads waits for nobody.
      const known = written(() => judge(get.get(list, key) as Row | undefined, Date.now()))
      if (known !== undefined && known.is !== 'mine' && !(known.is === 'kept' && known.mine)) return known
      return written(() => {
        database.exec('BEGIN IMMEDIATE')
        try {
          const time = Date.now()
          const now = judge(get.get(list, key) as Row | undefined, time)
          if (now.is === 'mine' || (now.is === 'kept' && now.mine)) {
            if (++leases % SWEEP_EACH === 0) {
              sweep.run(time)
              sweepTags.run(time)
            }
            tag.run(list, time + life)
            take.run(key, owner, time + lease, (stamp.get(list) as { stamp: string }).stamp)
          }
          database.exec('COMMIT')
          return now
        } catch (error) {
          if (database.isTransaction) database.exec('ROLLBACK')
          throw error
        }
      })
    },
    keep: ({ key, owner }, reply, fresh, stale) =>
      written(() => {
        const { status, headers, body, is_text } = toRow(reply)
        const time = Date.now()
        keep.run(status, headers, body, is_text, time, time + fresh, time + fresh + stale, key, owner)
      }),
    drop: ({ key, owner }) => written(() => void drop.run(key, owner)),
    invalidate: (tags) => written(() => void gone.run(JSON.stringify(tags))),
  }
}

/** What a row says to who looks: `mine` where nobody makes it. */
function judge(row: Row | undefined, time: number): Looked {
  if (row === undefined) return { is: 'mine' }
  const isKept = row.status !== null && row.ends > time && row.stamp === row.stamp_now
  const isLeased = row.owner !== null && row.lease_ends > time && row.lease_stamp === row.stamp_now
  if (!isKept) return isLeased ? { is: 'awaited', owner: row.owner as string } : { is: 'mine' }
  const mine = row.fresh <= time && !isLeased
  return { is: 'kept', reply: toReply(row), age: time - row.made, ttl: row.fresh - time, mine }
}
