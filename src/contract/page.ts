import type { Content } from './content.ts'
import { type Fields, checkFields } from './query-fields.ts'
import type { ReplySpec } from './reply-spec.ts'
import { type Decoded, type AnySchema, type Schema, type SchemaIssue, type Sent, isSchema } from './schema.ts'

/** How many items a page has: unless asked, and at the most. */
export interface PageSize {
  readonly usual: number
  readonly most: number
}

export type PageMode = 'cursor' | 'offset'

/**
 * The query of a list that comes in pages: paging fields, and fields of the list's own. Its type holds
 * the fields as they were given; what they decode to is worked out where it is asked for.
 */
export interface PageQuery<M extends PageMode = PageMode, F = Fields> {
  readonly is: 'page-query'
  readonly mode: M
  readonly size: PageSize
  readonly fields: F
  readonly '~standard': Schema<PageSent<M, F>, PageDecoded<M, F>>['~standard']
}

/** What a handler gets of a page's query. */
export type PageDecoded<M extends PageMode, F> = { readonly [K in keyof F]: Decoded<F[K]> } & (M extends 'cursor'
  ? { readonly limit: number; readonly cursor: string | undefined }
  : { readonly limit: number; readonly offset: number })

/** What a caller sends as a page's query. */
export type PageSent<M extends PageMode, F> = SentFields<F> &
  (M extends 'cursor'
    ? { readonly limit?: number; readonly cursor?: string }
    : { readonly limit?: number; readonly offset?: number })

type SentFields<F> = {
  readonly [K in keyof F as undefined extends Sent<F[K]> ? never : K]: Sent<F[K]>
} & { readonly [K in keyof F as undefined extends Sent<F[K]> ? K : never]?: Sent<F[K]> }

/** A page found by what came before it: stable while rows come and go. */
export interface CursorPage<Item> {
  readonly items: readonly Item[]
  /** Opaque; null on the last page. */
  readonly next_cursor: string | null
}

/** A page found by its place in the list. */
export interface OffsetPage<Item> {
  readonly items: readonly Item[]
  /** How many items the whole list has; null where they were not counted. */
  readonly total: number | null
}

const USUAL: PageSize = { usual: 50, most: 100 }

/**
 * Lists in pages: `page.cursor(fields)` and `page.offset(fields)` for the query, `page.of(Item)` for
 * the reply, which also carries the `Link` header (RFC 8288).
 *
 * @example
 * get('/', { query: page.cursor({ status: Status.optional() }), returns: page.of(Order) },
 *   ({ query }) => orders.page(query))
 */
export const page: {
  /** Query fields `limit` (1 to 100, 50 unless told) and `cursor`, beside your own. */
  cursor<const F extends Fields = Record<never, AnySchema>>(
    fields?: F,
    size?: Partial<PageSize>,
  ): PageQuery<'cursor', F>
  /** Query fields `limit` (1 to 100, 50 unless told) and `offset` (from 0), beside your own. */
  offset<const F extends Fields = Record<never, AnySchema>>(
    fields?: F,
    size?: Partial<PageSize>,
  ): PageQuery<'offset', F>
  /** The reply to `page.cursor`: `{ items, next_cursor }`; with `'offset'`, `{ items, total }`. */
  of<S extends AnySchema, const M extends PageMode = 'cursor'>(item: S, mode?: M): ReplySpec<200, PageContent<S, M>>
} = {
  cursor: (fields, size) => pageQuery('cursor', fields ?? {}, { ...USUAL, ...size }) as never,
  offset: (fields, size) => pageQuery('offset', fields ?? {}, { ...USUAL, ...size }) as never,
  of: (item, mode) =>
    Object.freeze({
      is: 'reply',
      status: 200,
      body: Object.freeze({ is: 'content', kind: mode ?? 'cursor', mediaType: 'application/json', schema: item }),
    }) as never,
}

/** The body of a page of items. */
export type PageContent<S, M extends PageMode> = Content<M, S>

/** True for what `page.cursor` and `page.offset` give. */
export function isPageQuery(value: unknown): value is PageQuery {
  return isSchema(value) && (value as Partial<PageQuery>).is === 'page-query'
}

/** The schemas of the paging fields, as JSON Schema. */
export function pagingFields(query: PageQuery): Record<string, object> {
  const limit = {
    type: 'integer',
    minimum: 1,
    maximum: query.size.most,
    default: query.size.usual,
    description: 'How many items to give',
  }
  return query.mode === 'cursor'
    ? { limit, cursor: { type: 'string', description: '`next_cursor` of the page before' } }
    : { limit, offset: { type: 'integer', minimum: 0, default: 0, description: 'How many items to pass over' } }
}

function pageQuery(mode: PageMode, fields: Fields, size: PageSize): PageQuery {
  const own = mode === 'cursor' ? ['limit', 'cursor'] : ['limit', 'offset']
  const validate = checkFields(fields, own, (input, output, issues) => {
    output.limit = integer('limit', input.limit, size.usual, 1, size.most, issues)
    if (mode === 'cursor') output.cursor = input.cursor
    else output.offset = integer('offset', input.offset, 0, 0, Number.MAX_SAFE_INTEGER, issues)
  })
  return Object.freeze({
    is: 'page-query',
    mode,
    size,
    fields,
    '~standard': { version: 1, vendor: 'trestle', validate: validate as never },
  } as const)
}

function integer(
  name: string,
  value: unknown,
  usual: number,
  least: number,
  most: number,
  issues: SchemaIssue[],
): number {
  if (value === undefined) return usual
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`
  issues.push({ path: [name], code: 'invalid_value', message: `Must be a whole number, ${range}` })
  return usual
}
