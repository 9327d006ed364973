import { eq } from 'drizzle-orm'
import {
  type AnyPgColumn,
  bigint,
  bytea,
  integer,
  numeric,
  pgTable,
  primaryKey,
  serial,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'
import { integer as liteInteger, sqliteTable, text as liteText } from 'drizzle-orm/sqlite-core'
import { z } from 'zod'
import { createClient } from '../../src/client.ts'
import { type CursorPage, type OffsetPage, api, depends, group } from '../../src/index.ts'
import { type AnyDatabase, many, model, one, resource, where } from '../../src/resources.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Result<F extends (...args: never[]) => unknown> = Awaited<ReturnType<F>>
/** Of a call: what is given to it as `Part`. */
type Given<F extends (...args: never[]) => unknown, Part extends string> =
  NonNullable<Parameters<F>[0]> extends { readonly [K in Part]?: infer V } ? NonNullable<V> : never
type Flat<T> = { [K in keyof T]: T[K] }
type FlatOrNull<T> = T extends null | undefined ? T : Flat<T>
function same<A, B>(..._: Same<A, B> extends true ? [] : [differs: A, from: B]): void {}

const authors = pgTable('authors', { id: serial().primaryKey(), name: text().notNull(), password_hash: text() })
const books = pgTable('books', {
  id: uuid().primaryKey().defaultRandom(),
  author_id: integer().references(() => authors.id),
  owner_id: integer().notNull(),
  title: text().notNull(),
  status: text({ enum: ['in', 'out'] })
    .notNull()
    .default('in'),
  price: numeric().notNull(),
  copies: bigint({ mode: 'bigint' }),
  cover: bytea(),
  added_at: timestamp().notNull().defaultNow(),
  version: integer().notNull().default(1),
  deleted_at: timestamp(),
  sequel_of: uuid().references((): AnyPgColumn => books.id),
})
const loans = pgTable(
  'loans',
  { book_id: uuid().notNull(), number: integer().notNull(), reader: text().notNull() },
  (table) => [primaryKey({ columns: [table.book_id, table.number] })],
)
const shelves = sqliteTable('shelves', {
  id: liteInteger().primaryKey(),
  label: liteText().notNull(),
  room: liteText(),
})

const db = depends({}, () => ({}) as AnyDatabase, { scope: 'app' })
const caller = depends({}, () => ({ id: 1 }))
const author = model(authors, { hide: ['password_hash'] })
const book = model(books, {
  use: { caller },
  readOnly: ['added_at'],
  version: 'version',
  deleted: 'deleted_at',
  visible: ({ caller }) => {
    same<typeof caller, { id: number }>()
    return eq(books.owner_id, caller.id)
  },
  owned: {
    owner_id: ({ caller }) => {
      same<typeof caller, { id: number }>()
      return caller.id
    },
  },
})

const library = api({
  books: group(
    '/books',
    resource(book, {
      db,
      filter: ['title', 'status', 'added_at', 'author_id', 'copies'],
      sort: ['title', 'added_at'],
      order: '-added_at',
      search: ['title'],
      expand: { author: one(author), loans: many(loans, { by: 'book_id' }) },
      hooks: {
        beforeCreate: (values, { tx }) => {
          same<typeof values.title, string>()
          same<typeof tx, AnyDatabase>()
          // @ts-expect-error whose a row is, is not for callers to say
          values.owner_id
        },
        afterUpdate: (row) => same<typeof row.added_at, Date>(),
        // @ts-expect-error a row that was deleted is not seen
        afterRemove: (row) => row.deleted_at,
      },
    }),
  ),
  authors: group('/authors', resource(author, { db, sparse: true, pages: 'offset', endpoints: { replace: false } })),
  loans: group('/loans', resource(loans, { db })),
  shelves: group(
    '/shelves',
    resource(shelves, {
      db,
      filter: ['label', 'room'],
      where: {
        is_full: where(z.boolean(), (isFull, table) => {
          same<typeof isFull, boolean>()
          same<typeof table, typeof shelves>()
          return isFull ? eq(table.id, 1) : undefined
        }),
      },
    }),
  ),
})
const client = createClient<typeof library>('http://local')

interface Book {
  readonly id: string
  readonly author_id: number | null
  readonly owner_id: number
  readonly title: string
  readonly status: 'in' | 'out'
  readonly price: string
  readonly copies: string | null
  readonly cover: string | null
  readonly added_at: string
  readonly version: number
  readonly sequel_of: string | null
}

// A row, as it arrives.
same<Flat<Result<typeof client.books.create>>, Flat<Book>>()
same<Flat<Result<typeof client.books.update>>, Flat<Book>>()
same<Result<typeof client.books.remove>, undefined>()
same<Flat<Result<typeof client.books.createMany>['items'][number]>, Flat<Book>>()
same<
  Flat<Result<typeof client.shelves.read>>,
  { readonly id: number; readonly label: string; readonly room: string | null }
>()
same<Flat<Result<typeof client.authors.list>['items'][number]>, { readonly name?: string; readonly id: number }>()
same<Result<typeof client.authors.list>['total'], OffsetPage<unknown>['total']>()
same<Given<typeof client.authors.list, 'query'>['count'], boolean | undefined>()

// What is shown with it, where it is asked for.
const read = await client.books.read({ params: { id: '' }, query: { expand: ['author', 'loans'] } })
same<FlatOrNull<typeof read.author>, { readonly id: number; readonly name: string } | null | undefined>()
// @ts-expect-error of the author nothing is shown
read.author?.books
same<NonNullable<typeof read.loans>[number]['reader'], string>()
same<(typeof read)['title'], string>()
const page = await client.books.list()
same<typeof page.next_cursor, CursorPage<unknown>['next_cursor']>()
same<(typeof page.items)[number]['added_at'], string>()

// What a caller gives.
same<
  Flat<Given<typeof client.books.create, 'body'>>,
  {
    readonly author_id?: number | null | undefined
    readonly title: string
    readonly status?: 'in' | 'out' | undefined
    readonly price: string
    readonly copies?: string | null | undefined
    readonly cover?: string | null | undefined
    readonly sequel_of?: string | null | undefined
  }
>()
same<Given<typeof client.books.update, 'body'>['title'], string | undefined>()
same<Flat<Given<typeof client.books.read, 'params'>>, { readonly id: string }>()
same<
  Flat<Given<typeof client.loans.create, 'body'>>,
  { readonly book_id: string; readonly number: number; readonly reader: string }
>()
// Of a key of several columns types do not tell: any columns may be its.
await client.loans.read({ params: { book_id: '', number: 1 } })
// @ts-expect-error there is no such column
await client.loans.read({ params: { isbn: '' } })
same<Flat<Given<typeof client.shelves.read, 'params'>>, { readonly id: number }>()
same<
  Flat<Given<typeof client.shelves.create, 'body'>>,
  { readonly label: string; readonly room?: string | null | undefined }
>()

// By what a list is narrowed and sorted.
type BookQuery = Given<typeof client.books.list, 'query'>
same<
  keyof BookQuery,
  | 'title'
  | 'title[ne]'
  | 'title[in]'
  | 'title[contains]'
  | 'title[starts]'
  | 'title[gt]'
  | 'title[gte]'
  | 'title[lt]'
  | 'title[lte]'
  | 'status'
  | 'status[ne]'
  | 'status[in]'
  | 'added_at'
  | 'added_at[ne]'
  | 'added_at[in]'
  | 'added_at[gt]'
  | 'added_at[gte]'
  | 'added_at[lt]'
  | 'added_at[lte]'
  | 'author_id'
  | 'author_id[ne]'
  | 'author_id[in]'
  | 'author_id[gt]'
  | 'author_id[gte]'
  | 'author_id[lt]'
  | 'author_id[lte]'
  | 'author_id[null]'
  | 'copies'
  | 'copies[ne]'
  | 'copies[in]'
  | 'copies[gt]'
  | 'copies[gte]'
  | 'copies[lt]'
  | 'copies[lte]'
  | 'copies[null]'
  | 'sort'
  | 'q'
  | 'expand'
  | 'limit'
  | 'cursor'
>()
same<BookQuery['status'], 'in' | 'out' | undefined>()
same<BookQuery['added_at[gte]'], string | undefined>()
same<BookQuery['author_id[in]'], readonly number[] | undefined>()
same<BookQuery['sort'], readonly ('title' | '-title' | 'added_at' | '-added_at')[] | undefined>()
same<BookQuery['expand'], readonly ('author' | 'loans')[] | undefined>()

// @ts-expect-error no filter was declared on it
await client.books.list({ query: { price: '1' } })
// @ts-expect-error no sort was declared by it
await client.books.list({ query: { sort: ['price'] } })
// @ts-expect-error there is no such word
await client.books.list({ query: { status: 'lost' } })
// @ts-expect-error the endpoint was left out
client.authors.replace
// @ts-expect-error callers do not see it
read.deleted_at
// @ts-expect-error the title is missing
await client.books.create({ body: { price: '1' } })
// @ts-expect-error nobody says whose a row is
await client.books.create({ body: { title: '', price: '1', owner_id: 2 } })

// Fields of a list that the API says, with the types of their schemas.
client.shelves.list({ query: { is_full: true, label: 'A' } })
// @ts-expect-error a word is no boolean
client.shelves.list({ query: { is_full: 'yes' } })

// What is always there is never missing, whoever gives the row back, and nobody asks for it.
const nested = api({
  loans: group(
    '/loans',
    resource(loans, {
      db,
      sparse: true,
      expand: {
        book: one(book, {
          by: 'book_id',
          always: true,
          expand: { author: one(author), sequel: one(books, { by: 'sequel_of', always: true }) },
        }),
      },
    }),
  ),
  books: group(
    '/books',
    resource(book, {
      db,
      expand: { author: one(author, { always: true }), loans: many(loans, { by: 'book_id', always: true }) },
    }),
  ),
})
const nestedClient = createClient<typeof nested>('http://local')
const nestedBook = await nestedClient.books.read({ params: { id: '' } })
same<FlatOrNull<typeof nestedBook.author>, { readonly id: number; readonly name: string } | null>()
same<(typeof nestedBook.loans)[number]['reader'], string>()
const nestedMade = await nestedClient.books.create({ body: { title: '', price: '1' } })
same<FlatOrNull<typeof nestedMade.author>, { readonly id: number; readonly name: string } | null>()
const nestedMany = await nestedClient.books.createMany({ body: { items: [] } })
same<(typeof nestedMany.items)[number]['loans'][number]['reader'], string>()
const nestedLoan = (await nestedClient.loans.list()).items[0]
// Where callers may say which fields they want, it may be missing as any other.
same<undefined extends NonNullable<typeof nestedLoan>['book'] ? true : false, true>()
same<
  NonNullable<NonNullable<typeof nestedLoan>['book']>['sequel'] extends { title: string } | null ? true : false,
  true
>()
same<
  Given<typeof nestedClient.loans.list, 'query'>['expand'],
  readonly ('book.author' | `book.author.${string}` | `book.sequel.${string}`)[] | undefined
>()
same<
  Given<typeof nestedClient.loans.list, 'query'>['fields'],
  readonly ('book_id' | 'number' | 'reader' | 'book')[] | undefined
>()
// @ts-expect-error it is always there
await nestedClient.books.list({ query: { expand: ['author'] } })

// What the path says is a parameter of every call, and no part of any body.
const copies = pgTable('copies', {
  id: serial().primaryKey(),
  shelf: text().notNull(),
  book_id: uuid()
    .notNull()
    .references(() => books.id),
})
const within = api({
  copies: group(
    '/authors/{author_id}/books/{book_id}/copies',
    resource(copies, {
      db,
      within: { book_id: book, author_id: author },
      export: true,
      import: true,
      hooks: {
        // Hooks know where a row will be.
        beforeCreate: (values) => same<typeof values.book_id, string>(),
        beforeUpdate: (_, key) => same<Flat<typeof key>, { readonly id: number }>(),
      },
    }),
  ),
})
const withinClient = createClient<typeof within>('http://local')
type Parents = { readonly author_id: number; readonly book_id: string }
for (const given of [
  {} as Given<typeof withinClient.copies.list, 'params'>,
  {} as Given<typeof withinClient.copies.create, 'params'>,
  {} as Given<typeof withinClient.copies.export, 'params'>,
  {} as Given<typeof withinClient.copies.import, 'params'>,
  {} as Given<typeof withinClient.copies.createMany, 'params'>,
  {} as Given<typeof withinClient.copies.updateMany, 'params'>,
  {} as Given<typeof withinClient.copies.removeMany, 'params'>,
])
  same<Flat<typeof given>, Parents>()
same<
  Flat<Given<typeof withinClient.copies.read, 'params'>>,
  Parents & { readonly id: number } extends infer X ? Flat<X> : never
>()
same<Flat<Given<typeof withinClient.copies.create, 'body'>>, { readonly shelf: string }>()
same<Flat<Given<typeof withinClient.copies.update, 'body'>>, { readonly shelf?: string }>()
same<Flat<Given<typeof withinClient.copies.replace, 'body'>>, { readonly shelf: string }>()
same<
  Flat<Given<typeof withinClient.copies.updateMany, 'body'>['items'][number]>,
  { readonly id: number; shelf?: string }
>()
same<
  Flat<Result<typeof withinClient.copies.create>>,
  { readonly id: number; readonly shelf: string; readonly book_id: string }
>()
// @ts-expect-error nobody says of which book
await withinClient.copies.list({ params: { author_id: 1 } })
// @ts-expect-error the path says so
await withinClient.copies.create({ params: { author_id: 1, book_id: '' }, body: { shelf: '', book_id: '' } })
// @ts-expect-error it is of neither a table nor a model
resource(copies, { db, within: { book_id: 'books' } })
