import { type Column, type SQL, and, isNull, sql } from 'drizzle-orm'
import type { Preconditions } from '../policies/preconditions.ts'
import { kindOf } from './table/column.ts'
import type { CursorKey } from './reading/cursor.ts'
import type { Queries } from './database/database.ts'
import type { ListQuery } from './reading/list.ts'
import type { AnyModel } from './table/model.ts'

type Row = Record<string, unknown>

/** Who is asking, for the rules of each model. */
export type Access = (model: AnyModel) => never

/** What the endpoints of a resource get. */
export interface ResourceContext extends Readonly<Record<string, unknown>> {
  readonly db: Queries
  readonly tx: Queries
  readonly access: Access
  readonly secret: CursorKey
  readonly preconditions: Preconditions
  readonly params: Row
  /** What the path says of the rows of a resource that are within others. */
  readonly fixed?: Row
  readonly query: ListQuery | undefined
  readonly body: Row
}

/** The rows of a model that the caller may see. */
export function visibleTo(access: Access): (model: AnyModel) => SQL | undefined {
  return (model) => {
    const own = model.options.visible?.(access(model), model.table)
    const kept = notDeleted(model)
    return own === undefined ? kept : kept === undefined ? own : and(own, kept)
  }
}

/** What is left of a model's rows without those that are deleted. */
function notDeleted(model: AnyModel): SQL | undefined {
  const { deleted } = model.options
  if (deleted === undefined) return undefined
  const column = model.facts.columns[deleted] as Column
  return kindOf(column) === 'boolean' ? sql`${column} is not true` : isNull(column)
}

/** What hooks get of a context. */
export function pick(context: Readonly<Record<string, unknown>>, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, context[name]]))
}
