import { z } from 'zod'
import type { Content } from '../contract/content.ts'
import { type Dependency, type Uses, type Values, depends } from '../contract/depends.ts'
import { type Endpoint, type EndpointSpec, type Verb, del, get, patch, post, put } from '../contract/endpoint.ts'
import { type PageQuery, type PageSize, page } from '../contract/page.ts'
import { Conflict, Forbidden, NotFound } from '../contract/problems.ts'
import { queryFields } from '../contract/query-fields.ts'
import { type ReplySpec, created, noContent } from '../contract/reply-spec.ts'
import type { AnySchema, Schema } from '../contract/schema.ts'
import { conditional, preconditions } from '../policies/preconditions.ts'
import { InvalidCursor, cursorSecret } from './cursor.ts'
import type { AnyDatabase } from './database.ts'
import { indexCheck } from './index-check.ts'
import { type ListSpec, createReader } from './list.ts'
import type { AnyModel, Model } from './model.ts'
import { type ResourceContext, readHandlers } from './reading.ts'
import {
  type Relations,
  type ResolvedRelation,
  type WithExpanded,
  type WithExpandedSent,
  expandedSchema,
  relatedModels,
  resolveRelations,
  toModel,
} from './relation.ts'
import type { AnyTable, CreateRow, KeyOf, RowOf, RowSent, SentOf, ShownColumn, UpdateRow } from './row.ts'
import { type SearchOptions, searchOf } from './search.ts'
import { createStatements } from './statements.ts'
import { type WriteHooks, createWriter } from './writer.ts'

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

/** What a resource offers on a table. */
export interface ResourceOptions<T extends AnyTable, O, U extends Uses = Uses> {
  /** The Drizzle database that is read: a dependency. */
  readonly db: Dependency<AnyDatabase>
  /** Where it is written: `transaction(db)` unless told. */
  readonly tx?: Dependency<AnyDatabase>
  /** Columns that a list may be narrowed by: `status=open`, `total[gte]=10`. None unless told. */
  readonly filter?: readonly ShownColumn<T, O>[]
  /** Columns that a list may be sorted by: `sort=-total,name`. None unless told. */
  readonly sort?: readonly ShownColumn<T, O>[]
  /** What a list is sorted by where the caller does not say: `-created_at`. The primary key unless told. */
  readonly order?: SortWord<T, O> | readonly SortWord<T, O>[]
  /** Columns whose words the query field `q` looks for. */
  readonly search?: readonly ShownColumn<T, O>[] | (SearchOptions & { readonly columns: readonly ShownColumn<T, O>[] })
  /** Rows of other tables that callers may ask for with these: `expand=customer,items.product`. */
  readonly expand?: Relations
  /** True to let callers say which fields they want: `fields=id,title`. */
  readonly sparse?: boolean
  /** `cursor` unless told: `offset` for pages by their place, whose cost grows with it. */
  readonly pages?: 'cursor' | 'offset'
  /** How many rows a page has: 50 unless asked, 100 at the most. */
  readonly size?: Partial<PageSize>
  /** How many rows one request may create, change or remove in bulk: 100 unless told. */
  readonly bulk?: number
  /** What each endpoint has beside what follows from the table, and `false` for one that there is not to be. */
  readonly endpoints?: { readonly [V in ResourceVerb]?: EndpointExtras | false }
  /** What hooks get, by name. */
  readonly use?: U
  readonly hooks?: ResourceHooks<T, O, U>
}

type SortWord<T extends AnyTable, O> = ShownColumn<T, O> | `-${ShownColumn<T, O>}`

/** What an endpoint of a resource may say of itself. */
export type EndpointExtras = Pick<
  EndpointSpec,
  | 'summary'
  | 'description'
  | 'security'
  | 'policies'
  | 'throws'
  | 'limits'
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

type TableOf<M> = M extends Model<infer T, infer _> ? T : M extends AnyTable ? M : never
type OptionsOf<M> = M extends Model<infer _, infer O> ? O : Record<never, never>

type Listed<R, Name extends string> = R extends { readonly [P in Name]: readonly (infer K)[] } ? K & string : never
type ExpandOf<R> = R extends { readonly expand: infer E } ? E : Record<never, never>

type ComparedAs<V> = V extends boolean ? never : V extends string ? TextOperator<V> : 'ne' | 'gt' | 'gte' | 'lt' | 'lte'
/** Text has `contains`; the words of an enum have not. */
type TextOperator<V extends string> = string extends V
  ? 'ne' | 'contains' | 'starts' | 'gt' | 'gte' | 'lt' | 'lte'
  : 'ne'

