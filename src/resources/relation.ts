import { type Column, type SQL, Table, and, asc, getTableName, is, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Queries } from './database.ts'
import { type AnyModel, type Model, model } from './model.ts'
import { checkRelation } from './options-check.ts'
import { orderTerms } from './order.ts'
import type { AnyTable, RowOf, RowSent } from './row.ts'
import { type Statements, fixed } from './statements.ts'
import type { Dialect, TableFacts } from './table.ts'

/** Rows of another table that a list can show with its own. */
export interface Relation<M = unknown, Kind extends 'one' | 'many' = 'one' | 'many', E = unknown> {
  readonly is: 'relation'
  readonly kind: Kind
  readonly model: M
  readonly options: RelationOptions & { readonly expand?: E }
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
}

export type Relations = Readonly<Record<string, Relation>>

type ModelOf<M> = M extends AnyTable ? Model<M, object> : M

/** The row that a row refers to. */
export function one<M extends AnyTable | object, const E extends Relations = Record<never, never>>(
  of: M,
  options: RelationOptions & { readonly expand?: E } = {},
): Relation<ModelOf<M>, 'one', NoInfer<E>> {
  return relation('one', of, options) as never
}

/** The rows that refer to a row. */
export function many<M extends AnyTable | object, const E extends Relations = Record<never, never>>(
  of: M,
  options: RelationOptions & { readonly expand?: E } = {},
): Relation<ModelOf<M>, 'many', NoInfer<E>> {
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

/** Rows with what may be expanded in them. */
export type WithExpanded<Row, E> = Row & { readonly [K in keyof E]?: Expanded<E[K]> }

type Expanded<R> =
  R extends Relation<infer M, infer Kind, infer E>
    ? M extends Model<infer T, infer O>
      ? Kind extends 'one'
        ? WithExpanded<RowOf<T, O>, E> | null
        : readonly WithExpanded<RowOf<T, O>, E>[]
      : never
    : never

/** The same as it is sent. */
export type WithExpandedSent<Row, E> = Row & { readonly [K in keyof E]?: ExpandedSent<E[K]> }

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
  readonly kind: 'one' | 'many'
  readonly model: AnyModel
  /** Names of columns that are equal: of the table that expands, and of the other. */
  readonly from: string
  readonly to: string
  readonly most: number
  readonly inside: readonly ResolvedRelation[]
}

/** A name that no column has. */
const PLACE = '~place'

/** Rows of one relation that are shown with each row, unless told. */
const MOST = 100

/**
 * Finds the columns of relations.
 *
 * @throws {TypeError} naming a relation that no foreign key, or more than one, makes.
 */
export function resolveRelations(facts: TableFacts, relations: Relations): ResolvedRelation[] {
  return Object.entries(relations).map(([name, relation]) => {
    if (relation?.is !== 'relation')
      throw new TypeError(`the relation ${name} of ${facts.name} is none: make it with one(…) or many(…)`)
    const { kind, model, options } = relation
    if (Object.hasOwn(facts.columns, name)) {
      throw new TypeError(`the relation ${name} of ${facts.name} is called as one of its columns: give it another name`)
    }
    const target = (model as AnyModel).facts
    const [from, to] =
      kind === 'one' ? joined(facts, target, options, name) : joined(target, facts, options, name).toReversed()
    return {
      name,
      kind,
      model: model as AnyModel,
      from: from as string,
      to: to as string,
      most: options.most ?? MOST,
      inside: resolveRelations(target, (options as { expand?: Relations }).expand ?? {}),
    }
  })
}

