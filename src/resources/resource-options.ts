import type { Dependency, Uses, Values } from '../contract/depends.ts'
import type { EndpointSpec } from '../contract/endpoint.ts'
import type { PageSize } from '../contract/page.ts'
import type { AnyDatabase } from './database/database.ts'
import type { OwnFilter } from './reading/filter.ts'
import type { Model } from './table/model.ts'
import type { Relations } from './table/relation.ts'
import type { AnyTable, CreateRow, KeyOf, RowOf, ShownColumn, UpdateRow } from './table/row.ts'
import type { SearchOptions } from './reading/search.ts'

/** What is done with rows of a table, one endpoint each. */
export type ResourceVerb =
  | 'list'
  | 'create'
  | 'read'
  | 'replace'
  | 'update'
  | 'remove'
  | 'createMany'
  | 'updateMany'
  | 'removeMany'
  | 'export'
  | 'import'

/** What a resource offers on a table. */
export interface ResourceOptions<T extends AnyTable, O, U extends Uses = Uses> {
  /** The Drizzle database that is read: a dependency. */
  readonly db: Dependency<AnyDatabase>
  /** Where it is written: `transaction(db)` unless told. */
  readonly tx?: Dependency<AnyDatabase>
  /** What its rows are called in OpenAPI where they show others with them; without it they are described in each reply. */
  readonly name?: string
  /** Columns that a list may be narrowed by: `status=open`, `total[gte]=10`. None unless told. */
  readonly filter?: readonly ShownColumn<T, O>[]
  /** Query fields of a list that mean what you say: `{ in_stock: where(z.boolean(), (wanted, table) => …) }`. */
  readonly where?: { readonly [field: string]: OwnFilter<NoInfer<T>> }
  /** Columns that a list may be sorted by: `sort=-total,name`. None unless told. */
  readonly sort?: readonly ShownColumn<T, O>[]
  /** What a list is sorted by where the caller does not say: `-created_at`. The primary key unless told. */
  readonly order?: SortWord<ShownColumn<T, O>> | readonly SortWord<ShownColumn<T, O>>[]
  /** Columns whose words the query field `q` looks for. */
  readonly search?: readonly ShownColumn<T, O>[] | (SearchOptions & { readonly columns: readonly ShownColumn<T, O>[] })
  /** Rows of other tables that callers may ask for with these, `expand=customer,items.product`, or that are always there. */
  readonly expand?: Relations
  /**
   * What the parameters of a prefix name, by the parameter: `{ order_id: order }` under `/orders/{order_id}/refunds`. Each is
   * called as the foreign key that refers to it. Rows of other orders are not there then, and none are where the order is not.
   */
  readonly within?: Readonly<Record<string, AnyTable | Model<AnyTable, object>>>
  /** True to let callers say which fields they want: `fields=id,title`. */
  readonly sparse?: boolean
  /** `cursor` unless told: `offset` for pages by their place, whose cost grows with it. */
  readonly pages?: 'cursor' | 'offset'
  /** How many rows a page has: 50 unless asked, 100 at the most. */
  readonly size?: Partial<PageSize>
  /** How many rows one request may create, change or remove in bulk: 100 unless told. */
  readonly bulk?: number
  /** True for `GET …/export`: all rows of a list, as a JSON array, NDJSON or CSV. */
  readonly export?: boolean
  /** True for `POST …/import`: a row for each line of NDJSON or CSV, with a report of those that are refused. */
  readonly import?: boolean
  /** What all endpoints that read have beside, and all that write; what one of them says itself goes before. */
  readonly reads?: EndpointExtras
  readonly writes?: EndpointExtras
  /** What each endpoint has beside what follows from the table, and `false` for one that there is not to be. */
  readonly endpoints?: { readonly [V in ResourceVerb]?: EndpointExtras | false }
  /** What hooks get, by name. */
  readonly use?: U
  readonly hooks?: ResourceHooks<T, O, U>
}

type SortWord<Name extends string> = Name | `-${Name}`

/** What an endpoint of a resource may say of itself. */
export type EndpointExtras = Pick<
  EndpointSpec,
  | 'summary'
  | 'description'
  | 'security'
  | 'policies'
  | 'throws'
  | 'limits'
  | 'formats'
  | 'middleware'
  | 'before'
  | 'after'
  | 'operationId'
  | 'tags'
  | 'deprecated'
  | 'hidden'
>

/** What hooks are called with: what they use, and where the change is made. */
export type HookUses<U> = Values<U> & {
  /** The transaction of the request, in which the row is changed. */
  readonly tx: AnyDatabase
}

/** Called around each change, in its transaction: what a hook throws undoes it. */
export interface ResourceHooks<T extends AnyTable, O, U> {
  /** Before a row is created: what it gives, if anything, is created in place of `values`. */
  readonly beforeCreate?: (values: CreateRow<T, O>, uses: HookUses<U>) => MaybeRow<T>
  readonly afterCreate?: (row: RowOf<T, O>, uses: HookUses<U>) => unknown
  /** Before a row is changed or replaced: what it gives, if anything, is changed in place of `change`. */
  readonly beforeUpdate?: (change: UpdateRow<T, O>, key: KeyOf<T>, uses: HookUses<U>) => MaybeRow<T>
  readonly afterUpdate?: (row: RowOf<T, O>, uses: HookUses<U>) => unknown
  readonly beforeRemove?: (key: KeyOf<T>, uses: HookUses<U>) => unknown
  readonly afterRemove?: (row: RowOf<T, O>, uses: HookUses<U>) => unknown
  /** Rows that were read, before they leave: what it gives, if anything, leaves in their place. */
  readonly afterRead?: (rows: readonly RowOf<T, O>[], uses: Values<U>) => MaybeRows
}

type MaybeRow<T extends AnyTable> =
  | Partial<T['$inferInsert']>
  | undefined
  | void
  | Promise<Partial<T['$inferInsert']> | undefined | void>
type MaybeRows = readonly object[] | undefined | void | Promise<readonly object[] | undefined | void>
