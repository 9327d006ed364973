import { type Column, type SQL, sql } from 'drizzle-orm'
import { kindOf } from './column.ts'
import type { AnyModel } from './model.ts'
import { literal } from './statements.ts'

/** How Postgres writes a row in JSON. */
export interface JsonRow {
  /** What is selected of a row. */
  readonly columns: SQL
  /** The text of it, from what was selected, which is called `r` then. */
  readonly text: SQL
}

/** Arguments that a function of Postgres takes, beside the form of the row. */
const MOST_COLUMNS = 99

/**
 * Rows as Postgres itself writes them in JSON: a page of them is one text, which goes out as it came. What a driver, a
 * mapper, a schema and `JSON.stringify` would each do with every value, nobody does. Of the ways to write a row, `format`
 * costs Postgres least: `row_to_json` takes half as long again, `json_build_object` twice as long.
 *
 * @returns undefined where a column has a form on the wire that Postgres does not write, and of more than 99 columns.
 */
export function jsonOfRow(model: AnyModel, names: readonly string[]): JsonRow | undefined {
  if (names.length > MOST_COLUMNS) return undefined
  const columns: SQL[] = []
  const values: SQL[] = []
  const members: string[] = []
  const schemas = (model.options.schemas ?? {}) as Readonly<Record<string, unknown>>
  for (const [i, name] of names.entries()) {
    const column = model.facts.columns[name] as Column
    const own = sql.raw(`r.c${i}`)
    // Its schema may say anything of its values.
    const value = schemas[name] === undefined ? writtenAs(column, own) : undefined
    if (value === undefined) return undefined
    columns.push(sql`${column} as ${sql.raw(`c${i}`)}`)
    const text = value.isQuoted ? sql`'"' || ${value.text} || '"'` : value.text
    const isNullable = !column.notNull && !column.primary
    values.push(isNullable ? sql`coalesce(${text}, 'null')` : value.text)
    members.push(`${JSON.stringify(name).replaceAll('%', '%%')}:${value.isQuoted && !isNullable ? '"%s"' : '%s'}`)
  }
  const form = sql.raw(literal(`{${members.join()}}`))
  return { columns: sql.join(columns, sql`, `), text: sql`format(${form}, ${sql.join(values, sql`, `)})` }
}

/**
 * What to select of rows so that `COPY … (FORMAT csv)` writes them as replies have them.
 *
 * @returns undefined where a column has a form on the wire that Postgres does not write.
 */
export function csvOfRow(model: AnyModel, names: readonly string[]): SQL | undefined {
  const schemas = (model.options.schemas ?? {}) as Readonly<Record<string, unknown>>
  const values: SQL[] = []
  for (const name of names) {
    const column = model.facts.columns[name] as Column
    const value = schemas[name] === undefined ? csvOf(column) : undefined
    if (value === undefined) return undefined
    values.push(sql`${value} as ${sql.identifier(name)}`)
  }
  return sql.join(values, sql`, `)
}

function csvOf(column: Column): SQL | undefined {
  switch (kindOf(column)) {
    case 'instant': {
      if (column.dataType !== 'object date') return undefined
      const own = inUtc(column, sql`${column}`)
      // To the microsecond, and at a fifth of what `to_char` costs; that is left for what is not written so: infinity, BC.
      return sql`case when ${own} >= '0001-01-01' and ${own} < 'infinity' then replace((${own})::text, ' ', 'T') || 'Z' else to_char(${own}, ${INSTANT}) end`
    }
    case 'number':
      return writtenAs(column, sql`${column}`) && sql`case when ${column} - ${column} = 0 then ${column} end`
    case 'boolean':
    case 'json':
      return sql`${column}::text`
    default: {
      const value = writtenAs(column, sql`${column}`)
      return value === undefined ? undefined : value.isQuoted ? value.text : sql`${column}`
    }
  }
}

interface Value {
  readonly text: SQL
  /** True for text that needs quotes, and in which nothing needs to be escaped. */
  readonly isQuoted: boolean
}

/** A value in the form in which its column's schema sends it. */
function writtenAs(column: Column, own: SQL): Value | undefined {
  const bare = (text: SQL): Value => ({ text, isQuoted: false })
  const quoted = (text: SQL): Value => ({ text, isQuoted: true })
  switch (kindOf(column)) {
    case 'text':
      return column.columnType === 'PgCustomColumn' ? undefined : bare(sql`to_json(${own}::text)::text`)
    case 'word':
      return bare(sql`to_json(${own})::text`)
    case 'uuid':
    case 'decimal':
    case 'bigint':
    case 'time':
      return quoted(sql`${own}::text`)
    case 'integer':
      return bare(sql`${own}::text`)
    case 'json':
      // Of the type json, it has the line ends that whoever wrote it put there.
      return bare(sql`translate(${own}::text, E'\\r\\n', '  ')`)
    case 'boolean':
      return bare(sql`to_json(${own})::text`)
    case 'number':
      // JSON has neither NaN nor infinity.
      return column.getSQLType().startsWith('numeric') || !/double|real|float/.test(column.getSQLType())
        ? undefined
        : bare(sql`case when ${own} - ${own} = 0 then ${own}::text else 'null' end`)
    case 'instant':
      return column.dataType === 'object date' ? quoted(sql`to_char(${inUtc(column, own)}, ${INSTANT})`) : undefined
    case 'date':
      return quoted(column.dataType === 'object date' ? sql`to_char(${own}, 'YYYY-MM-DD')` : sql`${own}::text`)
    case 'bytes':
      // Postgres breaks its lines (RFC 2045 §6.8).
      return quoted(sql`translate(encode(${own}, 'base64'), E'\\n', '')`)
    default:
      return undefined
  }
}

/** ISO 8601 as `Date` writes it. */
const INSTANT = sql.raw(`'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`)

function inUtc(column: Column, own: SQL): SQL {
  return (column as { readonly withTimezone?: boolean }).withTimezone === true ? sql`${own} at time zone 'UTC'` : own
}
