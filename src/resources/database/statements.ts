import { type SQL, fillPlaceholders, sql } from 'drizzle-orm'
import { Recent } from './recent.ts'
import { statementNames } from './statement-names.ts'
import { DATABASES, type TableFacts, dialectOfDatabase } from '../table/table.ts'

/** A query of Drizzle that can be run with values for its placeholders. */
export interface Query {
  /** @param name by which the connection keeps it: of its text unless told, none where it is empty. */
  prepare(name?: string): Prepared
}

interface Prepared {
  execute(values: Readonly<Record<string, unknown>>): unknown
}

/** Statements that are kept for each database: of those that were asked for once, and of those that were asked for again. */
const MOST = 100

/** The statements of one resource: each is built once for each database, and prepared as soon as it comes again. */
export interface Statements {
  /**
   * Runs the query of a shape.
   *
   * @param shape says which query `build` gives, so that it is not asked again; undefined for one that is not kept.
   */
  readonly run: <Row>(
    database: object,
    shape: string | undefined,
    build: () => Query,
    values: Readonly<Record<string, unknown>>,
  ) => Promise<readonly Row[]>
}

export function createStatements({ name, dialect }: TableFacts): Statements {
  const known = new WeakMap<object, { readonly once: Recent<Prepared>; readonly again: Recent<Prepared> }>()
  return {
    run: async (database, shape, build, values) => {
      if (shape === undefined) return (await build().prepare('').execute(values)) as never
      let own = known.get(database)
      if (own === undefined) {
        const given = dialectOfDatabase(database)
        if (given !== dialect)
          throw new TypeError(
            `resource(${name}): its "db" is of ${DATABASES[given]}, and its table of ${DATABASES[dialect]}: give the database of that table, or a model with a "twin"`,
          )
        // Apart: callers choose shapes, and whoever asks for ever new ones drives out no other's.
        own = { once: new Recent(MOST), again: new Recent(MOST) }
        known.set(database, own)
      }
      let statement = own.again.get(shape)
      if (statement === undefined) {
        statement = own.once.get(shape)
        if (statement === undefined) {
          statement = build().prepare('')
          own.once.set(shape, statement)
        } else if (statementNames(database).take()) {
          statement = build().prepare()
          own.once.delete(shape)
          own.again.set(shape, statement)
        }
      }
      try {
        return (await statement.execute(values)) as never
      } catch (error) {
        if (!isOutdated(error)) throw error
        // For ever, on each connection that has it: whoever changed the column would have to restart the API.
        own.again.delete(shape)
        statementNames(database).renew()
        return (await build().prepare('').execute(values)) as never
      }
    },
  }
}

/** True where Postgres keeps a statement that gives columns of other types by now: somebody altered the table. */
function isOutdated(thrown: unknown): boolean {
  const { code, routine } = ((thrown as Error).cause ?? thrown) as { readonly code?: string; readonly routine?: string }
  return code === '0A000' && routine === 'RevalidateCachedQuery'
}

/** A condition whose values are taken out, so that the statement around it can be kept. */
export interface Condition {
  /** Says which condition it is, whatever its values. */
  readonly shape: string
  /** Called where the statement is not there yet. */
  readonly build: () => SQL
  /** What fills its placeholders. */
  readonly values: Readonly<Record<string, unknown>>
}

interface Dialect {
  readonly escapeParam: (index: number) => string
  sqlToQuery(condition: SQL): { readonly sql: string; readonly params: readonly unknown[] }
}

/**
 * A statement with its values in it, for those that take none beside them, such as `COPY`.
 *
 * @param values what fills its placeholders.
 */
export function inlined(statement: SQL, database: object, values: Readonly<Record<string, unknown>>): string {
  const { sql: text, params } = marked(statement, database)
  const filled = fillPlaceholders(params as unknown[], values as Record<string, unknown>)
  let next = 0
  return text.replace(MARKS, () => literal(filled[next++]))
}

const MARKS = /\0\d+\0/g

/** A value as Postgres reads it in a statement (manual, 4.1.2): a string, whose type is what stands beside it. */
export function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  const text = textOf(value)
  if (text.includes('\0')) throw new TypeError('Postgres has no text with NUL')
  const quoted = text.replaceAll("'", "''")
  // Whatever `standard_conforming_strings` says.
  return quoted.includes('\\') ? ` E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`
}

/** A value as text in the form that the driver sends it in: rules may compare with lists, with bytes and with JSON. */
function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  return Array.isArray(value) ? `{${value.map(elementOf).join()}}` : JSON.stringify(value)
}

/** A value in an array (manual, 8.15.2). */
function elementOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  const text = textOf(value)
  return Array.isArray(value) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** The text of a statement with a mark that no identifier and no literal has, for each value: Postgres takes no NUL. */
function marked(statement: SQL, database: object): { readonly sql: string; readonly params: readonly unknown[] } {
  const marking = Object.create((database as { readonly dialect: Dialect }).dialect) as {
    escapeParam: unknown
  } & Dialect
  marking.escapeParam = (index: number) => `\0${index}\0`
  return marking.sqlToQuery(statement)
}

/** Takes the values out of a condition that is made anew for each request. */
export function fixed(condition: SQL, database: object, prefix: string): Condition {
  const { sql: text, params } = marked(condition, database)
  return {
    // Two that read the same are two, where their values are called otherwise.
    shape: `${prefix} ${text}`,
    values: Object.fromEntries(params.map((value, i) => [`${prefix}${i}`, value])),
    build: () =>
      sql.join(
        text
          .split(MARKS)
          .flatMap((piece, i) =>
            i === 0 ? [sql.raw(piece)] : [sql`${sql.placeholder(`${prefix}${i - 1}`)}`, sql.raw(piece)],
          ),
      ),
  }
}
