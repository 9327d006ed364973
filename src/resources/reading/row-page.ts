import { type Column, type SQL, sql } from 'drizzle-orm'
import type { AskedPage } from './asked-page.ts'
import type { ListQuery, ListSpec, Reading } from './list.ts'
import type { AnyModel } from '../table/model.ts'
import { cursorValues, exactName, orderBy } from './order.ts'
import type { Selection } from './selection.ts'
import type { Statements } from '../database/statements.ts'

type Row = Record<string, unknown>

/** A page of rows, with where it goes on, or how many there are in all. */
export interface RowPage {
  readonly items: readonly Row[]
  readonly next_cursor?: string | null
  readonly total?: number | null
}

/** Reads a page row by row. */
export type RowPages = (asked: AskedPage, query: ListQuery, reading: Reading) => Promise<RowPage>

export function createRowPages(
  model: AnyModel,
  mode: ListSpec['mode'],
  selection: Selection,
  statements: Statements,
): RowPages {
  const { columns } = model.facts
  const isCursor = mode === 'cursor'

  const count = async ({ all, values, allShape }: AskedPage, { database }: Reading): Promise<number> => {
    const build = () =>
      database
        .select({ total: sql<number>`count(*)`.mapWith(Number) })
        .from(model.table as never)
        .where(all())
    const [row] = await statements.run<{ total: number }>(database, allShape('count'), build as never, values)
    return row?.total ?? 0
  }

  return async (asked, query, reading) => {
    const { terms, where, values, pageShape, cursorAfter } = asked
    const { database } = reading
    const names = selection.names(
      query,
      terms.map(({ name }) => name),
    )
    const build = () => {
      const selected: Record<string, Column | SQL> = {}
      for (const name of names) selected[name] = columns[name] as Column
      if (isCursor)
        for (const [i, { exact }] of terms.entries())
          if (exact !== undefined) selected[exactName(i)] = exact.as(exactName(i)) as never
      const page = database
        .select(selected as never)
        .from(model.table as never)
        .where(where())
        .orderBy(...orderBy(terms))
        .limit(sql.placeholder('limit') as never)
      return isCursor ? page : page.offset(sql.placeholder('offset') as never)
    }
    const found = await statements.run<Row>(database, pageShape('rows'), build as never, values)
    const items = found.slice(0, query.limit)
    const last = isCursor && found.length > query.limit ? items.at(-1) : undefined
    const next_cursor = last === undefined ? null : cursorAfter(cursorValues(terms, last))
    await selection.complete(items, names, query, reading)
    if (isCursor) return { items, next_cursor }
    return { items, total: query.count === true ? await count(asked, reading) : null }
  }
}
