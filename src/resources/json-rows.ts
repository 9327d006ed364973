import { type Column, type SQL, sql } from 'drizzle-orm'
import type { z } from 'zod'
import { kindOf } from './column.ts'
import type { AnyModel } from './model.ts'

/**
 * Rows as Postgres itself writes them in JSON: a page of them is one text, which goes out as it came. What a driver, a
 * mapper, a schema and `JSON.stringify` would each do with every value, nobody does.
 *
 * @returns what to select of a row, so that `row_to_json` writes it; undefined where one of them has a form on the wire
 * that Postgres does not write.
 */
export function jsonOfRow(model: AnyModel, names: readonly string[]): SQL | undefined {
  const parts: SQL[] = []
  for (const name of names) {
    const column = model.facts.columns[name] as Column
    // Its schema may say anything of its values.
    if ((model.options.schemas as Readonly<Record<string, z.ZodType>> | undefined)?.[name] !== undefined)
      return undefined
    const value = jsonOf(column)
    if (value === undefined) return undefined
    parts.push(sql`${value} as ${sql.identifier(name)}`)
  }
  return sql.join(parts, sql`, `)
}

/** A value in the form in which its column's schema sends it. */
function jsonOf(column: Column): SQL | undefined {
  switch (kindOf(column)) {
    case 'text':
      // Types of text such as `inet` write themselves.
      return column.columnType === 'PgCustomColumn' ? undefined : sql`${column}`
    case 'word':
    case 'uuid':
    case 'integer':
    case 'boolean':
    case 'json':
      return sql`${column}`
    case 'number':
      // JSON has neither NaN nor infinity, and nothing else of a number is lost in it.
      return column.getSQLType().startsWith('numeric') ? undefined : sql`${column}`
    case 'decimal':
    case 'bigint':
      return sql`${column}::text`
    case 'instant':
      return column.dataType === 'object date' ? sql`to_char(${inUtc(column)}, ${INSTANT})` : undefined
    case 'date':
      return column.dataType === 'object date' ? sql`to_char(${column}, 'YYYY-MM-DD')` : sql`${column}::text`
    case 'time':
      return sql`${column}::text`
    case 'bytes':
      // Postgres breaks its lines (RFC 2045 §6.8).
      return sql`translate(encode(${column}, 'base64'), E'\\n', '')`
    default:
      return undefined
  }
}

/** ISO 8601 as `Date` writes it. */
const INSTANT = sql.raw(`'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`)

function inUtc(column: Column): SQL {
  return (column as { readonly withTimezone?: boolean }).withTimezone === true
    ? sql`${column} at time zone 'UTC'`
    : sql`${column}`
}
