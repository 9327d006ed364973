import type { PgAsyncDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'

/** A Drizzle database, or a transaction of one: on Postgres, or on SQLite. */
export interface AnyDatabase {
  readonly select: (...args: never) => unknown
  readonly insert: (...args: never) => unknown
  readonly update: (...args: never) => unknown
  readonly delete: (...args: never) => unknown
}

/**
 * What resources do with a database. Drizzle has a builder for each database and none for all: queries are written against
 * the types of Postgres, narrowed to what SQLite's builder does in the same way.
 */
export type Queries = Pick<PgAsyncDatabase<PgQueryResultHKT>, 'select' | 'insert' | 'update' | 'delete'>
