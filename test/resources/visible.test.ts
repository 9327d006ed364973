import { and, eq, exists, gt, inArray, isNull, or, sql } from 'drizzle-orm'
import { api, depends, group } from 'trestle'
import { many, model, one, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { caller } from './caller.ts'
import { onBothDatabases } from './databases.ts'

onBothDatabases('a row that its writer would not see', (opened) => {
  test('is neither created nor made of one that they see', async () => {
    const { tables, db, run } = opened()
    const { notes } = tables
    const use = { caller }
    // Whose a note is may be said here, and a caller sees their own alone.
    const note = model(notes, { use, visible: ({ caller }) => and(eq(notes.owner, caller), eq(notes.state, 'open')) })
    const { fetch, close, failures } = await createTestClient(api({ notes: group('/notes', resource(note, { db })) }))
    const send = async (method: string, path: string, body: unknown) => {
      const headers = { 'x-caller': 'ann', 'content-type': 'application/json' }
      const reply = await fetch(path, { method, headers, body: JSON.stringify(body) })
      const { errors } = await reply.json()
      return [reply.status, errors?.[0]?.pointer, errors?.[0]?.code]
    }
    await run(sql`insert into notes (id, owner, words) values (1, 'ann', 'mine')`)
    if (opened().dialect === 'postgres') await run(sql`select setval('notes_id_seq', 100)`)
    const before = await run(sql`select * from notes`)
    expect(await send('POST', '/notes', { owner: 'bob', words: 'planted' })).toEqual([422, '/body', 'not_visible'])
    expect(await send('PATCH', '/notes/1', { owner: 'bob' })).toEqual([422, '/body', 'not_visible'])
    expect(await send('PUT', '/notes/1', { owner: 'bob', words: 'x' })).toEqual([422, '/body', 'not_visible'])
    const items = [
      { owner: 'ann', words: 'x' },
      { owner: 'bob', words: 'x' },
    ]
    expect(await send('POST', '/notes/bulk', { items })).toEqual([422, '/body/items/1', 'not_visible'])
    expect(await run(sql`select * from notes`)).toEqual(before)
    expect((await send('POST', '/notes', { owner: 'ann', words: 'mine too' }))[0]).toBe(201)
    expect(failures.map(String).filter((text) => !text.includes('no index'))).toEqual([])
    await close()
  })
})

onBothDatabases('what a caller sees', (opened) => {
  test('is what was not deleted, where a boolean that is never null says so', async () => {
    const { tables, db, run, dialect } = opened()
    const at = dialect === 'postgres' ? sql`now()` : sql`0`
    await run(sql`insert into branches (id, name) values (7, 'South')`)
    for (const id of [71, 72])
      await run(
        sql`insert into books (id, branch_id, isbn, title, added_at) values (${id}, 7, ${`${id}`}, 'rare or gone', ${at})`,
      )
    const book = model(tables.books, { deleted: 'is_rare' })
    const { fetch, close } = await createTestClient(api({ books: group('/books', resource(book, { db })) }))
    const ids = async () => (await (await fetch('/books')).json()).items.map(({ id }: { id: number }) => id)
    expect(await ids()).toEqual([71, 72])
    expect((await fetch('/books/71', { method: 'DELETE' })).status).toBe(204)
    expect(await ids()).toEqual([72])
    expect((await fetch('/books/71')).status).toBe(404)
    await run(sql`delete from books where branch_id = 7`)
    await close()
  })

  test('may follow from sets, from times and from rows of other tables, in every verb', async () => {
    const { tables, db, run, database, dialect } = opened()
    const { folders, notes, remarks } = tables
    // Whose folders somebody may read, as a list that is longer for some than for others.
    const readers = depends({ caller }, ({ caller }) => (caller === 'ann' ? ['ann', 'bob', "o'neil"] : [caller]))
    const note = model(notes, {
      use: { readers },
      visible: ({ readers }) =>
        and(
          exists(
            database
              .select({ one: sql`1` })
              .from(folders)
              .where(and(eq(folders.id, notes.folder_id), inArray(folders.owner, readers))),
          ),
          or(isNull(notes.deleted_at), gt(notes.deleted_at, new Date('2020-01-01T00:00:00Z'))),
        ),
    })
    const remark = model(remarks, { hide: ['note_id'], readOnly: ['owner'] })
    const { as, close, failures } = await createTestClient(
      api({
        notes: group(
          '/notes',
          resource(note, {
            db,
            pages: 'offset',
            sparse: true,
            sort: ['words'],
            expand: { remarks: many(remark, { most: 2 }) },
          }),
        ),
        remarks: group(
          '/remarks',
          resource(remark, { db, sparse: true, expand: { note: one(note, { by: 'note_id' }) } }),
        ),
      }),
    )
    await run(
      sql`insert into folders (id, owner, name) values (1, 'ann', 'a'), (2, 'bob', 'b'), (3, 'eve', 'c'), (4, 'o''neil', 'd')`,
    )
    const at = (iso: string) => (dialect === 'postgres' ? sql`${iso}::timestamptz` : sql`${Date.parse(iso)}`)
    await run(sql`insert into notes (id, owner, folder_id, words, deleted_at) values
      (1, 'x', 1, 'a', null), (2, 'x', 2, 'b', null), (3, 'x', 3, 'c', null), (4, 'x', 4, 'd', ${at('2021-01-01T00:00:00Z')}),
      (5, 'x', 1, 'e', ${at('2019-01-01T00:00:00Z')})`)
    for (let id = 1; id <= 4; id++)
      await run(sql`insert into remarks (id, owner, note_id, words) values (${id}, 'x', 1, ${`r${id}`})`)
    await run(sql`insert into remarks (id, owner, note_id, words) values (9, 'x', 3, 'of eve')`)
    const seenBy = async (who: string) => {
      const { items, total } = await as({ 'x-caller': who }).notes.list({
        query: { count: true, limit: 2, sort: ['words'] },
      })
      const rest = await as({ 'x-caller': who }).notes.list({ query: { limit: 100, offset: 2 } })
      expect(total).toBe(items.length + rest.items.length)
      expect(rest.total).toBe(null)
      return [...items, ...rest.items].map(({ id }) => id)
    }
    // More than once: what is kept of a statement is not whose it was.
    for (let round = 0; round < 2; round++) {
      expect(await seenBy('ann')).toEqual([1, 2, 4])
      expect(await seenBy('bob')).toEqual([2])
      expect(await seenBy('eve')).toEqual([3])
      expect(await seenBy('nobody')).toEqual([])
    }
    const ann = as({ 'x-caller': 'ann' })
    const shown = await ann.notes.read({ params: { id: 1 }, query: { fields: ['words'], expand: ['remarks'] } })
    expect(shown).toEqual({
      id: 1,
      words: 'a',
      remarks: [
        { id: 1, owner: 'x', words: 'r1' },
        { id: 2, owner: 'x', words: 'r2' },
      ],
    })
    const { items } = await ann.remarks.list({ query: { fields: ['words'], expand: ['note'] } })
    expect(items[0]).toMatchObject({ id: 1, words: 'r1', note: { id: 1, words: 'a' } })
    expect(Object.keys(items[0] as object).toSorted()).toEqual(['id', 'note', 'words'])
    expect(items.at(-1)).toEqual({ id: 9, words: 'of eve', note: null })
    await expect(
      as({ 'x-caller': 'bob' }).notes.update({ params: { id: 1 }, body: { words: 'x' } }),
    ).rejects.toMatchObject({ status: 404 })
    expect(await ann.notes.update({ params: { id: 1 }, body: { words: 'x' } })).toMatchObject({ words: 'x' })
    await expect(ann.notes.update({ params: { id: 1 }, body: { folder_id: 3 } })).rejects.toMatchObject({ status: 422 })
    await expect(as({ 'x-caller': 'bob' }).notes.remove({ params: { id: 4 } })).rejects.toMatchObject({ status: 404 })
    await ann.notes.remove({ params: { id: 4 } })
    expect(await seenBy('ann')).toEqual([2, 1])
    expect(failures.map(String).filter((text) => !text.includes('no index'))).toEqual([])
    await close()
  })
})
