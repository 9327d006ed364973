import type { Readable } from 'node:stream'
import { type SQL, sql } from 'drizzle-orm'
import type { Chunk } from '../../contract/content.ts'
import { Unavailable } from '../../contract/problems.ts'
import type { AnyModel } from '../table/model.ts'
import { csvOfRow, jsonLineOfRow } from '../reading/json-rows.ts'
import { inlined } from '../database/statements.ts'

/** A pool of `pg`, as far as it is used here. */
interface Pool {
  connect(): Promise<Client>
}

interface Client {
  on(event: 'error', listener: () => void): unknown
  off(event: 'error', listener: () => void): unknown
  query(text: string): Promise<unknown>
  query(submitted: Readable): Readable
  release(broken?: boolean): void
}

/** What a query of rows is made of. */
export interface CopySource {
  readonly model: AnyModel
  readonly names: readonly string[]
  readonly where: SQL | undefined
  readonly order: readonly SQL[]
  /** What fills the placeholders of `where`. */
  readonly values: Readonly<Record<string, unknown>>
}

/**
 * All rows of a query, by `COPY … TO STDOUT`: Postgres writes each line, and nothing of it is taken apart here. It is one
 * statement, so all rows are of one moment.
 *
 * @param form `csv`, `ndjson` or `json`.
 * @param signal fires where nobody waits for it any more: its connection goes back then, whatever it waits for itself.
 * @throws Unavailable, 503, where somebody else has locked what it reads for more than 5 seconds.
 * @returns undefined where the database is none of `pg`, `pg-copy-streams` is not installed, or Postgres does not write one
 * of the columns in that form.
 */
export async function copied(
  database: object,
  source: CopySource,
  form: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Chunk> | undefined> {
  const pool = (database as { readonly $client?: Partial<Pool & { readonly totalCount: number }> }).$client
  if (typeof pool?.connect !== 'function' || typeof pool.totalCount !== 'number') return undefined
  const statement = statementOf(source, form)
  if (statement === undefined) return undefined
  const to = await copyTo()
  if (to === undefined) return undefined
  const lines = copyOut(pool as Pool, to, inlined(statement, database, source.values), signal)
  return begun(form === 'json' ? asArray(lines) : lines)
}

/** Pieces of which the first is there already: a database that is away is a failure, and not the end of a 200. */
async function begun(pieces: AsyncGenerator<Chunk>): Promise<AsyncIterable<Chunk>> {
  let first: IteratorResult<Chunk> | undefined = await pieces.next()
  const iterator: AsyncIterator<Chunk> = {
    next: async () => {
      const step = first ?? (await pieces.next())
      first = undefined
      return step
    },
    return: () => pieces.return(undefined),
  }
  return { [Symbol.asyncIterator]: () => iterator }
}

function statementOf({ model, names, where, order }: CopySource, form: string): SQL | undefined {
  const rows = (columns: SQL): SQL =>
    sql`select ${columns} from ${model.table}${where === undefined ? sql`` : sql` where ${where}`} order by ${sql.join([...order], sql`, `)}`
  if (form === 'csv') {
    const columns = csvOfRow(model, names)
    return columns && sql`copy (${rows(columns)}) to stdout (format csv, header)`
  }
  const json = jsonLineOfRow(model, names)
  if (json === undefined) return undefined
  const line = form === 'json' ? sql`',' || ${json.text}` : json.text
  // Lines as they are: JSON escapes both of these, so that nothing is ever quoted.
  return sql`copy (select ${line} from (${rows(json.columns)}) r) to stdout (format csv, quote ${sql.raw("E'\\x01'")}, delimiter ${sql.raw("E'\\x02'")})`
}

type CopyTo = (text: string) => Readable

/** It has no types. */
const COPY_STREAMS: string = 'pg-copy-streams'

async function copyTo(): Promise<CopyTo | undefined> {
  try {
    return ((await import(COPY_STREAMS)) as { readonly to: CopyTo }).to
  } catch {
    return undefined
  }
}

/**
 * Begins the statement's transaction, in which it waits no longer than this for others' locks, unless the pool has a limit of
 * its own.
 */
const BEGIN = `begin; select set_config('lock_timeout', '5s', true) where current_setting('lock_timeout') = '0'`

/** SQLSTATE of a lock that was waited for too long (manual, appendix A). */
const LOCKED = '55P03'

async function* copyOut(pool: Pool, to: CopyTo, text: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const client = await pool.connect()
  let isWhole = false
  // The statement fails with it. Said by the client as well, it ends the process where nobody listens.
  client.on('error', broke)
  try {
    await client.query(BEGIN)
    signal.throwIfAborted()
    const rows = client.query(to(text))
    // While nothing comes, nobody could end this otherwise: it waits for a piece.
    const leave = (): void => void rows.destroy(signal.reason as Error)
    signal.addEventListener('abort', leave)
    try {
      for await (const piece of rows) yield piece as Buffer
    } finally {
      signal.removeEventListener('abort', leave)
    }
    await client.query('commit')
    isWhole = true
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== LOCKED) throw error
    throw Unavailable({ headers: { 'retry-after': '1' }, cause: error })
  } finally {
    // What was not read to its end is still coming: nobody else can use that connection.
    client.release(!isWhole)
    if (isWhole) client.off('error', broke)
  }
}

function broke(): void {}

/** Lines that each begin with a comma, as one array. */
async function* asArray(lines: AsyncIterable<Buffer>): AsyncGenerator<Chunk> {
  let isFirst = true
  for await (const piece of lines) {
    yield isFirst ? Buffer.concat([OPEN, piece.subarray(1)]) : piece
    isFirst = false
  }
  yield isFirst ? '[]' : ']'
}

const OPEN = Buffer.from('[')
