import { NotFound } from '../../contract/problems.ts'
import { type StatedReply, reply } from '../../contract/reply-spec.ts'
import { validators } from '../../policies/validators.ts'
import type { ListQuery, Reader, Reading } from './list.ts'
import type { AnyModel } from '../table/model.ts'
import { type ResourceContext, pick, visibleTo } from '../context.ts'

type Row = Record<string, unknown>

/** The handlers that read. */
export interface ReadHandlers {
  readonly list: (context: ResourceContext) => Promise<unknown>
  readonly read: (context: ResourceContext) => Promise<unknown>
  readonly export: (context: ResourceContext) => unknown
}

type AfterRead = (rows: readonly Row[], uses: Row) => unknown

/** @param used names of what hooks use. */
export function readHandlers(reader: Reader, afterRead: AfterRead | undefined, used: readonly string[]): ReadHandlers {
  const shown = async (rows: readonly Row[], context: ResourceContext): Promise<readonly Row[]> => {
    if (afterRead === undefined) return rows
    const others = await afterRead(rows, pick(context, used))
    return (others as readonly Row[] | undefined) ?? rows
  }
  return {
    list: async (context) => {
      const page = await reader.list(context.query as ListQuery, readingOf(context))
      return afterRead === undefined ? page : { ...page, items: await shown(page.items, context) }
    },
    export: (context) => {
      const found = reader.rows(context.query as ListQuery, readingOf(context))
      return afterRead === undefined ? found : changed(found, (row) => shown([row], context))
    },
    read: async (context) => {
      const query = context.query ?? NO_QUERY
      const found = await reader.read(context.params, query, readingOf(context))
      if (found === undefined) throw NotFound()
      const { row, state } = found
      // Rows that are shown with it change without it: of them it has no version.
      const isWhole = state !== undefined && reader.isPlain(query)
      if (isWhole) context.preconditions.check({ version: state })
      const [one] = await shown([row], context)
      return isWhole ? reply(200, one as Row, validators({ version: state })) : one
    },
  }
}

/** Rows as a hook gives them, one by one. */
async function* changed(rows: AsyncIterable<Row>, change: (row: Row) => Promise<readonly Row[]>): AsyncGenerator<Row> {
  for await (const row of rows) yield* await change(row)
}

const NO_QUERY: ListQuery = { limit: 1 }

function readingOf({ db, secret, access, fixed }: ResourceContext): Reading {
  return { database: db, secret, visible: visibleTo(access), fixed }
}

/** A row with its `ETag`, where its model has a version. */
export function withValidators(model: AnyModel, row: Row): Row | StatedReply<200, Row> {
  const { version } = model.options
  return version === undefined ? row : reply(200, row, validators({ version: row[version] as number }))
}
