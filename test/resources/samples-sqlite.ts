import { sql } from 'drizzle-orm'
import { integer, numeric, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** A table with a column of each kind, on SQLite. `samples-postgres.ts` has the same one. */

export const samples = sqliteTable('samples', {
  id: integer().primaryKey(),
  word: text(),
  code: text().notNull(),
  size: real(),
  small: real(),
  exact: numeric(),
  number: integer(),
  big: integer(),
  at: integer({ mode: 'timestamp_ms' }),
  stamp: integer({ mode: 'timestamp' }),
  day: text(),
  clock: text(),
  flag: integer({ mode: 'boolean' }),
  mood: text({ enum: ['sad', 'fine', 'glad'] }),
  uuid: text(),
  fixed: text({ length: 3 }),
  tags: text({ mode: 'json' }),
  data: text({ mode: 'json' }),
})

export const ddl = [
  sql`create table samples (id integer primary key, word text, code text not null, size real, small real, exact numeric,
    number integer, big integer, at integer, stamp integer, day text, clock text, flag integer, mood text, uuid text,
    fixed text, tags text, data text)`,
  sql`create index samples_by_code on samples (code)`,
]
