import type { CursorPage } from 'trestle'
import type { z } from 'zod'
import { refusedField } from './refusal.ts'

/**
 * A page of rows, of which one more was read than asked for: that one says whether there is a next page.
 * The cursor is the key of the last row, wrapped so that nobody makes one up.
 */
export function pageOf<Row>(rows: readonly Row[], limit: number, key: (row: Row) => string | number): CursorPage<Row> {
  const items = rows.slice(0, limit)
  const last = rows.length > limit ? items.at(-1) : undefined
  return { items, next_cursor: last === undefined ? null : Buffer.from(String(key(last))).toString('base64url') }
}

/**
 * The key after which a page begins; undefined for the first page.
 *
 * @throws InvalidInput for a cursor that no page had.
 */
export function after<S extends z.ZodType>(cursor: string | undefined, key: S): z.output<S> | undefined {
  if (cursor === undefined) return undefined
  const result = key.safeParse(Buffer.from(cursor, 'base64url').toString())
  if (result.success) return result.data
  throw refusedField('/query/cursor', 'unknown_cursor', 'Give the next_cursor of the page before')
}
