import { sql } from 'drizzle-orm'
import {
  blob,
  foreignKey,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'

/** The tables that resources are tried on, on SQLite. `tables-postgres.ts` has the same ones. */

export const branches = sqliteTable('branches', {
  id: integer().primaryKey(),
  name: text().notNull().unique(),
})

export const authors = sqliteTable('authors', {
  id: integer().primaryKey(),
  name: text().notNull(),
  born: integer(),
  password_hash: text(),
})

export const books = sqliteTable(
  'books',
  {
    id: integer().primaryKey(),
    branch_id: integer()
      .notNull()
      .references(() => branches.id),
    author_id: integer().references(() => authors.id),
    isbn: text({ length: 13 }).notNull().unique(),
    title: text().notNull(),
    status: text({ enum: ['in', 'out', 'lost'] })
      .notNull()
      .default('in'),
    pages: integer(),
    weight: real(),
    price: text().notNull().default('0'),
    is_rare: integer({ mode: 'boolean' }).notNull().default(false),
    added_at: integer({ mode: 'timestamp_ms' })
      .notNull()
      .$defaultFn(() => new Date()),
    cover: blob({ mode: 'buffer' }),
    tags: text({ mode: 'json' }),
    version: integer().notNull().default(1),
    deleted_at: integer({ mode: 'timestamp_ms' }),
  },
  (table) => [index('books_by_title').on(table.title), index('books_by_author').on(table.author_id)],
)

export const loans = sqliteTable(
  'loans',
  {
    book_id: integer()
      .notNull()
      .references(() => books.id),
    number: integer().notNull(),
    reader: text().notNull(),
    due: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.book_id, table.number] }),
    uniqueIndex('loans_due').on(table.due, table.book_id, table.number),
  ],
)

export const renewals = sqliteTable(
  'renewals',
  { id: integer().primaryKey(), book_id: integer().notNull(), number: integer().notNull(), until: text().notNull() },
  (table) => [
    foreignKey({ columns: [table.book_id, table.number], foreignColumns: [loans.book_id, loans.number] }),
    index('renewals_of_loan').on(table.book_id, table.number),
  ],
)

export const ddl = [
  sql`create table branches (id integer primary key, name text not null unique)`,
  sql`create table authors (id integer primary key, name text not null, born integer, password_hash text)`,
  sql`create table books (id integer primary key, branch_id integer not null references branches (id),
    author_id integer references authors (id), isbn text not null unique, title text not null,
    status text not null default 'in', pages integer, weight real, price text not null default '0',
    is_rare integer not null default false, added_at integer not null, cover blob, tags text,
    version integer not null default 1, deleted_at integer, check (pages > 0))`,
  sql`create index books_by_title on books (title)`,
  sql`create index books_by_author on books (author_id)`,
  sql`create table loans (book_id integer not null references books (id), number integer not null, reader text not null,
    due text not null, primary key (book_id, number))`,
  sql`create table renewals (id integer primary key, book_id integer not null, number integer not null, until text not null,
    foreign key (book_id, number) references loans (book_id, number))`,
]
