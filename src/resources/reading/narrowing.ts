import { type SQL, and } from 'drizzle-orm'
import type { Filter } from './filter.ts'
import type { ListQuery, Reading } from './list.ts'
import type { AnyModel } from '../table/model.ts'
import { type Search, searchCondition } from './search.ts'
import { type Condition, fixed } from '../database/statements.ts'

type Row = Readonly<Record<string, unknown>>

/** Which rows a list has: what its caller may see of it, and asked for. */
export interface Narrowed {
  readonly where: () => SQL | undefined
  /** What fills the placeholders of `where`. */
  readonly values: Row
  /** Says which condition it is, whatever its values. */
  readonly shape: string
  /** The filters and their values, by which one list is told from another. */
  readonly asked: readonly unknown[]
  /** False for one of so many shapes that a statement of it is not kept. */
  readonly isKept: boolean
}

/** Joins the filters of a query, its words, and the rows that its caller may see. */
export function narrow(
  model: AnyModel,
  filters: readonly Filter[],
  search: Search | undefined,
  query: ListQuery,
  { database, visible, fixed: within }: Pick<Reading, 'database' | 'visible' | 'fixed'>,
): Narrowed {
  const conditions: Condition[] = []
  const asked: unknown[] = []
  let isKept = true
  for (const [index, filter] of filters.entries()) {
    const value = query[filter.field]
    if (value === undefined) continue
    conditions.push(filter.condition(value, `f${index}_`, database))
    asked.push(filter.field, value)
    if (filter.isOfAnyLength(value)) isKept = false
  }
  if (search !== undefined && query.q !== undefined) {
    conditions.push(searchCondition(search, query.q, model))
    asked.push('q', query.q)
  }
  if (within !== undefined) asked.push('within', within)
  const own = visible(model)
  if (own !== undefined) conditions.push(fixed(own, database, 'v'))
  return {
    where: () => and(...conditions.map(({ build }) => build())),
    values: Object.assign({}, ...conditions.map(({ values }) => values)),
    shape: conditions.map(({ shape }) => shape).join('\n'),
    asked,
    isKept,
  }
}
