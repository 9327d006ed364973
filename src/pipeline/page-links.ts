import type { CursorPage, OffsetPage } from '../contract/page.ts'
import type { Request } from '../contract/request.ts'

/** The `Link` header of a page (RFC 8288): the pages around it, with the query that led here. */
export function pageLinks(
  request: Request,
  query: unknown,
  page: CursorPage<unknown> | OffsetPage<unknown>,
): string | undefined {
  const links: string[] = []
  const link = (rel: string, name: string, value: string): void => {
    const search = new URLSearchParams(request.search)
    search.set(name, value)
    links.push(`<${request.prefix}${request.path}?${search}>; rel="${rel}"`)
  }
  if ('total' in page) {
    const { limit, offset } = query as { limit: number; offset: number }
    const { total } = page
    if (offset > 0) {
      link('first', 'offset', '0')
      link('prev', 'offset', String(Math.max(0, offset - limit)))
    }
    if (total === null ? page.items.length === limit : offset + limit < total) {
      link('next', 'offset', String(offset + limit))
      if (total !== null) link('last', 'offset', String(Math.max(0, Math.ceil(total / limit) - 1) * limit))
    }
  } else if (page.next_cursor !== null && page.next_cursor !== undefined) {
    link('next', 'cursor', page.next_cursor)
  }
  return links.length === 0 ? undefined : links.join(', ')
}
