import type { CacheStore, Looked } from '../../policies/cache-store.ts'
import { type KeptRow, toReply, toRow } from '../kept-row.ts'
import { toIndexKey } from './index-key.ts'
import type { PostgresPool } from './pool.ts'

/**
 * A reply, who makes it anew, and of each the versions of the tags when it was begun: of a tag that is not there, none.
 * What a crash loses is made anew, so the tables are not logged and no commit waits for the disk.
 */
export const CACHE_TABLES = `
CREATE UNLOGGED TABLE trestle_cache (
  key text PRIMARY KEY,
  status integer,
  headers text,
  body bytea,
  is_text integer,
  stamp text,
  made timestamptz,
  fresh timestamptz,
  ends timestamptz NOT NULL,
  owner text,
  lease_ends timestamptz,
  lease_stamp text
);
CREATE INDEX trestle_cache_ends ON trestle_cache (ends);
CREATE UNLOGGED TABLE trestle_cache_tags (
  tag text PRIMARY KEY,
  version text NOT NULL,
  ends timestamptz NOT NULL
);
CREATE INDEX trestle_cache_tags_ends ON trestle_cache_tags (ends);
`

const LOOK = `
SELECT status, headers, body, is_text, owner,
  extract(epoch FROM now() - made)::float8 * 1000 AS age, extract(epoch FROM fresh - now())::float8 * 1000 AS ttl,
  status IS NOT NULL AND ends > now() AND e.stamp = s.stamp AS kept,
  owner IS NOT NULL AND lease_ends > now() AND lease_stamp = s.stamp AS leased
FROM trestle_cache e, (
  SELECT coalesce(string_agg(version, ',' ORDER BY tag), '') AS stamp FROM trestle_cache_tags WHERE tag = ANY ($2)) s
WHERE key = $1`

/**
 * One statement, so that of any number one takes the lease: the others wait for its row, and find the lease there, or
 * what came of it. Tags are locked in their order: no two wait for each other.
 */
const TAKE = `
WITH tags AS (
  INSERT INTO trestle_cache_tags AS t (tag, version, ends)
  SELECT tag, gen_random_uuid()::text, now() + $5 * interval '1 ms' FROM unnest($2::text[]) AS tag ORDER BY tag
  ON CONFLICT (tag) DO UPDATE SET ends = greatest(t.ends, excluded.ends)
  RETURNING tag, version
)
INSERT INTO trestle_cache AS e (key, ends, owner, lease_ends, lease_stamp)
SELECT $1, now() + $4 * interval '1 ms', $3, now() + $4 * interval '1 ms',
  (SELECT coalesce(string_agg(version, ',' ORDER BY tag), '') FROM tags)
ON CONFLICT (key) DO UPDATE
SET owner = excluded.owner, lease_ends = excluded.lease_ends, lease_stamp = excluded.lease_stamp
WHERE NOT (e.owner IS NOT NULL AND e.lease_ends > now() AND e.lease_stamp = excluded.lease_stamp)
  AND NOT coalesce(e.fresh > now() AND e.stamp = excluded.lease_stamp, false)
RETURNING true AS taken`

interface Row extends KeptRow {
  readonly owner: string | null
  readonly age: number
  readonly ttl: number
  readonly kept: boolean | null
  readonly leased: boolean | null
}

/** Times that a row is looked at which others change meanwhile. */
const TRIES = 5
/** Leases after which rows that do not matter any more are looked for. */
const SWEEP_EACH = 1000

/** Keeps replies in Postgres. */
export function createPostgresCache({ use }: PostgresPool): CacheStore {
  let leases = 0
  const sweep = (): void => {
    const gone = (table: string, column: string, more = ''): string => `DELETE FROM ${table} WHERE ${column} IN (
      SELECT ${column} FROM ${table} WHERE ends < now()${more} LIMIT 1000 FOR UPDATE SKIP LOCKED)`
    use(async (client) => {
      await client.query(gone('trestle_cache', 'key', ' AND (lease_ends IS NULL OR lease_ends < now())'))
      await client.query(gone('trestle_cache_tags', 'tag'))
    }).catch(() => {})
  }
  return {
    look: ({ key, tags: named, owner }, lease, life) => {
      const tags = named.map(toIndexKey)
      return use(async (client): Promise<Looked> => {
        let known: Row | undefined
        for (let tries = 0; tries < TRIES; tries++) {
          const { rows } = await client.query<Row>({ name: 'trestle_cache_look', text: LOOK, values: [key, tags] })
          known = rows[0]
          if (known?.kept && (known.ttl > 0 || known.leased)) return keptOf(known, false)
          if (known?.leased) return { is: 'awaited', owner: known.owner as string }
          const values = [key, tags, owner, lease, life]
          const { rowCount } = await client.query({ name: 'trestle_cache_take', text: TAKE, values })
          if (rowCount === 0) continue // another was first
          if (++leases % SWEEP_EACH === 0) sweep()
          return known?.kept ? keptOf(known, true) : { is: 'mine' }
        }
        return { is: 'awaited', owner: known?.owner ?? '' }
      })
    },
    keep: async ({ key, owner }, reply, fresh, stale) => {
      const { status, headers, body, is_text } = toRow(reply)
      const text = `UPDATE trestle_cache SET status = $1, headers = $2, body = $3, is_text = $4, stamp = lease_stamp,
        made = now(), fresh = now() + $5 * interval '1 ms', ends = now() + $6 * interval '1 ms',
        owner = NULL, lease_ends = NULL WHERE key = $7 AND owner = $8`
      const values = [status, headers, body && Buffer.from(body), is_text, fresh, fresh + stale, key, owner]
      await use((client) => client.query(text, values))
    },
    drop: async ({ key, owner }) => {
      const text = 'UPDATE trestle_cache SET owner = NULL, lease_ends = NULL WHERE key = $1 AND owner = $2'
      await use((client) => client.query(text, [key, owner]))
    },
    invalidate: async (tags) => {
      const text = `DELETE FROM trestle_cache_tags WHERE tag IN (
        SELECT tag FROM trestle_cache_tags WHERE tag = ANY ($1) ORDER BY tag FOR UPDATE)`
      await use((client) => client.query(text, [tags.map(toIndexKey)]))
    },
  }
}

function keptOf(row: Row, mine: boolean): Looked {
  return { is: 'kept', reply: toReply(row), age: row.age, ttl: row.ttl, mine }
}