/** The column of one table that refers to one of another. */
function joined(
  referring: TableFacts,
  referred: TableFacts,
  { by, to }: RelationOptions,
  name: string,
): [string, string] {
  const keys = referring.references.filter(
    (one) =>
      getTableName(one.to) === referred.name && one.columns.length === 1 && (by === undefined || one.columns[0] === by),
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
  const found = another === undefined ? 'no foreign key of one column' : 'more than one foreign key'
  throw new TypeError(
    `the relation ${name}: ${found} leads from ${referring.name} to ${referred.name}: say which column does, with "by"`,
  )
}

/** Every path that may be expanded: `customer`, `items`, `items.product`. */
export function expandPaths(relations: readonly ResolvedRelation[], before = ''): string[] {
  return relations.flatMap(({ name, inside }) => [`${before}${name}`, ...expandPaths(inside, `${before}${name}.`)])
}

/** All models that relations lead to. */
export function relatedModels(relations: readonly ResolvedRelation[]): AnyModel[] {
  return relations.flatMap(({ model, inside }) => [model, ...relatedModels(inside)])
}

/** The schema of a row with what may be expanded in it. */
export function expandedSchema(row: z.ZodType, relations: readonly ResolvedRelation[]): z.ZodType {
  if (relations.length === 0) return row
  const members = relations.map(({ name, kind, model, inside }) => {
    const schema = expandedSchema(model.row, inside)
    return [name, (kind === 'one' ? schema.nullable() : z.array(schema)).optional()]
  })
  return (row as z.ZodObject).extend(Object.fromEntries(members))
}

/** Columns that a table has to give for what is expanded. */
export function columnsFor(relations: readonly ResolvedRelation[], paths: ReadonlySet<string>): string[] {
  return relations.filter(({ name }) => paths.has(name)).map(({ from }) => from)
}

type Row = Record<string, unknown>

/** What an expansion is made with. */
export interface Expansion {
  readonly database: Queries
  readonly statements: Statements
  /** The rows of a model that the caller may see. */
  readonly visible: (model: AnyModel) => SQL | undefined
}

/**
 * Puts into rows what they are to show of others, with one query for each relation: how many rows there are does not
 * matter. Rows that the caller may not see are as if they were not there.
 */
export async function expand(
  rows: readonly Row[],
  relations: readonly ResolvedRelation[],
  paths: ReadonlySet<string>,
  expansion: Expansion,
): Promise<void> {
  const wanted = relations.filter(({ name }) => paths.has(name))
  // One after the other: they may run in one transaction, whose connection takes one at a time.
  for (const relation of wanted) {
    const { name, kind, from, to } = relation
    const inside = new Set(
      [...paths].flatMap((path) => (path.startsWith(`${name}.`) ? [path.slice(name.length + 1)] : [])),
    )
    const ids = [...new Set(rows.map((row) => row[from]).filter((id) => id !== null && id !== undefined))]
    const others = ids.length === 0 ? [] : await related(relation, ids, inside, expansion)
    if (others.length > 0) await expand(others, relation.inside, inside, expansion)
    if (kind === 'one') {
      const byKey = new Map(others.map((other) => [keyText(other[to]), other]))
      for (const row of rows) row[name] = byKey.get(keyText(row[from])) ?? null
    } else {
      const byKey = Map.groupBy(others, (other) => keyText(other[to]))
      for (const row of rows) row[name] = byKey.get(keyText(row[from])) ?? []
    }
  }
}

/** Dates are equal by what they say. */
export function keyText(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : value
}

/** True in the database for rows whose column has one of some values: one placeholder, however many there are. */
export function isOneOf(column: Column, values: readonly unknown[], dialect: Dialect): SQL {
  return belongs(column, sql.param(listOf(column, values, dialect)), dialect)
}

function belongs(column: Column, list: unknown, dialect: Dialect): SQL {
  return dialect === 'postgres'
    ? sql`${column} = any(${list})`
    : sql`${column} in (select value from json_each(${list}))`
}

/** Values as the database's driver takes a list of them. */
function listOf(column: Column, values: readonly unknown[], dialect: Dialect): unknown {
  const drivers = values.map((value) => column.mapToDriverValue(value))
  return dialect === 'postgres' ? drivers : JSON.stringify(drivers)
}

async function related(
  { model, kind, to, most, inside: relations }: ResolvedRelation,
  ids: readonly unknown[],
  paths: ReadonlySet<string>,
  { database, statements, visible }: Expansion,
): Promise<Row[]> {
  const { facts, table } = model
  const link = facts.columns[to] as Column
  const names = new Set([...Object.keys(model.shown), to, ...columnsFor(relations, paths)])
  const condition = visible(model)
  const part = condition === undefined ? undefined : fixed(condition, database, 'v')
  const shape = `expand ${facts.name}.${to} ${kind} ${[...names]} ${part?.shape ?? ''}`
  const build = () => {
    const columns = Object.fromEntries([...names].map((name) => [name, facts.columns[name] as Column]))
    const where = and(belongs(link, sql.placeholder('ids'), facts.dialect), part?.build())
    const order = orderTerms(facts, []).map(({ column }) => column)
    if (kind === 'one') {
      return database
        .select(columns as never)
        .from(table as never)
        .where(where)
    }
    const place = sql<number>`row_number() over (partition by ${link} order by ${sql.join(order, sql`, `)})`.as(PLACE)
    const ranked = database
      .select({ ...columns, [PLACE]: place } as never)
      .from(table as never)
      .where(where)
      .as('ranked')
    const fields = ranked as unknown as Record<string, Column>
    const outer = Object.fromEntries([...names].map((name) => [name, fields[name] as Column]))
    return database
      .select(outer as never)
      .from(ranked)
      .where(sql`${fields[PLACE]} <= ${most}`)
      .orderBy(asc(fields[PLACE] as Column))
  }
  const values = { ids: listOf(link, ids, facts.dialect), ...part?.values }
  return [...(await statements.run<Row>(database, shape, build as never, values))]
}
