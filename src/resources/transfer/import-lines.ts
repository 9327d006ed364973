import { pipeline } from 'node:stream'
import type { Column } from 'drizzle-orm'
import { MalformedBody } from '../../contract/problems.ts'
import { type ColumnKind, kindOf } from '../table/column.ts'
import type { AnyModel } from '../table/model.ts'

/** A row of an import with its number, from 1; `values` is undefined where it cannot be read. */
export interface Line {
  readonly row: number
  readonly values: unknown
}

/** Characters of one row. */
const MOST = 1_000_000

/**
 * The values in a body of NDJSON (https://github.com/ndjson/ndjson-spec): one in each line, those that are blank aside.
 *
 * @throws MalformedBody for what is not UTF-8, and for a line of more than a million characters.
 */
export async function* jsonLines(body: ReadableStream<Uint8Array>): AsyncGenerator<Line> {
  let row = 0
  let rest = ''
  const read = (text: string): Line[] => {
    if (text.trim() === '') return []
    row++
    try {
      return [{ row, values: JSON.parse(text) as unknown }]
    } catch {
      return [{ row, values: undefined }]
    }
  }
  for await (const piece of texts(body)) {
    rest += piece
    let from = 0
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n', from)) {
      yield* read(rest.slice(from, end))
      from = end + 1
    }
    rest = rest.slice(from)
    if (rest.length > MOST) throw MalformedBody({ detail: `Row ${row + 1} is longer than a million characters` })
  }
  yield* read(rest)
}

/** A body's pieces as text. */
async function* texts(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined })
    } catch {
      throw MalformedBody({ detail: 'The body is not UTF-8' })
    }
  }
  for await (const piece of body) yield decode(piece)
  yield decode()
}

/**
 * The rows of a body of CSV (RFC 4180), whose first line names the columns. Text becomes what its column holds; a field with
 * nothing in it is not given.
 *
 * @throws MalformedBody for what is no CSV, naming the row, for what is not UTF-8, and for two columns of one name.
 * @throws where `csv-parse` is not installed.
 */
export async function* csvLines(body: ReadableStream<Uint8Array>, model: AnyModel): AsyncGenerator<Line> {
  const { parse } = await import('csv-parse')
  const kinds = new Map(Object.entries(model.shown).map(([name, column]) => [name, kindOf(column as Column)]))
  const rows = parse({ columns: distinct, skip_empty_lines: true, max_record_size: MOST })
  // Not `pipe`, which leaves the reader waiting for ever where the body breaks off. Its errors are those of `rows`.
  pipeline(texts(body), rows, () => undefined)
  let row = 0
  try {
    for await (const record of rows as AsyncIterable<Record<string, string>>) {
      row++
      const given = Object.entries(record).filter(([, text]) => text !== '')
      yield { row, values: Object.fromEntries(given.map(([name, text]) => [name, fieldOf(text, kinds.get(name))])) }
    }
  } catch (error) {
    const { code, records } = error as { readonly code?: unknown; readonly records?: number }
    if (typeof code !== 'string' || !code.startsWith('CSV_')) throw error
    // Rows that were read ahead are lost with the error: the parser knows how many there were.
    const where = `Row ${(records ?? row) + 1}`
    const detail =
      code === 'CSV_MAX_RECORD_SIZE'
        ? `${where} is longer than a million characters: a quote may not be closed`
        : `${where} is no CSV: it has other fields than the first line, or a quote that is not closed`
    throw MalformedBody({ detail })
  }
}

/** @throws MalformedBody where a column is named twice: one of its values would be lost. Those without a name are nothing. */
function distinct(names: readonly string[]): string[] {
  const twice = names.find((name, i) => name !== '' && names.indexOf(name) !== i)
  if (twice !== undefined)
    throw MalformedBody({ detail: `The first line names ${twice.slice(0, 100)} twice: name it once` })
  return [...names]
}

/** Text as what its column holds; what does not fit stays text, for the schema to refuse. */
function fieldOf(text: string, kind: ColumnKind | undefined): unknown {
  switch (kind) {
    case 'integer':
    case 'number':
      return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : text
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'json':
    case 'list':
      try {
        return JSON.parse(text) as unknown
      } catch {
        return text
      }
    default:
      return text
  }
}
