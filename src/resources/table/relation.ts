import { Table, is } from 'drizzle-orm'
import { z } from 'zod'
import { type AnyModel, type Model, model } from './model.ts'
import { checkRelation } from '../options-check.ts'
import type { AnyTable, RowOf, RowSent } from './row.ts'
import { DATABASES, type TableFacts, isSameTable } from './table.ts'

/** Rows of another table that a list can show with its own. */
export interface Relation<M = unknown, Kind extends 'one' | 'many' = 'one' | 'many', E = unknown, A = unknown> {
  readonly is: 'relation'
  readonly kind: Kind
  readonly model: M
  readonly options: RelationOptions & { readonly expand?: E; readonly always?: A }
}

export interface RelationOptions {
  /**
   * The column that refers: of this table for `one`, of the other for `many`. The foreign key between the two unless told,
   * where there is one.
   */
  readonly by?: string
  /** The column of the other side that `by` refers to, where no foreign key says so: the primary key unless told. */
  readonly to?: string
  /** Of `many`: how many rows are shown with each, in the order of their keys. 100 unless told. */
  readonly most?: number
  /** True for rows that are there whether or not the caller asks for them. */
  readonly always?: boolean
}

export type Relations = Readonly<Record<string, Relation>>

type ModelOf<M> = M extends AnyTable ? Model<M, object> : M

/** The row that a row refers to. */
export function one<
  M extends AnyTable | object,
  const E extends Relations = Record<never, never>,
  const A extends boolean = false,
>(
  of: M,
  options: RelationOptions & { readonly expand?: E; readonly always?: A } = {},
): Relation<ModelOf<M>, 'one', NoInfer<E>, NoInfer<A>> {
  return relation('one', of, options) as never
}

/** The rows that refer to a row. */
export function many<
  M extends AnyTable | object,
  const E extends Relations = Record<never, never>,
  const A extends boolean = false,
>(
  of: M,
  options: RelationOptions & { readonly expand?: E; readonly always?: A } = {},
): Relation<ModelOf<M>, 'many', NoInfer<E>, NoInfer<A>> {
  return relation('many', of, options) as never
}

function relation(kind: 'one' | 'many', of: object, options: RelationOptions): Relation {
  const to = toModel(of)
  checkRelation(kind, to.facts.name, options)
  return Object.freeze({ is: 'relation', kind, model: to, options })
}

/**
 * A model as it is, and a table as one without options: the same each time, for its schemas have one name.
 *
 * @throws {TypeError} for what is neither, such as a view.
 */
export function toModel(of: object): AnyModel {
  if (!is(of, Table)) {
    if ((of as AnyModel | undefined)?.is === 'model') return of as AnyModel
    throw new TypeError(
      'a resource and a relation are of a table or a model, and this is neither: of a view, declare a table with a primary key',
    )
  }
  const known = plain.get(of) ?? (model(of as AnyTable) as unknown as AnyModel)
  plain.set(of, known)
  return known
}

const plain = new WeakMap<object, AnyModel>()

/** What a relation that is always there is, among others. */
export interface Always {
  readonly options: { readonly always?: true }
}

/** Rows with what is always there of others, and with what callers may ask for beside. */
export type WithExpanded<Row, E> = WithAlways<Row, E> & {
  readonly [K in keyof E as E[K] extends Always ? never : K]?: Expanded<E[K]>
}

/** Rows with what is always there of others. */
export type WithAlways<Row, E> = Row & { readonly [K in keyof E as E[K] extends Always ? K : never]: Expanded<E[K]> }

type Expanded<R> =
  R extends Relation<infer M, infer Kind, infer E>
    ? M extends Model<infer T, infer O>
      ? Kind extends 'one'
        ? WithExpanded<RowOf<T, O>, E> | null
        : readonly WithExpanded<RowOf<T, O>, E>[]
      : never
    : never

/** The same as they are sent. */
export type WithExpandedSent<Row, E> = WithAlwaysSent<Row, E> & {
  readonly [K in keyof E as E[K] extends Always ? never : K]?: ExpandedSent<E[K]>
}

export type WithAlwaysSent<Row, E> = Row & {
  readonly [K in keyof E as E[K] extends Always ? K : never]: ExpandedSent<E[K]>
}

type ExpandedSent<R> =
  R extends Relation<infer M, infer Kind, infer E>
    ? M extends Model<infer T, infer O>
      ? Kind extends 'one'
        ? WithExpandedSent<RowSent<T, O>, E> | null
        : readonly WithExpandedSent<RowSent<T, O>, E>[]
      : never
    : never

/** A relation whose columns are found. */
export interface ResolvedRelation {
  readonly name: string
  /** Tells it from all others of the resource: `items.product`. */
  readonly path: string
  readonly kind: 'one' | 'many'
  readonly model: AnyModel
  /** Names of columns that are equal: of the table that expands, and of the other. */
  readonly from: string
  readonly to: string
  readonly most: number
  readonly always: boolean
  readonly inside: readonly ResolvedRelation[]
}

