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
      'resource(branches): there is no option "filtr": there are db, tx, name, filter',
    )
    // Rows could be deleted all the same: that endpoint is called otherwise.
    expect(made({ db, endpoints: { delete: false } })).toThrow(/"endpoints" names delete.*there are .*remove/)
    expect(made({ db, hooks: { beforeDelete: () => undefined } })).toThrow(/"hooks" names beforeDelete.*beforeRemove/)
    expect(made({ db, pages: 'ofset' })).toThrow('"pages" is ofset: it is "cursor" or "offset"')
    expect(made({ db, bulk: 0 })).toThrow('"bulk" is 0')
    expect(made({})).toThrow('resource(branches): "db" is missing')
    expect(made({ db, hide: ['name'] })).toThrow(
      '"hide" is said of the rows wherever they are shown: resource(model(branches',
    )
    expect(made({ db, endpoints: { import: { summary: 'In' } } })).toThrow('not there without import: true')
    expect(made({ db, where: { near: () => undefined } })).toThrow(
      '"where" is given a near that is none: make it with where(',
    )
    expect(made({ db, expand: { shelf: one(tables.books) } })).toThrow(
      'the relation shelf: it is books that refers to branches: make it with many(books)',
    )
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

  test('is within rows that foreign keys lead to, and not within all of its own key', () => {
    const { tables, db } = opened()
    const { folders, notes, remarks, loans, books, branches } = tables
    const made = (of: typeof remarks | typeof loans, within: object) => () =>
      resource(of as typeof remarks, { db, within } as never)
    expect(made(remarks, { folder_id: folders })).toThrow(
      'resource(remarks): "within" says that folder_id names a row of folders, and no foreign key of remarks on folder_id refers to it: call the path parameter as the column that does',
    )
    expect(made(remarks, { note: notes })).toThrow('"within" says that note names a row of notes')
    expect(made(remarks, { note_id: folders })).toThrow('"within" says that note_id names a row of folders')
    expect(made(remarks, { note_id: notes, folder_id: branches })).toThrow(
      'folder_id names a row of branches, and no foreign key of remarks or notes on folder_id',
    )
    expect(made(loans, { book_id: books, number: books })).toThrow('number names a row of books')
    expect(made(remarks, { note_id: undefined })).toThrow('of a table or a model')
  })

  test('stands under a path whose parameters it knows, or the start says how it does', async () => {
    const { tables, db } = opened()
    const { folders, notes } = tables
    const started = (members: object) => createTestClient(api({ notes: members as never }))
    const own = { db, endpoints: { replace: false } } as const
    const unknown = await started(group('/folders/{folder_id}/notes', resource(notes, own))).catch((e: unknown) => e)
    const { faults, message } = unknown as { faults: { path: string; field: string }[]; message: string }
    expect(message).toContain(
      'params.folder_id: the path has {folder_id}, and the resource of notes knows nothing of it\n    → say whose rows it names, resource(notes, { within: { folder_id: a model or a table } }), and call it as the foreign key that refers to them: notes has folder_id',
    )
    // One for each endpoint, the list among them: it would have shown the notes of all folders.
    expect(faults.map(({ field }) => field)).toEqual(Array(8).fill('params.folder_id'))
    expect(faults.map(({ path }) => path)).toContain('/folders/{folder_id}/notes')
    const within = { within: { folder_id: folders } }
    await expect(started(group('/notes', resource(notes, { ...own, ...within })))).rejects.toThrow(
      "params.folder_id: the rows of notes are within {folder_id}, and the path has no such parameter\n    → put the resource under a prefix that has it: group('/…/{folder_id}/notes', resource(…))",
    )
    await expect(started(group('/folders/{id}/notes', resource(notes, { ...own, ...within })))).rejects.toThrow(
      'params.id: the path has {id}, and the resource of notes knows nothing of it\n    → call it as "within" does: {folder_id}',
    )
    await expect(started(group('/x/{y}', resource(folders, own)))).rejects.toThrow('folders has parent_id')
    await (await started(group('/folders/{folder_id}/notes', resource(notes, { ...own, ...within })))).close()
  })

  test('has an index for where its rows are', async () => {
    const { tables, db } = opened()
    const found = async (members: object): Promise<readonly string[]> => {
      const { failures, close } = await createTestClient(api(members as never))
      await close()
      return failures.map(String)
    }
    const none = resource(tables.notes, { db, within: { folder_id: tables.folders } })
    expect(await found({ notes: group('/folders/{folder_id}/notes', none) })).toEqual([
      'Error: notes.list: no index of notes begins with folder_id: add one for "within"',
    ])
    // The primary key begins with the book: what comes after that is in order.
    const loans = resource(tables.loans, { db, within: { book_id: tables.books }, sort: ['number'] })
    expect(await found({ loans: group('/books/{book_id}/loans', loans) })).toEqual([])
  })
})
