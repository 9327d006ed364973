import { setImmediate } from 'node:timers/promises'
import { EncodedRows } from '../../contract/encoded-rows.ts'
import type { Asking } from '../reading/asked-page.ts'
import { copied } from './copy.ts'
import type { Filter } from '../reading/filter.ts'
import type { ListQuery, ListSpec, Reader, Reading } from '../reading/list.ts'
import type { AnyModel } from '../table/model.ts'
import { narrow } from '../reading/narrowing.ts'
import { orderBy } from '../reading/order.ts'
import { narrowing } from '../reading/read-failures.ts'
import type { Selection } from '../reading/selection.ts'

type Row = Record<string, unknown>

/** Reads all rows of a list, whatever its number of them: as Postgres writes them, or page by page. */
export function createAllRows(
  model: AnyModel,
  filters: readonly Filter[],
  spec: ListSpec,
  selection: Selection,
  asking: Asking,
  list: Reader['list'],
): (query: ListQuery, reading: Reading) => EncodedRows<Row> {
  const isPostgres = model.facts.dialect === 'postgres'
  const own = Object.keys(spec.where)
  return (query, reading) => {
    const names = selection.written(query.fields)
    const written = async (form: string, signal: AbortSignal) => {
      const { where, values } = narrow(model, filters, spec.search, query, reading)
      const order = orderBy(asking.terms(query.sort))
      const source = { model, names, where: where(), order, values }
      const asked = own.filter((field) => query[field] !== undefined)
      return narrowing(asked, () => copied(reading.database, source, form, signal))
    }
    return new EncodedRows(
      isPostgres && selection.isPlain(query) ? written : undefined,
      () => pageByPage((limit, cursor) => list({ ...query, limit, cursor }, reading)),
      selection.keys(query),
    )
  }
}

/** Rows of one request to the database. */
const STEP = 1000

/** A thousand rows at a time. Between them others have their turn: SQLite answers at once. */
async function* pageByPage(
  page: (limit: number, cursor: string | undefined) => ReturnType<Reader['list']>,
): AsyncGenerator<Row> {
  let cursor: string | undefined
  do {
    const { items, next_cursor } = await page(STEP, cursor)
    yield* items
    cursor = next_cursor ?? undefined
    await setImmediate()
  } while (cursor !== undefined)
}
