import { type Column, type SQL, and, asc, sql } from 'drizzle-orm'
import type { Queries } from '../database/database.ts'
import type { AnyModel } from '../table/model.ts'
import { belongs, keyText, listOf } from '../database/one-of.ts'
import { orderTerms } from './order.ts'
import type { ResolvedRelation } from '../table/relation.ts'
import { type Statements, fixed } from '../database/statements.ts'

/** What a query says of what it shows. */
export interface Asked {
  readonly fields?: readonly string[]
  readonly expand?: readonly string[]
}

/** Paths of relations that are shown: `items`, `items.product`. */
export type Paths = ReadonlySet<string>

/**
 * Says what a query shows of other tables: what it asks for with what that is inside of, and what is always there, but for a
 * caller who wants some fields and does not name it.
 */
export function createPaths(relations: readonly ResolvedRelation[]): (asked: Asked) => Paths {
  const pathsOf = ({ fields, expand = [] }: Asked): Paths => {
    const found = new Set<string>()
    const add = (inside: readonly ResolvedRelation[], before: string): void => {
      for (const { name, always, inside: further } of inside) {
        const path = `${before}${name}`
        const isLeftOut = before === '' && fields?.includes(name) === false
        const isAsked = expand.some((one) => one === path || one.startsWith(`${path}.`))
        if (!isAsked && (!always || isLeftOut)) continue
        found.add(path)
        add(further, `${path}.`)
      }
    }
    add(relations, '')
    return found
  }
  const unasked = pathsOf({})
  return (asked) => (asked.fields === undefined && asked.expand === undefined ? unasked : pathsOf(asked))
}

/** Columns that a table has to give for what is expanded. */
export function columnsFor(relations: readonly ResolvedRelation[], paths: Paths): string[] {
  return relations.filter(({ name }) => paths.has(name)).map(({ from }) => from)
}

type Row = Record<string, unknown>

/** A name that no column has. */
const PLACE = '~place'

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
  paths: Paths,
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

async function related(
  { path, model, kind, to, most, inside: relations }: ResolvedRelation,
  ids: readonly unknown[],
  paths: Paths,
  { database, statements, visible }: Expansion,
): Promise<Row[]> {
  const { facts, table } = model
  const link = facts.columns[to] as Column
  const names = new Set([...Object.keys(model.shown), to, ...columnsFor(relations, paths)])
  const condition = visible(model)
  const part = condition === undefined ? undefined : fixed(condition, database, 'v')
  const shape = `expand ${path} ${[...names]} ${part?.shape ?? ''}`
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
