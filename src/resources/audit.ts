import { type Column, and, eq, getTableName } from 'drizzle-orm'
import { index as pgIndex, bigserial, jsonb, pgTable, text as pgText, timestamp } from 'drizzle-orm/pg-core'
import { index as sqliteIndex, integer, sqliteTable, text as sqliteText } from 'drizzle-orm/sqlite-core'
import type { Content } from '../contract/content.ts'
import { type Dependency, type Uses, depends } from '../contract/depends.ts'
import type { Endpoint } from '../contract/endpoint.ts'
import type { PageQuery } from '../contract/page.ts'
import type { Fields } from '../contract/query-fields.ts'
import type { ReplySpec } from '../contract/reply-spec.ts'
import type { Schema } from '../contract/schema.ts'
import type { AnyDatabase, Queries } from './database/database.ts'
import { type AnyModel, model } from './table/model.ts'
import { toModel } from './table/relation.ts'
import type { EndpointExtras, ResourceHooks, ResourceOptions } from './resource-options.ts'
import { resourceOf } from './resource.ts'
import type { AnyTable, SentOf } from './table/row.ts'
import { DATABASES, type Dialect, dialectOfDatabase, factsOf } from './table/table.ts'

type Row = Readonly<Record<string, unknown>>

/** What was done to a row. */
export type ChangeKind = 'create' | 'update' | 'remove'

const KINDS = ['create', 'update', 'remove'] as const

/** One change, as it is kept. */
export interface Change {
  readonly id: number
  readonly at: Date
  /** Who did it; null for nobody that is known. */
  readonly who: string | null
  readonly change: ChangeKind
  /** The name of the table, and the key of the row in it; a key of several columns has slashes between them. */
  readonly table: string
  readonly row: string
  /** The row as it was, and as it is; null where it was not there, or is not there any more. */
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}

/** The table of changes. */
export type ChangesTable = AnyTable & { readonly $inferSelect: Change }

/**
 * The table of changes on Postgres, for a schema of Drizzle.
 *
 * @example
 * export const changes = postgresChanges('changes')
 */
export function postgresChanges(name: string): ChangesTable {
  return pgTable(
    name,
    {
      id: bigserial({ mode: 'number' }).primaryKey(),
      at: timestamp({ withTimezone: true }).notNull().defaultNow(),
      who: pgText(),
      change: pgText({ enum: KINDS }).notNull(),
      table: pgText().notNull(),
      row: pgText().notNull(),
      before: jsonb(),
      after: jsonb(),
    },
    (table) => [
      pgIndex(`${name}_of_row`).on(table.table, table.row, table.id),
      pgIndex(`${name}_by_who`).on(table.who, table.id),
      pgIndex(`${name}_by_time`).on(table.at, table.id),
    ],
  ) as unknown as ChangesTable
}

/** The table of changes on SQLite, for a schema of Drizzle. */
export function sqliteChanges(name: string): ChangesTable {
  return sqliteTable(
    name,
    {
      id: integer().primaryKey({ autoIncrement: true }),
      at: integer({ mode: 'timestamp_ms' })
        .notNull()
        .$defaultFn(() => new Date()),
      who: sqliteText(),
      change: sqliteText({ enum: KINDS }).notNull(),
      table: sqliteText().notNull(),
      row: sqliteText().notNull(),
      before: sqliteText({ mode: 'json' }),
      after: sqliteText({ mode: 'json' }),
    },
    (table) => [
      sqliteIndex(`${name}_of_row`).on(table.table, table.row, table.id),
      sqliteIndex(`${name}_by_who`).on(table.who, table.id),
      sqliteIndex(`${name}_by_time`).on(table.at, table.id),
    ],
  ) as unknown as ChangesTable
}

