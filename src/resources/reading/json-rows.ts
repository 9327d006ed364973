import { type Column, type SQL, getColumnTable, getTableName, sql } from 'drizzle-orm'
import { isNullable, kindOf } from '../table/column.ts'
import type { AnyModel } from '../table/model.ts'
import { literal } from '../database/statements.ts'

/** How Postgres writes a row in JSON. */
export interface JsonRow {
  /** What is selected of a row. */
  readonly columns: SQL
  /** The text of it, from what was selected, which is called `r` then. */
  readonly text: SQL
}

/** Arguments that a function of Postgres takes, beside the form of the row. */
const MOST_COLUMNS = 99

/** Stands for a row that Postgres does not write as its reply has it. No JSON has this character. */
export const UNWRITTEN = '\u0001'

/**
 * Rows as Postgres itself writes them in JSON: a page of them is one text, which goes out as it came. What a driver, a
 * mapper, a schema and `JSON.stringify` would each do with every value, nobody does. Of the ways to write a row, `format`
 * costs Postgres least: `row_to_json` takes half as long again, `json_build_object` twice as long.
 *
 * A row with what it seldom has is `UNWRITTEN`, and its page is read row by row: to write it here too would cost all others
 * more. That is a year before 1 or after 9999, and null, NaN or infinity where the table in code says that there is a value.
 *
 * @returns undefined where a column has a form on the wire that Postgres does not write, and of more than 99 columns.
 */
export function jsonOfRow(model: AnyModel, names: readonly string[]): JsonRow | undefined {
  const required: SQL[] = []
  const guards: SQL[] = []
  const written = formOfRow(model, names, (column, own) => {
    const value = writtenAs(column, own, (_, __, common) => common)
    const kind = kindOf(column)
    const isMoment = (kind === 'instant' || kind === 'date') && column.dataType === 'object date'
    const isFilled = !isNullable(column)
    if (isMoment) guards.push(isFilled ? isCommon(own) : sql`(${isCommon(own)} or not isfinite(${own})) is not false`)
    else if (isFilled && kind === 'number') guards.push(sql`${own} - ${own} = 0`)
    else if (isFilled) required.push(own)
    return value
  })
  if (required.length > 0) guards.unshift(sql`(${sql.join(required, sql`, `)}) is not null`)
  if (written === undefined || guards.length === 0) return written
  const text = sql`case when ${sql.join(guards, sql` and `)} then ${written.text} else E'\\x01' end`
  return { ...written, text }
}

/** The same for rows that nobody reads otherwise afterwards: what is rare is written too, and what cannot be is a failure. */
export function jsonLineOfRow(model: AnyModel, names: readonly string[]): JsonRow | undefined {
  return formOfRow(model, names, (column, own) => {
    const value = writtenAs(column, own, momentOf)
    return value === undefined || isNullable(column) ? value : { ...value, text: orFailure(value.text, column, own) }
  })
}

function formOfRow(
  model: AnyModel,
  names: readonly string[],
  write: (column: Column, own: SQL) => Value | undefined,
): JsonRow | undefined {
  if (names.length > MOST_COLUMNS) return undefined
  const columns: SQL[] = []
  const values: SQL[] = []
  const members: string[] = []
  const schemas = (model.options.schemas ?? {}) as Readonly<Record<string, unknown>>
  for (const [i, name] of names.entries()) {
    const column = model.facts.columns[name] as Column
    // Its schema may say anything of its values.
    const value = schemas[name] === undefined ? write(column, sql.raw(`r.c${i}`)) : undefined
    if (value === undefined) return undefined
    columns.push(sql`${column} as ${sql.raw(`c${i}`)}`)
    const isMissing = isNullable(column)
    const text = value.isQuoted ? sql`'"' || ${value.text} || '"'` : value.text
    values.push(isMissing ? sql`coalesce(${text}, 'null')` : value.text)
    members.push(`${JSON.stringify(name).replaceAll('%', '%%')}:${value.isQuoted && !isMissing ? '"%s"' : '%s'}`)
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
    const given = isNullable(column) ? value : orFailure(value, column, sql`${column}`)
    values.push(sql`${given} as ${sql.identifier(name)}`)
  }
  return sql.join(values, sql`, `)
}

