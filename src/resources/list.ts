import { type Column, type SQL, and, isNull, sql } from 'drizzle-orm'
import { type CommaList, commaList } from '../contract/comma-list.ts'
import type { AnySchema } from '../contract/schema.ts'
import type { ColumnSchemas } from './column.ts'
import {
  type OrderTerm,
  afterRow,
  cursorPlaceholders,
  cursorValues,
  exactName,
  lengthened,
  orderBy,
  orderTerms,
  shortened,
} from './order.ts'
import { openCursor, sealCursor } from './cursor.ts'
import type { Queries } from './database.ts'
import { type Filter, conditionOf, filtersOn, isComparable } from './filter.ts'
import type { AnyModel } from './model.ts'
import { type ResolvedRelation, columnsFor, expand, expandPaths } from './relation.ts'
import { type Search, searchCondition } from './search.ts'
import { type Statements, fixed } from './statements.ts'

/** What a list of a model's rows offers. */
export interface ListSpec {
  readonly filter: readonly string[]
  readonly sort: readonly string[]
  /** What it is sorted by unless told: `-created_at`. */
  readonly order: readonly string[]
  readonly search: Search | undefined
  readonly sparse: boolean
  readonly mode: 'cursor' | 'offset'
}

type Row = Record<string, unknown>

/** A query as its schema decoded it. */
export interface ListQuery extends Readonly<Record<string, unknown>> {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly offset?: number
  readonly sort?: readonly string[]
  readonly fields?: readonly string[]
  readonly expand?: readonly string[]
  readonly q?: string
  readonly count?: boolean
}

/** Where a list is read, and for whom. */
export interface Reading {
  readonly database: Queries
  readonly secret: string | Uint8Array
  /** The rows of a model that the caller may see, of those that are not deleted. */
  readonly visible: (model: AnyModel) => SQL | undefined
}

/** Reads the rows of a model. */
export interface Reader {
  /** The query fields of the list, beside those of paging. */
  readonly listFields: Readonly<Record<string, AnySchema>>
  /** The query fields of one row. */
  readonly rowFields: Readonly<Record<string, AnySchema>>
  readonly filters: readonly Filter[]
  list(
    query: ListQuery,
    reading: Reading,
  ): Promise<{ items: Row[]; next_cursor?: string | null; total?: number | null }>
  /**
   * @param key values of the primary key by name.
   * @returns the row, and the version of its state where there is one.
   */
  read(
    key: Row,
    query: ListQuery,
    reading: Reading,
  ): Promise<{ readonly row: Row; readonly state: number | undefined } | undefined>
}

/**
 * Compiles what a list offers.
 *
 * @throws {TypeError} for a filter or a sort on a column that there is not, is hidden, or cannot be compared.
 */
