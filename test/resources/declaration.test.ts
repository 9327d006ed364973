import { api, group } from 'trestle'
import { many, model, one, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { onBothDatabases } from './databases.ts'

onBothDatabases('what a resource is declared with', (opened) => {
  test('names no column that callers do not see', () => {
    const { tables, db } = opened()
    const author = model(tables.authors, { hide: ['password_hash'] })
    for (const option of ['filter', 'sort', 'order', 'search'] as const)
      expect(() => resource(author, { db, [option]: ['password_hash'] } as object as { db: typeof db })).toThrow(
        /authors.*"(filter|sort|order|search)" names password_hash/,
      )
    expect(() =>
      resource(model(tables.notes, { deleted: 'deleted_at' }), { db, sort: ['deleted_at' as 'id'] }),
    ).toThrow('names deleted_at, which callers do not see')
    expect(() => model(tables.authors)).toThrow('the column password_hash is called as secrets are')
  })

  test('is deleted by a column that can say so, and has a version that can grow', () => {
    const { notes } = opened().tables
    expect(() => model(opened().tables.books, { deleted: 'weight' })).toThrow(
      /weight.*cannot say when a row was deleted/,
    )
    expect(() => model(notes, { version: 'words' })).toThrow(/"version" names words.*whole number/)
    expect(() => model(notes, { hid: ['words'] } as object)).toThrow('there is no option "hid"')
    expect(() => model(notes, { owned: { nobody: () => 'x' } as object })).toThrow('"owned" names nobody')
  })

  test('is known, or the resource is not made', () => {
    const { tables, db } = opened()
    const made = (options: object) => () => resource(tables.branches, options as { db: typeof db })
    expect(made({ db, filtr: ['name'] })).toThrow(
      'resource(branches): there is no option "filtr": there are db, tx, filter',
    )
    // Rows could be deleted all the same: that endpoint is called otherwise.
    expect(made({ db, endpoints: { delete: false } })).toThrow(/"endpoints" names delete.*there are .*remove/)
    expect(made({ db, hooks: { beforeDelete: () => undefined } })).toThrow(/"hooks" names beforeDelete.*beforeRemove/)
    expect(made({ db, pages: 'ofset' })).toThrow('"pages" is ofset: it is "cursor" or "offset"')
    expect(made({ db, bulk: 0 })).toThrow('"bulk" is 0')
    expect(made({})).toThrow('resource(branches): "db" is missing')
    expect(made({ db, expand: { books: tables.books } })).toThrow(
      'the relation books of branches is none: make it with one',
    )
    expect(made({ db, size: { limit: 10 } })).toThrow(
      '"size" names limit, which is no size of a page: there are usual, most',
    )
    expect(made({ db, size: { most: '10' } })).toThrow('"size.most" is 10: it is a number of rows')
    expect(made({ db, search: { columns: ['name'], langauge: 'english' } })).toThrow(
      /"search" names langauge.*there are columns, language, fts5/,
    )
    expect(made({ db, endpoints: { list: { securty: 'public' } } })).toThrow(
      /"endpoints.list" names securty.*there are .*security/,
    )
    // What follows from the table would be another then, and the handler would not know.
    expect(made({ db, endpoints: { create: { body: {} } } })).toThrow('"endpoints.create" names body')
    expect(made({ db, reads: { use: {} } })).toThrow('"reads" names use')
    expect(made({ db, writes: { limit: {} } })).toThrow(/"writes" names limit.*limits/)
    expect(() => many(tables.branches, { limit: 3 } as object)).toThrow(
      'many(branches): there is no option "limit": there are by, to, most, always, expand',
    )
    expect(() => one(tables.branches, { By: 'x' } as object)).toThrow('one(branches): there is no option "By"')
    expect(() => resource(undefined as unknown as typeof tables.branches, { db })).toThrow('of a table or a model')
  })

  test('has a name of its own, or the API does not start', async () => {
    const { tables, db } = opened()
    const ofAll = model(tables.books)
    const ofSome = model(tables.books, { hide: ['price'] })
    const twice = (other: typeof ofSome) =>
      createTestClient(
        api({
          books: group('/books', resource(ofAll, { db })),
          shelf: group('/shelf', resource(other, { db, endpoints: { createMany: false } })),
        }),
      )
    await expect(twice(ofSome)).rejects.toThrow(
      /GET \/shelf \(shelf.list\)\n +returns: "Book" is another schema than in "returns" of books.list.*\n +→ name one of them otherwise: a model by "name"/,
    )
    const { close, fetch } = await twice(model(tables.books, { hide: ['price'], name: 'ShelfBook' }) as typeof ofSome)
    expect((await fetch('/openapi.json')).status).toBe(200)
    await close()
  })
})
