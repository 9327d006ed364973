import { type SQL, and } from 'drizzle-orm'
import { type CursorValue, openCursor, sealCursor } from './cursor.ts'
import type { Filter } from './filter.ts'
import type { ListQuery, ListSpec, Reading } from './list.ts'
import type { AnyModel } from '../table/model.ts'
import { narrow } from './narrowing.ts'
import { Recent } from '../database/recent.ts'
import { type OrderTerm, afterRow, cursorPlaceholders, lengthened, orderTerms, shortened } from './order.ts'

type Row = Readonly<Record<string, unknown>>

/** A page of a list as a request asks for it: which rows, in which order, after which. */
export interface AskedPage {
  readonly terms: readonly OrderTerm[]
  /** The rows of the list. */
  readonly all: () => SQL | undefined
  /** Those of them that come after the page before. */
  readonly where: () => SQL | undefined
  /** What fills the placeholders of `all` and `where`, and `limit`: a row more than is shown. */
  readonly values: Row
  /** Names a statement about all rows, or about those of the page; undefined where it is not kept. */
  readonly allShape: (what: string) => string | undefined
  readonly pageShape: (what: string) => string | undefined
  /** The cursor of the page that comes after a row. @param keys the values of that row, one for each term. */
  readonly cursorAfter: (keys: readonly CursorValue[]) => string
}

/** Finds out what requests ask of a list. */
export interface Asking {
  readonly page: (query: ListQuery, reading: Reading) => Promise<AskedPage>
  /** The order of a list that is sorted so, or as it is unless told. */
  readonly terms: (sort: readonly string[] | undefined) => readonly OrderTerm[]
}

export function createAsking(model: AnyModel, filters: readonly Filter[], spec: ListSpec): Asking {
  const { facts } = model
  const known = new Recent<readonly OrderTerm[]>(MOST_SORTS)
  const termsOf = (sort: readonly string[]): readonly OrderTerm[] =>
    known.made(sort.join(), () => orderTerms(facts, sort))
  return {
    terms: (sort = spec.order) => termsOf(sort),
    page: async (query, reading) => {
      const sort = query.sort ?? spec.order
      const terms = termsOf(sort)
      const rows = narrow(model, filters, spec.search, query, reading)
      const values: Record<string, unknown> = { limit: query.limit + 1, ...rows.values }
      let identity: string | undefined
      const list = (): string =>
        (identity ??= identityOf([facts.name, facts.dialect, terms.map(saysOf), ...rows.asked]))
      let shape = `${query.fields?.join() ?? ''}\n${sort.join()}\n${query.expand?.join() ?? ''}\n${rows.shape}`
      let after: readonly CursorValue[] | undefined
      if (spec.mode === 'offset') values.offset = query.offset ?? 0
      else if (query.cursor !== undefined) {
        const opened = openCursor(reading.secret, list(), query.cursor)
        after = await lengthened(terms, opened, facts, reading.database)
        Object.assign(values, cursorPlaceholders(after))
        shape += `\nafter ${after.map((value) => (value === null ? 'null' : ''))}`
      }
      return {
        terms,
        all: rows.where,
        where: () => and(rows.where(), after && afterRow(terms, after, facts.dialect)),
        values,
        allShape: (what) => (rows.isKept ? `${what}\n${rows.shape}` : undefined),
        pageShape: (what) => (rows.isKept ? `${what}\n${shape}` : undefined),
        cursorAfter: (keys) => sealCursor(reading.secret, list(), shortened(terms, keys, facts)),
      }
    },
  }
}

/** Sorts whose columns are kept: callers choose them. */
const MOST_SORTS = 50

function saysOf({ says }: OrderTerm): string {
  return says
}

/** One list is told from another by this. */
function identityOf(parts: readonly unknown[]): string {
  return JSON.stringify(parts, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
}