function csvOf(column: Column): SQL | undefined {
  switch (kindOf(column)) {
    case 'instant': {
      if (column.dataType !== 'object date') return undefined
      const own = inUtc(column, sql`${column}`)
      // To the microsecond, and at a fifth of what `to_char` costs.
      return momentOf(column, sql`${column}`, sql`replace((${own})::text, ' ', 'T') || 'Z'`, TIME)
    }
    case 'number':
      return writtenAs(column, sql`${column}`, momentOf)?.text
    case 'boolean':
    case 'json':
      return sql`${column}::text`
    default: {
      const value = writtenAs(column, sql`${column}`, momentOf)
      return value === undefined ? undefined : value.isQuoted ? value.text : textOf(column, sql`${column}`)
    }
  }
}

interface Value {
  readonly text: SQL
  /** True for text that needs quotes, and in which nothing needs to be escaped. */
  readonly isQuoted: boolean
}

/** A value in the form in which its column's schema sends it. */
function writtenAs(column: Column, own: SQL, moment: typeof momentOf): Value | undefined {
  const bare = (text: SQL): Value => ({ text, isQuoted: false })
  const quoted = (text: SQL): Value => ({ text, isQuoted: true })
  switch (kindOf(column)) {
    case 'text':
      return column.columnType === 'PgCustomColumn' ? undefined : bare(sql`to_json(${textOf(column, own)})::text`)
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
        : bare(sql`case when ${own} - ${own} = 0 then ${own}::text end`)
    case 'instant': {
      if (column.dataType !== 'object date') return undefined
      const at = inUtc(column, own)
      return quoted(moment(column, own, sql`to_char(${at}, ${sql.raw(`'YYYY${TIME}'`)})`, TIME))
    }
    case 'date':
      return quoted(
        column.dataType === 'object date'
          ? moment(column, own, sql`to_char(${own}, ${sql.raw(`'YYYY${DAY}'`)})`, DAY)
          : sql`${own}::text`,
      )
    case 'bytes':
      // Postgres breaks its lines (RFC 2045 §6.8).
      return quoted(sql`translate(encode(${own}, 'base64'), E'\\n', '')`)
    default:
      return undefined
  }
}

/** A cast to `text` takes the blanks off that fill up a `char(n)`; a driver has them. */
function textOf(column: Column, own: SQL): SQL {
  return /^char\b/.test(column.getSQLType()) ? sql`nullif(concat(${own}), '')` : sql`${own}::text`
}

/** ISO 8601 as `Date` writes it, after the year. */
const DAY = '-MM-DD'
const TIME = `${DAY}"T"HH24:MI:SS.MS"Z"`

/** True of moments that ISO 8601 writes with four digits of the year: nearly all of them. */
function isCommon(own: SQL): SQL {
  return sql`${own} >= ${midnight('0001-01-01')} and ${own} < ${midnight('10000-01-01')}`
}

/**
 * A moment as `Date` writes it: with a sign and six digits the years that four do not hold (ECMA-262, 21.4.1.32), and nothing
 * for infinity and what is later than any `Date`.
 *
 * @param common how those of the years 1 to 9999 are written.
 */
function momentOf(column: Column, own: SQL, common: SQL, rest: string): SQL {
  const at = inUtc(column, own)
  // There is no year 0 for Postgres; before it comes -1.
  const year = sql`extract(year from ${at}) + (${at} < '0001-01-01')::int`
  const isDate = sql`${own} > '-infinity' and ${own} <= ${midnight('275760-09-13')}`
  return sql`case when ${isCommon(own)} then ${common} when ${isDate} then coalesce(nullif(to_char(${year}, 'SG000000'), '+000000'), '0000') || to_char(${at}, ${sql.raw(`'${rest}'`)}) end`
}

/** Where a day begins in UTC, for columns with a time zone and for those without, which pass over it. */
function midnight(day: string): SQL {
  return sql.raw(`'${day} 00:00+00'`)
}

function inUtc(column: Column, own: SQL): SQL {
  return (column as { readonly withTimezone?: boolean }).withTimezone === true ? sql`${own} at time zone 'UTC'` : own
}

/**
 * The text of what is never null by the table in code. Where it is null all the same, or a value that JSON has not, as a view
 * and a table that was changed by hand may have it, the statement fails: of rows that are read one by one, the reply's schema
 * would refuse it. Postgres raises what it cannot cast; it says the text, and does not read it beforehand, for a value is in it.
 */
function orFailure(text: SQL, column: Column, own: SQL): SQL {
  const name = `${getTableName(getColumnTable(column))}.${column.name}`
  const mend = ', and by its table in code it never is: take .notNull() off there'
  return sql`coalesce(${text}, concat(${sql.raw(literal(`${name} is `))}, coalesce(${own}::text, 'null'), ${sql.raw(literal(mend))})::int::text)`
}
