import { type Column, type SQL, eq, gt, gte, isNotNull, isNull, lt, lte, ne, sql } from 'drizzle-orm'
import { z } from 'zod'
import { type ColumnKind, type ColumnSchemas, kindOf } from './column.ts'
import type { Dialect } from './table.ts'

/** How a filter compares: `total[gte]=10`. Plain `total=10` is `eq`. */
export type FilterOperator = 'eq' | 'ne' | 'in' | 'gt' | 'gte' | 'lt' | 'lte' | 'contains' | 'starts' | 'null'

/** One query field that narrows a list. */
export interface Filter {
  /** The field: `total[gte]`. */
  readonly field: string
  readonly name: string
  readonly column: Column
  readonly operator: FilterOperator
  /** Of what callers send; optional. */
  readonly schema: z.ZodType
}

const ORDERED: readonly FilterOperator[] = ['eq', 'ne', 'in', 'gt', 'gte', 'lt', 'lte']
const NAMED: readonly FilterOperator[] = ['eq', 'ne', 'in']

const OPERATORS: Readonly<Partial<Record<ColumnKind, readonly FilterOperator[]>>> = {
  text: [...ORDERED, 'contains', 'starts'],
  word: NAMED,
  uuid: NAMED,
  boolean: ['eq'],
  integer: ORDERED,
  number: ORDERED,
  decimal: ORDERED,
  bigint: ORDERED,
  instant: ORDERED,
  date: ORDERED,
  time: ORDERED,
}

/** How many values a set may have. */
const MOST_VALUES = 100

/** Letters of the text that `contains` and `starts` look for. */
const MOST_TEXT = 200

/** True for columns that can be compared in a query. */
export function isComparable(column: Column): boolean {
  return OPERATORS[kindOf(column)] !== undefined
}

/** All filters on a column. */
export function filtersOn(name: string, column: Column, { input }: ColumnSchemas): Filter[] {
  const operators = [
    ...(OPERATORS[kindOf(column)] ?? []),
    ...(column.notNull || column.primary ? [] : (['null'] as const)),
  ]
  return operators.map((operator) => ({
    field: operator === 'eq' ? name : `${name}[${operator}]`,
    name,
    column,
    operator,
    schema: schemaOf(operator, input).optional().describe(SAYS[operator]),
  }))
}

const SAYS: Readonly<Record<FilterOperator, string>> = {
  eq: 'Equal to this',
  ne: 'Not equal to this',
  in: 'One of these',
  gt: 'Greater than this',
  gte: 'This or greater',
  lt: 'Less than this',
  lte: 'This or less',
  contains: 'With this text in it; capital and small letters are the same',
  starts: 'Beginning with this text; capital and small letters are the same',
  null: '`true` for those without a value, `false` for those with one',
}

function schemaOf(operator: FilterOperator, value: z.ZodType): z.ZodType {
  switch (operator) {
    case 'in':
      return z.array(value).min(1).max(MOST_VALUES)
    case 'contains':
    case 'starts':
      return z
        .string()
        .min(1)
        .max(MOST_TEXT)
        .regex(/^[^\0]*$/, 'Must not hold the character NUL')
    case 'null':
      return z.boolean()
    default:
      return value
  }
}

/** A filter with a value: its condition, in which placeholders stand for what it compares with, and what fills them. */
export interface Condition {
  readonly sql: SQL
  readonly values: Readonly<Record<string, unknown>>
  /** Says which condition it is, whatever its values. */
  readonly shape: string
}

/** @param prefix of the names of its placeholders. */
export function conditionOf(filter: Filter, value: unknown, dialect: Dialect, prefix: string): Condition {
  const { column, operator, field } = filter
  const bound = sql`${sql.param(sql.placeholder(prefix), column)}`
  const simple = (sql: SQL): Condition => ({ sql, values: { [prefix]: value }, shape: field })
  switch (operator) {
    case 'eq':
      return simple(eq(column, bound))
    case 'ne':
      return simple(ne(column, bound))
    case 'gt':
      return simple(gt(column, bound))
    case 'gte':
      return simple(gte(column, bound))
    case 'lt':
      return simple(lt(column, bound))
    case 'lte':
      return simple(lte(column, bound))
    case 'null':
      return { sql: value === true ? isNull(column) : isNotNull(column), values: {}, shape: `${field}=${value}` }
    case 'in': {
      const list = value as readonly unknown[]
      const places = list.map((_, i) => sql`${sql.param(sql.placeholder(`${prefix}_${i}`), column)}`)
      return {
        sql: sql`${column} in (${sql.join(places, sql`, `)})`,
        values: Object.fromEntries(list.map((one, i) => [`${prefix}_${i}`, one])),
        shape: `${field}:${list.length}`,
      }
    }
    case 'contains':
      return { ...like(column, dialect, prefix), values: { [prefix]: `%${escaped(value)}%` }, shape: field }
    case 'starts':
      return { ...like(column, dialect, prefix), values: { [prefix]: `${escaped(value)}%` }, shape: field }
  }
}

/** `%` and `_` stand for themselves. */
function like(column: Column, dialect: Dialect, prefix: string): { sql: SQL } {
  const pattern = sql`${sql.placeholder(prefix)}`
  return { sql: dialect === 'postgres' ? sql`${column} ilike ${pattern}` : sql`${column} like ${pattern} escape '\\'` }
}

function escaped(value: unknown): string {
  return String(value).replace(/[\\%_]/g, '\\$&')
}
