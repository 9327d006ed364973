import type { Table } from 'drizzle-orm'

/** A Drizzle table of any database. */
export type AnyTable = Table & { readonly $inferSelect: object; readonly $inferInsert: object }

/**
 * Types of rows, each worked out from a table's own (`$inferSelect`, `$inferInsert`) and the names that a model's options
 * take away. Nothing is added up along the way: each is asked for where it is needed.
 */

/** A value as JSON carries it. */
export type Wire<V> = V extends Date ? string : V extends bigint ? string : V extends Uint8Array ? string : V

type Named<O, K extends PropertyKey> = O extends { readonly [P in K]: readonly (infer Name)[] } ? Name : never
type NamedKeys<O, K extends PropertyKey> = O extends { readonly [P in K]: infer Record } ? keyof Record : never
type NamedOne<O, K extends PropertyKey> = O extends { readonly [P in K]: infer Name } ? Name : never

/** Names of the columns that callers see. */
export type ShownColumn<T extends AnyTable, O> = Exclude<
  keyof T['$inferSelect'] & string,
  Named<O, 'hide'> | NamedOne<O, 'deleted'>
>

/** A row in handlers and hooks. */
export type RowOf<T extends AnyTable, O> = { readonly [K in ShownColumn<T, O>]: T['$inferSelect'][K] }

/** A row as it is sent. */
export type RowSent<T extends AnyTable, O> = { readonly [K in ShownColumn<T, O>]: Wire<T['$inferSelect'][K]> }

type ColumnsOf<T extends AnyTable> = T['_']['columns']

/** Names of the columns that say themselves that they are the primary key: in the types of SQLite they do. */
type DeclaredKey<T extends AnyTable> = {
  [K in keyof ColumnsOf<T>]: ColumnsOf<T>[K] extends { readonly _: { readonly isPrimaryKey: true } } ? K : never
}[keyof ColumnsOf<T>] &
  string

/**
 * Names of the columns of a primary key, as far as types tell. Those of Postgres do not, nor do those of a key of several
 * columns: it is `id` then where there is one.
 */
export type KeyName<T extends AnyTable> = [DeclaredKey<T>] extends [never]
  ? 'id' & keyof T['$inferSelect']
  : DeclaredKey<T>

/** The values of a primary key; of one that no type tells of, those of any columns. */
export type KeyOf<T extends AnyTable> = [KeyName<T>] extends [never]
  ? { readonly [K in keyof T['$inferSelect']]?: T['$inferSelect'][K] }
  : { readonly [K in KeyName<T> & keyof T['$inferSelect']]: T['$inferSelect'][K] }

/** Columns of a primary key that the database gives. */
type GivenKey<T extends AnyTable> = {
  [K in KeyName<T> & keyof ColumnsOf<T>]: ColumnsOf<T>[K] extends { readonly _: { readonly hasDefault: true } }
    ? K
    : never
}[KeyName<T> & keyof ColumnsOf<T>]

type Creatable<T extends AnyTable, O> = Exclude<
  keyof T['$inferInsert'] & string,
  | Named<O, 'hide'>
  | NamedOne<O, 'deleted'>
  | Named<O, 'readOnly'>
  | NamedKeys<O, 'owned'>
  | NamedOne<O, 'version'>
  | GivenKey<T>
>

/** What a caller gives to create a row. */
export type CreateRow<T extends AnyTable, O> = Pick<T['$inferInsert'], Creatable<T, O>>

/** What a caller may change of a row. */
export type UpdateRow<T extends AnyTable, O> = Partial<Omit<CreateRow<T, O>, KeyName<T>>>

/** A type's members, with their values as they are sent. */
export type SentOf<R> = { readonly [K in keyof R]: Wire<R[K]> }
