import { api, group } from 'trestle'
import { many, model, one, resource } from 'trestle/resources'
import type { Opened } from './databases.ts'

/** The library of the tests: books of branches, their authors, their loans. */
export function library({ tables, db }: Opened) {
  const author = model(tables.authors, { hide: ['password_hash'] })
  const book = model(tables.books, { version: 'version', deleted: 'deleted_at', readOnly: ['added_at'] })
  const loan = model(tables.loans)
  return api(
    { title: 'Library', version: '1.0.0' },
    {
      branches: group('/branches', resource(tables.branches, { db })),
      authors: group('/authors', resource(author, { db, filter: ['name', 'born'], sort: ['name', 'born'] })),
      books: group(
        '/books',
        resource(book, {
          db,
          filter: ['status', 'title', 'pages', 'author_id', 'added_at', 'is_rare', 'price'],
          sort: ['title', 'pages', 'added_at', 'weight'],
          search: ['title', 'isbn'],
          sparse: true,
          expand: { author: one(author), loans: many(loan), branch: one(tables.branches) },
        }),
      ),
      loans: group(
        '/loans',
        resource(loan, { db, pages: 'offset', expand: { book: one(book, { expand: { author: one(author) } }) } }),
      ),
    },
  )
}
