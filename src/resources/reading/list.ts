import type { Column, SQL } from 'drizzle-orm'
import { commaList } from '../../contract/comma-list.ts'
import type { AnySchema } from '../../contract/schema.ts'
import type { ColumnSchemas } from '../table/column.ts'
import { sortedBy } from './order.ts'
import type { EncodedRows } from '../../contract/encoded-rows.ts'
import { createAllRows } from '../transfer/all-rows.ts'
import { createAsking } from './asked-page.ts'
import type { CursorKey } from './cursor.ts'
import type { Queries } from '../database/database.ts'
import { type Filter, type OwnFilter, filtersOn, isComparable, ownFilters } from './filter.ts'
import type { AnyModel } from '../table/model.ts'
import { narrowing } from './read-failures.ts'
import { type RowOfKey, createRowOfKey } from './one-row.ts'
import { type ResolvedRelation, expandPaths } from '../table/relation.ts'
import { type RowPage, createRowPages } from './row-page.ts'
import type { Search } from './search.ts'
import { createSelection } from './selection.ts'
import type { Statements } from '../database/statements.ts'
import { createTextPages } from './text-page.ts'

/** What a list of a model's rows offers. */
export interface ListSpec {
  readonly filter: readonly string[]
  readonly where: Readonly<Record<string, OwnFilter>>
  readonly sort: readonly string[]
  /** What it is sorted by unless told: `-created_at`. */
  readonly order: readonly string[]
  readonly search: Search | undefined
  readonly sparse: boolean
  readonly mode: 'cursor' | 'offset'
}

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
  /** What the path says of the rows of the list: another list is of other rows. */
  readonly fixed?: Readonly<Record<string, unknown>> | undefined
}

/** What callers may say of a list, and of one row. */
interface ListFields {
  /** The query fields of the list, beside those of paging. */
  readonly listFields: Readonly<Record<string, AnySchema>>
  /** The query fields of one row. */
  readonly rowFields: Readonly<Record<string, AnySchema>>
  readonly filters: readonly Filter[]
}

/** Reads the rows of a model. */
export interface Reader extends ListFields {
  readonly list: (query: ListQuery, reading: Reading) => Promise<RowPage>
  /** All rows of a list, whatever its number of them. */
  readonly rows: (query: ListQuery, reading: Reading) => EncodedRows<Record<string, unknown>>
  readonly read: RowOfKey
  /** True where rows are shown without any of other tables, which may change and leave their version as it is. */
  readonly isPlain: (query: ListQuery) => boolean
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
  const fields = fieldsOfList(model, relations, spec)
  const selection = createSelection(model, relations, statements)
  const asking = createAsking(model, fields.filters, spec)
  const rowPage = createRowPages(model, spec.mode, selection, statements)
  const isWritten = model.facts.dialect === 'postgres' && spec.mode === 'cursor'
  const textPage = isWritten ? createTextPages(model, selection, statements) : undefined
  const read: Reader['list'] = async (query, reading) => {
    const asked = await asking.page(query, reading)
    const isText = textPage !== undefined && selection.isPlain(query)
    const text = isText ? await textPage(asked, query, reading) : undefined
    return text ?? rowPage(asked, query, reading)
  }
  const own = Object.keys(spec.where)
  const list: Reader['list'] =
    own.length === 0
      ? read
      : (query, reading) =>
          narrowing(
            own.filter((field) => query[field] !== undefined),
            () => read(query, reading),
          )
  return {
    ...fields,
    list,
    isPlain: selection.isPlain,
    rows: createAllRows(model, fields.filters, spec, selection, asking, list),
    read: createRowOfKey(model, selection, statements),
  }
}

/** @throws {TypeError} for a filter or a sort on a column that there is not, is hidden, or cannot be compared. */
function fieldsOfList(model: AnyModel, relations: readonly ResolvedRelation[], spec: ListSpec): ListFields {
  check(model, spec)
  const onColumns = spec.filter.flatMap((name) =>
    filtersOn(name, model.shown[name] as Column, model.values[name] as ColumnSchemas, spec.mode),
  )
  const taken = onColumns.map(({ field }) => field)
  const filters = [...onColumns, ...ownFilters(spec.where, model.table, taken, spec.mode)]
  const paths = expandPaths(relations)
  const always = relations.flatMap(({ name, always }) => (always ? [name] : []))
  const rowFields = {
    ...(spec.sparse && {
      fields: commaList([...Object.keys(model.shown), ...always], 'The fields to give, and no others'),
    }),
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
  }
  return { filters, listFields, rowFields } as ListFields
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
