import { type Column, type SQL, and, eq, or, sql } from 'drizzle-orm'
import { type FieldError, Problem } from '../../contract/problem.ts'
import { Forbidden, InvalidInput, NotFound } from '../../contract/problems.ts'
import { reply } from '../../contract/reply-spec.ts'
import { validators } from '../../policies/validators.ts'
import type { Queries } from '../database/database.ts'
import type { AnyModel } from '../table/model.ts'
import { momentOf } from '../table/moment.ts'
import { type Access, type ResourceContext, pick, visibleTo } from '../context.ts'
import { withValidators } from '../reading/read-handlers.ts'
import { isOneOf, keyText } from '../database/one-of.ts'
import type { ResolvedRelation } from '../table/relation.ts'
import { inOrderOf } from './returned-rows.ts'
import { inSavepoint } from '../database/savepoint.ts'
import { writing } from './write-failures.ts'

type Row = Record<string, unknown>
type Handler = (context: ResourceContext) => Promise<unknown>

/** The handlers that write. */
export interface Writer {
  readonly create: Handler
  readonly replace: Handler
  readonly update: Handler
  readonly remove: Handler
  readonly createMany: Handler
  readonly updateMany: Handler
  readonly removeMany: Handler
  /**
   * Creates rows with all that comes with it: hooks, references, whose they are.
   *
   * @param wheres the pointer of each item.
   * @param together true where it does not matter of which item the database complains.
   */
  readonly insert: (
    given: readonly Row[],
    context: ResourceContext,
    wheres: readonly string[],
    together?: boolean,
  ) => Promise<readonly Row[]>
}

/** Values of one statement: SQLite takes 32,766, Postgres twice as many. */
const MOST_VALUES = 32_000

/** Keys of several columns that are looked for at once: SQLite takes a thousand conditions in a row. */
const MOST_KEYS = 500

/** Rows that were created were not given back as they were given. */
class OutOfOrder extends Error {}

/** Hooks, their types aside. */
export interface WriteHooks {
  readonly beforeCreate?: (values: Row, uses: Row) => unknown
  readonly afterCreate?: (row: Row, uses: Row) => unknown
  readonly beforeUpdate?: (change: Row, key: Row, uses: Row) => unknown
  readonly afterUpdate?: (row: Row, uses: Row) => unknown
  readonly beforeRemove?: (key: Row, uses: Row) => unknown
  readonly afterRemove?: (row: Row, uses: Row) => unknown
}

/**
 * Compiles the writes of a model. Each is one statement that checks and changes, so that nobody can come between.
 *
 * @param used names of what hooks use.
 */
