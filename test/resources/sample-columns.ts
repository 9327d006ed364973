import { type SQL, sql } from 'drizzle-orm'

/** One column of the samples: what rows hold in it, what callers compare it with, and how either is written in SQL. */
export interface SampleColumn {
  readonly name: string
  /** Values of rows, as SQL. */
  readonly held: readonly SQL[]
  /** Values that callers send, each with the SQL that means the same. */
  readonly sent: readonly (readonly [text: string, meaning: SQL])[]
  readonly operators: readonly string[]
  readonly nullable: boolean
}

export const ORDERED = ['', '[ne]', '[gt]', '[gte]', '[lt]', '[lte]'] as const
const TEXT = ['', '[ne]', '[contains]', '[starts]']
const NAMED = ['', '[ne]']

const WORDS = [
  '',
  'a',
  'A',
  'á',
  'aa',
  'B',
  'b ',
  ' b',
  '%',
  'a%b',
  'a_b',
  'axb',
  "o'clock",
  'back\\slash',
  '"quoted"',
  'ß',
  'ss',
  'ﬁ',
  'Z',
  'é',
  'e\u0301',
  '日本',
  '😀',
  '\u{10ffff}',
  '\u007f',
  'line\nbreak',
  '1',
  '10',
  '9',
  '-1',
  'null',
  '$1',
  '?',
  ':name',
  '--',
]

const MOMENTS = [
  '2020-01-01T00:00:00.123Z',
  '2020-01-01T00:00:00.124Z',
  '2020-01-01T00:00:00.500Z',
  '2020-01-01T00:00:00Z',
  '2020-01-01T00:00:01Z',
  '2019-12-31T23:00:00-02:00',
  '1969-12-31T23:59:59.999Z',
  '1970-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
]
const DAYS = ['2020-02-29', '2020-03-01', '1999-12-31', '0001-01-01', '9999-12-31']
const TIMES = ['00:00:00', '12:30:00', '12:30:00.5', '23:59:59.999999']
const DECIMALS = [
  '0',
  '0.1',
  '0.10',
  '-0.000000000001',
  '12345678901234567890.123456789012',
  '-99999999999999999999',
  '7',
]
const FLOATS = [0, -0, 0.1, -1.5, 1e300, -1e300, 5e-324, 2 ** 53, 1 / 3, 100]
const SMALL_FLOATS = [0, 0.1, -1.5, 1e30, -1e30, 1e-40, 16_777_217, 1 / 3]
const BIG = ['9223372036854775807', '-9223372036854775808', '9007199254740993', '9007199254740992', '0', '1']
const UUIDS = [
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
]

/** The columns of `samples` that lists are filtered and sorted by. */
export function sampleColumns(dialect: 'sqlite' | 'postgres'): SampleColumn[] {
  return dialect === 'postgres' ? postgresColumns() : sqliteColumns()
}

function postgresColumns(): SampleColumn[] {
  const as = (type: string) => (value: unknown) => sql`${String(value)}::${sql.raw(type)}`
  const column = (
    name: string,
    type: string,
    values: readonly unknown[],
    operators: readonly string[],
    more: readonly string[] = [],
  ): SampleColumn => ({
    name,
    held: [...values, ...more].map(as(type)),
    sent: values.map((value) => [textOf(value), as(type)(value)] as const),
    operators,
    nullable: name !== 'code',
  })
  return [
    column('word', 'text', WORDS, TEXT),
    column('code', 'text', WORDS, TEXT),
    column('size', 'float8', FLOATS, ORDERED, ['NaN', 'Infinity', '-Infinity', '-0']),
    column('small', 'float4', SMALL_FLOATS, ORDERED, ['NaN', '3.4028235e38']),
    column('exact', 'numeric(40, 12)', DECIMALS, ORDERED, ['NaN']),
    column('number', 'integer', [0, 1, -1, 2_147_483_647, -2_147_483_648], ORDERED),
    column('big', 'bigint', BIG, ORDERED),
    // Two in one millisecond, which a `Date` cannot tell apart.
    column('at', 'timestamptz', MOMENTS, ORDERED, [
      '2020-01-01 00:00:00.123001+00',
      '2020-01-01 00:00:00.123456+00',
      '2020-01-01 00:00:00.123999+00',
      '4713-01-01 00:00:00+00 BC',
      '294276-12-31 23:59:59.999999+00',
      'infinity',
      '-infinity',
    ]),
    column('stamp', 'timestamptz', MOMENTS, ORDERED, [
      '2020-01-01 00:00:00.123456+00',
      '4713-01-01 00:00:00+00 BC',
      'infinity',
    ]),
    column('day', 'date', DAYS, ORDERED, ['4713-01-01 BC', '5874897-12-31', 'infinity']),
    column('clock', 'time', TIMES, ORDERED, ['24:00:00']),
    column('flag', 'boolean', [true, false], ['']),
    column('mood', 'mood', ['sad', 'fine', 'glad'], NAMED),
    column('uuid', 'uuid', UUIDS, NAMED),
    column('fixed', 'char(3)', ['abc', 'ABC', 'a b'], NAMED),
  ]
}

