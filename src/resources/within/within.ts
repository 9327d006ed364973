import { type Column, type SQL, and, eq, sql } from 'drizzle-orm'
import { z } from 'zod'
import { NotFound } from '../../contract/problems.ts'
import { type ColumnSchemas, schemasOf } from '../table/column.ts'
import type { Queries } from '../database/database.ts'
import type { AnyModel, ModelOptions } from '../table/model.ts'
import { type Access, type ResourceContext, pick, visibleTo } from '../context.ts'
import { besides, toModel } from '../table/relation.ts'
import type { AnyTable } from '../table/row.ts'
import { type TableFacts, isSameTable } from '../table/table.ts'

type Row = Readonly<Record<string, unknown>>

/** Where the rows of a resource are: in rows that path parameters name. */
export interface Within {
  /** The model of the rows that are there: callers see no others, and do not say where a new one is. */
  readonly model: AnyModel
  /** Models of the rows that they are in. */
  readonly parents: readonly AnyModel[]
  /** Names of columns whose values the path says. */
  readonly fixed: readonly string[]
  /** The path parameters. */
  readonly params: z.ZodObject
  /** The context of a handler whose rows are those in the rows that the path names. */
  readonly placed: (context: ResourceContext) => ResourceContext
  /**
   * Looks whether these are there for the caller.
   *
   * @throws NotFound
   */
  readonly check: (database: Queries, placed: ResourceContext) => Promise<void>
}

/** A row is in one of another table, which may be in others itself. */
interface Link {
  /** Names of the columns that refer, as the path parameters are called, and of those over there. */
  readonly columns: readonly string[]
  readonly foreign: readonly string[]
  readonly parent: AnyModel
  readonly links: readonly Link[]
}

/** Under this the rules of a model find where its rows are: a symbol, for a dependency may have any name. */
const PLACE = Symbol('where rows are')

interface Place {
  readonly params: Row
  readonly access: Access
}

/**
 * Puts the rows of a model in those of others.
 *
 * @param option tables or models by the path parameters that name rows of theirs.
 * @throws {TypeError} for a parameter that no foreign key stands for, and where the path says the whole key.
 */
export function withinOf(base: AnyModel, option: Readonly<Record<string, object>>): Within {
  const { facts } = base
  const models = new Map(
    Object.entries(option).map(([name, of]) => [name, besides(facts, toModel(of), `within ${name}`)] as const),
  )
  const links = linksOf(facts, models, [])
  check(facts, models, links)
  const fixed = [...models.keys()].filter((name) => Object.hasOwn(facts.columns, name))
  const model = placedModel(base, fixed, links)
  return {
    model,
    parents: allOf(links).map(({ parent }) => parent),
    fixed,
    params: z.object(Object.fromEntries([...models.keys()].map((name) => [name, schemaOf(name, links)]))),
    placed: (context) => {
      const { params, access } = context
      const place: Place = { params, access }
      const placedAccess = (one: AnyModel) =>
        one === model ? { ...(access(one) as object), [PLACE]: place } : access(one)
      return { ...context, params: pick(params, facts.key), fixed: pick(params, fixed), access: placedAccess as Access }
    },
    check: async (database, { access }) => {
      const place = (access(model) as { readonly [PLACE]: Place })[PLACE]
      for (const link of links) {
        const [row] = await database
          .select({ found: sql`1` })
          .from(link.parent.table as never)
          .where(isThere(link, place))
        if (row === undefined) throw NotFound()
      }
    },
  }
}

/**
 * All foreign keys whose columns are path parameters, of a table and of those that they lead to.
 *
 * @param passed those on the way here: a tree refers to itself, and a parent is no child of its own.
 */
function linksOf(facts: TableFacts, models: ReadonlyMap<string, AnyModel>, passed: readonly string[]): Link[] {
  return facts.references.flatMap(({ columns, foreign, to }): Link[] => {
    const own = `${facts.name} ${columns.join()}`
    if (passed.includes(own) || !columns.every((name) => models.has(name))) return []
    const parent = columns
      .map((name) => models.get(name) as AnyModel)
      .find((model) => isSameTable(model.facts.table, to))
    return parent === undefined
      ? []
      : [{ columns, foreign, parent, links: linksOf(parent.facts, models, [...passed, own]) }]
  })
}

function allOf(links: readonly Link[]): Link[] {
  return links.flatMap((link) => [link, ...allOf(link.links)])
}

