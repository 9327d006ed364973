import { sql } from 'drizzle-orm'
import {
  boolean,
  bytea,
  date,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  serial,
  text,
  timestamp,
  uniqueIndex,
  varchar,
} from 'drizzle-orm/pg-core'

/** The tables that resources are tried on, on Postgres. `tables-sqlite.ts` has the same ones. */

export const branches = pgTable('branches', {
  id: serial().primaryKey(),
  name: text().notNull().unique(),
})

export const authors = pgTable('authors', {
  id: serial().primaryKey(),
  name: text().notNull(),
  born: integer(),
  password_hash: text(),
})

export const books = pgTable(
  'books',
  {
    id: serial().primaryKey(),
    branch_id: integer()
      .notNull()
      .references(() => branches.id),
    author_id: integer().references(() => authors.id),
    isbn: varchar({ length: 13 }).notNull().unique(),
    title: text().notNull(),
    status: text({ enum: ['in', 'out', 'lost'] })
      .notNull()
      .default('in'),
    pages: integer(),
    weight: doublePrecision(),
    price: numeric({ precision: 12, scale: 2 }).notNull().default('0'),
    is_rare: boolean().notNull().default(false),
    added_at: timestamp({ withTimezone: true }).notNull().defaultNow(),
    cover: bytea(),
    tags: jsonb(),
    version: integer().notNull().default(1),
    deleted_at: timestamp({ withTimezone: true }),
  },
  (table) => [index('books_by_title').on(table.title), index('books_by_author').on(table.author_id)],
)

export const loans = pgTable(
  'loans',
  {
    book_id: integer()
      .notNull()
      .references(() => books.id),
    number: integer().notNull(),
    reader: text().notNull(),
    due: date({ mode: 'string' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.book_id, table.number] }),
    uniqueIndex('loans_due').on(table.due, table.book_id, table.number),
  ],
)

export const renewals = pgTable(
  'renewals',
  {
    id: serial().primaryKey(),
    book_id: integer().notNull(),
    number: integer().notNull(),
    until: date({ mode: 'string' }).notNull(),
  },
  (table) => [
    foreignKey({ columns: [table.book_id, table.number], foreignColumns: [loans.book_id, loans.number] }),
    index('renewals_of_loan').on(table.book_id, table.number),
  ],
)

export const ddl = [
  sql`create table branches (id serial primary key, name text not null unique)`,
  sql`create table authors (id serial primary key, name text not null, born integer, password_hash text)`,
  sql`create table books (id serial primary key, branch_id integer not null references branches (id),
    author_id integer references authors (id), isbn varchar(13) not null unique, title text not null,
    status text not null default 'in', pages integer, weight double precision, price numeric(12, 2) not null default 0,
    is_rare boolean not null default false, added_at timestamptz not null default now(), cover bytea, tags jsonb,
    version integer not null default 1, deleted_at timestamptz, check (pages > 0))`,
  sql`create index books_by_title on books (title)`,
  sql`create index books_by_author on books (author_id)`,
  sql`create table loans (book_id integer not null references books (id), number integer not null, reader text not null,
    due date not null, primary key (book_id, number))`,
  sql`create table renewals (id serial primary key, book_id integer not null, number integer not null, until date not null,
    foreign key (book_id, number) references loans (book_id, number))`,
]
