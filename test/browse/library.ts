import { api, group } from 'trestle'
import type { ApiOptions } from 'trestle'
import { many, model, one, resource } from 'trestle/resources'
import type { Opened } from '../resources/databases.ts'

/** What somebody plants in every text who wants it to run. */
export const PLANTED = `<script>window.planted = 1</script><img src=x onerror="window.planted = 2">"'&`

/** Books, their authors and their loans, as pages. */
export function library({ tables, db }: Pick<Opened, 'tables' | 'db'>, options: ApiOptions = {}) {
  const author = model(tables.authors, { hide: ['password_hash'] })
  const book = model(tables.books, { version: 'version', deleted: 'deleted_at', readOnly: ['added_at'] })
  const loan = model(tables.loans)
  return api(
    { title: 'Library', version: '1.0.0', description: 'Books, and who has them.', browse: true, ...options },
    {
      authors: group('/authors', resource(author, { db, filter: ['name'], sort: ['name', 'born'], search: ['name'] })),
      books: group(
        '/books',
        { description: 'Books of all branches.' },
        resource(book, {
          db,
          filter: ['status', 'title', 'pages', 'author_id', 'added_at', 'is_rare', 'price'],
          sort: ['title', 'pages', 'added_at'],
          search: ['title', 'isbn'],
          sparse: true,
          expand: { author: one(author), loans: many(loan) },
          size: { usual: 5 },
        }),
      ),
      loans: group(
        '/loans',
        resource(loan, { db, pages: 'offset', filter: ['book_id', 'reader', 'due'], sort: ['due'] }),
      ),
    },
  )
}
