import { type Column, and, eq, sql } from 'drizzle-orm'
import { Conflict, InvalidInput } from '../../contract/problems.ts'
import type { FieldError } from '../../contract/problem.ts'
import { columnsOf } from '../table/column.ts'
import type { Queries } from '../database/database.ts'
import type { AnyModel } from '../table/model.ts'
import type { TableFacts } from '../table/table.ts'

/** What a database complains of, whichever it is. */
type Complaint = 'taken' | 'unknown' | 'referred' | 'required' | 'refused' | 'too_long' | 'out_of_range'

/** SQLSTATE (PostgreSQL manual, appendix A). */
const SQLSTATES: Readonly<Record<string, Complaint>> = {
  '23505': 'taken',
  '23P01': 'taken',
  '23503': 'unknown',
  '23001': 'referred',
  '23502': 'required',
  '23514': 'refused',
  '22001': 'too_long',
  '22003': 'out_of_range',
  '22P02': 'refused',
  '22007': 'refused',
  '22008': 'out_of_range',
  '22021': 'refused',
  '22P05': 'refused',
  '22009': 'out_of_range',
  // A value that no index takes, or that is nested too deep.
  '54000': 'too_long',
  '54001': 'refused',
}

/** SQLITE_CONSTRAINT_FOREIGNKEY. */
const BROKEN_REFERENCE = 787

/** Extended result codes (https://sqlite.org/rescode.html). */
const RESULT_CODES: Readonly<Record<number, Complaint>> = {
  2067: 'taken',
  1555: 'taken',
  2579: 'taken',
  [BROKEN_REFERENCE]: 'unknown',
  1811: 'unknown',
  1299: 'required',
  275: 'refused',
  3091: 'refused',
}

interface DatabaseError {
  readonly code?: string
  readonly errcode?: number
  readonly message: string
  readonly constraint?: string
  readonly column?: string
  readonly detail?: string
}

const SAYS: Readonly<Record<Complaint, string>> = {
  taken: 'Another one has this already',
  unknown: 'There is no such thing',
  referred: 'Something else refers to it',
  required: 'Must be given',
  refused: 'The values are not accepted as they are',
  too_long: 'A value is too long',
  out_of_range: 'A value is out of range',
}

/**
 * Runs a write; what the database refuses of it is a problem that names the fields, and nothing else of what it says.
 *
 * @param where the pointer under which the written fields are: `/body`.
 * @param isRemoval true where rows are removed: a foreign key that breaks is then another row's.
 * @param given the row that is written, and where.
 * @throws Conflict, 409, for values that others have, and rows that others refer to.
 * @throws InvalidInput, 422, for all else that is wrong with the values.
 */
export async function writing<T>(
  model: AnyModel,
  where: string,
  isRemoval: boolean,
  work: () => Promise<T>,
  given?: Given,
): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    const found = complaintOf(thrown)
    if (found === undefined) throw thrown
    // SQLite does not say which of the foreign keys is broken.
    const isVague = found.error.errcode === BROKEN_REFERENCE && given !== undefined
    const missing = isVague ? await missingReferences(model.facts, given) : []
    throw problemOf(found, thrown, model, where, isRemoval, missing)
  }
}

interface Given {
  readonly database: Queries
  readonly values: Readonly<Record<string, unknown>>
}

interface Found {
  readonly error: DatabaseError
  readonly complaint: Complaint
}

/** What a database said, which whoever threw it on may have wrapped. */
function complaintOf(thrown: unknown): Found | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const { code = '', errcode = 0 } = error as Partial<DatabaseError>
    const complaint = SQLSTATES[code] ?? RESULT_CODES[errcode]
    if (complaint !== undefined) return { error: error as DatabaseError, complaint }
  }
  return undefined
}

/** Names of the columns that refer to rows that are not there. */
async function missingReferences({ references }: TableFacts, { database, values }: Given): Promise<string[]> {
  const missing: string[] = []
  for (const { columns, to, foreign } of references) {
    if (columns.some((name) => values[name] === undefined || values[name] === null)) continue
    const others = columnsOf(to)
    const isIt = columns.map((name, i) => eq(others[foreign[i] as string] as Column, values[name]))
    const [found] = await database
      .select({ found: sql`1` })
      .from(to as never)
      .where(and(...isIt))
    if (found === undefined) missing.push(...columns)
  }
  return missing
}

function problemOf(
  { error, complaint }: Found,
  thrown: unknown,
  model: AnyModel,
  where: string,
  isRemoval: boolean,
  missing: readonly string[],
): Error {
  if (isReferred(error, complaint, isRemoval)) return Conflict({ detail: SAYS.referred, cause: thrown })
  const named = missing.length > 0 ? missing : fieldsOf(error, complaint, model.facts)
  const fields = named.filter((name) => model.creatable.includes(name))
  const pointers = fields.length > 0 ? fields.map((name) => `${where}/${name}`) : [where]
  const errors = pointers.map((pointer): FieldError => ({ pointer, code: complaint, message: SAYS[complaint] }))
  return complaint === 'taken' ? Conflict({ errors, cause: thrown }) : InvalidInput({ errors, cause: thrown })
}

/** True where another row refers to what is removed, or to a value of it that is changed. */
function isReferred({ detail = '' }: DatabaseError, complaint: Complaint, isRemoval: boolean): boolean {
  return complaint === 'referred' || (complaint === 'unknown' && (isRemoval || detail.includes('still referenced')))
}

/** The columns that a database complains of, by their names in code. */
function fieldsOf(error: DatabaseError, complaint: Complaint, facts: TableFacts): readonly string[] {
  const { constraint, column, message } = error
  if (column !== undefined) return named([column], facts)
  // SQLite: `UNIQUE constraint failed: books.isbn, books.shelf`.
  const list = /constraint failed: (.+)$/.exec(message)?.[1]
  if (list !== undefined)
    return named(
      list.split(', ').map((part) => part.replace(/^.*\./, '')),
      facts,
    )
  if (constraint === undefined) return []
  const declared = complaint === 'unknown' ? facts.references : facts.uniques
  const found = declared.find(({ name }) => name === constraint)
  if (found !== undefined) return found.columns
  // Postgres: `Key (isbn, shelf)=(…) already exists.`, `Key (author_id)=(…) is not present in table "authors".`
  const keys = /^Key \((.+?)\)=/.exec(error.detail ?? '')?.[1]
  return keys === undefined
    ? []
    : named(
        keys.split(', ').map((name) => name.replaceAll('"', '')),
        facts,
      )
}

function named(columns: readonly string[], facts: TableFacts): string[] {
  return columns.flatMap((name) =>
    Object.entries(facts.columns).flatMap(([own, column]) => (column.name === name ? [own] : [])),
  )
}
