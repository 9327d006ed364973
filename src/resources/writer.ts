import { type Column, type SQL, and, eq, getColumnTable, getTableName, sql } from 'drizzle-orm'
import { Forbidden, InvalidInput, NotFound } from '../contract/problems.ts'
import { reply } from '../contract/reply-spec.ts'
import { validators } from '../policies/validators.ts'
import type { AnyModel } from './model.ts'
import { type Access, type ResourceContext, pick, visibleTo, withValidators } from './reading.ts'
import type { ResolvedRelation } from './relation.ts'
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
}

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
  /** What writes give back: the columns that callers see, and the version. */
  const returned = Object.fromEntries(
    [...new Set([...Object.keys(model.shown), ...facts.key, ...(version === undefined ? [] : [version])])].map(
      (name) => [name, facts.columns[name] as Column],
    ),
  )
  /** Relations whose rows are not for everybody: a row may refer only to those that its writer sees. */
  const guarded = relations.filter(
    (one) => one.kind === 'one' && (one.model.options.visible !== undefined || one.model.options.deleted !== undefined),
  )

  const usesOf = (context: ResourceContext): Row => ({ ...pick(context, used), tx: context.tx })
  const ownOf = (access: Access): Row => (options.owned?.(access(model)) ?? {}) as Row

  const checkReferences = async (values: Row, { tx, access }: ResourceContext, where: string): Promise<void> => {
    for (const { from, to, model: other } of guarded) {
      const value = values[from]
      if (value === undefined || value === null) continue
      const key = other.facts.columns[to] as Column
      const [found] = await tx
        .select({ key } as never)
        .from(other.table as never)
        .where(and(eq(key, value), visibleTo(access)(other)))
        .limit(1)
      if (found !== undefined) continue
      throw InvalidInput({
        errors: [{ pointer: `${where}/${from}`, code: 'unknown', message: 'There is no such thing' }],
      })
    }
  }

  const insert = async (given: Row, context: ResourceContext, where: string): Promise<Row> => {
    const uses = usesOf(context)
    const values = ((await hooks.beforeCreate?.(given, uses)) as Row | undefined) ?? given
    await checkReferences(values, context, where)
    const rows = await writing(model, where, false, async () =>
      context.tx
        .insert(table as never)
        .values({ ...values, ...ownOf(context.access) } as never)
        .returning(returned as never),
    )
    const row = rows[0] as Row
    await hooks.afterCreate?.(row, uses)
    return row
  }

  const change = async (key: Row, given: Row, context: ResourceContext, where: string): Promise<Row> => {
    const uses = usesOf(context)
    const values = ((await hooks.beforeUpdate?.(given, key, uses)) as Row | undefined) ?? given
    await checkReferences(values, context, where)
    const row =
      Object.keys(values).length === 0
        ? await lookUp(key, context)
        : await writing(model, where, false, () =>
            write(key, context, (condition) =>
              context.tx
                .update(table as never)
                .set({ ...values, ...nextVersion() } as never)
                .where(condition)
                .returning(returned as never),
            ),
          )
    const isChanged = Object.keys(values).length > 0
    checkVersion(isChanged ? Number(row[version ?? '']) - 1 : row[version ?? ''], context)
    await hooks.afterUpdate?.(row, uses)
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
              .set({ [deleted]: momentFor(facts.columns[deleted] as Column), ...nextVersion() } as never)
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
    const rights = options.changeable?.(access(model))
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

  return {
    create: async (context) => {
      const row = await insert(context.body, context, '/body')
      return version === undefined ? row : reply(201, row, validators({ version: row[version] as number }))
    },
    update: async (context) => withValidators(model, await change(context.params, context.body, context, '/body')),
    replace: async (context) => {
      const values = Object.fromEntries(
        model.updatable.map((name) => [name, context.body[name] ?? absentValue(facts.columns[name] as Column)]),
      )
      return withValidators(model, await change(context.params, values, context, '/body'))
    },
    remove: (context) => removal(context.params, context),
    createMany: async (context) => {
      const items: Row[] = []
      for (const [i, item] of itemsOf(context).entries()) items.push(await insert(item, context, `/body/items/${i}`))
      return { items }
    },
    updateMany: async (context) => {
      const items: Row[] = []
      for (const [i, item] of itemsOf(context).entries()) {
        const rest = Object.fromEntries(Object.entries(item).filter(([name]) => !facts.key.includes(name)))
        items.push(await inItem(i, () => change(keyOf(item), rest, context, `/body/items/${i}`)))
      }
      return { items }
    },
    removeMany: async (context) => {
      for (const [i, item] of itemsOf(context).entries()) await inItem(i, () => removal(keyOf(item), context))
    },
  }
}

function itemsOf({ body }: ResourceContext): readonly Row[] {
  return body.items as readonly Row[]
}

/** Says which item is not there. */
async function inItem<T>(index: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isNotFound(error)) throw error
    throw NotFound({
      errors: [{ pointer: `/body/items/${index}`, code: 'not_found', message: 'There is no such row' }],
    })
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

/** Now, as a column keeps it. */
function momentFor(column: Column): unknown {
  switch (column.dataType) {
    case 'boolean':
      return true
    case 'object date':
      return new Date()
    case 'string':
    case 'string timestamp':
    case 'string datetime':
      return new Date().toISOString()
    case 'number int53':
      return Date.now()
  }
  const name = `${getTableName(getColumnTable(column))}.${column.name}`
  throw new TypeError(`the column ${name} cannot say when a row was deleted: make it a time, or a boolean`)
}
