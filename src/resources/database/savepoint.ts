import { type SQL, sql } from 'drizzle-orm'
import type { Queries } from './database.ts'
import type { Dialect } from '../table/table.ts'

/** What begins a part of a transaction on either database: Drizzle's own for node:sqlite waits for nothing. */
interface Parts {
  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T>
  /** At once, or where it is waited for: drivers that ask another process do not begin before. */
  run(statement: SQL): unknown
}

/**
 * Does a part of a transaction: what it throws undoes that part, and the rest goes on.
 *
 * @param work gets what it is to write with.
 */
export async function inSavepoint<T>(tx: Queries, dialect: Dialect, work: (tx: Queries) => Promise<T>): Promise<T> {
  const parts = tx as unknown as Parts
  if (dialect === 'postgres') return parts.transaction(work)
  await parts.run(sql`savepoint rows`)
  try {
    const result = await work(tx)
    await parts.run(sql`release savepoint rows`)
    return result
  } catch (error) {
    await parts.run(sql`rollback to savepoint rows`)
    await parts.run(sql`release savepoint rows`)
    throw error
  }
}