function check({ name, key }: TableFacts, models: ReadonlyMap<string, AnyModel>, links: readonly Link[]): void {
  const all = allOf(links)
  for (const [param, model] of models) {
    if (all.some(({ columns, parent }) => parent === model && columns.includes(param))) continue
    const { facts } = model
    const others = [...models.values()].filter((one) => one !== model).map((one) => one.facts.name)
    throw new TypeError(
      `resource(${name}): "within" says that ${param} names a row of ${facts.name}, and no foreign key of ${[name, ...new Set(others)].join(' or ')} on ${param} refers to it: call the path parameter as the column that does`,
    )
  }
  if (key.every((own) => models.has(own))) {
    throw new TypeError(
      `resource(${name}): "within" says the whole primary key (${key.join(', ')}), and nothing is left to tell its rows apart by`,
    )
  }
}

/** The schema of a path parameter: that of what it refers to. */
function schemaOf(name: string, links: readonly Link[]): z.ZodType {
  const link = allOf(links).find(({ columns }) => columns.includes(name)) as Link
  const foreign = link.foreign[link.columns.indexOf(name)] as string
  const { values, facts } = link.parent
  return (values[foreign] as ColumnSchemas | undefined)?.input ?? schemasOf(facts.columns[foreign] as Column).input
}

/** A model without what the path says, whose rows are those that are there. */
function placedModel(base: AnyModel, fixed: readonly string[], links: readonly Link[]): AnyModel {
  const { facts, options, creatable, updatable } = base
  const isOpen = (name: string): boolean => !fixed.includes(name)
  const visible = (uses: { readonly [PLACE]: Place }, table: AnyTable): SQL | undefined => {
    const own = options.visible?.(uses as never, table)
    return and(own, ...isIn(facts, links, fixed, uses[PLACE]))
  }
  return Object.freeze({
    ...base,
    ...openSchemas(base, fixed),
    options: { ...options, visible } as unknown as ModelOptions<AnyTable>,
    creatable: creatable.filter(isOpen),
    updatable: updatable.filter(isOpen),
  }) as AnyModel
}

type OpenSchemas = Pick<AnyModel, 'create' | 'replace' | 'update' | 'params'>

/** By model and by what paths say: several resources that leave the same to callers have one name for its schemas. */
const known = new WeakMap<AnyModel, Map<string, OpenSchemas>>()

function openSchemas(base: AnyModel, fixed: readonly string[]): OpenSchemas {
  const id = fixed.toSorted().join()
  const all = known.get(base) ?? new Map<string, OpenSchemas>()
  known.set(base, all)
  const found = all.get(id)
  if (found !== undefined) return found
  // Of another name than those of the model: a resource that stands by itself may be there as well.
  const name = [...fixed.toSorted().map(nounOf), base.name].join('')
  const without = (schema: z.ZodType, id?: string): never => {
    const object = schema as z.ZodObject
    const taken = fixed.filter((one) => Object.hasOwn(object.shape, one))
    if (taken.length === 0) return schema as never
    const rest = object.omit(Object.fromEntries(taken.map((one) => [one, true])) as never)
    return (id === undefined ? rest : rest.meta({ id })) as never
  }
  const made: OpenSchemas = {
    create: without(base.create, `${name}Create`),
    replace: without(base.replace, `${name}Replace`),
    update: without(base.update, `${name}Update`),
    params: without(base.params),
  }
  all.set(id, made)
  return made
}

/** `order_id` is `Order`. */
function nounOf(column: string): string {
  const words = column.replace(/_id$|Id$/, '').split(/[^a-zA-Z0-9]+/)
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

/** True in the database for rows of a table that are in those that the path names, which are there for the caller. */
function isIn({ columns }: TableFacts, links: readonly Link[], own: readonly string[], place: Place): SQL[] {
  return [
    ...own.map((name) => eq(columns[name] as Column, place.params[name])),
    ...links.map((link) => sql`exists (select 1 from ${link.parent.table} where ${isThere(link, place)})`),
  ]
}

/** True for the row that a link leads to. */
function isThere({ columns, foreign, parent, links }: Link, place: Place): SQL | undefined {
  const { params, access } = place
  const key = columns.map((name, i) => eq(parent.facts.columns[foreign[i] as string] as Column, params[name]))
  const further = links.flatMap((link) => link.columns)
  return and(...key, visibleTo(access)(parent), ...isIn(parent.facts, links, further, place))
}
