import { transaction } from './backends/transaction.ts'
import type { Uses } from './contract/depends.ts'
import { type Author, type ChangesTable, type Trail, createTrail } from './resources/audit.ts'
import type { Model } from './resources/table/model.ts'
import { checkOptions } from './resources/options-check.ts'
import { toModel } from './resources/table/relation.ts'
import type { AnyTable } from './resources/table/row.ts'
import type { OptionsOf, Resource, TableOf } from './resources/resource-endpoints.ts'
import type { ResourceOptions } from './resources/resource-options.ts'
import { resourceOf } from './resources/resource.ts'

export {
  type Author,
  type Change,
  type ChangeKind,
  type ChangesExtras,
  type ChangesSpec,
  type ChangesTable,
  appendOnly,
  postgresChanges,
  sqliteChanges,
} from './resources/audit.ts'
export { InvalidCursor } from './resources/reading/cursor.ts'
export { ImportRefused, type ImportReport } from './resources/transfer/import.ts'
export type { AnyDatabase } from './resources/database/database.ts'
export { type OwnFilter, where } from './resources/reading/filter.ts'
export { type Model, type ModelOptions, type TwinOf, model } from './resources/table/model.ts'
export { type Relation, type RelationOptions, many, one } from './resources/table/relation.ts'
export type { Resource } from './resources/resource-endpoints.ts'
export type { EndpointExtras, ResourceHooks, ResourceOptions, ResourceVerb } from './resources/resource-options.ts'
export type { SearchOptions } from './resources/reading/search.ts'

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
  checkOptions(toModel(of).facts.name, options)
  const { db, tx } = options as unknown as ResourceOptions<AnyTable, object>
  return resourceOf(of, options as never, tx ?? (transaction(db) as never)) as never
}

export interface AuditOptions {
  /** Who is at work; undefined for nobody that is known. */
  readonly by: Author
  /** The same table on the other database, for models that have a twin. */
  readonly twin?: ChangesTable
}

/** Keeps who changed what in a table. */
export interface AuditTrail extends Pick<Trail, 'changes'> {
  /**
   * The same as `resource`, whose writes keep what they change: who, when, what was there before and what is there after, in
   * the transaction of the change, so that there is the one if and only if there is the other. Columns that callers do not
   * see are not kept.
   */
  readonly resource: typeof resource
}

/**
 * Keeps who changed what in a table.
 *
 * @param table of `postgresChanges` or `sqliteChanges`.
 * @example
 * const trail = auditTrail(changes, { by: depends({ caller }, ({ caller }) => caller.id) })
 * const books = group('/books', trail.resource(book, { db, filter: ['status'] }))
 * const history = group('/history', trail.changes({ db, endpoint: { security: staff } }))
 */
export function auditTrail(table: ChangesTable, { by, twin }: AuditOptions): AuditTrail {
  const { keeping, changes } = createTrail(table, by, twin)
  return {
    changes,
    resource: ((of: object, options: never) => resource(of as never, keeping(of, options) as never)) as never,
  }
}
