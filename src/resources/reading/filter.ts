import {
  type Column,
  type SQL,
  eq,
  getColumnTable,
  getTableName,
  gt,
  gte,
  isNotNull,
  isNull,
  lt,
  lte,
  ne,
  sql,
} from 'drizzle-orm'
import { z } from 'zod'
import { type ColumnKind, type ColumnSchemas, kindOf } from '../table/column.ts'
import type { AnyTable } from '../table/row.ts'
import { type Condition, fixed } from '../database/statements.ts'

/** How a filter compares: `total[gte]=10`. Plain `total=10` is `eq`. */
export type FilterOperator = 'eq' | 'ne' | 'in' | 'gt' | 'gte' | 'lt' | 'lte' | 'contains' | 'starts' | 'null'

/** One query field that narrows a list. */
export interface Filter {
  /** The field: `total[gte]`. */
  readonly field: string
  /** Of what callers send; optional. */
  readonly schema: z.ZodType
  /** @param prefix of the names of its placeholders. */
  readonly condition: (value: unknown, prefix: string, database: object) => Condition
  /** True where each value of this field would make a statement of its own. */
  readonly isOfAnyLength: (value: unknown) => boolean
}

/** A query field of a list that means what the API says: `in_stock=true`. */
export interface OwnFilter<T extends AnyTable = AnyTable, In = unknown, Out = unknown> {
  readonly is: 'filter'
  readonly schema: z.ZodType<Out, In>
  condition(value: Out, table: T): SQL | undefined
}

/**
 * A query field of a list that is no comparison with one column.
 *
 * @param schema of its values.
 * @param condition the rows that a value leaves; undefined for all of them.
 * @example
 * where: { in_stock: where(z.boolean(), (wanted, { stock }) => (wanted ? gt(stock, 0) : eq(stock, 0))) }
 */
