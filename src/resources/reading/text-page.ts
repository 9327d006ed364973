import { type SQL, sql } from 'drizzle-orm'
import type { z } from 'zod'
import { EncodedPage } from '../../contract/encoded-page.ts'
import type { AskedPage } from './asked-page.ts'
import { type JsonRow, UNWRITTEN, jsonOfRow } from './json-rows.ts'
import type { Queries } from '../database/database.ts'
import type { ListQuery, Reading } from './list.ts'
import type { AnyModel } from '../table/model.ts'
import { type OrderTerm, orderBy } from './order.ts'
import { Recent } from '../database/recent.ts'
import type { Selection } from './selection.ts'
import type { Statements } from '../database/statements.ts'

type Row = Record<string, unknown>

/** Reads a page as the text that goes out; undefined where Postgres does not write one of its columns, or one of its values, so. */
export type TextPages = (asked: AskedPage, query: ListQuery, reading: Reading) => Promise<EncodedPage<Row> | undefined>

/** Pages that Postgres writes, of lists that go on by cursor. */
export function createTextPages(model: AnyModel, selection: Selection, statements: Statements): TextPages {
  const known = new Recent<JsonRow | null>(MOST_SHAPES)
  const jsonOf = (fields: readonly string[] | undefined): JsonRow | undefined => {
    const names = selection.written(fields)
    // Null where Postgres does not write one of them: that is known then, too.
    return known.made(names.join(), () => jsonOfRow(model, names) ?? null) ?? undefined
  }
  const someFields = (model.row as unknown as z.ZodObject).partial()
  const decode = (items: readonly unknown[]): readonly Row[] => items.map((item) => someFields.parse(item) as Row)
  return async (asked, query, { database }) => {
    const json = jsonOf(query.fields)
    if (json === undefined) return undefined
    const { terms, where, values, pageShape, cursorAfter } = asked
    const build = () => jsonPage(database, model, json, terms, where)
    const given = { ...values, size: query.limit }
    const [page] = (await statements.run(database, pageShape('json'), build as never, given)) as [JsonPage]
    const { items, found } = page
    if (items.includes(UNWRITTEN)) return undefined
    if (found <= query.limit) return new EncodedPage(`[${items}]`, null, decode)
    const keys = terms.map((_, i) => page[`k${i}`] as string | null)
    return new EncodedPage(`[${items.slice(0, items.lastIndexOf(BETWEEN))}]`, cursorAfter(keys), decode)
  }
}

/** Sets of fields whose JSON is kept: callers choose them. */
const MOST_SHAPES = 50

/** Beside these, the keys of the last row of the page: `k0`, `k1`, … */
interface JsonPage extends Readonly<Record<string, unknown>> {
  readonly items: string
  /** How many rows there are, one beyond the page counted. */
  readonly found: number
}

/** What stands between rows: no row has a line end, for JSON escapes it. */
const BETWEEN = ',\n'

/** A page that Postgres writes: its rows as one text, the one beyond it too, and the keys of its last row. */
function jsonPage(
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