export function createWriter(
  model: AnyModel,
  relations: readonly ResolvedRelation[],
  hooks: WriteHooks,
  used: readonly string[],
): Writer {
  const { facts, options, table } = model
  const { version, deleted } = options
  const always = relations.flatMap(({ always, from }) => (always ? [from] : []))
  const owned = (options.owned ?? {}) as Readonly<Record<string, (uses: never) => unknown>>
  /** What writes give back: the columns that callers see, the version, and what is needed of rows that are always shown. */
  const returned = Object.fromEntries(
    [
      ...new Set([...Object.keys(model.shown), ...facts.key, ...(version === undefined ? [] : [version]), ...always]),
    ].map((name) => [name, facts.columns[name] as Column]),
  )
  const mostRows = Math.max(1, Math.floor(MOST_VALUES / Object.keys(facts.columns).length))
  /** Relations whose rows are not for everybody: a row may refer only to those that its writer sees. */
  const guarded = relations.filter(
    (one) => one.kind === 'one' && (one.model.options.visible !== undefined || one.model.options.deleted !== undefined),
  )

  const usesOf = (context: ResourceContext): Row => ({ ...pick(context, used), tx: context.tx })
  const ownOf = (access: Access): Row =>
    Object.fromEntries(Object.entries(owned).map(([name, valueFor]) => [name, valueFor(access(model))]))

  /** Of others' rows that are not the caller's to see, and of rows that there are not, the same is said. */
  const checkReferences = async (
    items: readonly Row[],
    { tx, access }: ResourceContext,
    wheres: readonly string[],
  ): Promise<void> => {
    const errors: FieldError[] = []
    for (const { from, to, model: other } of guarded) {
      // Of the rows that come with it there is nothing yet: they are the caller's, or refused themselves.
      const own = other.table === table ? items.map((values) => keyText(values[to])) : []
      const given = items.map((values) => values[from] ?? undefined)
      const asked = given.filter((value) => value !== undefined && !own.includes(keyText(value)))
      if (asked.length === 0) continue
      const key = other.facts.columns[to] as Column
      const found = (await tx
        .select({ key } as never)
        .from(other.table as never)
        .where(and(isOneOf(key, asked, facts.dialect), visibleTo(access)(other)))) as Row[]
      const known = new Set([...own, ...found.map((row) => keyText(row.key))])
      for (const [i, value] of given.entries()) {
        if (value === undefined || known.has(keyText(value))) continue
        errors.push({ pointer: `${wheres[i]}/${from}`, code: 'unknown', message: 'There is no such thing' })
      }
    }
    if (errors.length > 0) throw InvalidInput({ errors })
  }

  /** Nobody puts rows, or makes theirs, where they do not see them: that is another's. */
  const checkVisible = async (
    rows: readonly Row[],
    { tx, access }: ResourceContext,
    wheres: readonly string[],
  ): Promise<void> => {
    const own = options.visible?.(access(model), table)
    if (own === undefined || rows.length === 0) return
    const columns = Object.fromEntries(facts.key.map((name) => [name, facts.columns[name] as Column]))
    const found: Row[] = []
    for (let from = 0; from < rows.length; from += MOST_KEYS)
      found.push(
        ...((await tx
          .select(columns as never)
          .from(table as never)
          .where(and(areOf(rows.slice(from, from + MOST_KEYS)), own))) as Row[]),
      )
    const text = (row: Row): string => JSON.stringify(facts.key.map((name) => String(keyText(row[name]))))
    const seen = new Set(found.map(text))
    const errors = rows.flatMap((row, i): FieldError[] =>
      seen.has(text(row))
        ? []
        : [{ pointer: wheres[i] as string, code: 'not_visible', message: 'You would not see this row yourself' }],
    )
    if (errors.length > 0) throw InvalidInput({ errors })
  }

  const areOf = (rows: readonly Row[]): SQL | undefined => {
    const [name, another] = facts.key as [string, string?]
    const values = rows.map((row) => row[name])
    if (another === undefined) return isOneOf(facts.columns[name] as Column, values, facts.dialect)
    return or(...rows.map(keyIs))
  }

  const add = async (tx: Queries, where: string, values: Row | readonly Row[]): Promise<readonly Row[]> =>
    writing(
      model,
      where,
      false,
      async () => {
        const made: unknown = await tx
          .insert(table as never)
          .values(values as never)
          .returning(returned as never)
        return made as readonly Row[]
      },
      Array.isArray(values) ? undefined : { database: tx, values: values as Row },
    )

  /** In one statement. Where the database refuses it, one after the other: so it is said of the item that is refused. */
  const addAll = async (
    all: readonly Row[],
    { tx }: ResourceContext,
    wheres: readonly string[],
    together: boolean,
  ): Promise<readonly Row[]> => {
    if (together) return add(tx, '', all)
    if (all.length > 1) {
      const made = await inSavepoint(tx, facts.dialect, async (part) => {
        const found = inOrderOf(all, await add(part, '', all), model)
        if (found === undefined) throw new OutOfOrder()
        return found
      }).catch((error: unknown) => {
        if (error instanceof Problem || error instanceof OutOfOrder) return undefined
        throw error
      })
      if (made !== undefined) return made
    }
    const rows: Row[] = []
    for (const [i, values] of all.entries()) rows.push(...(await add(tx, wheres[i] as string, values)))
    return rows
  }

  const insert: Writer['insert'] = async (given, context, wheres, together = false) => {
    const uses = usesOf(context)
    const items: Row[] = []
    const { fixed } = context
    for (const values of given) {
      const known = fixed === undefined ? values : { ...values, ...fixed }
      items.push(((await hooks.beforeCreate?.(known, uses)) as Row | undefined) ?? values)
    }
    await checkReferences(items, context, wheres)
    const own = ownOf(context.access)
    const rows: Row[] = []
    for (let from = 0; from < items.length; from += mostRows) {
      const some = items.slice(from, from + mostRows).map((values) => ({ ...values, ...fixed, ...own }))
      rows.push(...(await addAll(some, context, wheres.slice(from, from + mostRows), together)))
    }
    await checkVisible(rows, context, wheres)
    if (hooks.afterCreate !== undefined) for (const row of rows) await hooks.afterCreate(row, uses)
    return rows
  }

  /** @param given what to change of the row of each key. */
  const change = async (
    keys: readonly Row[],
    given: readonly Row[],
    context: ResourceContext,
    wheres: readonly string[],
  ): Promise<readonly Row[]> => {
    const uses = usesOf(context)
    const changes: Row[] = []
    for (const [i, values] of given.entries())
      changes.push(((await hooks.beforeUpdate?.(values, keys[i] as Row, uses)) as Row | undefined) ?? values)
    await checkReferences(changes, context, wheres)
    const rows: Row[] = []
    for (const [i, values] of changes.entries()) {
      const where = wheres[i] as string
      rows.push(await inItem(where, () => changeOne(keys[i] as Row, values, context, where)))
    }
    await checkVisible(rows, context, wheres)
    if (hooks.afterUpdate !== undefined) for (const row of rows) await hooks.afterUpdate(row, uses)
    return rows
  }

  const changeOne = async (key: Row, values: Row, context: ResourceContext, where: string): Promise<Row> => {
    const isChanged = Object.keys(values).length > 0
    const row = isChanged
      ? await writing(
          model,
          where,
          false,
          () =>
            write(key, context, (condition) =>
              context.tx
                .update(table as never)
                .set({ ...values, ...nextVersion() } as never)
                .where(condition)
                .returning(returned as never),
            ),
          { database: context.tx, values },
        )
      : await lookUp(key, context)
    checkVersion(isChanged ? Number(row[version ?? '']) - 1 : row[version ?? ''], context)
    return row
  }

  const removal = async (key: Row, context: ResourceContext): Promise<void> => {
    const uses = usesOf(context)
    await hooks.beforeRemove?.(key, uses)
    const row = await writing(model, '', true, () =>
      write(key, context, (condition) =>
        deleted === undefined
          ? context.tx
              .delete(table as never)
              .where(condition)
              .returning(returned as never)
          : context.tx
              .update(table as never)
              .set({ [deleted]: momentOf(facts.columns[deleted] as Column)?.(), ...nextVersion() } as never)
              .where(condition)
              .returning(returned as never),
      ),
    )
    checkVersion(deleted === undefined ? row[version ?? ''] : Number(row[version ?? '']) - 1, context)
    await hooks.afterRemove?.(row, uses)
  }

  /** Holds what the caller knows against what was there; what is changed is changed back where it is another. */
  const checkVersion = (before: unknown, { preconditions }: ResourceContext): void => {
    if (version !== undefined) preconditions?.check({ version: Number(before) })
  }

  const nextVersion = (): Row =>
    version === undefined ? {} : { [version]: sql`${facts.columns[version] as Column} + 1` }

  /** Changes one row, if it is there for the caller and theirs to change. */
  const write = async (
    key: Row,
    { access, tx }: ResourceContext,
    run: (condition: SQL | undefined) => PromiseLike<unknown>,
  ): Promise<Row> => {
    const own = and(keyIs(key), visibleTo(access)(model))
    const rights = options.changeable?.(access(model), table)
    const [row] = (await run(and(own, rights))) as Row[]
    if (row !== undefined) return row
    if (rights === undefined) throw NotFound()
    const [other] = await tx
      .select({ found: sql`1` })
      .from(table as never)
      .where(own)
    throw other === undefined ? NotFound() : Forbidden()
  }

  /** A change of nothing: it is refused, or not, as any other. */
  const lookUp = (key: Row, context: ResourceContext): Promise<Row> =>
    write(key, context, (condition) =>
      context.tx
        .select(returned as never)
        .from(table as never)
        .where(condition),
    )

  const keyIs = (key: Row): SQL | undefined =>
    and(...facts.key.map((name) => eq(facts.columns[name] as Column, key[name])))

  const keyOf = (item: Row): Row => Object.fromEntries(facts.key.map((name) => [name, item[name]]))

  const places = (items: readonly Row[]): readonly string[] => items.map((_, i) => `/body/items/${i}`)

  return {
    insert,
    create: async (context) => {
      const [row] = (await insert([context.body], context, ['/body'])) as [Row]
      return version === undefined ? row : reply(201, row, validators({ version: row[version] as number }))
    },
    update: async (context) => {
      const [row] = (await change([context.params], [context.body], context, ['/body'])) as [Row]
      return withValidators(model, row)
    },
    replace: async (context) => {
      const { body, params } = context
      const values = Object.fromEntries(
        model.updatable.map((name) => [
          name,
          Object.hasOwn(body, name) ? body[name] : absentValue(facts.columns[name] as Column),
        ]),
      )
      const [row] = (await change([params], [values], context, ['/body'])) as [Row]
      return withValidators(model, row)
    },
    remove: (context) => removal(context.params, context),
    createMany: async (context) => {
      const items = itemsOf(context)
      return { items: await insert(items, context, places(items)) }
    },
    updateMany: async (context) => {
      const items = itemsOf(context)
      const changes = items.map((item) =>
        Object.fromEntries(Object.entries(item).filter(([name]) => !facts.key.includes(name))),
      )
      return { items: await change(items.map(keyOf), changes, context, places(items)) }
    },
    removeMany: async (context) => {
      const items = itemsOf(context)
      for (const [i, where] of places(items).entries())
        await inItem(where, () => removal(keyOf(items[i] as Row), context))
    },
  }
}

function itemsOf({ body }: ResourceContext): readonly Row[] {
  return body.items as readonly Row[]
}

/** Says which of several items is not there. */
async function inItem<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isNotFound(error) || where === '/body') throw error
    throw NotFound({ errors: [{ pointer: where, code: 'not_found', message: 'There is no such row' }] })
  }
}

function isNotFound(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === NotFound.code
}

/** What a column holds when nothing is said: its default, or null. */
function absentValue(column: Column): unknown {
  if (column.defaultFn !== undefined) return column.defaultFn()
  if (column.default !== undefined) return column.default
  return null
}
