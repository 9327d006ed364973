import type { DatabaseSync } from 'node:sqlite'

/** A column as it was declared, and what it holds. */
export interface DeclaredColumn {
  readonly name: string
  /** In capitals, with what stands in brackets: `VARCHAR(60)`. */
  readonly type: string
  /** What is in its rows: SQLite lets any of them be in any column. */
  readonly holds: () => ReadonlySet<string>
  /** True where no row holds anything but 0 and 1. */
  readonly isBinary: () => boolean
}

export interface DeclaredTable {
  readonly name: string
  readonly columns: readonly DeclaredColumn[]
  /** Columns of each UNIQUE of more than one. */
  readonly uniques: readonly (readonly string[])[]
}

/** Reads what the tables of a file were declared as. */
export function readTables(database: DatabaseSync): DeclaredTable[] {
  const rows = <T>(text: string, ...values: string[]): T[] => database.prepare(text).all(...values) as T[]
  const tables = rows<Named>(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
  )
  return tables.map(({ name: table }) => ({
    name: table,
    columns: rows<Named & { type: string }>('SELECT name, type FROM pragma_table_xinfo(?)', table).map(
      ({ name, type }) => {
        const from = `FROM ${quoted(table)} WHERE ${quoted(name)} IS NOT NULL`
        return {
          name,
          type: type.toUpperCase(),
          holds: () => new Set(rows<Named>(`SELECT DISTINCT typeof(${quoted(name)}) AS name ${from}`).map(nameOf)),
          isBinary: () => rows(`SELECT 1 ${from} AND ${quoted(name)} NOT IN (0, 1) LIMIT 1`).length === 0,
        }
      },
    ),
    uniques: rows<Named>("SELECT name FROM pragma_index_list(?) WHERE origin = 'u'", table)
      .map((index) => rows<Named>('SELECT name FROM pragma_index_info(?)', index.name).map(nameOf))
      .filter(({ length }) => length > 1),
  }))
}

interface Named {
  readonly name: string
}

function nameOf({ name }: Named): string {
  return name
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