/** A column's values, without null. */
type ValueOf<T extends AnyTable, P> = P extends keyof T['$inferSelect'] ? NonNullable<T['$inferSelect'][P]> : never
type NullOf<T extends AnyTable, P> = P extends keyof T['$inferSelect'] ? Extract<T['$inferSelect'][P], null> : never

/** The query fields by which a list is narrowed. */
type FilterFields<T extends AnyTable, K extends string> = {
  readonly [P in K]: Optional<ValueOf<T, P>>
} & {
  readonly [P in K as `${P}[${ComparedAs<ValueOf<T, P>>}]`]: Optional<ValueOf<T, P>>
} & {
  readonly [P in K as `${P}[in]`]: Schema<
    readonly SentValue<ValueOf<T, P>>[] | undefined,
    readonly ValueOf<T, P>[] | undefined
  >
} & {
  readonly [P in K as [NullOf<T, P>] extends [never] ? never : `${P}[null]`]: Schema<boolean | undefined>
}

type SentValue<V> = SentOf<{ v: V }>['v']
type Optional<V> = Schema<SentValue<V> | undefined, V | undefined>
type Words<W> = Schema<readonly W[] | undefined>

type ListFields<T extends AnyTable, O, R> = FilterFields<T, Listed<R, 'filter'>> & {
  readonly [P in 'sort' as [Listed<R, 'sort'>] extends [never] ? never : P]: Words<
    Listed<R, 'sort'> | `-${Listed<R, 'sort'>}`
  >
} & {
  readonly [P in 'q' as R extends { readonly search: unknown } ? P : never]: Schema<string | undefined>
} & RowFields<T, O, R>

type RowFields<T extends AnyTable, O, R> = {
  readonly [P in 'fields' as R extends { readonly sparse: true } ? P : never]: Words<ShownColumn<T, O>>
} & { readonly [P in 'expand' as R extends { readonly expand: object } ? P : never]: Words<Paths<ExpandOf<R>>> }

type Paths<E> = { readonly [K in keyof E & string]: K | `${K}.${PathsInside<E[K]>}` }[keyof E & string]
type PathsInside<X> = X extends { readonly options: { readonly expand?: infer E } }
  ? { readonly [K in keyof E & string]: K | `${K}.${string}` }[keyof E & string]
  : never

type RowSchema<T extends AnyTable, O, R> = z.ZodType<
  Sparse<WithExpanded<RowOf<T, O>, ExpandOf<R>>, KeyOf<T>, R>,
  Sparse<WithExpandedSent<RowSent<T, O>, ExpandOf<R>>, KeyOf<T>, R>
>

/** Where callers may ask for some fields, only the key is always there. */
type Sparse<Row, Key, R> = R extends { readonly sparse: true } ? Partial<Row> & Pick<Row, keyof Row & keyof Key> : Row

type PageMode<R> = R extends { readonly pages: 'offset' } ? 'offset' : 'cursor'
type BodySchema<Row> = z.ZodType<Row, SentOf<Row>>

interface AllEndpoints<T extends AnyTable, O, R> {
  readonly list: Endpoint<
    '/',
    {
      readonly query: PageQuery<PageMode<R>, ListFields<T, O, R>>
      readonly returns: ReplySpec<200, Content<PageMode<R>, RowSchema<T, O, R>>>
    }
  >
  readonly create: Endpoint<
    '/',
    { readonly body: BodySchema<CreateRow<T, O>>; readonly returns: ReplySpec<201, RowSchema<T, O, object>> }
  >
  readonly read: Endpoint<
    string,
    {
      readonly params: BodySchema<KeyOf<T>>
      readonly query: Schema<QuerySent<RowFields<T, O, R>>>
      readonly returns: RowSchema<T, O, R>
    }
  >
  readonly replace: Endpoint<
    string,
    {
      readonly params: BodySchema<KeyOf<T>>
      readonly body: BodySchema<Omit<CreateRow<T, O>, keyof KeyOf<T>>>
      readonly returns: RowSchema<T, O, object>
    }
  >
  readonly update: Endpoint<
    string,
    {
      readonly params: BodySchema<KeyOf<T>>
      readonly body: BodySchema<UpdateRow<T, O>>
      readonly returns: RowSchema<T, O, object>
    }
  >
  readonly remove: Endpoint<
    string,
    { readonly params: BodySchema<KeyOf<T>>; readonly returns: ReplySpec<204, undefined> }
  >
  readonly createMany: Endpoint<
    '/bulk',
    {
      readonly body: BodySchema<{ readonly items: readonly CreateRow<T, O>[] }>
      readonly returns: ReplySpec<201, Items<T, O>>
    }
  >
  readonly updateMany: Endpoint<
    '/bulk/update',
    {
      readonly body: BodySchema<{ readonly items: readonly (KeyOf<T> & UpdateRow<T, O>)[] }>
      readonly returns: Items<T, O>
    }
  >
  readonly removeMany: Endpoint<
    '/bulk/delete',
    { readonly body: BodySchema<{ readonly items: readonly KeyOf<T>[] }>; readonly returns: ReplySpec<204, undefined> }
  >
}