/** Statements for a migration, after the one that makes the table: the database refuses to change or delete its rows. */
export function appendOnly(table: ChangesTable): readonly string[] {
  const { name, dialect } = factsOf(table)
  if (dialect === 'sqlite') {
    return (['update', 'delete'] as const).map(
      (verb) =>
        `create trigger "${name}_no_${verb}" before ${verb} on "${name}" begin select raise(abort, '${name} is only added to'); end`,
    )
  }
  return [
    `create function "${name}_is_kept"() returns trigger language plpgsql as $$ begin raise exception '${name} is only added to'; end $$`,
    `create trigger "${name}_no_change" before update or delete on "${name}" for each row execute function "${name}_is_kept"()`,
    `create trigger "${name}_no_truncate" before truncate on "${name}" for each statement execute function "${name}_is_kept"()`,
  ]
}

/** Says who changes something: a dependency that gives an id, or nothing. */
export type Author = Dependency<string | undefined>

/** Keeps what writes of resources change. */
export interface Trail {
  /** The options of a resource, with hooks that keep what is changed. */
  readonly keeping: (of: object, options: ResourceOptions<AnyTable, object>) => ResourceOptions<AnyTable, object>
  /**
   * The list of changes, the newest first: an endpoint for those who may see them. `endpoint` is what it has beside, such as
   * its security.
   */
  readonly changes: (options: { readonly db: Dependency<AnyDatabase>; readonly endpoint: ChangesExtras }) => {
    readonly list: Endpoint<'/', ChangesSpec>
  }
}

/** What it says of itself, and who may call it: changes hold what rows hold. */
export type ChangesExtras = EndpointExtras & Required<Pick<EndpointExtras, 'security'>>

/** What the list of changes promises. */
export interface ChangesSpec {
  readonly query: PageQuery<'cursor', Fields>
  readonly returns: ReplySpec<200, Content<'cursor', Schema<SentOf<Change>, Change>>>
}

const FILTERED = ['table', 'row', 'who', 'change', 'at'] as const
const NOT_LISTED = ['create', 'read', 'replace', 'update', 'remove', 'createMany', 'updateMany', 'removeMany'] as const

/** The name by which hooks get who is at work. */
const WHO = '~who'

/**
 * @param by who is at work.
 * @param twin the table of changes on the other database.
 */
export function createTrail(table: ChangesTable, by: Author, twin?: ChangesTable): Trail {
  const changes = model(table, { name: 'Change', ...(twin && { twin }) }) as unknown as AnyModel
  const who = depends({ by }, ({ by }) => ({ id: by }), { name: `who changes rows, for ${getTableName(table)}` })
  return {
    keeping: (of, options) => {
      const keeper = createKeeper(changes, toModel(of))
      const { hooks = {}, use = {} } = options
      const kept = keepingHooks(hooks as never, keeper, Object.keys(use))
      return { ...options, use: { ...use, [WHO]: who }, hooks: kept as never }
    },
    changes: ({ db, endpoint }) => {
      const endpoints = Object.fromEntries(NOT_LISTED.map((verb) => [verb, false]))
      const given = { db, order: '-id', filter: FILTERED, sort: ['at'], endpoints: { ...endpoints, list: endpoint } }
      // Nothing of it writes, so that there is no transaction.
      return resourceOf(changes, given as never, db) as never
    },
  }
}

interface Keeper {
  /** The key of a row, as the trail names it. */
  readonly keyOf: (row: Row) => string
  readonly read: (key: Row, tx: Queries) => Promise<Row | undefined>
  readonly keep: (change: ChangeKind, before: Row | undefined, after: Row | undefined, uses: Row) => Promise<void>
}

