import { type Asked, columnsFor, createPaths, expand } from './expansion.ts'
import type { Reading } from './list.ts'
import type { AnyModel } from '../table/model.ts'
import type { ResolvedRelation } from '../table/relation.ts'
import type { Statements } from '../database/statements.ts'

type Row = Record<string, unknown>

/** What is read of rows for a query, and what of it is shown. */
export interface Selection {
  /** True where rows are shown without any of other tables. */
  readonly isPlain: (query: Asked) => boolean
  /**
   * Names of the columns to read.
   *
   * @param beside what is needed of them whatever is shown.
   */
  readonly names: (query: Asked, beside: readonly string[]) => string[]
  /** Puts into rows what they are to show of others, and takes out what was read and not asked for. */
  readonly complete: (rows: readonly Row[], names: readonly string[], query: Asked, reading: Reading) => Promise<void>
  /** Names of the columns of rows that a database writes, which go out as they are: a key that is hidden is no part of them. */
  readonly written: (fields: readonly string[] | undefined) => readonly string[]
  /** The keys that each row has. */
  readonly keys: (query: Asked) => readonly string[]
}

export function createSelection(
  model: AnyModel,
  relations: readonly ResolvedRelation[],
  statements: Statements,
): Selection {
  const { key } = model.facts
  const shown = Object.keys(model.shown)
  const shownKey = key.filter((name) => model.shown[name] !== undefined)
  const columns = new Set(Object.keys(model.facts.columns))
  const pathsOf = createPaths(relations)
  const written = (fields: readonly string[] | undefined): readonly string[] =>
    fields === undefined ? shown : [...new Set([...shownKey, ...fields])]
  return {
    isPlain: (query) => pathsOf(query).size === 0,
    names: (query, beside) => {
      // What is always there may be asked for as a field, and is no column.
      const fields = query.fields?.filter((name) => columns.has(name)) ?? shown
      return [...new Set([...key, ...fields, ...beside, ...columnsFor(relations, pathsOf(query))])]
    },
    complete: async (rows, names, query, { database, visible }) => {
      const paths = pathsOf(query)
      if (paths.size > 0 && rows.length > 0) await expand(rows, relations, paths, { database, statements, visible })
      if (query.fields === undefined) return
      const asked = [...key, ...query.fields]
      const extra = names.filter((name) => !asked.includes(name))
      for (const row of rows) for (const name of extra) delete row[name]
    },
    written,
    keys: (query) => {
      const others = relations.filter(({ name }) => pathsOf(query).has(name)).map(({ name }) => name)
      return [...new Set([...written(query.fields), ...others])]
    },
  }
}
