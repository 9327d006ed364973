import { type Column, type SQL, and, asc, desc, eq, gt, gte, isNotNull, isNull, lt, lte, or, sql } from 'drizzle-orm'
import { kindOf } from '../table/column.ts'
import { type CursorValue, InvalidCursor } from './cursor.ts'
import type { Queries } from '../database/database.ts'
import type { Dialect, TableFacts } from '../table/table.ts'

/** One column that a list is sorted by. */
export interface OrderTerm {
  readonly name: string
  readonly column: Column
  readonly descending: boolean
  readonly nullable: boolean
  /**
   * The value as the database writes it, where what a driver makes of it is another: microseconds of a time that a `Date`
   * has not, a `NaN` that JSON has not. A page that begins after a rounded value leaves rows out, or repeats them.
   */
  readonly exact: SQL<string | null> | undefined
  /** Says what it is: a cursor of another column, direction or type is of another list. */
  readonly says: string
}

/** The column that a word of a sort means: `created_at` of `-created_at`. */
export function sortedBy(word: string): string {
  return word.replace(/^-/, '')
}

/** A sort as a caller writes it, `-created_at`, and the columns of the key after it: so that no two rows are equal. */
export function orderTerms(facts: TableFacts, sort: readonly string[]): OrderTerm[] {
  const terms: OrderTerm[] = []
  const add = (name: string, descending: boolean): void => {
    if (terms.some((term) => term.name === name)) return
    const column = facts.columns[name] as Column
    terms.push({
      name,
      column,
      descending,
      nullable: !column.notNull && !column.primary,
      exact: isInexact(column, facts.dialect) ? sql<string | null>`${column}::text` : undefined,
      says: `${descending ? '-' : ''}${name} ${column.getSQLType()}`,
    })
  }
  for (const part of sort) add(sortedBy(part), part.startsWith('-'))
  // In the direction of what is before it: one comparison of rows is then all that a page needs.
  const last = terms.at(-1)?.descending ?? false
  for (const name of facts.key) add(name, last)
  return terms
}

function isInexact(column: Column, dialect: Dialect): boolean {
  if (dialect !== 'postgres') return false
  const kind = kindOf(column)
  // An integer of 64 bits that is read as a number of 53, too.
  if (kind === 'integer') return column.dataType === 'number int53'
  return kind === 'instant' || kind === 'number' || (kind === 'date' && column.dataType === 'object date')
}

export function orderBy(terms: readonly OrderTerm[]): SQL[] {
  return terms.map(({ column, descending }) => (descending ? desc(column) : asc(column)))
}

/**
 * The rows that come after one, by keyset: what a page costs does not grow with its number. A placeholder `k0`, `k1`, …
 * stands for each value that is not null.
 *
 * @param values those of the row after which the page begins.
 */
export function afterRow(
  terms: readonly OrderTerm[],
  values: readonly CursorValue[],
  dialect: Dialect,
): SQL | undefined {
  const isUniform = terms.every((term) => !term.nullable && term.descending === terms[0]?.descending)
  if (isUniform && terms.length > 1) {
    const columns = sql.join(
      terms.map((term) => sql`${term.column}`),
      sql`, `,
    )
    const given = sql.join(
      terms.map((_, i) => sql`${placeholder(i)}`),
      sql`, `,
    )
    return terms[0]?.descending ? sql`(${columns}) < (${given})` : sql`(${columns}) > (${given})`
  }
  const rest = afterFrom(0, terms, values, dialect)
  const [first] = terms
  if (first === undefined || first.nullable || terms.length === 1) return rest
  // Says what `or` hides from an index.
  return and((first.descending ? lte : gte)(first.column, placeholder(0)), rest)
}

function afterFrom(
  index: number,
  terms: readonly OrderTerm[],
  values: readonly CursorValue[],
  dialect: Dialect,
): SQL | undefined {
  const term = terms[index]
  if (term === undefined) return sql`1 = 0`
  const value = values[index]
  const rest = afterFrom(index + 1, terms, values, dialect)
  return or(
    behind(term, index, value, dialect),
    and(value === null ? isNull(term.column) : eq(term.column, placeholder(index)), rest),
  )
}

/** Nulls are the greatest values of Postgres, and the least of SQLite. */
function behind(
  { column, descending, nullable }: OrderTerm,
  index: number,
  value: unknown,
  dialect: Dialect,
): SQL | undefined {
  const nullsLast = (dialect === 'postgres') !== descending
  if (value === null) return nullsLast ? sql`1 = 0` : isNotNull(column)
  const beyond = (descending ? lt : gt)(column, placeholder(index))
  return nullable && nullsLast ? or(beyond, isNull(column)) : beyond
}

/** Its value is one of the database's own, and goes there as it is. */
function placeholder(index: number): SQL {
  return sql`${sql.placeholder(`k${index}`)}`
}

/** What an exact value is called in a row: a name that no column has. */
export function exactName(index: number): string {
  return `~k${index}`
}

/** The values by which a row is found again. @param row has the columns by name, and exact values by `exactName`. */
export function cursorValues(terms: readonly OrderTerm[], row: Readonly<Record<string, unknown>>): CursorValue[] {
  return terms.map(({ name, column, exact }, i) => {
    const value = exact === undefined ? row[name] : row[exactName(i)]
    if (value === null || value === undefined) return null
    if (exact !== undefined) return value as string
    const driven = column.mapToDriverValue(value) as unknown
    return typeof driven === 'bigint' || driven instanceof Date ? String(driven) : (driven as CursorValue)
  })
}

/** Letters of a text that a cursor carries. It comes back in a URL, of which no server takes more than some thousand bytes. */
const LONGEST = 500

/** Stands for a text that is longer: no text has it. */
const LONG = '\0'

/** The values for a cursor: a text that is too long is left where it is, in the row that the key leads to. */
export function shortened(
  terms: readonly OrderTerm[],
  values: readonly CursorValue[],
  { key }: TableFacts,
): CursorValue[] {
  return values.map((value, i) =>
    typeof value === 'string' && value.length > LONGEST && !key.includes((terms[i] as OrderTerm).name) ? LONG : value,
  )
}

/**
 * The values of a cursor, with what was left in its row.
 *
 * @throws InvalidCursor where that row is there no more.
 */
export async function lengthened(
  terms: readonly OrderTerm[],
  values: readonly CursorValue[],
  { table, key }: TableFacts,
  database: Queries,
): Promise<readonly CursorValue[]> {
  if (!values.includes(LONG)) return values
  const columns: Record<string, Column | SQL> = {}
  const conditions: SQL[] = []
  for (const [i, { name, column, exact }] of terms.entries()) {
    columns[name] = column
    if (exact !== undefined) columns[exactName(i)] = exact.as(exactName(i)) as never
    if (key.includes(name)) conditions.push(sql`${column} = ${values[i]}`)
  }
  const [row] = (await database
    .select(columns as never)
    .from(table as never)
    .where(and(...conditions))) as Record<string, unknown>[]
  if (row === undefined) throw InvalidCursor()
  return cursorValues(terms, row)
}

/** What fills the placeholders of `afterRow`. */
export function cursorPlaceholders(values: readonly CursorValue[]): Record<string, unknown> {
  const filled: Record<string, unknown> = {}
  for (const [i, value] of values.entries()) if (value !== null) filled[`k${i}`] = value
  return filled
}
