import type { Column } from 'drizzle-orm'

/** True for a column whose values are not the database's own to make. */
export function isSettable(column: Column): boolean {
  return (
    column.generated === undefined && column.generatedIdentity?.type !== 'always' && column.onUpdateFn === undefined
  )
}

export function hasDefault(column: Column): boolean {
  return (
    column.hasDefault || column.defaultFn !== undefined || column.generatedIdentity !== undefined || isRowid(column)
  )
}

/** True for a column that a row can be created without. */
export function isOptional(column: Column): boolean {
  return !column.notNull || hasDefault(column)
}

/** SQLite's `integer().primaryKey()`, which numbers its rows by itself. */
function isRowid(column: Column): boolean {
  return column.primary && column.columnType === 'SQLiteInteger'
}