type Items<T extends AnyTable, O> = z.ZodType<
  { readonly items: readonly RowOf<T, O>[] },
  { readonly items: readonly RowSent<T, O>[] }
>

type QuerySent<F> = { readonly [K in keyof F]?: F[K] extends Schema<infer In, infer _> ? In : never }

type LeftOut<R> = R extends { readonly endpoints: infer E }
  ? { [K in keyof E]: E[K] extends false ? K : never }[keyof E]
  : never

/** The endpoints of a resource: an ordinary record of them. */
export type Resource<M, R> = Omit<AllEndpoints<TableOf<M>, OptionsOf<M>, R>, LeftOut<R>>

/** Rows of one bulk request, unless told. */
const BULK = 100

/** Made from a table or a model and options, with a transaction to write in. */
export function resourceOf(
  of: object,
  options: ResourceOptions<AnyTable, object>,
  tx: Dependency<AnyDatabase>,
): Record<string, unknown> {
  const model = toModel(of)
  const { facts } = model
  const relations = resolveRelations(facts, options.expand ?? {})
  const statements = createStatements()
  const order = options.order === undefined ? [] : ([options.order].flat() as string[])
  const spec: ListSpec = {
    filter: (options.filter ?? []) as readonly string[],
    sort: (options.sort ?? []) as readonly string[],
    order,
    search: options.search === undefined ? undefined : searchOf(options.search, model),
    sparse: options.sparse === true,
    mode: options.pages ?? 'cursor',
  }
  const reader = createReader(model, relations, spec, statements)
  const access = accessOf([model, ...relatedModels(relations)])
  const uses = options.use ?? {}
  const readUses = { ...uses, db: options.db, access, secret: cursorSecret }
  const isVersioned = model.options.version !== undefined
  const writeUses = { ...uses, tx, access, ...(isVersioned && { preconditions }) }
  const rows = rowSchema(model, relations, spec.sparse)
  const path = `/${facts.key.map((name) => `{${name}}`).join('/')}` as const
  const most = options.bulk ?? BULK
  const bulk = (item: z.ZodType, id: string) => z.strictObject({ items: z.array(item).min(1).max(most) }).meta({ id })
  const what = model.name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
  const hooks = (options.hooks ?? {}) as WriteHooks & { readonly afterRead?: never }
  const used = Object.keys(uses)
  const writer = createWriter(model, relations, hooks, used)
  const reads = readHandlers(reader, model, hooks.afterRead, used)

  const rowQuery = Object.keys(reader.rowFields).length === 0 ? {} : { query: rowQueryOf(reader.rowFields) }
  const offset = {
    ...reader.listFields,
    count: z.boolean().optional().describe('`true` to count all rows of the list'),
  }
  const versioned = isVersioned ? { policies: [conditional({ required: false })] } : {}

  const items = z.object({ items: z.array(model.row) }).meta({ id: `${model.name}List` })
  const endpoints: Record<ResourceVerb, () => unknown> = {
    list: () =>
      declare(
        get,
        '/',
        {
          summary: `List ${plural(what)}`,
          query:
            spec.mode === 'cursor' ? page.cursor(reader.listFields, options.size) : page.offset(offset, options.size),
          returns: page.of(rows, spec.mode),
          throws: spec.mode === 'cursor' ? [InvalidCursor] : [],
          use: readUses,
          policies: [indexCheck(facts, spec)],
        },
        reads.list,
      ),
    create: () =>
      declare(
        post,
        '/',
        {
          summary: `Create ${article(what)}`,
          body: model.create,
          returns: created(model.row),
          throws: [Conflict],
          use: writeUses,
        },
        writer.create,
      ),
    read: () =>
      declare(
        get,
        path,
        {
          summary: `Read ${article(what)}`,
          params: model.params,
          ...rowQuery,
          returns: rows,
          throws: [NotFound],
          use: isVersioned ? { ...readUses, preconditions } : readUses,
        },
        reads.read,
      ),
    replace: () =>
      declare(
        put,
        path,
        {
          summary: `Replace ${article(what)}`,
          description: 'What is not given is as if it never was: its default, or nothing.',
          params: model.params,
          body: model.replace,
          returns: model.row,
          throws: changeProblems(model),
          use: writeUses,
          ...versioned,
        },
        writer.replace,
      ),
    update: () =>
      declare(
        patch,
        path,
        {
          summary: `Change ${article(what)}`,
          description: 'What is given is changed (RFC 7396), the rest stays.',
          params: model.params,
          body: model.update,
          returns: model.row,
          throws: changeProblems(model),
          use: writeUses,
          ...versioned,
        },
        writer.update,
      ),
    remove: () =>
      declare(
        del,
        path,
        {
          summary: `Delete ${article(what)}`,
          params: model.params,
          returns: noContent(),
          throws: changeProblems(model),
          use: writeUses,
          ...versioned,
        },
        writer.remove,
      ),
    createMany: () =>
      declare(
        post,
        '/bulk',
        {
          summary: `Create several ${plural(what)}`,
          description: `All of them, or none. ${most} at the most.`,
          body: bulk(model.create, `${model.name}CreateMany`),
          returns: created(items),
          throws: [Conflict],
          use: writeUses,
        },
        writer.createMany,
      ),
    updateMany: () =>
      declare(
        post,
        '/bulk/update',
        {
          summary: `Change several ${plural(what)}`,
          description: `All of them, or none. ${most} at the most.`,
          body: bulk(
            (model.update as z.ZodObject).extend((model.params as z.ZodObject).shape),
            `${model.name}UpdateMany`,
          ),
          returns: items,
          throws: changeProblems(model),
          use: writeUses,
        },
        writer.updateMany,
      ),
    removeMany: () =>
      declare(
        post,
        '/bulk/delete',
        {
          summary: `Delete several ${plural(what)}`,
          description: `All of them, or none. ${most} at the most.`,
          body: bulk(model.params, `${model.name}RemoveMany`),
          returns: noContent(),
          throws: changeProblems(model),
          use: writeUses,
        },
        writer.removeMany,
      ),
  }

  const extras = (options.endpoints ?? {}) as Partial<Record<ResourceVerb, EndpointExtras | false>>
  const made = Object.entries(endpoints).flatMap(([verb, make]) => {
    const own = extras[verb as ResourceVerb]
    return own === false ? [] : [[verb, joined(make() as Endpoint, own ?? {})]]
  })
  return Object.freeze(Object.fromEntries(made))

  function declare(verb: Verb, at: string, given: object, handler: (context: ResourceContext) => unknown): unknown {
    return (verb as unknown as (...args: unknown[]) => unknown)(at, given, handler)
  }
}

