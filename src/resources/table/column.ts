import { type Column, getColumnTable, getTableColumns, getTableName } from 'drizzle-orm'
import { z } from 'zod'
import { readMoment } from './moment.ts'

/** What a column holds, as far as a caller is concerned. */
export type ColumnKind =
  | 'text'
  | 'word'
  | 'uuid'
  | 'integer'
  | 'number'
  | 'decimal'
  | 'bigint'
  | 'boolean'
  | 'instant'
  | 'date'
  | 'time'
  | 'json'
  | 'bytes'
  | 'list'
  | 'other'

/** A value's schema in each direction: what callers send is held to what the column can keep, what leaves is not. */
export interface ColumnSchemas {
  readonly input: z.ZodType
  readonly output: z.ZodType
}

/** What kind a column of a Drizzle table is. */
export function kindOf(column: Column): ColumnKind {
  if (dimensionsOf(column) > 0) return 'list'
  const [type, constraint] = column.dataType.split(' ')
  switch (type) {
    case 'boolean':
      return 'boolean'
    case 'bigint':
      return 'bigint'
    case 'number':
      return INTEGERS[constraint ?? ''] === undefined ? 'number' : 'integer'
    case 'string':
      // Of a type of its own, as `inet` is, that the database compares in its own way and refuses what is none.
      return constraint === undefined || constraint === '' ? 'text' : (TEXTS[constraint] ?? 'other')
    case 'object':
      if (constraint === 'date') return column.columnType.endsWith('Date') ? 'date' : 'instant'
      return constraint === 'json' ? 'json' : constraint === 'buffer' ? 'bytes' : 'other'
    default:
      return 'other'
  }
}

const TEXTS: Readonly<Record<string, ColumnKind>> = {
  enum: 'word',
  uuid: 'uuid',
  numeric: 'decimal',
  unumeric: 'decimal',
  int64: 'bigint',
  uint64: 'bigint',
  date: 'date',
  time: 'time',
  timestamp: 'instant',
  datetime: 'instant',
}

/** The least and the greatest of each kind of integer. */
const INTEGERS: Readonly<Record<string, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
  int24: [-8_388_608, 8_388_607],
  uint24: [0, 16_777_215],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
  int53: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint53: [0, Number.MAX_SAFE_INTEGER],
  year: [1901, 2155],
}

/**
 * The schemas of a column's values, without its null.
 *
 * @throws {TypeError} for a column of which nobody can know what it holds: name its schema in the model.
 */
export function schemasOf(column: Column): ColumnSchemas {
  const dimensions = dimensionsOf(column)
  let { input, output } = scalarSchemas(column)
  for (let i = 0; i < dimensions; i++) {
    input = z.array(input)
    output = z.array(output)
  }
  return { input, output }
}

function scalarSchemas(column: Column): ColumnSchemas {
  const [type, constraint = ''] = column.dataType.split(' ')
  switch (type) {
    case 'boolean':
      return both(z.boolean())
    case 'bigint':
      return both(Bigint)
    case 'number': {
      const range = INTEGERS[constraint]
      if (range === undefined) return { input: z.number(), output: isNullable(column) ? NumberOut : z.number() }
      return { input: z.int().min(range[0]).max(range[1]), output: z.int() }
    }
    case 'string':
      return stringSchemas(column, constraint)
    case 'object':
      if (constraint === 'date') return momentSchemas(column)
      if (constraint === 'json') return { input: isNullable(column) ? Json : JsonGiven, output: z.unknown() }
      if (constraint === 'buffer') return both(Bytes)
      break
  }
  const name = `${getTableName(getColumnTable(column))}.${column.name}`
  throw new TypeError(`the column ${name} is of a type of its own: say in the model's "schemas" what its values are`)
}

function stringSchemas(column: Column, constraint: string): ColumnSchemas {
  switch (constraint) {
    case 'enum':
      return both(z.enum(column.enumValues as [string, ...string[]]))
    case 'uuid':
      return both(z.guid())
    case 'numeric':
    case 'unumeric':
      return { input: z.string().regex(DECIMAL, 'Must be a decimal number').max(200), output: z.string() }
    case 'int64':
    case 'uint64':
      return { input: BigintText, output: z.string() }
    case 'date':
      return { input: z.iso.date().refine(isInCalendar, IN_CALENDAR), output: z.string() }
    case 'time':
      return { input: z.iso.time().max(MOST_MOMENT), output: z.string() }
    case 'timestamp':
    case 'datetime':
      return {
        input: z.iso
          .datetime({ local: true, offset: true })
          .max(MOST_MOMENT)
          .refine(isInCalendar, IN_CALENDAR)
          .refine(hasZone, 'Must be less than 16 hours from UTC'),
        output: z.string(),
      }
  }
  // Postgres has no text with NUL; where SQLite has, programs that read it seldom expect it.
  const text = z.string().regex(/^[^\0]*$/, 'Must not hold the character NUL')
  const { length } = column
  const input = length === undefined ? text : column.isLengthExact === true ? text.length(length) : text.max(length)
  return { input, output: z.string() }
}

const DECIMAL = /^[+-]?\d{1,131}(?:\.\d{1,60})?$/

function both(schema: z.ZodType): ColumnSchemas {
  return { input: schema, output: schema }
}

/** Letters of a moment: databases take no fraction of a second of any length. */
const MOST_MOMENT = 50

const IN_CALENDAR = 'Must be in the years 0001 to 9999'

/**
 * True for moments that ISO 8601 writes with four digits of the year, in UTC as well, and that databases know: for Postgres
 * there was no year 0. Not for an instant in the year 10000 that is in 9999 where the caller is.
 */