/** Rows of one relation that are shown with each row, unless told. */
const MOST = 100

/**
 * Finds the columns of relations.
 *
 * @throws {TypeError} naming a relation that no foreign key, or more than one, makes.
 */
export function resolveRelations(facts: TableFacts, relations: Relations, before = ''): ResolvedRelation[] {
  return Object.entries(relations).map(([name, relation]) => {
    if (relation?.is !== 'relation')
      throw new TypeError(`the relation ${name} of ${facts.name} is none: make it with one(…) or many(…)`)
    const { kind, model, options } = relation
    if (Object.hasOwn(facts.columns, name)) {
      throw new TypeError(`the relation ${name} of ${facts.name} is called as one of its columns: give it another name`)
    }
    const other = besides(facts, model as AnyModel, `the relation ${name}`)
    const target = other.facts
    const [from, to] =
      kind === 'one'
        ? joined(facts, target, options, name, 'many')
        : joined(target, facts, options, name, 'one').toReversed()
    const path = `${before}${name}`
    return {
      name,
      path,
      kind,
      model: other,
      from: from as string,
      to: to as string,
      most: options.most ?? MOST,
      always: options.always === true,
      inside: resolveRelations(target, (options as { expand?: Relations }).expand ?? {}, `${path}.`),
    }
  })
}

/**
 * A model on the database that another table is on.
 *
 * @param what leads from that table to it.
 * @throws {TypeError} where it has no table there.
 */
export function besides({ name, dialect }: TableFacts, model: AnyModel, what: string): AnyModel {
  const found = model.on[dialect]
  if (found !== undefined) return found
  const { facts } = model
  const [there, here] = [DATABASES[facts.dialect], DATABASES[dialect]]
  throw new TypeError(
    `${what} of ${name}: ${facts.name} is on ${there} alone, and ${name} on ${here}: give its model a "twin"`,
  )
}

/**
 * The column of one table that refers to one of another.
 *
 * @param otherwise what makes a relation of a foreign key that leads the other way.
 */
function joined(
  referring: TableFacts,
  referred: TableFacts,
  { by, to }: RelationOptions,
  name: string,
  otherwise: 'one' | 'many',
): [string, string] {
  const keys = referring.references.filter(
    (one) =>
      isSameTable(one.to, referred.table) && one.columns.length === 1 && (by === undefined || one.columns[0] === by),
  )
  const [key, another] = keys
  if (key !== undefined && another === undefined) return [key.columns[0] as string, to ?? (key.foreign[0] as string)]
  if (by !== undefined) {
    const found = to ?? (referred.key.length === 1 ? referred.key[0] : undefined)
    if (Object.hasOwn(referring.columns, by) && found !== undefined && Object.hasOwn(referred.columns, found))
      return [by, found]
    throw new TypeError(
      `the relation ${name}: ${by} is no column of ${referring.name} that can refer to ${referred.name}`,
    )
  }
  const isOtherWay = referred.references.some(
    ({ to, columns }) => isSameTable(to, referring.table) && columns.length === 1,
  )
  if (another === undefined && isOtherWay) {
    const of = otherwise === 'one' ? referring.name : referred.name
    throw new TypeError(
      `the relation ${name}: it is ${referred.name} that refers to ${referring.name}: make it with ${otherwise}(${of})`,
    )
  }
  const found = another === undefined ? 'no foreign key of one column' : 'more than one foreign key'
  throw new TypeError(
    `the relation ${name}: ${found} leads from ${referring.name} to ${referred.name}: say which column does, with "by"`,
  )
}

/** Every path that callers may ask for: `customer`, `items`, `items.product`. What is always there is none. */
export function expandPaths(relations: readonly ResolvedRelation[], before = ''): string[] {
  return relations.flatMap(({ name, inside, always }) => [
    ...(always ? [] : [`${before}${name}`]),
    ...expandPaths(inside, `${before}${name}.`),
  ])
}

/** All models that relations lead to. */
export function relatedModels(relations: readonly ResolvedRelation[]): AnyModel[] {
  return relations.flatMap(({ model, inside }) => [model, ...relatedModels(inside)])
}

/** The schema of a row with what is always there of others, and what may be asked for. */
export function expandedSchema(row: z.ZodType, relations: readonly ResolvedRelation[]): z.ZodType {
  if (relations.length === 0) return row
  const members = relations.map(({ name, kind, model, inside, always }) => {
    const schema = expandedSchema(model.row, inside)
    const member = kind === 'one' ? schema.nullable() : z.array(schema)
    return [name, always ? member : member.optional()]
  })
  return (row as z.ZodObject).extend(Object.fromEntries(members))
}
