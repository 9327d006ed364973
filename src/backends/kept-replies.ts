import type { Begun, KeptReply, ReplayStore } from '../policies/replay-store.ts'
import { StoreAway } from '../policies/store-away.ts'
import { type KeptRow, begunBy, toRow } from './kept-row.ts'
import { type OpenTransaction, type TransactionAdapter, ended } from './open-transaction.ts'
import { LOCK } from './postgres/migrate.ts'
import { type Query, bringUp } from './steps.ts'

/** A transaction of a request, with the reply that is to be kept in it. */
export interface RequestTransaction<Value = unknown> {
  readonly open: OpenTransaction<Value>
  /** Of each request that has it, in their order. */
  readonly replies: ReplyToKeep[]
  /** True where several requests have it together: of what is undone nothing is kept. */
  readonly isTogether: boolean
}

export interface ReplyToKeep {
  readonly key: string
  /** True where it is the reply to a failure: what the transaction did is undone, and this kept all the same. */
  readonly failed: boolean
  readonly keep: (query: Query) => Promise<void>
}

/** How replies are kept in a dialect: the steps that its table came to be in, and its statements. */
interface Dialect {
  readonly steps: readonly string[]
  /** The key. `claimed` is false where another transaction has it; else it has a reply, or is this transaction's now. */
  readonly claim: string
  /** Key, fingerprint, milliseconds, and a row. It gives a row where it could be put. */
  readonly put: string
  readonly sweep: string
}

const COLUMNS = 'key, fingerprint, ends, status, headers, body, is_text'
const RENEWED = `fingerprint = excluded.fingerprint, ends = excluded.ends, status = excluded.status,
  headers = excluded.headers, body = excluded.body, is_text = excluded.is_text`
const VERSIONS = 'trestle_replies_version'

/**
 * Who claims a key holds a lock of its transaction: the server itself forgets it when that ends, or its process dies.
 * What is done is read without it, so that any number may at once; then once more after it, in a statement of its own,
 * which sees what the last holder committed.
 */
const postgres: Dialect = {
  steps: [
    `CREATE TABLE trestle_replies (
      key text PRIMARY KEY,
      fingerprint text NOT NULL,
      ends timestamptz NOT NULL,
      status integer NOT NULL,
      headers text NOT NULL,
      body bytea,
      is_text integer NOT NULL
    );
    CREATE INDEX trestle_replies_ends ON trestle_replies (ends);
    CREATE FUNCTION trestle_claim(
      wanted text, OUT claimed boolean,
      OUT fingerprint text, OUT status integer, OUT headers text, OUT body bytea, OUT is_text integer
    ) LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
      FOR look IN 1..2 LOOP
        SELECT r.fingerprint, r.status, r.headers, r.body, r.is_text INTO fingerprint, status, headers, body, is_text
        FROM trestle_replies AS r WHERE r.key = wanted AND r.ends > clock_timestamp();
        claimed := FOUND OR look = 2 OR pg_try_advisory_xact_lock(hashtextextended(wanted, 0));
        EXIT WHEN FOUND OR NOT claimed;
      END LOOP;
    END $$`,
  ],
  claim: 'SELECT * FROM trestle_claim($1)',
  put: `INSERT INTO trestle_replies AS r (${COLUMNS})
    VALUES ($1, $2, clock_timestamp() + $3 * interval '1 ms', $4, $5, $6, $7)
    ON CONFLICT (key) DO UPDATE SET ${RENEWED} WHERE r.ends <= clock_timestamp() RETURNING key`,
  sweep: `DELETE FROM trestle_replies WHERE key IN (
    SELECT key FROM trestle_replies WHERE ends < now() LIMIT 1000 FOR UPDATE SKIP LOCKED)`,
}

