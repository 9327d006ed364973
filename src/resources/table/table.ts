import { type Column, type SQL, type Table, getTableName, getTableUniqueName, is } from 'drizzle-orm'
import { PgDialect, PgTable, getTableConfig as postgresConfig } from 'drizzle-orm/pg-core'
import { SQLiteDialect, SQLiteTable, getTableConfig as sqliteConfig } from 'drizzle-orm/sqlite-core'
import { columnsOf } from './column.ts'

export type Dialect = 'postgres' | 'sqlite'

/** What they are called in messages. */
export const DATABASES: Readonly<Record<Dialect, string>> = { postgres: 'Postgres', sqlite: 'SQLite' }

/** What a Drizzle table says of itself, the same for each database. */
export interface TableFacts {
  readonly table: Table
  /** As the database knows it. */
  readonly name: string
  readonly dialect: Dialect
  /** By the names that its code has for them. */
  readonly columns: Readonly<Record<string, Column>>
  /** Names of the columns of the primary key, in its order. */
  readonly key: readonly string[]
  /** Names of columns, for each set of them that no two rows have alike; the key is one. */
  readonly uniques: readonly UniqueFacts[]
  readonly references: readonly ReferenceFacts[]
  readonly indexes: readonly IndexFacts[]
}

export interface UniqueFacts {
  readonly name: string | undefined
  readonly columns: readonly string[]
}

/** A foreign key: its columns here, and those over there. */
export interface ReferenceFacts {
  readonly name: string | undefined
  readonly columns: readonly string[]
  readonly to: Table
  readonly foreign: readonly string[]
}

export interface IndexFacts {
  /** Names of its leading columns, up to the first that is an expression. */
  readonly columns: readonly string[]
  /** `btree` unless told. */
  readonly method: string
  readonly isPartial: boolean
}

/** The part of Drizzle's configuration of a table that both databases have. */
interface Config {
  readonly indexes: readonly { readonly config: IndexConfig }[]
  readonly foreignKeys: readonly {
    getName(): string
    reference(): {
      readonly columns: readonly Column[]
      readonly foreignColumns: readonly Column[]
      foreignTable: Table
    }
  }[]
  readonly primaryKeys: readonly { readonly columns: readonly Column[] }[]
  readonly uniqueConstraints: readonly { readonly columns: readonly Column[]; getName(): string | undefined }[]
}

interface IndexConfig {
  readonly name?: string
  readonly columns: readonly (Partial<Column> | SQL)[]
  readonly unique: boolean
  readonly where?: SQL
  readonly method?: string
}

/**
 * Reads what a table declares.
 *
 * @throws {TypeError} for a table of a database that resources do not work on, or one without a primary key.
 */
export function factsOf(table: Table): TableFacts {
  const name = getTableName(table)
  const dialect = dialectOf(table, name)
  const config = (
    dialect === 'postgres' ? postgresConfig(table as PgTable) : sqliteConfig(table as SQLiteTable)
  ) as Config
  const columns = columnsOf(table)
  const names = new Map(Object.entries(columns).map(([own, column]) => [column.name, own]))
  const ownNames = (of: readonly { readonly name?: string }[]): string[] =>
    of.flatMap((column) => names.get(column.name ?? '') ?? [])
  const single = Object.entries(columns)
    .filter(([, column]) => column.primary)
    .map(([own]) => own)
  const [composite] = config.primaryKeys
  const key = composite === undefined ? single : ownNames(composite.columns)
  if (key.length === 0)
    throw new TypeError(`the table ${name} has no primary key: a resource needs one to tell its rows apart`)
  const uniques: UniqueFacts[] = [
    { name: undefined, columns: key },
    ...config.uniqueConstraints.map((one) => ({ name: one.getName(), columns: ownNames(one.columns) })),
    ...Object.entries(columns).flatMap(([own, one]) =>
      one.isUnique ? [{ name: one.uniqueName, columns: [own] }] : [],
    ),
    ...config.indexes.flatMap(({ config: one }) =>
      one.unique ? [{ name: one.name, columns: ownNames(one.columns as Column[]) }] : [],
    ),
  ]
  return {
    table,
    name,
    dialect,
    columns,
    key,
    uniques,
    references: config.foreignKeys.map((one) => {
      const { columns: from, foreignTable, foreignColumns } = one.reference()
      const over = new Map(Object.entries(columnsOf(foreignTable)).map(([own, column]) => [column.name, own]))
      return {
        name: one.getName(),
        columns: ownNames(from),
        to: foreignTable,
        foreign: foreignColumns.map((column) => over.get(column.name) as string),
      }
    }),
    indexes: [
      ...uniques.map((one) => ({ columns: one.columns, method: 'btree', isPartial: false })),
      ...config.indexes.map(({ config: one }) => ({
        columns: leading(one.columns, names),
        method: one.method ?? 'btree',
        isPartial: one.where !== undefined,
      })),
    ],
  }
}

function dialectOf(table: Table, name: string): Dialect {
  if (is(table, PgTable)) return 'postgres'
  if (is(table, SQLiteTable)) return 'sqlite'
  throw new TypeError(`the table ${name} is of neither Postgres nor SQLite: resources work on these two`)
}

/** True of what is one table in the database: each schema may have one of a name. */
export function isSameTable(one: Table, other: Table): boolean {
  return getTableUniqueName(one) === getTableUniqueName(other)
}

/**
 * The dialect of a Drizzle database, or of a transaction of one.
 *
 * @throws {TypeError} for what is none, or is of another database.
 */
export function dialectOfDatabase(database: object): Dialect {
  const { dialect } = database as { readonly dialect?: unknown }
  if (is(dialect, PgDialect)) return 'postgres'
  if (is(dialect, SQLiteDialect)) return 'sqlite'
  throw new TypeError('the "db" of a resource is no Drizzle database of Postgres or SQLite')
}

function leading(columns: IndexConfig['columns'], names: ReadonlyMap<string, string>): string[] {
  const found: string[] = []
  for (const column of columns) {
    const own = names.get((column as { readonly name?: string }).name ?? '')
    if (own === undefined) break
    found.push(own)
  }
  return found
}