function isInCalendar(text: string): boolean {
  if (text.startsWith('0000')) return false
  const time = new Date(text).getTime()
  return Number.isNaN(time) || (time >= FIRST && time <= LAST)
}

const FIRST = Date.parse('0001-01-01T00:00:00Z')
const LAST = Date.parse('9999-12-31T23:59:59.999Z')

/** Postgres takes no other (`Numeric time zones`, PostgreSQL manual §8.5.3). */
function hasZone(text: string): boolean {
  const hours = /[+-](\d\d):\d\d$/.exec(text)?.[1]
  return hours === undefined || Number(hours) < 16
}

/** ISO 8601 on the wire, an instant with its offset, and a `Date` in handlers. */
function momentSchemas(column: Column): ColumnSchemas {
  const isDay = column.columnType.endsWith('Date')
  const sent = isDay ? z.iso.date() : z.iso.datetime({ offset: true }).max(MOST_MOMENT)
  const encode = (date: Date): string => (isDay ? date.toISOString().replace(/T.*$/, '') : date.toISOString())
  const decode = (text: string): Date => new Date(text)
  // A row of another writer may have a year that no caller could send.
  const received = z.string().meta({ format: isDay ? 'date' : 'date-time' })
  return {
    input: z.codec(sent.refine(isInCalendar, IN_CALENDAR), z.date(), { decode, encode }),
    output: isNullable(column)
      ? z.codec(received.nullable(), z.custom<Date | null>(isDate), {
          decode: (text) => (text === null ? null : decode(text)),
          encode: (date) => (date === null || Number.isNaN(date.getTime()) ? null : encode(date)),
        })
      : z.codec(received, z.date(), { decode, encode }),
  }
}

/** Of `infinity`, and of years after 275760, Drizzle makes a date that is none: who may find null anyway finds it there. */
function isDate(value: unknown): boolean {
  return value === null || value instanceof Date
}

/** The same of `NaN` and of what is infinite, which JSON has not. */
const NumberOut = z.codec(z.number().nullable(), z.custom<number | null>(isNumber), {
  decode: (value) => value,
  encode: (value) => (Number.isFinite(value) ? value : null),
})

function isNumber(value: unknown): boolean {
  return value === null || typeof value === 'number'
}

export function isNullable(column: Column): boolean {
  return !column.notNull && !column.primary
}

const INT64 = 2n ** 63n
/** Asked of text that is no number as well: what a schema refuses first, zod holds against the rest too. */
const isInt64 = (text: string): boolean => !WHOLE.test(text) || (BigInt(text) >= -INT64 && BigInt(text) < INT64)
const WHOLE = /^-?\d{1,19}$/

/** A string on the wire: JSON's numbers are doubles for most who read them. */
const BigintText = z
  .string()
  .regex(WHOLE, 'Must be a whole number, as a string')
  .refine(isInt64, 'Must fit into 64 bits')

const Bigint = z.codec(BigintText, z.bigint(), { decode: (text) => BigInt(text), encode: (value) => `${value}` })

const Bytes = z.codec(z.base64(), z.instanceof(Uint8Array), {
  decode: (text) => Buffer.from(text, 'base64'),
  encode: (bytes) => Buffer.from(bytes).toString('base64'),
})

/**
 * Any JSON. Not `z.json()`, which describes itself by itself: generators of code make types of it that do not compile. What
 * came as JSON is JSON, but for numbers that are too great for a double.
 */
const Json = z.unknown().superRefine((value, context) => {
  if (!holdsFinite(value)) context.addIssue({ code: 'custom', message: 'Must hold no number that is too great' })
})

const JsonGiven = Json.superRefine((value, context) => {
  if (value === undefined || value === null)
    context.addIssue({ code: 'invalid_type', expected: 'nonoptional', input: value })
})

function holdsFinite(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (value === null || typeof value !== 'object') return true
  return Array.isArray(value) ? value.every(holdsFinite) : Object.values(value).every(holdsFinite)
}

function dimensionsOf(column: Column): number {
  return (column as { readonly dimensions?: number }).dimensions ?? 0
}

/** The columns of a table by the names that its code has for them. */
export function columnsOf(table: Parameters<typeof getTableColumns>[0]): Readonly<Record<string, Column>> {
  const columns = getTableColumns(table) as Readonly<Record<string, Column>>
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, readExactly(column)]))
}

/**
 * A moment of Postgres, read by `readMoment`: Drizzle gives the text to `Date`, which makes the year 2001 of 0001, and nothing of
 * what was before our era. As a column of text it comes as it is.
 */
function readExactly(column: Column): Column {
  const { dataType, columnType, codec } = column as Column & { readonly codec?: string }
  if (dataType !== 'object date' || !columnType.startsWith('Pg') || dimensionsOf(column) > 0) return column
  return Object.create(column, {
    codec: { value: `${codec}:string` },
    mapFromDriverValue: { value: readMoment },
  }) as Column
}

/** True for a column whose values are not the database's own to make. */
export function isSettable(column: Column): boolean {
  return (
    column.generated === undefined && column.generatedIdentity?.type !== 'always' && column.onUpdateFn === undefined
  )
}

export function hasDefault(column: Column): boolean {
  return (
    column.hasDefault || column.defaultFn !== undefined || column.generatedIdentity !== undefined || isRowid(column)
  )
}

/** True for a column that a row can be created without. */
export function isOptional(column: Column): boolean {
  return !column.notNull || hasDefault(column)
}

/** SQLite's `integer().primaryKey()`, which numbers its rows by itself. */
function isRowid(column: Column): boolean {
  return column.primary && column.columnType === 'SQLiteInteger'
}