export function where<In, Out, T extends AnyTable>(
  schema: z.ZodType<Out, In>,
  condition: (value: NoInfer<Out>, table: T) => SQL | undefined,
): OwnFilter<T, In, Out> {
  return { is: 'filter', schema, condition }
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

/** True for columns that can be compared in a query. Drizzle keeps bigints of SQLite as text in a blob, which has another order. */
export function isComparable(column: Column): boolean {
  return OPERATORS[kindOf(column)] !== undefined && column.columnType !== 'SQLiteBigInt'
}

/** Fields of lists that are no filters. */
const RESERVED = ['limit', 'cursor', 'offset', 'sort', 'q', 'fields', 'expand']

/**
 * All filters on a column.
 *
 * @throws {TypeError} for a column that is called as a field of lists is.
 */
export function filtersOn(name: string, column: Column, { input }: ColumnSchemas, mode: 'cursor' | 'offset'): Filter[] {
  if (isReserved(name, mode)) {
    const table = getTableName(getColumnTable(column))
    throw new TypeError(
      `resource(${table}): "filter" names ${name}, and the field ${name} of a list is something else: call the column otherwise in the table’s code`,
    )
  }
  const operators = [
    ...(OPERATORS[kindOf(column)] ?? []),
    ...(column.notNull || column.primary ? [] : (['null'] as const)),
  ]
  return operators.map((operator) => ({
    field: operator === 'eq' ? name : `${name}[${operator}]`,
    schema: schemaOf(operator, input).optional().describe(saidOf(operator, column)),
    condition: (value, prefix) => conditionOf(column, operator, value, prefix),
    // Sets are of any length.
    isOfAnyLength: (value) => operator === 'in' && (value as readonly unknown[]).length > 1,
  }))
}

/**
 * The filters that the API itself says, on a table.
 *
 * @param taken fields that there are already.
 * @throws {TypeError} for one that is called as another field of the list is.
 */
export function ownFilters(
  own: Readonly<Record<string, OwnFilter>>,
  table: AnyTable,
  taken: readonly string[],
  mode: 'cursor' | 'offset',
): Filter[] {
  return Object.entries(own).map(([field, { schema, condition }]) => {
    if (!(schema instanceof z.ZodType) || typeof condition !== 'function')
      throw new TypeError(
        `resource(${getTableName(table)}): "where" is given a ${field} that is none: make it with where(a zod schema, a condition)`,
      )
    if (isReserved(field, mode) || taken.includes(field))
      throw new TypeError(
        `resource(${getTableName(table)}): "where" names ${field}, and the list has a field ${field} already: call it otherwise`,
      )
    return {
      field,
      // No text of Postgres holds it, whatever the API takes.
      schema: schema.optional().refine((value) => !hasNul(value), 'Must not hold the character NUL'),
      condition: (value, prefix, database) => fixed(condition(value, table) ?? sql`1 = 1`, database, prefix),
      isOfAnyLength: () => false,
    }
  })
}

function hasNul(value: unknown): boolean {
  return Array.isArray(value) ? value.some(hasNul) : typeof value === 'string' && value.includes('\0')
}

function isReserved(field: string, mode: 'cursor' | 'offset'): boolean {
  return RESERVED.includes(field) || (field === 'count' && mode === 'offset')
}

const SAYS: Readonly<Record<FilterOperator, string>> = {
  eq: 'Equal to this',
  ne: 'Not equal to this',
  in: 'One of these',
  gt: 'Greater than this',
  gte: 'This or greater',
  lt: 'Less than this',
  lte: 'This or less',
  contains: 'With this text in it',
  starts: 'Beginning with this text',
  null: '`true` for those without a value, `false` for those with one',
}

/** SQLite knows capital letters of ASCII alone. */
function saidOf(operator: FilterOperator, column: Column): string {
  if (operator !== 'contains' && operator !== 'starts') return SAYS[operator]
  const letters = column.columnType.startsWith('SQLite') ? 'letters from a to z' : 'letters'
  return `${SAYS[operator]}; capital and small ${letters} are the same`
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

function conditionOf(column: Column, operator: FilterOperator, value: unknown, prefix: string): Condition {
  const { place, fill } = comparedAs(column)
  const field = `${prefix} ${operator}`
  const simple = (compare: (column: Column, place: SQL) => SQL): Condition => ({
    build: () => compare(column, place(prefix)),
    values: { [prefix]: fill(value) },
    shape: field,
  })
  switch (operator) {
    case 'eq':
      return simple(eq)
    case 'ne':
      return simple(ne)
    case 'gt':
      return simple(gt)
    case 'gte':
      return simple(gte)
    case 'lt':
      return simple(lt)
    case 'lte':
      return simple(lte)
    case 'null':
      return {
        build: () => (value === true ? isNull(column) : isNotNull(column)),
        values: {},
        shape: `${field}=${value}`,
      }
    case 'in': {
      const list = value as readonly unknown[]
      const places = (): SQL[] => list.map((_, i) => place(`${prefix}_${i}`))
      return {
        build: () => sql`${column} in (${sql.join(places(), sql`, `)})`,
        values: Object.fromEntries(list.map((one, i) => [`${prefix}_${i}`, fill(one)])),
        shape: `${field}:${list.length}`,
      }
    }
    case 'contains':
      return { build: () => like(column, prefix), values: { [prefix]: containing(value) }, shape: field }
    case 'starts':
      return { build: () => like(column, prefix), values: { [prefix]: `${escaped(value)}%` }, shape: field }
  }
}

/** How a column's values are compared with one: what stands in the query, and what fills it. */
interface Compared {
  readonly place: (name: string) => SQL
  readonly fill: (value: unknown) => unknown
}

function comparedAs(column: Column): Compared {
  const asItIs = (name: string): SQL => sql`${sql.placeholder(name)}`
  // Kept in whole seconds: half of one is between two of them, and not the first.
  if (column.columnType === 'SQLiteTimestamp' && (column as { readonly mode?: string }).mode === 'timestamp')
    return { place: asItIs, fill: (value) => (value as Date).getTime() / 1000 }
  // Postgres refuses what is beyond its four bytes, though it is greater or less than all that is there.
  if (column.columnType === 'PgReal') return { place: asItIs, fill: (value) => Math.fround(value as number) }
  return { place: (name) => sql`${sql.param(sql.placeholder(name), column)}`, fill: (value) => value }
}

function like(column: Column, prefix: string): SQL {
  const pattern = sql`${sql.placeholder(prefix)}`
  return column.columnType.startsWith('Pg')
    ? sql`${column} ilike ${pattern}`
    : sql`${column} like ${pattern} escape '\\'`
}

/** The pattern of what has a text in it. */
export function containing(text: unknown): string {
  return `%${escaped(text)}%`
}

/** `%` and `_` stand for themselves. */
function escaped(value: unknown): string {
  return String(value).replace(/[\\%_]/g, '\\$&')
}
