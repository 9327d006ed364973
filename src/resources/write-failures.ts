import { Conflict, InvalidInput } from '../contract/problems.ts'
import type { FieldError } from '../contract/problem.ts'
import type { AnyModel } from './model.ts'
import type { TableFacts } from './table.ts'

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

/** Extended result codes (https://sqlite.org/rescode.html). */
const RESULT_CODES: Readonly<Record<number, Complaint>> = {
  2067: 'taken',
  1555: 'taken',
  2579: 'taken',
  787: 'unknown',
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
 * @throws Conflict, 409, for values that others have, and rows that others refer to.
 * @throws InvalidInput, 422, for all else that is wrong with the values.
 */
export async function writing<T>(
  model: AnyModel,
  where: string,
  isRemoval: boolean,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw problemOf(thrown, model, where, isRemoval) ?? thrown
  }
}

function problemOf(thrown: unknown, model: AnyModel, where: string, isRemoval: boolean): Error | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const { code = '', errcode = 0 } = error as Partial<DatabaseError>
    const complaint = SQLSTATES[code] ?? RESULT_CODES[errcode]
    if (complaint === undefined) continue
    if (isReferred(error as DatabaseError, complaint, isRemoval))
      return Conflict({ detail: SAYS.referred, cause: thrown })
    const fields = fieldsOf(error as DatabaseError, complaint, model)
    const pointers = fields.length > 0 ? fields.map((name) => `${where}/${name}`) : [where]
    const message = fields.length > 0 ? SAYS[complaint] : saidOf(complaint, model)
    const errors = pointers.map((pointer): FieldError => ({ pointer, code: complaint, message }))
    return complaint === 'taken' ? Conflict({ errors, cause: thrown }) : InvalidInput({ errors, cause: thrown })
  }
  return undefined
}

/** True where another row refers to what is removed, or to a value of it that is changed. */
function isReferred({ detail = '' }: DatabaseError, complaint: Complaint, isRemoval: boolean): boolean {
  return complaint === 'referred' || (complaint === 'unknown' && (isRemoval || detail.includes('still referenced')))
}

/** The columns that a database complains of and callers set, by their names in code. */
function fieldsOf(error: DatabaseError, complaint: Complaint, { facts, creatable }: AnyModel): readonly string[] {
  const isSet = (name: string): boolean => creatable.includes(name)
  const fields = columnsOf(error, complaint, facts).filter(isSet)
  if (complaint !== 'unknown' || fields.length > 0) return fields
  // SQLite names no foreign key. Where there is but one that callers set, it is that.
  const [only, another] = referring(facts, creatable)
  return only === undefined || another !== undefined ? [] : only
}

/** What is said of a complaint that names no column. */
function saidOf(complaint: Complaint, { facts, creatable }: AnyModel): string {
  const names = [...new Set(referring(facts, creatable).flat())]
  return complaint === 'unknown' && names.length > 0
    ? `One of ${names.join(', ')} refers to what is not there`
    : SAYS[complaint]
}

/** The columns of each foreign key, of those that callers set. */
function referring({ references }: TableFacts, creatable: readonly string[]): string[][] {
  return references
    .map(({ columns }) => columns.filter((name) => creatable.includes(name)))
    .filter((columns) => columns.length > 0)
}

function columnsOf(error: DatabaseError, complaint: Complaint, facts: TableFacts): readonly string[] {
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
