import type { Migration, Statement } from './folder.ts'
import { MigrationError, statementAt } from './migration-error.ts'
import {
  type AppliedMigration,
  type MigrationOptions,
  type MigrationTarget,
  SCHEMA,
  TABLE,
  WAIT,
  quoted,
  tableIsOld,
  waitedTooLong,
} from './target.ts'

/** What is used of a `pg.Pool`. */
export interface AnyPool {
  readonly connect: () => Promise<AnyClient>
  readonly totalCount: number
}

interface AnyClient {
  readonly query: (text: string, values?: unknown[]) => Promise<{ readonly rows: readonly object[] }>
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown
  readonly off: (event: 'error', listener: (error: Error) => void) => unknown
  readonly release: (destroy?: boolean) => void
}

/** SQLSTATEs (PostgreSQL manual, appendix A): a column that is not there, a lock that did not come in time. */
const UNDEFINED_COLUMN = '42703'
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * Holds one connection of a pool. Who applies has an advisory lock, which ends with its transaction: the server gives it
 * back when the process dies, and poolers that hand out a connection for each transaction keep it whole.
 */
export async function openPostgres(pool: AnyPool, options: MigrationOptions): Promise<MigrationTarget> {
  const { schema = SCHEMA, table = TABLE, wait = WAIT } = options
  const full = `${quoted(schema)}.${quoted(table)}`
  const client = await pool.connect()
  let isBroken = false
  // One that breaks while no statement is under way says so here alone; without a listener it ends the process.
  const broke = (): void => {
    isBroken = true
  }
  client.on('error', broke)
  const query = async (text: string, ...values: unknown[]): Promise<readonly object[]> =>
    (await client.query(text, values)).rows

  /** Not by `to_regclass`: what that remembers of the time before the wait is not what is there after it. */
  const isThere = async (): Promise<boolean> => {
    const text = `SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`
    return (await query(text, schema, table)).length > 0
  }

  const applied = async (): Promise<readonly AppliedMigration[]> => {
    if (!(await isThere())) return []
    try {
      const rows = await query(`SELECT name, hash, applied_at AS at FROM ${full} WHERE name IS NOT NULL ORDER BY id`)
      return (rows as { name: string; hash: string; at: Date | null }[]).map((row) => ({
        ...row,
        at: row.at ?? undefined,
      }))
    } catch (error) {
      throw codeOf(error) === UNDEFINED_COLUMN ? tableIsOld(full) : error
    }
  }

  const lock = async (): Promise<void> => {
    const [usual] = (await query(
      `SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement`,
    )) as [{ lock: string; statement: string }]
    const limit = (lock: string, statement: string): Promise<unknown> =>
      query(`SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)`, lock, statement)
    await limit(`${wait}ms`, '0')
    try {
      await query(`SELECT pg_advisory_xact_lock(hashtextextended('trestle migrations', 0))`)
    } catch (error) {
      throw codeOf(error) === LOCK_NOT_AVAILABLE ? waitedTooLong(wait, error) : error
    }
    await limit(usual.lock, usual.statement)
  }

  /** Only where it is not there: who may not make schemas may still have all that is needed. */
  const makeTable = async (): Promise<void> => {
    if (await isThere()) return
    await query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`)
    await query(
      `CREATE TABLE ${full} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint, name text, applied_at timestamp with time zone DEFAULT now())`,
    )
  }

  const run = async (migration: Migration, statement: Statement): Promise<void> => {
    try {
      // Without values it goes by the simple protocol, which takes several statements.
      await client.query(statement.text)
    } catch (error) {
      throw new MigrationError(migration, placed(statement, error), error)
    }
  }

  return {
    applied,
    apply: async (migration) => {
      // What others committed while this one waited is to be seen, whatever the database has as its default.
      await query('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE')
      try {
        await lock()
        const isDone = (await applied()).some(({ name }) => name === migration.name)
        if (!isDone) {
          await makeTable()
          for (const statement of migration.statements) await run(migration, statement)
          const { hash, writtenAt, name } = migration
          await query(`INSERT INTO ${full} (hash, created_at, name) VALUES ($1, $2, $3)`, hash, writtenAt, name)
        }
        await query('COMMIT')
        return !isDone
      } catch (error) {
        await query('ROLLBACK').catch(broke)
        throw error
      }
    },
    release: () => {
      client.release(isBroken)
      if (!isBroken) client.off('error', broke)
    },
  }
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code
}

/** The server counts characters, from 1. Where several statements went at once, this is the one that it complains of. */
function placed(statement: Statement, error: unknown): Statement {
  const { position } = error as { readonly position?: string }
  if (position === undefined) return statement
  const before = [...statement.text].slice(0, Number(position) - 1).join('')
  const begins = before.lastIndexOf(';') + 1
  const blank = /^\s*/.exec(statement.text.slice(begins))?.[0].length ?? 0
  return statementAt(statement, begins + blank)
}
