import { model, resource } from 'trestle/resources'
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
})
