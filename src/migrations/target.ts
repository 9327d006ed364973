import type { Migration } from './folder.ts'

/** Where it is kept what was applied, and how long others are waited for. */
export interface MigrationOptions {
  /** `migrations.table` of the configuration of drizzle-kit: `__drizzle_migrations` unless told. */
  readonly table?: string
  /** Of Postgres, `migrations.schema` of that configuration: `drizzle` unless told. */
  readonly schema?: string
  /** Milliseconds for which another process that is at it is waited for: five minutes unless told. */
  readonly wait?: number
}

/** What a database says of a migration that it has. */
export interface AppliedMigration {
  readonly name: string
  readonly hash: string
  /** Undefined where an older version of Drizzle applied it. */
  readonly at: Date | undefined
}

/** A database while migrations are applied to it. */
export interface MigrationTarget {
  /** What it has; nothing where none was ever applied. Takes no lock, and writes nothing. */
  readonly applied: () => Promise<readonly AppliedMigration[]>
  /**
   * Applies one, in a transaction that no other process is in, where nobody else has done so by now.
   *
   * @returns true where it was applied here.
   * @throws MigrationError, with nothing of it kept.
   */
  readonly apply: (migration: Migration) => Promise<boolean>
  readonly release: () => void
}

/** The table that both databases have, as Drizzle makes it: its own migrator reads it too. */
export const TABLE = '__drizzle_migrations'
export const SCHEMA = 'drizzle'
export const WAIT = 300_000

/** What to do about a table that was made by Drizzle before 1.0, which knew migrations by their time alone. */
export function tableIsOld(table: string): Error {
  return new Error(`the table ${table} was written by Drizzle before 1.0: run \`npx drizzle-kit migrate\` once`)
}

export function waitedTooLong(wait: number, cause: unknown): Error {
  return new Error(`another process has kept the database to itself for ${wait / 1000} s: see what it does`, { cause })
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
