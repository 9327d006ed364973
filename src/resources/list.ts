import { type Column, type SQL, and, isNull, sql } from 'drizzle-orm'
import { type CommaList, commaList } from '../contract/comma-list.ts'
import { setImmediate } from 'node:timers/promises'
import { EncodedPage } from '../contract/encoded-page.ts'
import { EncodedRows } from '../contract/encoded-rows.ts'
import { type CopySource, copied } from './copy.ts'
import type { AnySchema } from '../contract/schema.ts'
import type { z } from 'zod'
import { BETWEEN, type JsonPage, jsonPage } from './json-page.ts'
import { type JsonRow, UNWRITTEN, jsonOfRow } from './json-rows.ts'
import { narrow } from './narrowing.ts'
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
  sortedBy,
} from './order.ts'
import { type CursorKey, openCursor, sealCursor } from './cursor.ts'
import type { Queries } from './database.ts'
import { Recent } from './recent.ts'
import { type Filter, filtersOn, isComparable } from './filter.ts'
import type { AnyModel } from './model.ts'
import { type ResolvedRelation, columnsFor, expand, expandPaths } from './relation.ts'
import type { Search } from './search.ts'
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
  readonly secret: CursorKey
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
  /** All rows of a list, whatever its number of them. */
  rows(query: ListQuery, reading: Reading): EncodedRows<Row>
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
  /** Whether Postgres writes the pages of this list. */
  const isPlain = facts.dialect === 'postgres'
  check(model, spec)
  const filters = spec.filter.flatMap((name) =>
    filtersOn(name, model.shown[name] as Column, model.values[name] as ColumnSchemas, spec.mode),
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

  const knownTerms = new Recent<readonly OrderTerm[]>(MOST_SHAPES)
  const termsOf = (sort: readonly string[]): readonly OrderTerm[] => {
    const id = sort.join()
    const found = knownTerms.get(id) ?? orderTerms(facts, sort)
    knownTerms.set(id, found)
    return found
  }
  const shownNames = Object.keys(model.shown)
  // What a database writes goes out as it is: a key that is hidden is no part of it.
  const shownKey = facts.key.filter((name) => model.shown[name] !== undefined)
  const withKey = (fields: readonly string[]): string[] => [...new Set([...shownKey, ...fields])]
  const known = new Recent<JsonRow | null>(MOST_SHAPES)
  const jsonOf = (fields: readonly string[]): JsonRow | undefined => {
    const names = withKey(fields)
    const id = names.join()
    const found = known.get(id)
    if (found !== undefined) return found ?? undefined
    const made = jsonOfRow(model, names)
    known.set(id, made ?? null)
    return made
  }
  const someFields = (model.row as unknown as z.ZodObject).partial()
  const decodeRows = (items: readonly unknown[]): readonly Row[] => items.map((item) => someFields.parse(item) as Row)

  const list: Reader['list'] = async (query, reading) => {
    const { database, secret } = reading
    const sort = query.sort ?? spec.order
    const terms = termsOf(sort)
    const rows = narrow(model, filters, spec.search, query, reading)
    const shape = ['list', query.fields?.join() ?? '', sort.join(), (query.expand ?? []).join(), rows.shape]
    let values: Row = { limit: query.limit + 1, ...rows.values }
    const identity = [facts.name, facts.dialect, terms.map(({ says }) => says), ...rows.asked]
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
    const json = isCursor && isPlain && query.expand === undefined ? jsonOf(query.fields ?? shownNames) : undefined
    if (json !== undefined) {
      const where = () => and(rows.where(), after && afterRow(terms, after, facts.dialect))
      const key = rows.isKept ? `json\n${shape.join('\n')}` : undefined
      const build = () => jsonPage(database, model, json, terms, where)
      const [page] = await statements.run<JsonPage>(database, key, build as never, { ...values, size: query.limit })
      const { items, found } = page as JsonPage
      if (!items.includes(UNWRITTEN)) {
        const keys = terms.map((_, i) => (page as JsonPage)[`k${i}`] as string | null)
        const next = found > query.limit ? sealCursor(secret, list, shortened(terms, keys, facts)) : null
        const text = found > query.limit ? items.slice(0, items.lastIndexOf(BETWEEN)) : items
        return new EncodedPage(`[${text}]`, next, decodeRows) as never
      }
    }
    const names = columnsOf(query, terms)
    const build = () => {
      const columns: Record<string, Column | SQL> = {}
      for (const name of names) columns[name] = facts.columns[name] as Column
      if (isCursor)
        for (const [i, { exact }] of terms.entries())
          if (exact !== undefined) columns[exactName(i)] = exact.as(exactName(i)) as never
      const where = and(rows.where(), after && afterRow(terms, after, facts.dialect))
      const page = database
        .select(columns as never)
        .from(model.table as never)
        .where(where)
        .orderBy(...orderBy(terms))
        .limit(sql.placeholder('limit') as never)
      return isCursor ? page : page.offset(sql.placeholder('offset') as never)
    }
    const found = await statements.run<Row>(
      database,
      rows.isKept ? shape.join('\n') : undefined,
      build as never,
      values,
    )
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
        .where(rows.where())
    const [row] = await statements.run<{ total: number }>(
      database,
      rows.isKept ? `count\n${shape.join('\n')}` : undefined,
      count as never,
      values,
    )
    return { items, total: row?.total ?? 0 }
  }

  return {
    listFields,
    rowFields,
    filters,
    list,
    rows: (query, reading) => {
      const names = query.fields === undefined ? shownNames : withKey(query.fields)
      const source = async (): Promise<CopySource> => {
        const { where, values } = narrow(model, filters, spec.search, query, reading)
        return { model, names, where: where(), order: orderBy(termsOf(query.sort ?? spec.order)), values }
      }
      const written = isPlain && query.expand === undefined ? source : undefined
      return new EncodedRows(
        written === undefined
          ? undefined
          : async (form, signal) => copied(reading.database, await written(), form, signal),
        () => pageByPage((limit, cursor) => list({ ...query, limit, cursor }, reading)),
        query.fields && names,
      )
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

/** Rows of one request to the database, where all of a list are wanted. */
const STEP = 1000

/** All rows of a list, a thousand at a time. Between them others have their turn: SQLite answers at once. */
async function* pageByPage(
  page: (limit: number, cursor: string | undefined) => ReturnType<Reader['list']>,
): AsyncGenerator<Row> {
  let cursor: string | undefined
  do {
    const { items, next_cursor } = await page(STEP, cursor)
    yield* items
    cursor = next_cursor ?? undefined
    await setImmediate()
  } while (cursor !== undefined)
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

/** Sets of fields whose JSON is kept: callers choose them. */
const MOST_SHAPES = 50

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
  const named = { filter, sort, order: order.map(sortedBy) }
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
