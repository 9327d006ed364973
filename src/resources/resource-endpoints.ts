import type { z } from 'zod'
import type { Content } from '../contract/content.ts'
import type { Endpoint } from '../contract/endpoint.ts'
import type { PageQuery } from '../contract/page.ts'
import type { ReplySpec } from '../contract/reply-spec.ts'
import type { Schema } from '../contract/schema.ts'
import type { OwnFilter } from './reading/filter.ts'
import type { ImportReport } from './transfer/import.ts'
import type { Model } from './table/model.ts'
import type { Always, WithAlways, WithAlwaysSent, WithExpanded, WithExpandedSent } from './table/relation.ts'
import type {
  AnyTable,
  CreateRow,
  KeyName,
  KeyOf,
  RowOf,
  RowSent,
  SentOf,
  ShownColumn,
  UpdateRow,
} from './table/row.ts'

/** The types of a resource's endpoints, each worked out from its table, its model's options (`O`) and its own (`R`). */

/** The table of a model, or the table that is given. */
export type TableOf<M> = M extends Model<infer T, infer _> ? T : M extends AnyTable ? M : never
/** The options of a model; of a table there are none. */
export type OptionsOf<M> = M extends Model<infer _, infer O> ? O : Record<never, never>

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

/** The query fields whose meaning the API says. */
type OwnFields<R> = R extends { readonly where: infer W }
  ? {
      readonly [P in keyof W]: W[P] extends OwnFilter<infer _, infer In, infer Out>
        ? Schema<In | undefined, Out | undefined>
        : never
    }
  : unknown

type ListFields<T extends AnyTable, O, R> = FilterFields<T, Listed<R, 'filter'>> &
  OwnFields<R> & {
    readonly [P in 'sort' as [Listed<R, 'sort'>] extends [never] ? never : P]: Words<
      Listed<R, 'sort'> | `-${Listed<R, 'sort'>}`
    >
  } & {
    readonly [P in 'count' as R extends { readonly pages: 'offset' } ? P : never]: Schema<boolean | undefined>
  } & {
    readonly [P in 'q' as R extends { readonly search: unknown } ? P : never]: Schema<string | undefined>
  } & RowFields<T, O, R>

type RowFields<T extends AnyTable, O, R> = {
  readonly [P in 'fields' as R extends { readonly sparse: true } ? P : never]: Words<
    ShownColumn<T, O> | AlwaysNames<ExpandOf<R>>
  >
} & { readonly [P in 'expand' as [Paths<ExpandOf<R>>] extends [never] ? never : P]: Words<Paths<ExpandOf<R>>> }

type AlwaysNames<E> = { readonly [K in keyof E & string]: E[K] extends Always ? K : never }[keyof E & string]
type Paths<E> = {
  readonly [K in keyof E & string]: Asked<K, E[K]> | `${K}.${PathsInside<E[K]>}`
}[keyof E & string]
type PathsInside<X> = X extends { readonly options: { readonly expand?: infer E } }
  ? { readonly [K in keyof E & string]: Asked<K, E[K]> | `${K}.${string}` }[keyof E & string]
  : never
/** What is always there is not asked for. */
type Asked<K, X> = X extends Always ? never : K

type RowSchema<T extends AnyTable, O, R> = z.ZodType<
  Sparse<WithExpanded<RowOf<T, O>, ExpandOf<R>>, KeyName<T>, R>,
  Sparse<WithExpandedSent<RowSent<T, O>, ExpandOf<R>>, KeyName<T>, R>
>

/** A row as writes give it back: with what is always there. */
type WrittenRow<T extends AnyTable, O, R> = z.ZodType<
  WithAlways<RowOf<T, O>, ExpandOf<R>>,
  WithAlwaysSent<RowSent<T, O>, ExpandOf<R>>
>

/** Where callers may ask for some fields, only the key is always there. */
type Sparse<Row, Key, R> = R extends { readonly sparse: true } ? Partial<Row> & Pick<Row, keyof Row & Key> : Row

type PageMode<R> = R extends { readonly pages: 'offset' } ? 'offset' : 'cursor'
type BodySchema<Row> = z.ZodType<Row, SentOf<Row>>

/** What paths say of all rows of a resource that are within others; nothing of any other. */
type Above<T extends AnyTable, R> = R extends { readonly within: infer W }
  ? { readonly params: BodySchema<Named<T, W>> }
  : unknown

