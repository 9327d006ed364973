import type { Column, SQL } from 'drizzle-orm'
import { z } from 'zod'
import { type Dependency, type Uses, type Values, depends } from '../../contract/depends.ts'
import { type ColumnSchemas, kindOf, schemasOf, hasDefault, isOptional, isSettable } from './column.ts'
import { momentOf } from './moment.ts'
import type { AnyTable, CreateRow, KeyOf, RowOf, RowSent, UpdateRow } from './row.ts'
import { type Dialect, type TableFacts, factsOf } from './table.ts'
import { checkTwin } from './twin.ts'

/** What holds for the rows of a table, wherever they are shown or changed. */
export interface ModelOptions<T extends AnyTable, U extends Uses = Uses> {
  /** What its schemas are called in OpenAPI: `Book`. The table's name in the singular unless told. */
  readonly name?: string
  /**
   * The same table on the other database, for an API that runs on either: the one that `db` is of is used. What callers give
   * and get follows from the first table on both.
   */
  readonly twin?: TwinOf<T>
  /** Columns that no caller sees or sets. */
  readonly hide?: readonly ColumnName<T>[]
  /** Columns that callers may see though they are called as secrets are. */
  readonly show?: readonly ColumnName<T>[]
  /** Columns that callers see and do not set, beside those that the database makes. */
  readonly readOnly?: readonly ColumnName<T>[]
  /** Zod schemas in place of those that follow from the columns. */
  readonly schemas?: { readonly [K in ColumnName<T>]?: z.ZodType<T['$inferSelect'][K] & {}, unknown> }
  /** What `visible`, `changeable` and `owned` get. */
  readonly use?: U
  /**
   * The rows that the caller may see; all others are not there for them. It reaches every query, and no row is created, or
   * changed into one, that its writer would not see. `table` is the one that is asked: the model's, or its twin.
   */
  readonly visible?: (uses: Values<U>, table: T) => SQL | undefined
  /** Of these, the rows that the caller may change or delete: others are 403. */
  readonly changeable?: (uses: Values<U>, table: T) => SQL | undefined
  /** Columns that are set for the caller when a row is created: who owns it. Callers see them, and never set them. */
  readonly owned?: { readonly [K in ColumnName<T>]?: (uses: Values<U>) => T['$inferSelect'][K] }
  /** A column of whole numbers that grows with each change. It becomes the `ETag`, and `If-Match` is held against it. */
  readonly version?: ColumnName<T>
  /** A column that says when a row was deleted: it is kept then, and nobody sees it any more. */
  readonly deleted?: ColumnName<T>
}

/** Not `keyof … & string`: messages of the compiler show the names themselves. */
export type ColumnName<T extends AnyTable> = Extract<keyof T['$inferSelect'], string>

/** A table of another database, whose rows are of the same types. */
export type TwinOf<T extends AnyTable> = AnyTable & { readonly $inferSelect: T['$inferSelect'] }

/** A table as callers know it: which of its columns, whose of its rows. */
export interface Model<T extends AnyTable = AnyTable, O = ModelOptions<AnyTable>> {
  readonly is: 'model'
  readonly table: T
  readonly options: O
  readonly facts: TableFacts
  /** The same model on each database that it has a table of. */
  readonly on: { readonly [D in Dialect]?: AnyModel }
  readonly name: string
  /** Columns that callers see, by name. */
  readonly shown: Readonly<Record<string, Column>>
  /** Names of columns that callers may set when they create, and when they change a row. */
  readonly creatable: readonly string[]
  readonly updatable: readonly string[]
  /** The schemas of each shown column, without null. */
  readonly values: Readonly<Record<string, ColumnSchemas>>
  /** A row as it leaves. */
  readonly row: z.ZodType<RowOf<T, O>, RowSent<T, O>>
  readonly create: z.ZodType<CreateRow<T, O>, unknown>
  readonly replace: z.ZodType<CreateRow<T, O>, unknown>
  readonly update: z.ZodType<UpdateRow<T, O>, unknown>
  /** Path parameters that name a row. */
  readonly params: z.ZodType<KeyOf<T>, unknown>
  /** Who is asking, for `visible` and its like. */
  readonly access: Dependency<unknown>
}

/** A model whose table does not matter. */
export type AnyModel = Model<AnyTable, ModelOptions<AnyTable>>

/** Words that a column's name holds where what it keeps is not for callers. */
const SECRET = /password|passwd|secret|token|api_?key|private_?key|salt|hash/i

/**
 * Declares what callers know of a table: which columns they see and set, which rows are theirs. Resources, and relations
 * between them, are made from it, so that what is hidden in one place is hidden in all.
 *
 * @throws {TypeError} for a table without a primary key, for columns that there are not, for one that no schema can
 * describe, and for one that is called as secrets are and is named in neither `hide` nor `show`.
 * @example
 * const book = model(books, { hide: ['supplier_price'], visible: ({ caller }) => eq(books.branch_id, caller.branch) , use: { caller } })
 */
export function model<
  T extends AnyTable,
  const U extends Uses = Uses,
  const O extends ModelOptions<T, U> = ModelOptions<T, U>,