function sqliteColumns(): SampleColumn[] {
  const column = (
    name: string,
    values: readonly unknown[],
    operators: readonly string[],
    asHeld: (value: never) => unknown = (value) => value,
    more: readonly unknown[] = [],
  ): SampleColumn => ({
    name,
    held: [...values.map((value) => asHeld(value as never)), ...more].map((value) => sql`${value}`),
    sent: values.map((value) => [textOf(value), sql`${asHeld(value as never)}`] as const),
    operators,
    nullable: name !== 'code',
  })
  const ms = (text: string): number => Date.parse(text)
  return [
    column('word', WORDS, TEXT),
    column('code', WORDS, TEXT),
    column('size', FLOATS, ORDERED, undefined, [Infinity, -Infinity]),
    column('small', SMALL_FLOATS, ORDERED),
    column('exact', DECIMALS, ORDERED),
    column('number', [0, 1, -1, 2 ** 31, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER], ORDERED),
    column('big', [0, 1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1], ORDERED),
    column('at', MOMENTS, ORDERED, ms, [8.64e15, -8.64e15]),
    // Whole seconds are all that it keeps.
    {
      ...column('stamp', MOMENTS, ORDERED, (text) => ms(text) / 1000),
      held: [0, 1, 1577836800, 1577836801].map((s) => sql`${s}`),
    },
    column('day', DAYS, TEXT),
    column('clock', TIMES, TEXT),
    column('flag', [true, false], [''], (value: boolean) => (value ? 1 : 0)),
    column('mood', ['sad', 'fine', 'glad'], NAMED),
    column('uuid', UUIDS, TEXT),
    column('fixed', ['abc', 'ABC', 'a b'], TEXT),
  ]
}

/** A value as a caller writes it in a query. */
function textOf(value: unknown): string {
  return Object.is(value, -0) ? '-0' : String(value).replace('e+', 'e')
}

/** What a filter means, written apart from how filters are made. */
export function meaningOf(
  dialect: 'sqlite' | 'postgres',
  name: string,
  operator: string,
  meaning: SQL,
  text: string,
): SQL {
  const column = sql.identifier(name)
  switch (operator) {
    case '':
      return sql`${column} = ${meaning}`
    case '[ne]':
      return sql`${column} <> ${meaning}`
    case '[gt]':
      return sql`${column} > ${meaning}`
    case '[gte]':
      return sql`${column} >= ${meaning}`
    case '[lt]':
      return sql`${column} < ${meaning}`
    case '[lte]':
      return sql`${column} <= ${meaning}`
    case '[contains]':
      return dialect === 'postgres'
        ? sql`strpos(lower(${column}), lower(${text}::text)) > 0`
        : sql`instr(lower(${column}), lower(${text})) > 0`
    default:
      return dialect === 'postgres'
        ? sql`starts_with(lower(${column}), lower(${text}::text))`
        : sql`substr(lower(${column}), 1, length(${text})) = lower(${text})`
  }
}
