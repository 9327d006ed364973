import { sql } from 'drizzle-orm'
import { type AnyPgColumn, integer, pgTable, serial, text, timestamp } from 'drizzle-orm/pg-core'

/** Tables whose rows are somebody's, on Postgres. `owned-sqlite.ts` has the same ones. */

export const folders = pgTable('folders', {
  id: serial().primaryKey(),
  owner: text().notNull(),
  name: text().notNull(),
  colour: text(),
  parent_id: integer().references((): AnyPgColumn => folders.id),
})

export const notes = pgTable('notes', {
  id: serial().primaryKey(),
  owner: text().notNull(),
  folder_id: integer().references(() => folders.id),
  words: text().notNull(),
  state: text({ enum: ['open', 'done'] })
    .notNull()
    .default('open'),
  version: integer().notNull().default(1),
  deleted_at: timestamp({ withTimezone: true }),
})

export const remarks = pgTable('remarks', {
  id: serial().primaryKey(),
  owner: text().notNull(),
  note_id: integer()
    .notNull()
    .references(() => notes.id),
  words: text().notNull(),
})

export const ddl = [
  sql`create table folders (id serial primary key, owner text not null, name text not null, colour text,
    parent_id integer references folders (id))`,
  sql`create table notes (id serial primary key, owner text not null, folder_id integer references folders (id),
    words text not null, state text not null default 'open', version integer not null default 1, deleted_at timestamptz)`,
  sql`create table remarks (id serial primary key, owner text not null, note_id integer not null references notes (id),
    words text not null)`,
]
