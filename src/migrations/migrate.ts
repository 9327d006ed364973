import type { DatabaseSync } from 'node:sqlite'
import { readMigrations } from './folder.ts'
import { type AnyPool, openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'
import type { MigrationOptions, MigrationTarget } from './target.ts'

/** A `pg.Pool`, a `DatabaseSync` of node:sqlite, or a Drizzle database over either. */
export type MigratedDatabase = AnyPool | DatabaseSync | { readonly $client: AnyPool | DatabaseSync }

/**
 * Applies the migrations that drizzle-kit wrote and the database has not, in their order, each in a transaction of its own.
 * Any number of processes may start with it at once: one applies, the others wait and go on. What is there already costs
 * one query, and no lock.
 *
 * A SQLite file that is new is made one in WAL mode.
 *
 * @param folder `out` of the configuration of drizzle-kit.
 * @returns the names of those that were applied here.
 * @throws {MigrationError} naming file, line and statement, with nothing of that migration kept; those before it stay.
 * @throws an Error where there is no such folder, and where another process holds the database for longer than `wait`.
 * @example
 * await migrate(database, `${import.meta.dirname}/migrations`)
 */
export async function migrate(
  database: MigratedDatabase,
  folder: string | URL,
  options: MigrationOptions = {},
): Promise<string[]> {
  const migrations = readMigrations(folder)
  return withTarget(database, options, async (target) => {
    const there = new Set((await target.applied()).map(({ name }) => name))
    const done: string[] = []
    for (const migration of migrations) {
      if (!there.has(migration.name) && (await target.apply(migration))) done.push(migration.name)
    }
    return done
  })
}

/** What became of one migration. */
export interface MigrationStatus {
  /** The name of its folder. */
  readonly name: string
  readonly state: 'applied' | 'pending'
  /** Undefined where it is pending, or was applied by Drizzle before 1.0. */
  readonly appliedAt: Date | undefined
  /** `changed`: its file is another than the one that was applied. `missing`: it was applied, and has no file here. */
  readonly file: 'same' | 'changed' | 'missing'
}

/**
 * Says which migrations a database has and which it lacks, in their order. Writes nothing.
 *
 * @param folder `out` of the configuration of drizzle-kit.
 * @throws an Error where there is no such folder.
 */
export async function migrationStatus(
  database: MigratedDatabase,
  folder: string | URL,
  options: MigrationOptions = {},
): Promise<MigrationStatus[]> {
  const migrations = readMigrations(folder)
  const applied = await withTarget(database, options, (target) => target.applied())
  const there = new Map(applied.map((one) => [one.name, one]))
  const here = new Set(migrations.map(({ name }) => name))
  const known = migrations.map(({ name, hash }): MigrationStatus => {
    const one = there.get(name)
    if (one === undefined) return { name, state: 'pending', appliedAt: undefined, file: 'same' }
    return { name, state: 'applied', appliedAt: one.at, file: one.hash === hash ? 'same' : 'changed' }
  })
  const missing = applied
    .filter(({ name }) => !here.has(name))
    .map(({ name, at }): MigrationStatus => ({ name, state: 'applied', appliedAt: at, file: 'missing' }))
  return [...known, ...missing].toSorted((a, b) => a.name.localeCompare(b.name))
}

async function withTarget<T>(
  database: MigratedDatabase,
  options: MigrationOptions,
  work: (target: MigrationTarget) => Promise<T>,
): Promise<T> {
  const target = await open(database, options)
  try {
    return await work(target)
  } finally {
    target.release()
  }
}

/** @throws {TypeError} for a database that is none of those it knows. */
async function open(database: MigratedDatabase, options: MigrationOptions): Promise<MigrationTarget> {
  const client: unknown = (database as { readonly $client?: unknown } | null | undefined)?.$client ?? database
  if (isPool(client)) return openPostgres(client, options)
  if (isSqlite(client)) return openSqlite(client, options)
  throw new TypeError('migrations are for a pg.Pool, a DatabaseSync of node:sqlite, or a Drizzle database over either')
}

function isPool(value: unknown): value is AnyPool {
  const { connect, totalCount } = (value ?? {}) as Partial<AnyPool>
  return typeof connect === 'function' && typeof totalCount === 'number'
}

function isSqlite(value: unknown): value is DatabaseSync {
  const { prepare, isTransaction } = (value ?? {}) as Partial<DatabaseSync>
  return typeof prepare === 'function' && typeof isTransaction === 'boolean'
}
