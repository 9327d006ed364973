import type { InferInsertModel, InferSelectModel, Table } from 'drizzle-orm'
import type { PgAsyncDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import * as postgres from './postgres/schema.ts'
import * as sqlite from './sqlite/schema.ts'

/**
 * Drizzle has a table type and a query builder for each database, and none for both. Queries here are
 * written once, against the types of Postgres, narrowed to what both builders do in the same way. On
 * SQLite they run with its own tables and builder, under these types.
 */
export type Tables = typeof postgres

/** The part of a Drizzle database that both have. */
export type Queries = Pick<PgAsyncDatabase<PgQueryResultHKT>, 'select' | 'insert' | 'update' | 'delete'>

/** Where queries run: a database, or a transaction on it. */
export interface Connection {
  readonly db: Queries
  readonly tables: Tables
}

/** A database that keeps the shop. */
export interface Backend extends Connection {
  /** Where the transactions of requests begin. */
  readonly writer: Queries
  /** All that `work` does, or nothing of it where it throws: for what is done before there are requests. */
  readonly atomic: <T>(work: (connection: Connection) => Promise<T>) => Promise<T>
  readonly close: () => Promise<void>
}

type Rows<T> = {
  [K in keyof T]: T[K] extends Table ? { select: InferSelectModel<T[K]>; insert: InferInsertModel<T[K]> } : never
}
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false

/** Compiles only while the tables of both databases give and take the same rows: what makes the types above true. */
const rowsAreTheSame: Same<Rows<typeof sqlite>, Rows<typeof postgres>> = true

export const postgresTables: Tables = postgres
export const sqliteTables: Tables = (rowsAreTheSame && sqlite) as unknown as Tables
