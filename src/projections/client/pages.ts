import type { CursorPage } from '../../contract/page.ts'
import type { CallOptions } from './call.ts'
import type { Connection } from './connection.ts'
import type { CallInput } from './outgoing.ts'

/**
 * The pages of a list, by `next_cursor`, from the one that `input` asks for.
 *
 * @throws {TypeError} where a reply is no page, or leads back to itself.
 */
export async function* pagesOf(
  connection: Connection,
  id: string,
  input: CallInput = {},
  options?: CallOptions,
): AsyncGenerator<CursorPage<unknown>, void, undefined> {
  let query = input.query
  while (true) {
    const { body } = await connection.call(id, { ...input, ...(query === undefined ? {} : { query }) }, options)
    const page = body as CursorPage<unknown>
    if (!Array.isArray(page?.items)) throw new TypeError(`${id}: the reply is no page, it has no "items"`)
    yield page
    const cursor = page.next_cursor
    if (typeof cursor !== 'string') return
    if (cursor === query?.cursor) throw new TypeError(`${id}: next_cursor leads back to the page it came with`)
    query = { ...query, cursor }
  }
}

/** The items of a list, page after page. */
export async function* itemsOf(
  connection: Connection,
  id: string,
  input?: CallInput,
  options?: CallOptions,
): AsyncGenerator<unknown, void, undefined> {
  for await (const page of pagesOf(connection, id, input, options)) yield* page.items
}