/** An endpoint with what its resource says of it beside. */
function joined(endpoint: Endpoint, extras: EndpointExtras): Endpoint {
  const spec = endpoint.spec as EndpointSpec
  const both = {
    ...spec,
    ...extras,
    throws: [...(spec.throws ?? []), ...(extras.throws ?? [])],
    policies: [...(spec.policies ?? []), ...(extras.policies ?? [])],
  }
  return Object.freeze({ ...endpoint, spec: Object.freeze(both) }) as Endpoint
}

/** Who is asking, for the rules of each model. */
function accessOf(models: readonly AnyModel[]): Dependency<(model: AnyModel) => unknown> {
  const all = [...new Set(models)].filter(({ options }) => options.use !== undefined)
  const uses = Object.fromEntries(all.map((model, i) => [`${i}`, model.access]))
  return depends(uses, (values) => {
    const byIndex = values as unknown as Readonly<Record<string, unknown>>
    return (model: AnyModel) => byIndex[all.indexOf(model)] ?? {}
  })
}

function changeProblems({ options }: AnyModel) {
  return options.changeable === undefined ? [NotFound, Conflict] : [NotFound, Conflict, Forbidden]
}

function rowSchema(model: AnyModel, relations: readonly ResolvedRelation[], sparse: boolean): z.ZodType {
  const whole = expandedSchema(model.row, relations) as z.ZodObject
  if (!sparse) return relations.length === 0 ? whole : whole.meta({ id: `${model.name}Expanded` })
  const key = Object.fromEntries(model.facts.key.map((name) => [name, true as const])) as never
  return whole
    .partial()
    .required(key)
    .meta({ id: `${model.name}Sparse` })
}

/** The query of one row. Like that of a list, it has no other fields. */
function rowQueryOf(fields: Readonly<Record<string, AnySchema>>): AnySchema {
  return queryFields(fields)
}

function article(what: string): string {
  return `${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what}`
}

function plural(what: string): string {
  if (/[^aeiou]y$/.test(what)) return `${what.slice(0, -1)}ies`
  return /(?:s|x|ch|sh)$/.test(what) ? `${what}es` : `${what}s`
}
