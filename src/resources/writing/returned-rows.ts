import type { Column } from 'drizzle-orm'
import { kindOf } from '../table/column.ts'
import type { AnyModel } from '../table/model.ts'

type Row = Readonly<Record<string, unknown>>

/**
 * The rows that one statement created, in the order of the items that they were created of, which no database promises of
 * `RETURNING`. Both give it, as long as nothing comes between: so it is only seen to. Items that are alike may stand for each
 * other.
 *
 * @returns undefined where that cannot be told.
 */
export function inOrderOf(
  items: readonly Row[],
  rows: readonly Row[],
  { facts }: AnyModel,
): readonly Row[] | undefined {
  if (rows.length !== items.length) return undefined
  const isOf = (row: Row | undefined, item: Row): boolean =>
    row !== undefined && Object.entries(item).every(([name, value]) => isSame(facts.columns[name], value, row[name]))
  if (items.every((item, i) => isOf(rows[i], item))) return rows
  const keyOf = (row: Row): string => JSON.stringify(facts.key.map((name) => String(row[name])))
  const byKey = new Map(rows.map((row) => [keyOf(row), row]))
  const found = items.map((item) => byKey.get(keyOf(item)))
  return found.every((row, i) => isOf(row, items[i] as Row)) ? (found as Row[]) : undefined
}

/** False where a column surely holds another value than was given: some give back what is given in a form of their own. */
function isSame(column: Column | undefined, given: unknown, held: unknown): boolean {
  if (column === undefined || held === undefined || typeof given !== typeof held) return true
  switch (kindOf(column)) {
    case 'integer':
    case 'bigint':
    case 'boolean':
    case 'word':
      return given === held
    case 'text':
      // Blanks fill up a `char(n)`.
      return column.columnType.endsWith('CustomColumn') || String(given).trimEnd() === String(held).trimEnd()
    case 'uuid':
      return String(given).toLowerCase() === String(held).toLowerCase()
    default:
      return true
  }
}
