import type { Column } from 'drizzle-orm'
import { commaList } from '../contract/comma-list.ts'
import type { AnySchema } from '../contract/schema.ts'
import type { ColumnSchemas } from './column.ts'
import { type Filter, filtersOn, isComparable, ownFilters } from './filter.ts'
import type { ListSpec } from './list.ts'
import type { AnyModel } from './model.ts'
import { sortedBy } from './order.ts'
import { type ResolvedRelation, expandPaths } from './relation.ts'

/** What callers may say of a list, and of one row. */
export interface ListFields {
  /** The query fields of the list, beside those of paging. */
  readonly listFields: Readonly<Record<string, AnySchema>>
  /** The query fields of one row. */
  readonly rowFields: Readonly<Record<string, AnySchema>>
  readonly filters: readonly Filter[]
}

/** @throws {TypeError} for a filter or a sort on a column that there is not, is hidden, or cannot be compared. */
export function fieldsOfList(model: AnyModel, relations: readonly ResolvedRelation[], spec: ListSpec): ListFields {
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
