import { eq, ne, sql } from 'drizzle-orm'
import { api, group } from 'trestle'
import { many, model, one, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { caller } from './caller.ts'
import { type Opened, onBothDatabases } from './databases.ts'

/** Notes in folders with remarks on them: everything is somebody's. */
function notebook({ tables: { folders, notes, remarks }, db }: Opened) {
  const use = { caller }
  const folder = model(folders, {
    use,
    hide: ['colour'],
    visible: ({ caller }) => eq(folders.owner, caller),
    owned: { owner: ({ caller }) => caller },
  })
  const note = model(notes, {
    use,
    visible: ({ caller }) => (caller === 'admin' ? undefined : eq(notes.owner, caller)),
    changeable: () => ne(notes.state, 'done'),
    owned: { owner: ({ caller }) => caller },
    version: 'version',
    deleted: 'deleted_at',
  })
  const remark = model(remarks, {
    use,
    visible: ({ caller }) => eq(remarks.owner, caller),
    owned: { owner: ({ caller }) => caller },
  })
  return api({
    folders: group('/folders', resource(folder, { db, expand: { parent: one(folder), notes: many(note) } })),
    notes: group(
      '/notes',
      resource(note, {
        db,
        filter: ['words', 'owner', 'state'],
        sort: ['words', 'owner'],
        search: ['words'],
        sparse: true,
        expand: {
          folder: one(folder, { expand: { parent: one(folder) } }),
          remarks: many(remark),
        },
      }),
    ),
    remarks: group(
      '/remarks',
      resource(remark, { db, expand: { note: one(note, { expand: { folder: one(folder) } }) } }),
    ),
  })
}

onBothDatabases('rows that are somebody’s', (opened) => {
  let started: Awaited<ReturnType<typeof start>>
  const start = () => createTestClient(notebook(opened()))

  beforeAll(async () => {
    started = await start()
  })
  afterAll(() => started.close())

  /** Folders 1 and 2, notes 1 and 2, remarks 1 and 2 are of ann and bob. */
  beforeEach(async () => {
    const { run } = opened()
    for (const table of ['remarks', 'notes', 'folders']) await run(sql`delete from ${sql.identifier(table)}`)
    await run(sql`insert into folders (id, owner, name, colour) values (1, 'ann', 'a', 'red'), (2, 'bob', 'b', 'blue')`)
    await run(
      sql`insert into notes (id, owner, folder_id, words) values (1, 'ann', 1, 'of ann'), (2, 'bob', 2, 'of bob')`,
    )
    await run(
      sql`insert into remarks (id, owner, note_id, words) values (1, 'ann', 1, 'by ann'), (2, 'bob', 2, 'by bob')`,
    )
    if (opened().dialect === 'postgres')
      for (const table of ['remarks', 'notes', 'folders'])
        await run(sql`select setval(${`${table}_id_seq`}::regclass, 100)`)
  })

  interface Answer {
    readonly status: number
    readonly etag: string | null
    // biome-ignore lint/suspicious/noExplicitAny: what came back is what is tested.
    readonly body: any
  }

  const ask = async (
    who: string,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const reply = await started.fetch(path, {
      method,
      headers: { 'x-caller': who, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await reply.text()
    return { status: reply.status, etag: reply.headers.get('etag'), body: text === '' ? undefined : JSON.parse(text) }
  }

  const rows = async (table: string) => opened().run(sql`select * from ${sql.identifier(table)} order by id`)

  /** What is there afterwards is what was there before. */
  const unchanged = async (work: () => Promise<void>): Promise<void> => {
    const all = async () => [await rows('folders'), await rows('notes'), await rows('remarks')]
    const before = await all()
    await work()
    expect(await all()).toEqual(before)
  }

  test('are in no list of anybody else, however it is asked for', async () => {
    const queries = [
      '',
      '?owner=bob',
      '?owner%5Bne%5D=ann',
      '?sort=-owner',
      '?q=of',
      '?words%5Bcontains%5D=bob',
      '?limit=1',
    ]
    for (const query of queries) {
      const { status, body } = await ask('ann', 'GET', `/notes${query}`)
      expect(status).toBe(200)
      expect(JSON.stringify(body)).not.toContain('bob')
      expect(body.next_cursor).toBe(null)
    }
    expect((await ask('nobody', 'GET', '/notes')).body.items).toEqual([])
    expect((await ask('admin', 'GET', '/notes')).body.items).toHaveLength(2)
  })

  test('are not found by anybody else, whatever is done with them', async () => {
    await unchanged(async () => {
      const change = { words: 'taken' }
      const calls: [string, string, unknown?][] = [
        ['GET', '/notes/2'],
        ['GET', '/notes/2?expand=folder,remarks&fields=words'],
        ['PATCH', '/notes/2', change],
        ['PATCH', '/notes/2', {}],
        ['PUT', '/notes/2', change],
        ['DELETE', '/notes/2'],
        [
          'POST',
          '/notes/bulk/update',
          {
            items: [
              { id: 1, ...change },
              { id: 2, ...change },
            ],
          },
        ],
        ['POST', '/notes/bulk/delete', { items: [{ id: 1 }, { id: 2 }] }],
        ['GET', '/folders/2'],
        ['PATCH', '/folders/2', { name: 'taken' }],
        ['DELETE', '/folders/2'],
        ['DELETE', '/remarks/2'],
      ]
      for (const [method, path, body] of calls) {
        const answer = await ask('ann', method, path, body)
        expect([method, path, answer.status]).toEqual([method, path, 404])
        // Nothing tells one that is another's from one that is not there.
        const missing = await ask(
          'ann',
          method,
          path.replace('/2', '/99'),
          JSON.parse(JSON.stringify(body ?? null)?.replace('"id":2', '"id":99')) ?? undefined,
        )
        const said = ({ instance: _, ...rest }: Record<string, unknown>) => JSON.stringify(rest)
        expect(said(answer.body)).toBe(said(missing.body))
      }
    })
  })

  test('belong to who creates them: nobody says whose they are', async () => {
    const made = await ask('ann', 'POST', '/notes', { words: 'new' })
    expect(made).toMatchObject({ status: 201, body: { owner: 'ann', version: 1 }, etag: '"1"' })
    await unchanged(async () => {
      for (const [method, path, body] of [
        ['POST', '/notes', { words: 'x', owner: 'bob' }],
        ['POST', '/notes', { words: 'x', deleted_at: '2020-01-01T00:00:00Z' }],
        ['POST', '/notes', { words: 'x', version: 7 }],
        ['POST', '/notes/bulk', { items: [{ words: 'x' }, { words: 'x', owner: 'bob' }] }],
        ['PATCH', '/notes/1', { owner: 'bob' }],
        ['PATCH', '/notes/1', { deleted_at: null }],
        ['PUT', '/notes/1', { words: 'x', owner: 'bob' }],
        ['POST', '/notes/bulk/update', { items: [{ id: 1, owner: 'bob' }] }],
        ['PATCH', '/folders/1', { colour: 'green' }],
      ] as const)
        expect([method, path, (await ask('ann', method, path, body)).status]).toEqual([method, path, 422])
    })
  })

  test('refer only to rows that their writer sees', async () => {
    await unchanged(async () => {
      for (const [method, path, body, pointer] of [
        ['POST', '/notes', { words: 'x', folder_id: 2 }, '/body/folder_id'],
        ['POST', '/notes', { words: 'x', folder_id: 99 }, '/body/folder_id'],
        ['PATCH', '/notes/1', { folder_id: 2 }, '/body/folder_id'],
        ['PUT', '/notes/1', { words: 'x', folder_id: 2 }, '/body/folder_id'],
        ['POST', '/notes/bulk', { items: [{ words: 'x' }, { words: 'x', folder_id: 2 }] }, '/body/items/1/folder_id'],
        ['POST', '/notes/bulk/update', { items: [{ id: 1, folder_id: 2 }] }, '/body/items/0/folder_id'],
        ['POST', '/remarks', { words: 'x', note_id: 2 }, '/body/note_id'],
        ['PATCH', '/folders/1', { parent_id: 2 }, '/body/parent_id'],
      ] as const) {
        const { status, body: problem } = await ask('ann', method, path, body)
        expect([method, path, status, problem.errors]).toEqual([
          method,
          path,
          422,
          [{ pointer, code: 'unknown', message: 'There is no such thing' }],
        ])
      }
    })
    expect((await ask('ann', 'PATCH', '/notes/1', { folder_id: 1 })).status).toBe(200)
    expect((await ask('ann', 'PATCH', '/notes/1', { folder_id: null })).status).toBe(200)
  })

  test('are not shown by expansion, at the first level or below', async () => {
    const { run } = opened()
    // As data of a time before there were rules.
    await run(sql`update notes set folder_id = 2 where id = 1`)
    await run(
      sql`insert into remarks (id, owner, note_id, words) values (3, 'bob', 1, 'by bob'), (4, 'ann', 2, 'by ann')`,
    )
    await run(sql`update folders set parent_id = 2 where id = 1`)
    const note = await ask('ann', 'GET', '/notes/1?expand=folder,remarks')
    expect(note.body).toMatchObject({ folder: null, remarks: [{ id: 1 }] })
    expect(note.body.remarks).toHaveLength(1)
    const list = await ask('ann', 'GET', '/notes?expand=folder.parent,remarks')
    expect(list.body.items).toMatchObject([{ folder: null, remarks: [{ id: 1 }] }])
    const remarks = await ask('ann', 'GET', '/remarks?expand=note.folder')
    expect(remarks.body.items).toMatchObject([
      { id: 1, note: { id: 1, folder: null } },
      { id: 4, note: null },
    ])
    const folders = await ask('ann', 'GET', '/folders?expand=parent,notes')
    expect(folders.body.items).toMatchObject([{ id: 1, parent: null, notes: [] }])
    for (const { body } of [note, list, remarks, folders]) {
      expect(JSON.stringify(body)).not.toContain('bob')
      expect(JSON.stringify(body)).not.toMatch(/colour|blue|red|deleted_at/)
    }
  })

  test('are gone everywhere once they are deleted, and kept', async () => {
    await opened().run(sql`insert into notes (id, owner, folder_id, words) values (3, 'ann', 1, 'of ann too')`)
    expect((await ask('ann', 'DELETE', '/notes/1')).status).toBe(204)
    const kept = await rows('notes')
    expect(kept).toHaveLength(3)
    expect(kept[0]).toMatchObject({ id: 1, version: 2 })
    expect(kept[0]?.deleted_at).not.toBe(null)
    for (const [method, path, body] of [
      ['GET', '/notes/1'],
      ['PATCH', '/notes/1', { words: 'x' }],
      ['PUT', '/notes/1', { words: 'x' }],
      ['DELETE', '/notes/1'],
      ['POST', '/notes/bulk/delete', { items: [{ id: 1 }] }],
      ['POST', '/notes/bulk/update', { items: [{ id: 1, words: 'x' }] }],
    ] as const)
      expect([method, path, (await ask('ann', method, path, body)).status]).toEqual([method, path, 404])
    expect((await ask('ann', 'GET', '/notes')).body.items).toMatchObject([{ id: 3 }])
    expect((await ask('admin', 'GET', '/notes')).body.items).toHaveLength(2)
    expect((await ask('ann', 'GET', '/remarks/1?expand=note')).body.note).toBe(null)
    expect((await ask('ann', 'GET', '/folders/1?expand=notes')).body.notes).toMatchObject([{ id: 3 }])
    expect((await ask('ann', 'POST', '/remarks', { note_id: 1, words: 'x' })).status).toBe(422)
    expect((await ask('ann', 'POST', '/notes/bulk/delete', { items: [{ id: 3 }] })).status).toBe(204)
    expect((await ask('ann', 'GET', '/notes')).body.items).toEqual([])
    expect(await rows('notes')).toHaveLength(3)
  })

  test('that may not be changed are 403 to who sees them, and 404 to others', async () => {
    await opened().run(sql`update notes set state = 'done' where id = 1`)
    await unchanged(async () => {
      for (const [method, path, body] of [
        ['PATCH', '/notes/1', { words: 'x' }],
        ['PATCH', '/notes/1', {}],
        ['PUT', '/notes/1', { words: 'x' }],
        ['DELETE', '/notes/1'],
        ['POST', '/notes/bulk/update', { items: [{ id: 1, words: 'x' }] }],
        ['POST', '/notes/bulk/delete', { items: [{ id: 1 }] }],
      ] as const) {
        expect([method, path, (await ask('ann', method, path, body)).status]).toEqual([method, path, 403])
        expect([method, path, (await ask('bob', method, path, body)).status]).toEqual([method, path, 404])
      }
    })
    // The last change that may be made is one that makes it so.
    expect((await ask('bob', 'PATCH', '/notes/2', { state: 'done' })).status).toBe(200)
    expect((await ask('bob', 'PATCH', '/notes/2', { state: 'open' })).status).toBe(403)
  })

  test('have a version that grows by one with each change', async () => {
    const versions: unknown[] = []
    const note = async (answer: Promise<Answer>) => {
      const { body, etag } = await answer
      const { version } = body.items?.[0] ?? body
      versions.push(version)
      if (etag !== null) expect(etag).toBe(`"${version}"`)
    }
    await note(ask('ann', 'GET', '/notes/1'))
    await note(ask('ann', 'PATCH', '/notes/1', { words: 'x' }))
    await note(ask('ann', 'PATCH', '/notes/1', { words: 'x' }))
    await note(ask('ann', 'PUT', '/notes/1', { words: 'y' }))
    await note(ask('ann', 'POST', '/notes/bulk/update', { items: [{ id: 1, words: 'z' }] }))
    await note(ask('ann', 'PATCH', '/notes/1', {}))
    await note(ask('ann', 'GET', '/notes/1'))
    expect(versions).toEqual([1, 2, 3, 4, 5, 5, 5])
  })

  test('are not sent again to who has them, and are changed only by who knows their state', async () => {
    const { etag } = await ask('ann', 'GET', '/notes/1')
    const known = { 'if-none-match': etag as string }
    expect(await ask('ann', 'GET', '/notes/1', undefined, known)).toMatchObject({ status: 304, body: undefined, etag })
    expect((await ask('bob', 'GET', '/notes/1', undefined, known)).status).toBe(404)
    expect(await ask('ann', 'PATCH', '/notes/1', { words: 'x' }, { 'if-match': etag as string })).toMatchObject({
      status: 200,
      etag: '"2"',
    })
    await unchanged(async () => {
      const stale = { 'if-match': etag as string }
      for (const [method, body] of [
        ['PATCH', { words: 'y' }],
        ['PATCH', {}],
        ['PUT', { words: 'y' }],
        ['DELETE'],
      ] as const) {
        const { status, etag: now } = await ask('ann', method, '/notes/1', body, stale)
        expect([method, body, status, now]).toEqual([method, body, 412, '"2"'])
      }
      expect((await ask('bob', 'PATCH', '/notes/1', { words: 'y' }, { 'if-match': '"2"' })).status).toBe(404)
    })
    expect((await ask('ann', 'GET', '/notes/1', undefined, known)).status).toBe(200)
    expect((await ask('ann', 'DELETE', '/notes/1', undefined, { 'if-match': '"2"' })).status).toBe(204)
  })

  test('have the same state whichever of their fields are asked for, and another where others’ rows are shown with them', async () => {
    const some = await ask('ann', 'GET', '/notes/1?fields=words')
    expect(some).toMatchObject({ status: 200, body: { id: 1, words: 'of ann' }, etag: '"1"' })
    expect(Object.keys(some.body).toSorted()).toEqual(['id', 'words'])
    await ask('ann', 'PATCH', '/notes/1', { words: 'new' })
    const known = { 'if-none-match': '"1"' }
    expect((await ask('ann', 'GET', '/notes/1?fields=words', undefined, known)).status).toBe(200)
    // The folder changes, and the version of the note does not.
    const expanded = await ask('ann', 'GET', '/notes/1?expand=folder')
    await ask('ann', 'PATCH', '/folders/1', { name: 'another' })
    const again = await ask('ann', 'GET', '/notes/1?expand=folder', undefined, {
      'if-none-match': expanded.etag ?? '"2"',
    })
    expect(again).toMatchObject({ status: 200, body: { folder: { name: 'another' } } })
  })

  test('are changed by one of two who write at the same moment', async () => {
    for (let round = 1; round <= 10; round++) {
      const match = { 'if-match': `"${round}"` }
      const both = await Promise.all([
        ask('ann', 'PATCH', '/notes/1', { words: `first ${round}` }, match),
        ask('ann', 'PATCH', '/notes/1', { words: `second ${round}` }, match),
      ])
      expect(both.map(({ status }) => status).toSorted()).toEqual([200, 412])
      const won = both.find(({ status }) => status === 200) as Answer
      expect(await ask('ann', 'GET', '/notes/1')).toMatchObject({ body: { words: won.body.words, version: round + 1 } })
    }
  })

  test('have no version that is lost where nobody says which they know', async () => {
    const writes = await Promise.all(
      Array.from({ length: 8 }, (_, i) => ask('ann', 'PATCH', '/notes/1', { words: `${i}` })),
    )
    expect(writes.map(({ body }) => body.version).toSorted()).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
  })
})