function createKeeper(changes: AnyModel, source: AnyModel): Keeper {
  const { name, key } = source.facts
  const names = Object.keys(source.shown)
  for (const dialect of Object.keys(source.on) as Dialect[])
    if (changes.on[dialect] === undefined)
      throw new TypeError(
        `the trail of ${name}: the table of changes is not on ${DATABASES[dialect]}: give it as its "twin"`,
      )
  const on = (of: AnyModel, tx: Queries): AnyModel => of.on[dialectOfDatabase(tx)] as AnyModel
  const keyOf = (row: Row | undefined): string => key.map((one) => String(row?.[one])).join('/')
  return {
    keyOf,
    read: async (values, tx) => {
      const { facts, shown, table } = on(source, tx)
      const rows = tx
        .select(shown as never)
        .from(table as never)
        .where(and(...key.map((one) => eq(facts.columns[one] as Column, values[one]))))
      // Where others write at the same time, what was before is what this change finds, not what somebody read earlier.
      const locked =
        'for' in rows ? (rows as unknown as { for: (how: 'update') => PromiseLike<Row[]> }).for('update') : rows
      const [row] = (await locked) as Row[]
      return row
    },
    keep: async (change, before, after, uses) => {
      const of = (row: Row | undefined): Row | null => (row === undefined ? null : plain(row, names))
      const [was, is] = [of(before), of(after)]
      // A change of nothing is none.
      if (change === 'update' && JSON.stringify(was) === JSON.stringify(is)) return
      const row = keyOf(after ?? before)
      const who = (uses[WHO] as { readonly id: string | undefined }).id ?? null
      const tx = uses.tx as Queries
      await tx
        .insert(on(changes, tx).table as never)
        .values({ who, change, table: name, row, before: was, after: is } as never)
    },
  }
}

/** A row as JSON keeps it. Bytes are told by their number: a trail is no archive of files. */
function plain(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(
    names.map((name) => {
      const value = row[name] ?? null
      if (typeof value === 'bigint') return [name, String(value)]
      return [name, value instanceof Uint8Array ? `${value.length} bytes` : value]
    }),
  )
}

type LooseHooks = { readonly [K in keyof ResourceHooks<AnyTable, object, Uses>]?: (...args: never) => unknown }

/** Hooks of a resource around those of the trail, which sees what they made of a change. */
function keepingHooks(hooks: LooseHooks, keeper: Keeper, used: readonly string[]): LooseHooks {
  const { keyOf, read, keep } = keeper
  /** What was there, by what hooks are called with, and by key: one request may change many rows. */
  const known = new WeakMap<Row, Map<string, Row | undefined>>()
  const beforeOf = (uses: Row): Map<string, Row | undefined> => {
    const rows = known.get(uses) ?? new Map<string, Row | undefined>()
    known.set(uses, rows)
    return rows
  }
  const look = async (key: Row, uses: Row): Promise<void> => {
    const rows = beforeOf(uses)
    // Of a row that comes twice, what was before the second time is what is after the first.
    if (!rows.has(keyOf(key))) rows.set(keyOf(key), await read(key, uses.tx as Queries))
  }
  const own = (uses: Row): Row => Object.fromEntries([...used, 'tx'].map((name) => [name, uses[name]]))
  const call = (hook: ((...args: never) => unknown) | undefined, ...args: readonly unknown[]): unknown =>
    hook === undefined ? undefined : (hook as (...args: readonly unknown[]) => unknown)(...args)
  return {
    ...hooks,
    beforeCreate: (values: Row, uses: Row) => call(hooks.beforeCreate, values, own(uses)),
    afterCreate: async (row: Row, uses: Row) => {
      await call(hooks.afterCreate, row, own(uses))
      await keep('create', undefined, row, uses)
    },
    beforeUpdate: async (change: Row, key: Row, uses: Row) => {
      const given = await call(hooks.beforeUpdate, change, key, own(uses))
      await look(key, uses)
      return given
    },
    afterUpdate: async (row: Row, uses: Row) => {
      await call(hooks.afterUpdate, row, own(uses))
      const rows = beforeOf(uses)
      const before = rows.get(keyOf(row))
      rows.set(keyOf(row), row)
      await keep('update', before, row, uses)
    },
    beforeRemove: async (key: Row, uses: Row) => {
      await call(hooks.beforeRemove, key, own(uses))
      await look(key, uses)
    },
    afterRemove: async (row: Row, uses: Row) => {
      await call(hooks.afterRemove, row, own(uses))
      await keep('remove', beforeOf(uses).get(keyOf(row)) ?? row, undefined, uses)
    },
    ...(hooks.afterRead && { afterRead: (rows: readonly Row[], uses: Row) => call(hooks.afterRead, rows, own(uses)) }),
  }
}
