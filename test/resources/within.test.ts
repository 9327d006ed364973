import { Validator } from '@seriousme/openapi-schema-validator'
import { type SQL, eq, ne, sql } from 'drizzle-orm'
import { api, group } from 'trestle'
import { toOpenApi } from 'trestle/openapi'
import { many, model, one, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { caller } from './caller.ts'
import { type Opened, onBothDatabases } from './databases.ts'

/** What hooks of remarks were given. */
const given: unknown[] = []

/** Folders in folders, notes in folders, remarks on notes: everything is somebody's. */
function notebook({ tables: { folders, notes, remarks, ...tables }, db }: Opened) {
  const use = { caller }
  const isOwn =
    (column: typeof folders.owner | typeof notes.owner | typeof remarks.owner) =>
    (uses: { readonly caller: string }): SQL | undefined =>
      uses.caller === 'admin' ? undefined : eq(column as never, uses.caller)
  const owned = { owner: ({ caller }: { readonly caller: string }) => caller }
  const folder = model(folders, { use, hide: ['colour'], visible: isOwn(folders.owner), owned })
  const note = model(notes, {
    use,
    visible: isOwn(notes.owner),
    changeable: () => ne(notes.state, 'done'),
    owned,
    version: 'version',
    deleted: 'deleted_at',
  })
  const remark = model(remarks, { use, visible: isOwn(remarks.owner), owned })
  const inFolder = group(
    '/folders/{folder_id}/notes',
    resource(note, {
      db,
      within: { folder_id: folder },
      filter: ['words'],
      sort: ['words'],
      size: { usual: 2, most: 1000 },
      expand: { folder: one(folder), remarks: many(remark, { always: true }) },
      export: true,
      import: true,
    }),
  )
  const onNote = group(
    '/folders/{folder_id}/notes/{note_id}/remarks',
    resource(remark, {
      db,
      within: { folder_id: folder, note_id: note },
      pages: 'offset',
      export: true,
      hooks: {
        beforeCreate: (values) => void given.push({ ...values }),
        beforeUpdate: (change, key) => {
          given.push({ change: { ...change }, key: { ...key } })
          return change.words === 'moved' ? { note_id: 2 } : undefined
        },
        beforeRemove: (key) => void given.push({ ...key }),
      },
    }),
  )
  return api({
    // The same again, elsewhere.
    again: group('/again/{folder_id}/notes', resource(note, { db, within: { folder_id: folder } })),
    children: group('/folders/{parent_id}/folders', resource(folder, { db, within: { parent_id: folder } })),
    inFolder,
    onNote,
    notes: group('/notes', resource(note, { db })),
    loans: group('/books/{book_id}/loans', resource(tables.loans, { db, within: { book_id: tables.books } })),
    renewals: group(
      '/books/{book_id}/loans/{number}/renewals',
      resource(tables.renewals, {
        db,
        within: { book_id: model(tables.books, { deleted: 'deleted_at' }), number: tables.loans },
      }),
    ),
  })
}

onBothDatabases('rows within others', (opened) => {
  let started: Awaited<ReturnType<typeof start>>
  const start = () => createTestClient(notebook(opened()))
  beforeAll(async () => {
    started = await start()
  })
  afterAll(() => started.close())

  const moment = () => (opened().dialect === 'postgres' ? sql`now()` : sql`1`)

  /** Folders 1, 3 and 4 are ann's, 4 in 3; folder 2 is bob's. A note in each, one more in 1, and one that was deleted. */
  beforeEach(async () => {
    const { run } = opened()
    given.length = 0
    for (const table of ['renewals', 'loans', 'books', 'branches', 'remarks', 'notes', 'folders'])
      await run(sql`delete from ${sql.identifier(table)}`)
    await run(
      sql`insert into folders (id, owner, name, parent_id) values (1, 'ann', 'a', null), (2, 'bob', 'b', null), (3, 'ann', 'c', null), (4, 'ann', 'd', 3)`,
    )
    await run(
      sql`insert into notes (id, owner, folder_id, words) values (1, 'ann', 1, 'one'), (2, 'bob', 2, 'two'), (3, 'ann', 3, 'three'), (4, 'ann', 1, 'four')`,
    )
    await run(
      sql`insert into notes (id, owner, folder_id, words, deleted_at) values (5, 'ann', 1, 'gone', ${moment()})`,
    )
    await run(
      sql`insert into remarks (id, owner, note_id, words) values (1, 'ann', 1, 'on one'), (2, 'bob', 2, 'on two'), (3, 'ann', 3, 'on three'), (5, 'ann', 5, 'on gone')`,
    )
    await run(sql`insert into branches (id, name) values (1, 'North')`)
    await run(
      sql`insert into books (id, branch_id, isbn, title, added_at) values (1, 1, '1', 'a', ${moment()}), (2, 1, '2', 'b', ${moment()})`,
    )
    await run(
      sql`insert into loans (book_id, number, reader, due) values (1, 1, 'x', '2020-01-01'), (2, 1, 'y', '2020-01-01'), (2, 2, 'z', '2020-01-01')`,
    )
    await run(
      sql`insert into renewals (id, book_id, number, until) values (1, 1, 1, '2020-02-01'), (2, 2, 1, '2020-02-02'), (3, 2, 2, '2020-02-03')`,
    )
    if (opened().dialect === 'postgres')
      for (const table of ['remarks', 'notes', 'folders', 'renewals'])
        await run(sql`select setval(${`${table}_id_seq`}::regclass, 100)`)
  })

  interface Answer {
    readonly status: number
    // biome-ignore lint/suspicious/noExplicitAny: what comes back is what is tested
    readonly body: any
    readonly headers: Headers
  }
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    headers: object = {},
    who = 'ann',
  ): Promise<Answer> => {
    const reply = await started.fetch(path, {
      method,
      headers: { 'x-caller': who, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await reply.text()
    const isJson =
      reply.headers.get('content-type')?.includes('json') && !reply.headers.get('content-type')?.includes('nd')
    return { status: reply.status, body: isJson && text !== '' ? JSON.parse(text) : text, headers: reply.headers }
  }
  const ids = ({ body }: Answer): number[] => body.items.map(({ id }: { id: number }) => id)
  const all = async (): Promise<string> => {
    const { run } = opened()
    const tables = ['folders', 'notes', 'remarks', 'loans', 'renewals']
    const rows: unknown[] = []
    for (const table of tables) rows.push(await run(sql`select * from ${sql.identifier(table)} order by 1, 2`))
    return JSON.stringify(rows)
  }

  test('are listed, read, exported and counted for each parent alone', async () => {
    expect(ids(await ask('GET', '/folders/1/notes'))).toEqual([1, 4])
    expect(ids(await ask('GET', '/folders/3/notes'))).toEqual([3])
    expect(ids(await ask('GET', '/folders/4/notes'))).toEqual([])
    expect(ids(await ask('GET', '/folders/2/notes', undefined, {}, 'admin'))).toEqual([2])
    expect(ids(await ask('GET', '/folders/3/folders'))).toEqual([4])
    expect(ids(await ask('GET', '/folders/4/folders'))).toEqual([])
    expect((await ask('GET', '/folders/1/notes/1')).body).toMatchObject({ id: 1, folder_id: 1, remarks: [{ id: 1 }] })
    expect((await ask('GET', '/folders/1/notes/1/remarks?count=true')).body).toMatchObject({
      total: 1,
      items: [{ id: 1 }],
    })
    expect((await ask('GET', '/folders/1/notes/export')).body.map(({ id }: { id: number }) => id)).toEqual([1, 4])
    expect((await ask('GET', '/folders/3/notes/export', undefined, { accept: 'text/csv' })).body).toContain('three')
    expect((await ask('GET', '/folders/4/notes/export')).body).toEqual([])
    expect((await ask('GET', '/books/2/loans')).body.items).toMatchObject([{ number: 1 }, { number: 2 }])
    expect((await ask('GET', '/books/2/loans/2')).body).toMatchObject({ book_id: 2, number: 2, reader: 'z' })
    expect(ids(await ask('GET', '/books/2/loans/1/renewals'))).toEqual([2])
  })

  test('with two queries where there are none, and with one, and those of relations, where there are', async () => {
    const { queries } = opened()
    const counted = async (path: string): Promise<number> => {
      queries.length = 0
      await ask('GET', path)
      return queries.length
    }
    expect(await counted('/books/2/loans')).toBe(1)
    expect(await counted('/folders/1/notes')).toBe(2)
    expect(await counted('/folders/1/notes?expand=folder')).toBe(3)
    expect(await counted('/folders/4/notes')).toBe(2)
    expect(await counted('/folders/1/notes/1/remarks/1')).toBe(1)
  })

  /** Paths whose parent is not there for ann: another's, none, deleted, of another folder, of another book. */
  const AWAY = [
    ['/folders/2/notes', '2', { words: 'x' }],
    ['/folders/99/notes', '1', { words: 'x' }],
    ['/folders/2/folders', '2', { name: 'x' }],
    ['/folders/1/notes/5/remarks', '5', { words: 'x' }],
    ['/folders/1/notes/2/remarks', '2', { words: 'x' }],
    ['/folders/1/notes/3/remarks', '3', { words: 'x' }],
    ['/folders/2/notes/2/remarks', '2', { words: 'x' }],
    ['/folders/99/notes/1/remarks', '1', { words: 'x' }],
    ['/books/9/loans', '1', { number: 7, reader: 'x', due: '2020-01-01' }],
    ['/books/1/loans/2/renewals', '3', { until: '2020-01-01' }],
    ['/books/9/loans/1/renewals', '1', { until: '2020-01-01' }],
  ] as const

  test.each(AWAY)('are not there, and cannot be made, where their parent is not: %s', async (path, id, body) => {
    const before = await all()
    const key = path.endsWith('loans') ? { number: Number(id) } : { id: Number(id) }
    const requests = [
      ['GET', path],
      ['POST', path, body],
      ['GET', `${path}/${id}`],
      ['PUT', `${path}/${id}`, path.endsWith('loans') ? { reader: 'x', due: '2020-01-01' } : body],
      ['PATCH', `${path}/${id}`, {}],
      ['PATCH', `${path}/${id}`, path.endsWith('loans') ? { reader: 'x' } : body],
      ['DELETE', `${path}/${id}`],
      ['POST', `${path}/bulk`, { items: [body] }],
      ['POST', `${path}/bulk/update`, { items: [{ ...key }] }],
      ['POST', `${path}/bulk/delete`, { items: [key] }],
      ...(path.endsWith('/notes') || path.endsWith('/remarks') ? [['GET', `${path}/export`]] : []),
    ] as [string, string, unknown?][]
    for (const [method, at, sent] of requests) {
      const { status, body: said } = await ask(method, at, sent)
      expect([method, at, status, said.code]).toEqual([method, at, 404, 'not_found'])
    }
    if (path.endsWith('/notes')) {
      const headers = { 'content-type': 'application/x-ndjson' }
      expect((await ask('POST', `${path}/import`, '{"words":"x"}\n', headers)).status).toBe(404)
    }
    expect(await all()).toBe(before)
  })

  test('of other parents are touched by nothing', async () => {
    const before = await all()
    for (const [path, id] of [
      ['/folders/1/notes', 3],
      ['/folders/1/notes', 5],
      ['/folders/3/notes', 1],
      ['/folders/1/notes/1/remarks', 3],
      ['/folders/3/folders', 1],
      ['/folders/3/folders', 3],
      ['/books/1/loans/1/renewals', 2],
    ] as const) {
      for (const [method, body] of [['GET'], ['PATCH', {}], ['DELETE']] as [string, unknown?][])
        expect([method, path, id, (await ask(method, `${path}/${id}`, body)).status]).toEqual([method, path, id, 404])
      const several = await ask('POST', `${path}/bulk/delete`, { items: [{ id }] })
      expect([several.status, several.body.errors[0].pointer]).toEqual([404, '/body/items/0'])
      expect((await ask('POST', `${path}/bulk/update`, { items: [{ id }] })).status).toBe(404)
    }
    // One of several: nothing is done.
    const mixed = {
      items: [
        { id: 1, words: 'new' },
        { id: 3, words: 'new' },
      ],
    }
    const refused = await ask('POST', '/folders/1/notes/bulk/update', mixed)
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([404, '/body/items/1'])
    expect((await ask('POST', '/folders/1/notes/bulk/delete', { items: [{ id: 1 }, { id: 2 }] })).status).toBe(404)
    expect((await ask('POST', '/books/1/loans/bulk/delete', { items: [{ number: 2 }] })).status).toBe(404)
    expect(await all()).toBe(before)
  })

  test('are made where the path says, and no body says where', async () => {
    const made = await ask('POST', '/folders/3/notes', { words: 'new' })
    expect([made.status, made.headers.get('location')]).toEqual([201, `/folders/3/notes/${made.body.id}`])
    expect(made.body).toMatchObject({ folder_id: 3, owner: 'ann', words: 'new', remarks: [] })
    const several = await ask('POST', '/folders/3/notes/bulk', { items: [{ words: 'a' }, { words: 'b' }] })
    expect(several.body.items).toMatchObject([{ folder_id: 3 }, { folder_id: 3 }])
    const headers = { 'content-type': 'application/x-ndjson' }
    const lines = '{"words":"c"}\n{"words":"d","folder_id":1}\n'
    expect((await ask('POST', '/folders/3/notes/import', lines, headers)).body).toMatchObject({
      created: 1,
      refused: 1,
    })
    expect((await ask('GET', '/folders/3/notes?limit=100')).body.items).toHaveLength(5)
    for (const [method, path, body] of [
      ['POST', '/folders/3/notes', { words: 'x', folder_id: 1 }],
      ['PUT', '/folders/3/notes/3', { words: 'x', folder_id: 1 }],
      ['PATCH', '/folders/3/notes/3', { folder_id: 1 }],
      ['POST', '/folders/3/notes/bulk', { items: [{ words: 'x', folder_id: 1 }] }],
      ['POST', '/folders/3/notes/bulk/update', { items: [{ id: 3, folder_id: 1 }] }],
      ['POST', '/books/1/loans/bulk/delete', { items: [{ book_id: 2, number: 1 }] }],
      ['POST', '/books/1/loans/bulk/update', { items: [{ book_id: 2, number: 1, reader: 'x' }] }],
      ['POST', '/books/1/loans', { book_id: 2, number: 9, reader: 'x', due: '2020-01-01' }],
    ] as const)
      expect([method, path, (await ask(method, path, body)).status]).toEqual([method, path, 422])
    const loan = await ask('POST', '/books/1/loans', { number: 9, reader: 'x', due: '2020-01-01' })
    expect([loan.status, loan.body.book_id]).toEqual([201, 1])
    const due = { items: [{ number: 9, due: '2021-01-01' }] }
    expect((await ask('POST', '/books/1/loans/bulk/update', due)).body.items).toMatchObject([{ book_id: 1, number: 9 }])
    expect((await ask('POST', '/books/1/loans/bulk/delete', { items: [{ number: 9 }] })).status).toBe(204)
    const renewal = await ask('POST', '/books/2/loans/2/renewals', { until: '2022-01-01' })
    expect(renewal.body).toMatchObject({ book_id: 2, number: 2 })
    await opened().run(sql`update books set deleted_at = ${moment()} where id = 2`)
    expect((await ask('GET', '/books/2/loans/2/renewals')).status).toBe(404)
    expect((await ask('GET', `/books/2/loans/2/renewals/${renewal.body.id}`)).status).toBe(404)
  })

  test('are changed, replaced and deleted there, with the rules of their model', async () => {
    const changed = await ask('PATCH', '/folders/1/notes/1', { words: 'new' }, { 'if-match': '"1"' })
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"'])
    expect((await ask('PATCH', '/folders/1/notes/1', { words: 'newer' }, { 'if-match': '"1"' })).status).toBe(412)
    const replaced = await ask('PUT', '/folders/1/notes/1', { words: 'whole' })
    expect(replaced.body).toMatchObject({ folder_id: 1, words: 'whole', state: 'open' })
    expect((await ask('PATCH', '/folders/1/notes/4', { state: 'done' })).status).toBe(200)
    expect((await ask('PATCH', '/folders/1/notes/4', { words: 'x' })).status).toBe(403)
    expect((await ask('DELETE', '/folders/1/notes/1')).status).toBe(204)
    expect(ids(await ask('GET', '/folders/1/notes'))).toEqual([4])
    // What is gone is no parent either.
    expect((await ask('GET', '/folders/1/notes/1/remarks')).status).toBe(404)
    expect((await ask('GET', '/folders/1/notes/1/remarks/1')).status).toBe(404)
  })

  test('are known to hooks by where they are, and no hook moves them', async () => {
    const { body } = await ask('POST', '/folders/1/notes/1/remarks', { words: 'new' })
    await ask('PATCH', `/folders/1/notes/1/remarks/${body.id}`, { words: 'newer' })
    await ask('DELETE', `/folders/1/notes/1/remarks/${body.id}`)
    expect(given).toEqual([
      { words: 'new', note_id: 1 },
      { change: { words: 'newer' }, key: { id: body.id } },
      { id: body.id },
    ])
    const moved = await ask('PATCH', '/folders/1/notes/1/remarks/1', { words: 'moved' }, {}, 'admin')
    expect([moved.status, moved.body.errors[0].code]).toEqual([422, 'not_visible'])
    expect((await ask('GET', '/folders/1/notes/1/remarks/1')).body.note_id).toBe(1)
  })

  test('of one parent are on pages of their own: a cursor of another leads nowhere', async () => {
    const { run } = opened()
    for (const folder of [1, 3])
      for (let i = 0; i < 5; i++)
        await run(
          sql`insert into notes (id, owner, folder_id, words) values (${folder * 10 + i}, 'ann', ${folder}, ${`n${i}`})`,
        )
    const first = await ask('GET', '/folders/1/notes?sort=words')
    const cursor = first.body.next_cursor
    expect(cursor).toEqual(expect.any(String))
    const other = await ask('GET', `/folders/3/notes?sort=words&cursor=${cursor}`)
    expect([other.status, other.body.code]).toEqual([400, 'invalid_cursor'])
    const found: number[] = ids(first)
    for (let next = cursor; next !== null; ) {
      const page = await ask('GET', `/folders/1/notes?sort=words&cursor=${next}`)
      found.push(...ids(page))
      next = page.body.next_cursor
    }
    expect(found.toSorted((a, b) => a - b)).toEqual([1, 4, 10, 11, 12, 13, 14])
  })

  test('show their parent as any other relation', async () => {
    const { body } = await ask('GET', '/folders/1/notes?expand=folder')
    expect(body.items.map((item: { folder: unknown }) => item.folder)).toEqual([
      { id: 1, owner: 'ann', name: 'a', parent_id: null },
      { id: 1, owner: 'ann', name: 'a', parent_id: null },
    ])
  })

  test.each(['x', '1.5', '9007199254740993', '-9007199254740993', '1%20or%201=1', '%27', 'null'])(
    'are refused for a parameter of wrong form: %s',
    async (id) => {
      for (const path of [
        `/folders/${id}/notes`,
        `/folders/1/notes/${id}/remarks`,
        `/folders/${id}/notes/1/remarks/1`,
      ]) {
        const { status, body } = await ask('GET', path)
        expect([path, status, body.code]).toEqual([path, 422, 'invalid_input'])
      }
    },
  )

  test('are those of their parent, however rows lie', async () => {
    const { run } = opened()
    let seed = 7
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return Math.floor((seed / 2147483648) * below)
    }
    for (let id = 200; id < 300; id++) {
      const deleted = random(5) === 0 ? moment() : sql`null`
      const owner = random(4) === 0 ? 'bob' : 'ann'
      await run(
        sql`insert into notes (id, owner, folder_id, words, deleted_at) values (${id}, ${owner}, ${[1, 2, 3, 4, null][random(5)]}, ${`w${random(6)}`}, ${deleted})`,
      )
      await run(
        sql`insert into remarks (id, owner, note_id, words) values (${id}, ${owner}, ${200 + random(id - 199)}, 'r')`,
      )
    }
    for (const folder of [1, 2, 3, 4]) {
      const there = await run(
        sql`select n.id from notes n join folders f on f.id = n.folder_id where f.id = ${folder} and f.owner = 'ann' and n.owner = 'ann' and n.deleted_at is null order by n.id`,
      )
      const rows = await ask('GET', `/folders/${folder}/notes?limit=1000`)
      if (folder === 2) expect(rows.status).toBe(404)
      else expect(ids(rows)).toEqual(there.map(({ id }) => id))
      for (let note = 200; note < 300; note += 7) {
        const remarks = await run(
          sql`select r.id from remarks r join notes n on n.id = r.note_id join folders f on f.id = n.folder_id where n.id = ${note} and f.id = ${folder} and f.owner = 'ann' and n.owner = 'ann' and n.deleted_at is null and r.owner = 'ann' order by r.id`,
        )
        const seen = await ask('GET', `/folders/${folder}/notes/${note}/remarks?limit=100`)
        if (seen.status === 404) {
          expect(there.some(({ id }) => id === note) && folder !== 2).toBe(false)
          expect(remarks).toEqual([])
        } else expect(ids(seen)).toEqual(remarks.map(({ id }) => id))
      }
    }
  })

  test('have schemas beside those of rows that stand by themselves', async () => {
    const document = JSON.parse(JSON.stringify(await toOpenApi(notebook(opened()))))
    expect(await new Validator().validate(JSON.parse(JSON.stringify(document)))).toEqual({ valid: true })
    const { paths, components } = document
    expect(Object.keys(paths)).toContain('/books/{book_id}/loans/{number}')
    const names = (path: string, method: string): string[] =>
      paths[path][method].parameters
        .filter((one: { in: string }) => one.in === 'path')
        .map((one: { name: string }) => one.name)
    expect(names('/folders/{folder_id}/notes/{note_id}/remarks/{id}', 'patch')).toEqual(['folder_id', 'note_id', 'id'])
    expect(names('/folders/{folder_id}/notes/bulk/update', 'post')).toEqual(['folder_id'])
    expect(Object.keys(components.schemas.NoteCreate.properties)).toContain('folder_id')
    expect(Object.keys(components.schemas.FolderNoteCreate.properties)).not.toContain('folder_id')
    expect(Object.keys(components.schemas.FolderNoteUpdate.properties)).not.toContain('folder_id')
    // By what the path says, whichever it is and wherever it stands.
    expect(Object.keys(components.schemas)).toContain('ParentFolderCreate')
    for (const method of ['get', 'post'])
      expect(Object.keys(paths['/folders/{folder_id}/notes'][method].responses)).toContain('404')
  })

  test('are nobody else’s: a path says no owner that the model says', async () => {
    const { tables, db, run } = opened()
    const note = model(tables.notes, { use: { caller }, owned: { folder_id: ({ caller }) => Number(caller) } })
    const within = { folder_id: tables.folders }
    const { fetch, close } = await createTestClient(
      api({ notes: group('/folders/{folder_id}/notes', resource(note, { db, within, import: true })) }),
    )
    const post = async (path: string, sent: unknown) => {
      const headers = {
        'x-caller': '1',
        'content-type': path.endsWith('import') ? 'application/x-ndjson' : 'application/json',
      }
      const reply = await fetch(path, { method: 'POST', headers, body: JSON.stringify(sent) })
      return { status: reply.status, body: await reply.json() }
    }
    const given = { owner: 'ann', words: 'mine' }
    expect(await post('/folders/1/notes', given)).toMatchObject({ status: 201, body: { folder_id: 1 } })
    const refused = { status: 422, body: { errors: [{ code: 'not_visible' }] } }
    expect(await post('/folders/3/notes', given)).toMatchObject(refused)
    expect(await post('/folders/3/notes/bulk', { items: [given] })).toMatchObject(refused)
    expect(await post('/folders/3/notes/import', given)).toMatchObject({ body: { created: 0, refused: 1 } })
    expect(await run(sql`select folder_id from notes where words = 'mine'`)).toEqual([{ folder_id: 1 }])
    await close()
  })

  test('may be at two paths: their schemas are the same', async () => {
    const { tables, db } = opened()
    const note = model(tables.notes)
    const at = () => resource(note, { db, within: { folder_id: tables.folders } })
    const both = api({
      all: group('/all/folders/{folder_id}/notes', at()),
      own: group('/folders/{folder_id}/notes', at()),
    })
    const { close } = await createTestClient(both)
    const { components } = JSON.parse(JSON.stringify(await toOpenApi(both)))
    expect(Object.keys(components.schemas.FolderNoteCreate.properties)).not.toContain('folder_id')
    await close()
  })
})
