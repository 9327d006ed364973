import { transaction } from './backends/transaction.ts'
import type { Uses } from './contract/depends.ts'
import type { Model } from './resources/model.ts'
import type { AnyTable } from './resources/row.ts'
import { type Resource, type ResourceOptions, resourceOf } from './resources/resource.ts'

export { InvalidCursor } from './resources/cursor.ts'
export type { AnyDatabase } from './resources/database.ts'
export { type Model, type ModelOptions, model } from './resources/model.ts'
export { type Relation, type RelationOptions, many, one } from './resources/relation.ts'
export type { EndpointExtras, Resource, ResourceHooks, ResourceOptions, ResourceVerb } from './resources/resource.ts'
export type { SearchOptions } from './resources/search.ts'

/**
 * Endpoints over a Drizzle table: list, create, read, replace, update, remove, and bulk forms of the writes, as an ordinary
 * record. Any of them can be left out, or replaced by one written by hand.
 *
 * @param of a table of Postgres or SQLite, or a `model` of one.
 * @throws {TypeError} at once, for what the table has not or cannot do.
 * @example
 * group('/books', { ...resource(books, { db, filter: ['status'], sort: ['title'] }), remove: del('/{id}', …) })
 */
export function resource<
  const M extends AnyTable | Model<AnyTable, object>,
  const U extends Uses = Record<never, never>,
  const R extends ResourceOptions<TableOf<M>, OptionsOf<M>, U> = ResourceOptions<TableOf<M>, OptionsOf<M>, U>,
>(
  of: M,
  options: [keyof R] extends [keyof ResourceOptions<TableOf<M>, OptionsOf<M>, U>]
    ? R & ResourceOptions<TableOf<M>, OptionsOf<M>, U>
    : ResourceOptions<TableOf<M>, OptionsOf<M>, U>,
): Resource<M, R> {
  const { db, tx } = options as unknown as ResourceOptions<AnyTable, object>
  return resourceOf(of, options as never, tx ?? (transaction(db) as never)) as never
}

type TableOf<M> = M extends Model<infer T, infer _> ? T : M extends AnyTable ? M : never
type OptionsOf<M> = M extends Model<infer _, infer O> ? O : Record<never, never>
