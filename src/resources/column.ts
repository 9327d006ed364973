import { type Column, getColumnTable, getTableColumns, getTableName } from 'drizzle-orm'
import { z } from 'zod'

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
      return TEXTS[constraint ?? ''] ?? 'text'
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
      if (range === undefined) return both(z.number())
      return { input: z.int().min(range[0]).max(range[1]), output: z.int() }
    }
    case 'string':
      return stringSchemas(column, constraint)
    case 'object':
      if (constraint === 'date') return column.columnType.endsWith('Date') ? both(Day) : both(Instant)
      if (constraint === 'json') return { input: z.json(), output: z.unknown() }
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
      return { input: z.iso.date(), output: z.string() }
    case 'time':
      return { input: z.iso.time(), output: z.string() }
    case 'timestamp':
    case 'datetime':
      return { input: z.iso.datetime({ local: true, offset: true }), output: z.string() }
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

/** ISO 8601 with an offset on the wire, `Date` in handlers. */
const Instant = z.codec(z.iso.datetime({ offset: true }), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
})

const Day = z.codec(z.iso.date(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString().slice(0, 10),
})

const INT64 = 2n ** 63n
const isInt64 = (text: string): boolean => BigInt(text) >= -INT64 && BigInt(text) < INT64

/** A string on the wire: JSON's numbers are doubles for most who read them. */
const BigintText = z
  .string()
  .regex(/^-?\d{1,19}$/, 'Must be a whole number, as a string')
  .refine(isInt64, 'Must fit into 64 bits')

const Bigint = z.codec(BigintText, z.bigint(), { decode: (text) => BigInt(text), encode: (value) => `${value}` })

const Bytes = z.codec(z.base64(), z.instanceof(Uint8Array), {
  decode: (text) => Buffer.from(text, 'base64'),
  encode: (bytes) => Buffer.from(bytes).toString('base64'),
})

function dimensionsOf(column: Column): number {
  return (column as { readonly dimensions?: number }).dimensions ?? 0
}

/** The columns of a table by the names that its code has for them. */
export function columnsOf(table: Parameters<typeof getTableColumns>[0]): Readonly<Record<string, Column>> {
  return getTableColumns(table) as Readonly<Record<string, Column>>
}
