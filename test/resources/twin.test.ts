import { eq, ne, sql } from 'drizzle-orm'
import { integer as pgInteger, pgTable, text as pgText, uuid } from 'drizzle-orm/pg-core'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { type Dependency, api, depends, group } from 'trestle'
import { toOpenApi } from 'trestle/openapi'
import {
  type AnyDatabase,
  auditTrail,
  many,
  model,
  one,
  postgresChanges,
  resource,
  sqliteChanges,
} from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { describe, expect, test } from 'vitest'
import { caller } from './caller.ts'
import { type Opened, openPostgres, openSqlite } from './databases.ts'
import * as postgres from './owned-postgres.ts'
import * as sqlite from './owned-sqlite.ts'

/** Declared once, and run on either database: the first tables say what callers know. */
function notebook(db: Dependency<AnyDatabase>) {
  const use = { caller }
  const folder = model(postgres.folders, {
    twin: sqlite.folders,
    use,
    hide: ['colour'],
    visible: ({ caller }, folders) => eq(folders.owner, caller),
    owned: { owner: ({ caller }) => caller },
  })
  const note = model(postgres.notes, {
    twin: sqlite.notes,
    use,
    visible: ({ caller }, notes) => eq(notes.owner, caller),
    changeable: (_, notes) => ne(notes.state, 'done'),
    owned: { owner: ({ caller }) => caller },
    version: 'version',
    deleted: 'deleted_at',
  })
  const remark = model(postgres.remarks, { twin: sqlite.remarks, readOnly: ['owner'] })
  const by = depends({ caller }, ({ caller }) => caller)
  const trail = auditTrail(postgresChanges('changes'), { by, twin: sqliteChanges('changes') })
  return api({
    folders: group('/folders', resource(folder, { db, expand: { parent: one(folder), notes: many(note) } })),
    notes: group(
      '/notes',
      trail.resource(note, {
        db,
        filter: ['words', 'state', 'folder_id'],
        sort: ['words'],
        search: ['words'],
        sparse: true,
        export: true,
        import: true,
        expand: { folder: one(folder, { expand: { parent: one(folder) } }), remarks: many(remark) },
      }),
    ),
    placed: group(
      '/folders/{folder_id}/notes',
      resource(note, {
        db,
        within: { folder_id: folder },
        filter: ['state'],
        expand: { remarks: many(remark, { always: true }) },
      }),
    ),
    changes: group('/changes', trail.changes({ db, endpoint: { security: 'public' } })),
  })
}

/** What is asked of it, in this order: the same on both. */
const ASKED: readonly (readonly [method: string, path: string, body?: unknown, headers?: Record<string, string>])[] = [
  ['POST', '/folders', { name: 'top' }],
  ['POST', '/folders', { name: 'below', parent_id: 1 }],
  ['POST', '/folders', { name: 'lost', parent_id: 99 }],
  ['POST', '/notes', { words: 'milk and tea', folder_id: 2 }],
  ['POST', '/notes', { words: 'tea', folder_id: 'two' }],
  ['POST', '/notes/bulk', { items: [{ words: 'bread' }, { words: 'coffee', state: 'done' }] }],
  ['POST', '/notes/bulk', { items: [{ words: 'x' }, { words: 'y', folder_id: 99 }] }],
  ['POST', '/notes/import', '{"words":"rice"}\n{"words":1}\n', { 'content-type': 'application/x-ndjson' }],
  ['GET', '/notes?sort=-words'],
  ['GET', '/notes?words[contains]=ea&expand=folder.parent,remarks'],
  ['GET', '/notes?state=done&fields=words'],
  ['GET', '/notes?state[in]=open&state[in]=done&folder_id[null]=true'],
  ['GET', '/notes?q=tea'],
  ['GET', '/notes?words[gte]=coffee&owner=bob'],
  ['GET', '/notes/1'],
  ['PATCH', '/notes/1', { words: 'tea' }, { 'if-match': '"7"' }],
  ['PATCH', '/notes/1', { words: 'tea' }, { 'if-match': '"1"' }],
  ['PUT', '/notes/2', { words: 'bread and butter' }],
  ['PATCH', '/notes/3', { words: 'no' }],
  ['DELETE', '/notes/2'],
  ['GET', '/notes/2'],
  ['GET', '/notes/1', undefined, { 'x-caller': 'bob' }],
  ['GET', '/folders?expand=notes,parent'],
  ['GET', '/notes/export', undefined, { accept: 'text/csv' }],
  ['POST', '/folders/1/notes', { words: 'placed' }],
  ['POST', '/folders/1/notes', { words: 'placed', folder_id: 2 }],
  ['POST', '/folders/3/notes', { words: 'nowhere' }],
  ['POST', '/folders/1/notes', { words: 'of another' }, { 'x-caller': 'bob' }],
  ['GET', '/folders/1/notes'],
  ['GET', '/folders/2/notes?state=open'],
  ['GET', '/folders/3/notes'],
  ['GET', '/folders/2/notes', undefined, { 'x-caller': 'bob' }],
  ['GET', '/folders/1/notes/1'],
  ['GET', '/folders/2/notes/1'],
  ['PATCH', '/folders/1/notes/1', { words: 'no' }],
  ['DELETE', '/folders/2/notes/1'],
  ['GET', '/changes?order=1'],
  ['GET', '/changes?change=update'],
]

/** Times differ, cursors are signed, and and Postgres ends lines in its own way. */
const plain = (body: string): string =>
  body
    .replaceAll('},\n{', '},{')
    .replaceAll('\r\n', '\n')
    .replace(/"at":"[^"]+"/g, '"at":"…"')
    .replace(/"next_cursor":"[^"]+"/g, '"next_cursor":"…"')