>(
  table: T,
  // A misspelt option would pass where another is right, and show what was to be hidden.
  options?: [keyof O] extends [keyof ModelOptions<T, U>] ? O & ModelOptions<T, U> : ModelOptions<T, U>,
): Model<T, O> {
  const given = (options ?? {}) as ModelOptions<AnyTable>
  const facts = factsOf(table)
  checkNames(facts, given)
  const all = Object.keys(facts.columns)
  const hidden = new Set<string>([...(given.hide ?? []), ...(given.deleted === undefined ? [] : [given.deleted])])
  const shownNames = all.filter((name) => !hidden.has(name))
  const readOnly = new Set<string>([
    ...(given.readOnly ?? []),
    ...Object.keys(given.owned ?? {}),
    ...(given.version === undefined ? [] : [given.version]),
  ])
  const settable = shownNames.filter((name) => !readOnly.has(name) && isSettable(facts.columns[name] as Column))
  const creatable = settable.filter((name) => !(facts.key.includes(name) && hasDefault(facts.columns[name] as Column)))
  const updatable = creatable.filter((name) => !facts.key.includes(name))
  const values = Object.fromEntries(
    shownNames.map((name) => {
      const own = (given.schemas as Readonly<Record<string, z.ZodType>> | undefined)?.[name]
      return [name, own === undefined ? schemasOf(facts.columns[name] as Column) : { input: own, output: own }]
    }),
  )
  const shown = Object.fromEntries(shownNames.map((name) => [name, facts.columns[name] as Column]))
  const name = given.name ?? singular(facts.name)
  const input = (name: string): z.ZodType =>
    nullable((values[name] as ColumnSchemas).input, facts.columns[name] as Column)
  const create = Object.fromEntries(
    creatable.map((name) => [name, isOptional(facts.columns[name] as Column) ? input(name).optional() : input(name)]),
  )
  const replace = Object.fromEntries(updatable.map((name) => [name, create[name] as z.ZodType]))
  const update = Object.fromEntries(updatable.map((name) => [name, input(name).optional()]))
  const on: { [D in Dialect]?: AnyModel } = {}
  const made = Object.freeze({
    is: 'model',
    table,
    options: given,
    facts,
    on,
    name,
    shown,
    creatable,
    updatable,
    values,
    row: z
      .object(
        Object.fromEntries(
          shownNames.map((name) => [
            name,
            nullable((values[name] as ColumnSchemas).output, facts.columns[name] as Column),
          ]),
        ),
      )
      .meta({ id: name }),
    create: z.strictObject(create).meta({ id: `${name}Create` }),
    replace: z.strictObject(replace).meta({ id: `${name}Replace` }),
    update: z.strictObject(update).meta({ id: `${name}Update` }),
    params: z.object(
      Object.fromEntries(
        facts.key.map((name) => [name, values[name]?.input ?? schemasOf(facts.columns[name] as Column).input]),
      ),
    ),
    access: depends(given.use ?? {}, (values) => values, { name: `the access to ${facts.name}` }),
  }) as unknown as AnyModel
  on[facts.dialect] = made
  if (given.twin !== undefined) {
    const other = factsOf(given.twin)
    checkTwin(facts, other)
    const shown = Object.fromEntries(shownNames.map((name) => [name, other.columns[name] as Column]))
    on[other.dialect] = Object.freeze({ ...made, table: given.twin, facts: other, shown })
  }
  return made as never
}

export const MODEL_OPTIONS: Readonly<Record<keyof ModelOptions<AnyTable>, true>> = {
  name: true,
  twin: true,
  hide: true,
  show: true,
  readOnly: true,
  schemas: true,
  use: true,
  visible: true,
  changeable: true,
  owned: true,
  version: true,
  deleted: true,
}

/** @throws {TypeError} naming the option and the column. */
function checkNames(facts: TableFacts, options: ModelOptions<AnyTable>): void {
  const { hide = [], show = [], readOnly = [], schemas = {}, owned = {}, version, deleted } = options
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(MODEL_OPTIONS, name))
  if (unknown !== undefined) {
    const has = Object.keys(MODEL_OPTIONS).join(', ')
    throw new TypeError(`model(${facts.name}): there is no option "${unknown}": there are ${has}`)
  }
  const keys = { schemas: Object.keys(schemas), owned: Object.keys(owned) }
  const named = { hide, show, readOnly, ...keys, version: [version], deleted: [deleted] }
  for (const [option, names] of Object.entries(named)) {
    for (const name of names as readonly (string | undefined)[]) {
      if (name === undefined || Object.hasOwn(facts.columns, name)) continue
      const has = Object.keys(facts.columns).join(', ')
      throw new TypeError(`model(${facts.name}): "${option}" names ${name}, which the table has not: it has ${has}`)
    }
  }
  const column = (name: string): Column => facts.columns[name] as Column
  if (version !== undefined && kindOf(column(version)) !== 'integer') {
    throw new TypeError(`model(${facts.name}): "version" names ${version}, which holds no whole number that could grow`)
  }
  if (deleted !== undefined && momentOf(column(deleted)) === undefined) {
    throw new TypeError(
      `model(${facts.name}): the column ${deleted} cannot say when a row was deleted: make it a time, or a boolean`,
    )
  }
  const known = new Set<string>([...hide, ...show])
  const secret = Object.keys(facts.columns).find((name) => SECRET.test(name) && !known.has(name))
  if (secret !== undefined) {
    throw new TypeError(
      `model(${facts.name}): the column ${secret} is called as secrets are: name it in "hide", or in "show" if callers may see it`,
    )
  }
}

function nullable(schema: z.ZodType, column: Column): z.ZodType {
  // What may be anything may be null, and is described as it is.
  const isAnything = (schema as z.ZodUnknown).def.type === 'unknown'
  return column.notNull || column.primary || isAnything ? schema : schema.nullable()
}

/** `order_items` is `OrderItem`. */
function singular(table: string): string {
  const words = table.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '')
  const last = words.pop() ?? 'row'
  const one = last.endsWith('ies')
    ? `${last.slice(0, -3)}y`
    : /(?:ss|us|is)$/.test(last)
      ? last
      : last.replace(/(?<=(?:sh|ch|x|ss))es$|s$/, '')
  return [...words, one].map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}