export function createReader(
  model: AnyModel,
  relations: readonly ResolvedRelation[],
  spec: ListSpec,
  statements: Statements,
): Reader {
  const { facts } = model
  check(model, spec)
  const filters = spec.filter.flatMap((name) =>
    filtersOn(name, model.shown[name] as Column, model.values[name] as ColumnSchemas),
  )
  const paths = expandPaths(relations)
  const rowFields: Record<string, CommaList> = {
    ...(spec.sparse && { fields: commaList(Object.keys(model.shown), 'The fields to give, and no others') }),
    ...(paths.length > 0 && { expand: commaList(paths, 'What to show of other rows, in place of their keys alone') }),
  }
  const listFields = {
    ...Object.fromEntries(filters.map(({ field, schema }) => [field, schema])),
    ...(spec.sort.length > 0 && {
      sort: commaList(
        spec.sort.flatMap((name) => [name, `-${name}`]),
        'What to sort by; with `-` the greatest first',
      ),
    }),
    ...(spec.search !== undefined && { q: spec.search.schema }),
    ...rowFields,
  } as Record<string, AnySchema>

  const columnsOf = (query: ListQuery, terms: readonly OrderTerm[]): string[] => {
    const shown = query.fields ?? Object.keys(model.shown)
    const expanded = columnsFor(relations, new Set((query.expand ?? []).map((path) => path.split('.', 1)[0] as string)))
    return [...new Set([...facts.key, ...shown, ...terms.map(({ name }) => name), ...expanded])]
  }

  const withExpanded = async (
    rows: readonly Row[],
    query: ListQuery,
    { database, visible }: Reading,
  ): Promise<void> => {
    if (query.expand === undefined || rows.length === 0) return
    await expand(rows, relations, withParents(query.expand), { database, statements, visible })
  }

  return {
    listFields,
    rowFields,
    filters,
    list: async (query, reading) => {
      const { database, secret } = reading
      const sort = query.sort ?? spec.order
      const terms = orderTerms(facts, sort)
      const conditions: (() => SQL)[] = []
      const shape: string[] = ['list', query.fields?.join() ?? '', sort.join(), (query.expand ?? []).join()]
      let values: Row = { limit: query.limit + 1 }
      const identity: unknown[] = [facts.name, facts.dialect, terms.map(({ says }) => says)]
      let isKept = true
      for (const [index, filter] of filters.entries()) {
        const value = query[filter.field]
        if (value === undefined) continue
        const condition = conditionOf(filter, value, facts.dialect, `f${index}`)
        conditions.push(() => condition.sql)
        shape.push(condition.shape)
        values = { ...values, ...condition.values }
        identity.push(filter.field, value)
        // Sets are of any length: each would be a statement of its own.
        if (filter.operator === 'in' && (value as readonly unknown[]).length > 1) isKept = false
      }
      if (spec.search !== undefined && query.q !== undefined) {
        const found = searchCondition(spec.search, query.q, model)
        conditions.push(() => found.sql)
        shape.push(found.shape)
        values = { ...values, ...found.values }
        identity.push('q', query.q)
      }
      const own = reading.visible(model)
      if (own !== undefined) {
        const part = fixed(own, database, 'v')
        conditions.push(part.build)
        shape.push(part.shape)
        values = { ...values, ...part.values }
      }
      const list = JSON.stringify(identity, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
      const isCursor = spec.mode === 'cursor'
      const after =
        isCursor && query.cursor !== undefined
          ? await lengthened(terms, openCursor(secret, list, query.cursor), facts, database)
          : undefined
      if (after !== undefined) {
        shape.push(`after ${after.map((value) => (value === null ? 'null' : ''))}`)
        values = { ...values, ...cursorPlaceholders(after) }
      }
      if (!isCursor) values.offset = query.offset ?? 0
      const names = columnsOf(query, terms)
      const build = () => {
        const columns: Record<string, Column | SQL> = {}
        for (const name of names) columns[name] = facts.columns[name] as Column
        if (isCursor)
          for (const [i, { exact }] of terms.entries())
            if (exact !== undefined) columns[exactName(i)] = exact.as(exactName(i)) as never
        const where = and(...conditions.map((one) => one()), after && afterRow(terms, after, facts.dialect))
        const rows = database
          .select(columns as never)
          .from(model.table as never)
          .where(where)
          .orderBy(...orderBy(terms))
          .limit(sql.placeholder('limit') as never)
        return isCursor ? rows : rows.offset(sql.placeholder('offset') as never)
      }
      const found = await statements.run<Row>(database, isKept ? shape.join('\n') : undefined, build as never, values)
      const items = found.slice(0, query.limit)
      await withExpanded(items, query, reading)
      const last = isCursor && found.length > query.limit ? items.at(-1) : undefined
      const ends = last === undefined ? undefined : shortened(terms, cursorValues(terms, last), facts)
      const next_cursor = ends === undefined ? null : sealCursor(secret, list, ends)
      if (query.fields !== undefined) onlyAsked(items, names, [...facts.key, ...query.fields])
      if (isCursor) return { items, next_cursor }
      if (query.count !== true) return { items, total: null }
      const count = () =>
        database
          .select({ total: sql<number>`count(*)`.mapWith(Number) })
          .from(model.table as never)
          .where(and(...conditions.map((one) => one())))
      const [row] = await statements.run<{ total: number }>(
        database,
        isKept ? `count\n${shape.join('\n')}` : undefined,
        count as never,
        values,
      )
      return { items, total: row?.total ?? 0 }
    },
    read: async (key, query, reading) => {
      const { database } = reading
      const own = reading.visible(model)
      const part = own && fixed(own, database, 'v')
      const { version } = model.options
      const names = columnsOf(query, [])
      // The row's state is told by its `ETag`, whichever fields are asked for.
      if (version !== undefined && !names.includes(version)) names.push(version)
      const build = () =>
        database
          .select(Object.fromEntries(names.map((name) => [name, facts.columns[name]])) as never)
          .from(model.table as never)
          .where(and(...facts.key.map((name) => sameKey(facts.columns[name] as Column, name)), part?.build()))
      const shape = ['read', names.join(), part?.shape ?? ''].join('\n')
      const [row] = await statements.run<Row>(database, shape, build as never, { ...keyValues(key), ...part?.values })
      if (row === undefined) return undefined
      await withExpanded([row], query, reading)
      const state = version === undefined ? undefined : (row[version] as number)
      if (query.fields !== undefined) onlyAsked([row], names, [...facts.key, ...query.fields])
      return { row, state }
    },
  }
}

/** Takes out of rows what was read for their order, their expansion or their state alone. */
function onlyAsked(rows: readonly Row[], read: readonly string[], asked: readonly string[]): void {
  const extra = read.filter((name) => !asked.includes(name))
  for (const row of rows) for (const name of extra) delete row[name]
}

function sameKey(column: Column, name: string): SQL {
  return sql`${column} = ${sql.param(sql.placeholder(`p_${name}`), column)}`
}

function keyValues(key: Row): Row {
  return Object.fromEntries(Object.entries(key).map(([name, value]) => [`p_${name}`, value]))
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

/** What is left of a model's rows without those that are deleted. */
export function notDeleted(model: AnyModel): SQL | undefined {
  const { deleted } = model.options
  return deleted === undefined ? undefined : isNull(model.facts.columns[deleted] as Column)
}

function check(model: AnyModel, { filter, sort, order }: ListSpec): void {
  const named = { filter, sort, order: order.map((name) => name.replace(/^-/, '')) }
  for (const [option, names] of Object.entries(named)) {
    for (const name of names) {
      const column = model.shown[name]
      const where = `resource(${model.facts.name}): "${option}" names ${name}, which`
      if (column === undefined)
        throw new TypeError(`${where} callers do not see: they see ${Object.keys(model.shown).join(', ')}`)
      if (!isComparable(column)) throw new TypeError(`${where} holds what cannot be compared (${column.getSQLType()})`)
    }
  }
}
