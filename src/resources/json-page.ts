import { type SQL, sql } from 'drizzle-orm'
import type { Queries } from './database.ts'
import type { JsonRow } from './json-rows.ts'
import type { AnyModel } from './model.ts'
import { type OrderTerm, orderBy } from './order.ts'

/** Beside these, the keys of the last row of the page: `k0`, `k1`, … */
export interface JsonPage extends Readonly<Record<string, unknown>> {
  readonly items: string
  /** How many rows there are, one beyond the page counted. */
  readonly found: number
}

/** What stands between rows: no row has a line end, for JSON escapes it. */
export const BETWEEN = ',\n'

/** A page that Postgres writes: its rows as one text, the one beyond it too, and the keys of its last row. */
export function jsonPage(
  database: Queries,
  model: AnyModel,
  json: JsonRow,
  terms: readonly OrderTerm[],
  where: () => SQL | undefined,
): unknown {
  const keys = terms.map(({ column }, i) => sql`${column}::text as ${sql.raw(`k${i}`)}`)
  const condition = where()
  const only = condition === undefined ? sql`` : sql` where ${condition}`
  const order = sql.join(orderBy(terms), sql`, `)
  const rows = sql`select ${json.columns}, ${sql.join(keys, sql`, `)} from ${model.table}${only} order by ${order} limit ${sql.placeholder('limit')}`
  const last = terms.map((_, i) => [`k${i}`, sql`(array_agg(${sql.raw(`r.k${i}`)}))[${sql.placeholder('size')}]`])
  return database
    .select({
      items: sql<string>`coalesce(string_agg(${json.text}, ${sql.raw("E',\\n'")}), '')`,
      found: sql<number>`count(*)::int`,
      ...Object.fromEntries(last),
    })
    .from(sql`(${rows}) r` as never)
}