/** Nobody else writes while this transaction does: no key has to be claimed. */
const NOW = "(unixepoch('subsec') * 1000)"
const sqlite: Dialect = {
  steps: [
    `CREATE TABLE trestle_replies (
      key TEXT PRIMARY KEY,
      fingerprint TEXT NOT NULL,
      ends REAL NOT NULL,
      status INTEGER NOT NULL,
      headers TEXT NOT NULL,
      body BLOB,
      is_text INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX trestle_replies_ends ON trestle_replies (ends)`,
  ],
  claim: `SELECT 1 AS claimed, fingerprint, status, headers, body, is_text FROM (SELECT 1)
    LEFT JOIN trestle_replies ON key = ?1 AND ends > ${NOW}`,
  put: `INSERT INTO trestle_replies AS r (${COLUMNS}) VALUES (?1, ?2, ${NOW} + ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT (key) DO UPDATE SET ${RENEWED} WHERE r.ends <= ${NOW} RETURNING key`,
  sweep: `DELETE FROM trestle_replies WHERE key IN (SELECT key FROM trestle_replies WHERE ends < ${NOW} LIMIT 1000)`,
}

type Claim = KeptRow & { readonly claimed: boolean | number; readonly fingerprint: string | null }

/** Attempts after which rows that do not matter any more are looked for. */
const SWEEP_EACH = 1000

/** Keeps replies in the database whose transactions have the effects. */
export interface KeptReplies {
  /** Makes the table, or brings it up to date. */
  readonly prepare: () => Promise<void>
  /** The same where it was asked for and is not done; else it costs nothing. Before a transaction, which it would wait for. */
  readonly resume: () => void | Promise<void>
  /** The store of a request: claim, effect and reply are one transaction. */
  readonly in: (transaction: RequestTransaction) => ReplayStore
}

export function createKeptReplies<D>(adapter: TransactionAdapter<D, unknown>, database: D): KeptReplies {
  const dialect = adapter.dialect === 'postgres' ? postgres : sqlite
  let preparing: Promise<void> | undefined
  let state: 'unasked' | 'asked' | 'ready' = 'unasked'
  let attempts = 0
  const migrated = async (): Promise<void> => {
    try {
      await migrate(adapter, database, dialect.steps)
      state = 'ready'
    } finally {
      preparing = undefined
    }
  }
  const prepare = (): Promise<void> => {
    state = 'asked'
    preparing ??= migrated()
    return preparing
  }
  const put = async (query: Query, values: readonly unknown[]): Promise<void> => {
    const [row] = await query(dialect.put, values)
    // Who came between a rollback and this, or before a snapshot that is older than its lock.
    if (row === undefined) throw new StoreAway('another request with this key was quicker')
  }
  return {
    prepare,
    resume: () => (state === 'asked' ? prepare() : undefined),
    in: (transaction) => {
      const { query } = transaction.open
      let keep = 0
      return {
        atomic: true,
        begin: async ({ key, fingerprint }, _lease, milliseconds): Promise<Begun> => {
          keep = milliseconds
          // It is kept with the others, when all are done.
          if (transaction.replies.some((reply) => reply.key === key)) return { is: 'running' }
          if (++attempts % SWEEP_EACH === 0) await query(dialect.sweep, [])
          const [row] = (await query(dialect.claim, [key])) as readonly Claim[]
          if (row === undefined || !row.claimed) return { is: 'running' }
          if (row.fingerprint === null) return { is: 'begun' }
          return begunBy({ ...row, fingerprint: row.fingerprint, leased: true }, fingerprint)
        },
        finish: ({ key, fingerprint }, reply, failed = false) => {
          const values = [key, fingerprint, keep, ...columnsOf(reply)]
          transaction.replies.push({ key, failed, keep: (query) => put(query, values) })
        },
        forget: () => {},
      }
    },
  }
}

function columnsOf(reply: KeptReply): readonly unknown[] {
  const { status, headers, body, is_text } = toRow(reply)
  return [status, headers, body, is_text]
}

async function migrate<D>(
  adapter: TransactionAdapter<D, unknown>,
  database: D,
  steps: readonly string[],
): Promise<void> {
  const open = await adapter.begin(database)
  try {
    if (adapter.dialect === 'postgres') await open.query(LOCK)
    await bringUp(open.query, steps, VERSIONS)
    await open.commit()
  } catch (error) {
    await ended(open)
    throw error
  }
}