async function answers(opened: Opened): Promise<string[]> {
  const client = await createTestClient(notebook(opened.db))
  try {
    const found: string[] = []
    for (const [method, path, body, headers] of ASKED) {
      const reply = await client.fetch(path, {
        method,
        headers: { 'x-caller': 'ann', ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const etag = reply.headers.get('etag') ?? ''
      found.push(`${method} ${path} ${reply.status} ${etag} ${plain(await reply.text())}`)
    }
    return found
  } finally {
    await client.close()
  }
}

const CHANGES = {
  sqlite: sql`create table changes (id integer primary key autoincrement, at integer not null, who text, change text not null,
    "table" text not null, row text not null, before text, after text)`,
  postgres: sql`create table changes (id bigserial primary key, at timestamptz not null default now(), who text,
    change text not null, "table" text not null, row text not null, before json, after json)`,
}

describe('a model with a twin', () => {
  test('answers the same on both databases', async () => {
    const of = async (open: () => Promise<Opened>): Promise<string[]> => {
      const opened = await open()
      try {
        if (opened.dialect === 'postgres') await opened.database.execute(CHANGES.postgres)
        else (opened.database as unknown as { run(statement: unknown): void }).run(CHANGES.sqlite)
        return await answers(opened)
      } finally {
        await opened.close()
      }
    }
    const [onSqlite, onPostgres] = [await of(openSqlite), await of(openPostgres)]
    expect(onSqlite).toEqual(onPostgres)
    const statuses = onPostgres.map((one) => Number(/ (\d{3}) /.exec(one)?.[1]))
    expect(statuses).toEqual([
      ...[201, 201, 422, 201, 422, 201, 422, 200, 200, 200, 200, 200, 200, 422, 200, 412, 200, 200, 403, 204, 404, 404],
      ...[200, 200, 201, 422, 404, 404, 200, 200, 404, 404, 404, 200, 404, 204, 422, 200],
    ])
  })

  test('promises the same, whichever is the first: what callers know follows from that', async () => {
    const db = depends({}, (): AnyDatabase => ({}) as never, { scope: 'app' })
    const document = toOpenApi(api({ folders: group('/folders', resource(postgres.folders, { db })) }))
    const twin = model(postgres.folders, { twin: sqlite.folders })
    expect(toOpenApi(api({ folders: group('/folders', resource(twin, { db })) }))).toEqual(document)
  })

  const things = pgTable('things', { id: uuid().primaryKey(), name: pgText().notNull(), count: pgInteger() })

  test.each([
    ['the other database', () => things, 'is of Postgres as well: give the table of the other database'],
    [
      'all columns',
      () => sqliteTable('things', { id: text().primaryKey(), name: text().notNull() }),
      'has no column count',
    ],
    [
      'no others',
      () => sqliteTable('things', { id: text().primaryKey(), name: text().notNull(), count: integer(), more: text() }),
      'has a column more, which the table has not',
    ],
    [
      'the same key',
      () => sqliteTable('things', { id: text().notNull(), name: text().primaryKey(), count: integer() }),
      'has the primary key name, and the table id',
    ],
    [
      'values of the same type',
      () => sqliteTable('things', { id: text().primaryKey(), name: text().notNull(), count: text() }),
      "has a column count with strings, where the table's is numbers",
    ],
    [
      'null in the same columns',
      () => sqliteTable('things', { id: text().primaryKey(), name: text(), count: integer() }),
      "has a column name with null at times, where the table's is never null",
    ],
    [
      'defaults for the same columns',
      () => sqliteTable('things', { id: text().primaryKey(), name: text().notNull().default('x'), count: integer() }),
      "has a column name with a default, where the table's is no default",
    ],
  ])('must have %s', (_, twin, message) => {
    expect(() => model(things, { twin: twin() as never })).toThrow(`model(things): its twin ${message}`)
  })

  test('can be asked for what the first can: a filter that its column has not is refused', () => {
    const db = depends({}, (): AnyDatabase => ({}) as never, { scope: 'app' })
    const first = sqliteTable('things', { id: text().primaryKey(), name: text().notNull(), count: integer() })
    const reversed = model(first, { twin: things })
    expect(() => resource(reversed, { db, filter: ['id'] })).toThrow(
      "resource(things): the filter id[gt] is none of its twin's",
    )
  })

  test('has relations on both databases', () => {
    const db = depends({}, (): AnyDatabase => ({}) as never, { scope: 'app' })
    const note = model(postgres.notes, { twin: sqlite.notes })
    const message =
      'the relation folder of notes: folders is on Postgres alone, and notes on SQLite: give its model a "twin"'
    expect(() => resource(note, { db, expand: { folder: one(postgres.folders) } })).toThrow(message)
    const trail = auditTrail(postgresChanges('changes'), { by: depends({}, () => undefined) })
    expect(() => trail.resource(note, { db })).toThrow(
      'the trail of notes: the table of changes is not on SQLite: give it as its "twin"',
    )
  })

  test('is what a table of another database than "db" has not: which is which is said', async () => {
    const opened = await openSqlite()
    const { fetch, failures, close } = await createTestClient(
      api({ folders: group('/folders', resource(postgres.folders, { db: opened.db })) }),
    )
    for (const path of ['/folders', '/folders/1']) {
      expect((await fetch(path)).status).toBe(500)
      expect(String(failures.at(-1))).toContain(
        'resource(folders): its "db" is of SQLite, and its table of Postgres: give the database of that table, or a model with a "twin"',
      )
    }
    await close()
    await opened.close()
  })
})
