import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  char,
  date,
  doublePrecision,
  integer,
  jsonb,
  numeric,
  pgEnum,
  pgTable,
  real,
  serial,
  text,
  time,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'

/** A table with a column of each kind, on Postgres. `samples-sqlite.ts` has the same one, as far as SQLite can. */

export const mood = pgEnum('mood', ['sad', 'fine', 'glad'])

export const samples = pgTable('samples', {
  id: serial().primaryKey(),
  word: text(),
  code: text().notNull(),
  size: doublePrecision(),
  small: real(),
  exact: numeric({ precision: 40, scale: 12 }),
  number: integer(),
  big: bigint({ mode: 'bigint' }),
  at: timestamp({ withTimezone: true }),
  stamp: timestamp({ withTimezone: true, mode: 'string' }),
  day: date(),
  clock: time(),
  flag: boolean(),
  mood: mood(),
  uuid: uuid(),
  fixed: char({ length: 3 }),
  tags: text().array(),
  data: jsonb(),
})

export const ddl = [
  sql`create type mood as enum ('sad', 'fine', 'glad')`,
  sql`create table samples (id serial primary key, word text, code text not null, size double precision, small real,
    exact numeric(40, 12), number integer, big bigint, at timestamptz, stamp timestamptz, day date, clock time, flag boolean,
    mood mood, uuid uuid, fixed char(3), tags text[], data jsonb)`,
  sql`create index samples_by_code on samples (code)`,
]
