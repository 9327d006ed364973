import type { CsvOptions } from '../contract/formats.ts'
import type { Shape } from './shape.ts'

/** One column: its name, and the keys that lead to its values. */
interface Column {
  readonly name: string
  readonly path: readonly string[]
}

/** Objects in objects are columns of their own down to here; what is deeper, or a list, is JSON in one cell. */
const DEEPEST = 4

/**
 * The writer of items of one shape: a header record, and a record for each (RFC 4180).
 *
 * @param only keys of the items that are columns; all unless told.
 */
export function csvWriter(
  item: Shape,
  { forSpreadsheets = false }: CsvOptions = {},
  only?: ReadonlySet<string>,
): { readonly begin: string; readonly row: (value: unknown) => string } {
  const all = columnsOf(item, [])
  const columns = only === undefined ? all : all.filter(({ path }) => only.has(path[0] as string))
  const cell = forSpreadsheets ? (value: unknown) => cellOf(value, harmless) : (value: unknown) => cellOf(value, same)
  const last = columns.length - 1
  const plain = columns.every(({ path }) => path.length === 1)
  const keys = columns.map(({ path }) => path[0] as string)
  const valueAt = plain
    ? (value: object, index: number) => (value as Record<string, unknown>)[keys[index] as string]
    : (value: object, index: number) => at(value, (columns[index] as Column).path)
  return {
    begin: `${columns.map(({ name }) => quoted(name)).join()}\r\n`,
    row: (value) => {
      let record = ''
      for (let i = 0; i < last; i++) record += `${cell(valueAt(value as object, i))},`
      record += cell(valueAt(value as object, last))
      // A record of one empty field would be an empty line, which readers pass over.
      return record === '' ? '""\r\n' : `${record}\r\n`
    },
  }
}

function columnsOf(shape: Shape, path: readonly string[]): readonly Column[] {
  return [...(shape.fields ?? [])].flatMap(([key, { shape: field }]): readonly Column[] => {
    const own = [...path, key]
    const isNested = own.length < DEEPEST && isPlainObject(field)
    return isNested ? columnsOf(field, own) : [{ name: own.join('.'), path: own }]
  })
}

/** True for an object whose fields are all known, and nothing else. */
function isPlainObject({ fields, items, rest, kind }: Shape): boolean {
  if (fields === undefined || fields.size === 0 || items !== undefined || rest !== undefined) return false
  return [...kind.kinds].every((one) => one === 'other' || one === 'null')
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const key of path) {
    if (found === null || typeof found !== 'object') return undefined
    found = (found as Record<string, unknown>)[key]
  }
  return found
}

function cellOf(value: unknown, text: (value: string) => string): string {
  switch (typeof value) {
    case 'string':
      return quoted(text(value))
    case 'number':
      return Number.isFinite(value) ? String(value) : ''
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'object':
      return value === null ? '' : quoted(textOf(value))
    default:
      return ''
  }
}

/** A value that has a text form of its own in JSON, such as a date, is that; any other is JSON. */
function textOf(value: object): string {
  const json = JSON.stringify(value)
  return json?.startsWith('"') ? (JSON.parse(json) as string) : (json ?? '')
}

const same = (text: string): string => text

/** What a spreadsheet would run is text with this before it. */
function harmless(text: string): string {
  return /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text
}

const NEEDS_QUOTES = /[",\r\n]/

function quoted(text: string): string {
  if (!NEEDS_QUOTES.test(text)) return text
  return `"${text.includes('"') ? text.replaceAll('"', '""') : text}"`
}