/** Values of the path parameters that name rows of other tables. */
type Named<T extends AnyTable, W> = {
  readonly [P in keyof W & string]: P extends keyof T['$inferSelect'] ? ValueOf<T, P> : KeyValue<KeyOf<TableOf<W[P]>>>
}
type KeyValue<K> = K[keyof K]

type RowParams<T extends AnyTable, R> = R extends { readonly within: infer W }
  ? Named<T, W> & Omit<KeyOf<T>, keyof W>
  : KeyOf<T>

/** What a caller gives, without what the path says. */
type Open<Row, R> = R extends { readonly within: infer W } ? Omit<Row, keyof W> : Row

interface AllEndpoints<T extends AnyTable, O, R> {
  readonly list: Endpoint<
    '/',
    Above<T, R> & {
      readonly query: PageQuery<PageMode<R>, ListFields<T, O, R>>
      readonly returns: ReplySpec<200, Content<PageMode<R>, RowSchema<T, O, R>>>
    }
  >
  readonly create: Endpoint<
    '/',
    Above<T, R> & {
      readonly body: BodySchema<Open<CreateRow<T, O>, R>>
      readonly returns: ReplySpec<201, WrittenRow<T, O, R>>
    }
  >
  readonly read: Endpoint<
    string,
    {
      readonly params: BodySchema<RowParams<T, R>>
      readonly query: Schema<QuerySent<RowFields<T, O, R>>>
      readonly returns: RowSchema<T, O, R>
    }
  >
  readonly replace: Endpoint<
    string,
    {
      readonly params: BodySchema<RowParams<T, R>>
      readonly body: BodySchema<Open<Omit<CreateRow<T, O>, KeyName<T>>, R>>
      readonly returns: WrittenRow<T, O, R>
    }
  >
  readonly update: Endpoint<
    string,
    {
      readonly params: BodySchema<RowParams<T, R>>
      readonly body: BodySchema<Open<UpdateRow<T, O>, R>>
      readonly returns: WrittenRow<T, O, R>
    }
  >
  readonly remove: Endpoint<
    string,
    { readonly params: BodySchema<RowParams<T, R>>; readonly returns: ReplySpec<204, undefined> }
  >
  readonly createMany: Endpoint<
    '/bulk',
    Above<T, R> & {
      readonly body: BodySchema<{ readonly items: readonly Open<CreateRow<T, O>, R>[] }>
      readonly returns: ReplySpec<201, Items<T, O, R>>
    }
  >
  readonly updateMany: Endpoint<
    '/bulk/update',
    Above<T, R> & {
      readonly body: BodySchema<{ readonly items: readonly Open<KeyOf<T> & UpdateRow<T, O>, R>[] }>
      readonly returns: Items<T, O, R>
    }
  >
  readonly removeMany: Endpoint<
    '/bulk/delete',
    Above<T, R> & {
      readonly body: BodySchema<{ readonly items: readonly Open<KeyOf<T>, R>[] }>
      readonly returns: ReplySpec<204, undefined>
    }
  >
}

interface MoreEndpoints<T extends AnyTable, O, R> {
  readonly export: Endpoint<
    '/export',
    Above<T, R> & {
      readonly query: Schema<QuerySent<ListFields<T, O, R>>>
      readonly returns: Content<'rows', RowSchema<T, O, R>>
    }
  >
  readonly import: Endpoint<
    '/import',
    Above<T, R> & {
      readonly query: Schema<{ readonly atomic?: boolean }>
      readonly body: readonly [Content<'stream', undefined>, Content<'stream', undefined>]
      readonly returns: z.ZodType<ImportReport>
    }
  >
}

/** Those that there are where options say so. */
type Chosen<R> = {
  [K in 'export' | 'import']: R extends { readonly [P in K]: true } ? K : never
}['export' | 'import']

type Items<T extends AnyTable, O, R> = z.ZodType<
  { readonly items: readonly WithAlways<RowOf<T, O>, ExpandOf<R>>[] },
  { readonly items: readonly WithAlwaysSent<RowSent<T, O>, ExpandOf<R>>[] }
>

type QuerySent<F> = { readonly [K in keyof F]?: F[K] extends Schema<infer In, infer _> ? In : never }

type LeftOut<R> = R extends { readonly endpoints: infer E }
  ? { [K in keyof E]: E[K] extends false ? K : never }[keyof E]
  : never

/** The endpoints of a resource: an ordinary record of them. */
export type Resource<M, R> = Omit<AllEndpoints<TableOf<M>, OptionsOf<M>, R>, LeftOut<R>> &
  Pick<MoreEndpoints<TableOf<M>, OptionsOf<M>, R>, Chosen<R>>
