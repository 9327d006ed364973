import {
  check,
  foreignKey,
  index,
  integer,
  numeric,
  primaryKey,
  real,
  sqliteTable,
  sqliteView,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import { sql } from 'drizzle-orm'

export const branch = sqliteTable(
  'branch',
  {
    branch_id: integer().primaryKey({ autoIncrement: true }),
    name: text({ length: 60 }).notNull(),
    street: text({ length: 80 }),
    city: text({ length: 40 }).default('Riverside').notNull(),
    opened_on: text(),
    is_mobile: integer({ mode: 'boolean' }).default(false).notNull(),
  },
  (table) => [unique('branch_name_unique').on(table.name)],
)

export const publisher = sqliteTable('publisher', {
  publisher_id: integer().primaryKey(),
  name: text().notNull(),
  country: text({ length: 2 }),
})

export const author = sqliteTable(
  'author',
  {
    author_id: integer().primaryKey(),
    last_name: text({ length: 60 }).notNull(),
    first_name: text({ length: 60 }),
    born: integer(),
    died: integer(),
  },
  (table) => [
    index('ix_author_name').on(table.last_name, table.first_name),
    check('author_check_1', sql`died IS NULL OR died >= born`),
  ],
)

export const subject = sqliteTable(
  'subject',
  {
    code: text().primaryKey(),
    label: text().notNull(),
    parent_code: text(),
  },
  (table) => [
    index('ix_subject_parent').on(table.parent_code),

    foreignKey({
      columns: [table.parent_code],
      foreignColumns: [table.code],
      name: 'fk_subject_parent_code_subject_code_fk',
    })
      .onUpdate('no action')
      .onDelete('no action'),
  ],
)

export const title = sqliteTable(
  'title',
  {
    title_id: integer().primaryKey(),
    isbn: text({ length: 13 }),
    name: text({ length: 200 }).notNull(),
    subtitle: text({ length: 200 }),
    publisher_id: integer().references(() => publisher.publisher_id),
    published: integer(),
    pages: integer(),
    language: text({ length: 3 }).default('eng').notNull(),
    list_price: numeric(),
    rating: real(),
  },
  (table) => [
    index('ix_title_publisher').on(table.publisher_id),
    index('ix_title_published').on(table.published),
    index('ix_title_name').on(table.name),
    unique('title_isbn_unique').on(table.isbn),
  ],
)

export const title_author = sqliteTable(
  'title_author',
  {
    title_id: integer()
      .notNull()
      .references(() => title.title_id),
    author_id: integer()
      .notNull()
      .references(() => author.author_id),
    role: text({ length: 12 }).default('author').notNull(),
  },
  (table) => [
    index('ix_title_author_author').on(table.author_id),
    primaryKey({ columns: [table.title_id, table.author_id], name: 'title_author_pk' }),
  ],
)

export const title_subject = sqliteTable(
  'title_subject',
  {
    title_id: integer()
      .notNull()
      .references(() => title.title_id),
    subject_code: text()
      .notNull()
      .references(() => subject.code),
  },
  (table) => [
    index('ix_title_subject_subject').on(table.subject_code),
    primaryKey({ columns: [table.title_id, table.subject_code], name: 'title_subject_pk' }),
  ],
)

export const copy = sqliteTable(
  'copy',
  {
    barcode: text().primaryKey(),
    title_id: integer()
      .notNull()
      .references(() => title.title_id),
    branch_id: integer()
      .notNull()
      .references(() => branch.branch_id),
    shelf: text({ length: 12 }),
    status: text({ enum: ['in', 'out', 'lost', 'repair'] })
      .default('in')
      .notNull(),
    acquired_on: text().default(sql`CURRENT_DATE`).notNull(),
  },
  (table) => [
    index('ix_copy_status').on(table.status),
    index('ix_copy_branch').on(table.branch_id),
    index('ix_copy_title').on(table.title_id),
    check('copy_check_2', sql`status IN ('in', 'out', 'lost', 'repair')`),
  ],
)

export const member = sqliteTable(
  'member',
  {
    member_id: integer().primaryKey(),
    card_no: text().notNull(),
    full_name: text({ length: 80 }).notNull(),
    email: text({ length: 120 }),
    pin_hash: text().notNull(),
    home_branch: integer().references(() => branch.branch_id),
    is_staff: integer({ mode: 'boolean' }).default(false).notNull(),
    joined_at: text().default(sql`CURRENT_TIMESTAMP`).notNull(),
  },
  (table) => [unique('member_card_no_unique').on(table.card_no)],
)

export const loan = sqliteTable(
  'loan',
  {
    loan_id: integer().primaryKey(),
    barcode: text()
      .notNull()
      .references(() => copy.barcode),
    member_id: integer()
      .notNull()
      .references(() => member.member_id),
    lent_at: text().default(sql`CURRENT_TIMESTAMP`).notNull(),
    due_on: text().notNull(),
    returned_at: text(),
    renewals: integer().default(0).notNull(),
  },
  (table) => [
    uniqueIndex('ux_loan_open').on(table.barcode).where(sql`returned_at IS NULL`),
    index('ix_loan_due').on(table.due_on),
    index('ix_loan_barcode').on(table.barcode),
    index('ix_loan_member').on(table.member_id),
  ],
)

export const hold = sqliteTable(
  'hold',
  {
    hold_id: integer().primaryKey(),
    title_id: integer()
      .notNull()
      .references(() => title.title_id),
    member_id: integer()
      .notNull()
      .references(() => member.member_id),
    pickup_at: integer()
      .notNull()
      .references(() => branch.branch_id),
    placed_at: text().default(sql`CURRENT_TIMESTAMP`).notNull(),
    note: text(),
  },
  (table) => [
    unique('hold_title_id_member_id_unique').on(table.title_id, table.member_id),
    index('ix_hold_member').on(table.member_id),
  ],
)

export const fine = sqliteTable(
  'fine',
  {
    fine_id: integer().primaryKey(),
    loan_id: integer()
      .notNull()
      .references(() => loan.loan_id),
    amount: numeric().notNull(),
    reason: text(),
    paid: integer({ mode: 'boolean' }).default(false).notNull(),
  },
  (table) => [index('ix_fine_loan').on(table.loan_id)],
)

export const review = sqliteTable(
  'review',
  {
    review_id: integer().primaryKey(),
    title_id: integer()
      .notNull()
      .references(() => title.title_id),
    member_id: integer()
      .notNull()
      .references(() => member.member_id),
    stars: integer().notNull(),
    body: text(),
    written_at: text().default(sql`CURRENT_TIMESTAMP`).notNull(),
  },
  (table) => [
    unique('review_title_id_member_id_unique').on(table.title_id, table.member_id),
    index('ix_review_stars').on(table.stars),
    index('ix_review_member').on(table.member_id),
    check('review_check_3', sql`stars BETWEEN 1 AND 5`),
  ],
)

export const overdue = sqliteView('overdue', {
  loan_id: integer(),
  barcode: text(),
  member_id: integer(),
  due_on: numeric(),
}).as(sql`SELECT loan_id, barcode, member_id, due_on FROM loan WHERE returned_at IS NULL AND due_on < date('now')`)
