import type { ListQuery, Reading } from './list.ts'
import type { AnyModel } from './model.ts'
import { type ResolvedRelation, columnsFor, expand } from './relation.ts'
import type { Statements } from './statements.ts'

type Row = Record<string, unknown>
type Shown = Pick<ListQuery, 'fields' | 'expand'>

/** What is read of rows for a query, and what of it is shown. */
export interface Selection {
  /**
   * Names of the columns to read.
   *
   * @param beside what is needed of them whatever is shown.
   */
  readonly names: (query: Shown, beside: readonly string[]) => string[]
  /** Puts into rows what they are to show of others, and takes out what was read and not asked for. */
  readonly complete: (rows: readonly Row[], names: readonly string[], query: Shown, reading: Reading) => Promise<void>
  /** Names of the columns of rows that a database writes, which go out as they are: a key that is hidden is no part of them. */
  readonly written: (fields: readonly string[] | undefined) => readonly string[]
}

export function createSelection(
  model: AnyModel,
  relations: readonly ResolvedRelation[],
  statements: Statements,
): Selection {
  const { key } = model.facts
  const shown = Object.keys(model.shown)
  const shownKey = key.filter((name) => model.shown[name] !== undefined)
  return {
    names: ({ fields = shown, expand: paths = [] }, beside) => {
      const expanded = columnsFor(relations, new Set(paths.map((path) => path.split('.', 1)[0] as string)))
      return [...new Set([...key, ...fields, ...beside, ...expanded])]
    },
    complete: async (rows, names, query, { database, visible }) => {
      if (query.expand !== undefined && rows.length > 0)
        await expand(rows, relations, withParents(query.expand), { database, statements, visible })
      if (query.fields === undefined) return
      const asked = [...key, ...query.fields]
      const extra = names.filter((name) => !asked.includes(name))
      for (const row of rows) for (const name of extra) delete row[name]
    },
    written: (fields) => (fields === undefined ? shown : [...new Set([...shownKey, ...fields])]),
  }
}

/** `items.product` means `items` as well. */
function withParents(paths: readonly string[]): ReadonlySet<string> {
  const all = new Set<string>()
  for (const path of paths) {
    const parts = path.split('.')
    for (let i = 1; i <= parts.length; i++) all.add(parts.slice(0, i).join('.'))
  }
  return all
}
