import { sql } from 'drizzle-orm'
import { type AnySQLiteColumn, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Tables whose rows are somebody's, on SQLite. `owned-postgres.ts` has the same ones. */

export const folders = sqliteTable('folders', {
  id: integer().primaryKey(),
  owner: text().notNull(),
  name: text().notNull(),
  colour: text(),
  parent_id: integer().references((): AnySQLiteColumn => folders.id),
})

export const notes = sqliteTable('notes', {
  id: integer().primaryKey(),
  owner: text().notNull(),
  folder_id: integer().references(() => folders.id),
  words: text().notNull(),
  state: text({ enum: ['open', 'done'] })
    .notNull()
    .default('open'),
  version: integer().notNull().default(1),
  deleted_at: integer({ mode: 'timestamp_ms' }),
})

export const remarks = sqliteTable('remarks', {
  id: integer().primaryKey(),
  owner: text().notNull(),
  note_id: integer()
    .notNull()
    .references(() => notes.id),
  words: text().notNull(),
})

export const ddl = [
  sql`create table folders (id integer primary key, owner text not null, name text not null, colour text,
    parent_id integer references folders (id))`,
  sql`create table notes (id integer primary key, owner text not null, folder_id integer references folders (id),
    words text not null, state text not null default 'open', version integer not null default 1, deleted_at integer)`,
  sql`create table remarks (id integer primary key, owner text not null, note_id integer not null references notes (id),
    words text not null)`,
]
