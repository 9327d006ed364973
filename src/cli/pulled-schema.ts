import type { DeclaredColumn, DeclaredTable } from './sqlite-tables.ts'

/** A schema with what drizzle-kit passes over, and what it came to for the snapshot beside it. */
export interface MendedSchema {
  readonly text: string
  /** Columns that are of another type now, by `table.column`. */
  readonly types: ReadonlyMap<string, MendedType>
  readonly uniques: readonly { readonly table: string; readonly name: string; readonly columns: readonly string[] }[]
}

export interface MendedType {
  /** As the snapshot has it: `text(60)`. */
  readonly sql: string
  readonly isBoolean: boolean
}

/** `export const loan = sqliteTable("loan", {` up to the line that ends it. */
const TABLE =
  /^export const ([\w$]+) = sqliteTable\("((?:[^"\\]|\\.)*)", \{\n([\s\S]*?)^\}(?:,\n\(table\) => \[([\s\S]*?)^\])?\);$/gm

/** One column: its key, builder, name where that is another, options, and what is called on it. */
const COLUMN = /^\t("[^"]+"|[\w$]+): (customType\(\{.*?\}\)|\w+)\((?:("[^"]+")(?:, )?)?(\{.*?\})?\)(.*)$/

/** `status IN ('in', 'out')`, of a CHECK. */
const WORDS = /sql`\s*["`]?(\w+)["`]?\s+IN\s*\(\s*('[^'\\`]*'(?:\s*,\s*'[^'\\`]*')*)\s*\)\s*`/gi

/**
 * Mends what drizzle-kit 1.0.0-rc.5 writes of a SQLite file: defaults such as `CURRENT_DATE`, which are no JavaScript;
 * BOOLEAN, DATE and CHAR(n), which come as numbers and unknown types; lengths, words of a CHECK, and UNIQUE over several
 * columns, which it leaves out.
 */
export function mendSchema(source: string, tables: readonly DeclaredTable[]): MendedSchema {
  const types = new Map<string, MendedType>()
  const uniques: MendedSchema['uniques'][number][] = []
  const text = source.replace(TABLE, (_, constant: string, name: string, body: string, extras = '') => {
    const table = tables.find((one) => one.name === name)
    const keys = new Map<string, string>()
    const words = new Map([...extras.matchAll(WORDS)].map(([, column = '', list = '']) => [column, list]))
    const lines = body.split('\n').map((line) => {
      const [, key, builder, given, options, rest] = COLUMN.exec(line) ?? []
      if (key === undefined || builder === undefined || rest === undefined) return line
      const own = given === undefined ? unquoted(key) : unquoted(given)
      keys.set(own, key)
      const column = table?.columns.find((one) => one.name === own)
      const better = column && betterType(column, builder, words.get(own))
      if (better !== undefined) types.set(`${name}.${own}`, better)
      const call = better === undefined ? [builder, options] : [better.builder, better.options]
      const inside = [given, call[1]].filter((part) => part !== undefined).join(', ')
      return `\t${key}: ${call[0]}(${inside})${mendDefault(rest, better?.isBoolean === true)}`
    })
    const added = (table?.uniques ?? []).map((columns) => {
      const unique = { table: name, name: `${name}_${columns.join('_')}_unique`, columns }
      uniques.push(unique)
      return `unique("${unique.name}").on(${columns.map((column) => memberOf(keys.get(column) ?? column)).join(', ')}),\n`
    })
    const all = added.join('') + extras
    const end = all === '' ? '}' : `},\n(table) => [${all}]`
    return `export const ${constant} = sqliteTable("${name}", {\n${lines.join('\n')}${end});`
  })
  return { text: withImports(text), types, uniques }
}

interface BetterType extends MendedType {
  readonly builder: string
  readonly options?: string | undefined
}

function betterType(column: DeclaredColumn, builder: string, words: string | undefined): BetterType | undefined {
  const { type } = column
  if (/CHAR|CLOB|TEXT/.test(type)) {
    if (words !== undefined) return { ...plain('text'), options: `{ enum: [${words}] }` }
    const length = /^[A-Z ]+\((\d+)\)$/.exec(type)?.[1]
    return length === undefined
      ? plain('text')
      : { ...plain('text', `text(${length})`), options: `{ length: ${length} }` }
  }
  const isUnknown = builder.startsWith('customType')
  if (builder !== 'numeric' && !isUnknown) return undefined
  if (type.startsWith('BOOL') && column.isBinary())
    return { ...plain('integer'), options: "{ mode: 'boolean' }", isBoolean: true }
  if (/DATE|TIME/.test(type)) {
    const kinds = [...column.holds()]
    if (kinds.every((kind) => kind === 'text')) return plain('text')
    if (kinds.every((kind) => kind === 'integer')) return plain('integer')
  }
  return isUnknown ? plain(affinityOf(type)) : undefined
}

function plain(builder: string, sql = builder): BetterType {
  return { builder, sql, isBoolean: false }
}

/** What SQLite makes of a type that it does not know (https://sqlite.org/datatype3.html, 3.1). */
function affinityOf(type: string): string {
  if (type.includes('INT')) return 'integer'
  if (type.includes('BLOB') || type === '') return 'blob'
  return /REAL|FLOA|DOUB/.test(type) ? 'real' : 'numeric'
}

function mendDefault(rest: string, isBoolean: boolean): string {
  const mended = rest
    .replace(/\.default\((CURRENT_(?:DATE|TIME|TIMESTAMP))\)/, '.default(sql`$1`)')
    .replace(/\.default\("'(.*)'"\)/, '.default("$1")')
  return isBoolean ? mended.replace(/\.default\("?([01])"?\)/, (_, digit) => `.default(${digit === '1'})`) : mended
}

/** The builders that are used, and no others. */
function withImports(text: string): string {
  const rest = text.replace(/^import .*\n/gm, '')
  const builders = BUILDERS.filter((name) => new RegExp(`(?<![.\\w])${name}\\(`).test(rest))
  const types = rest.includes('AnySQLiteColumn') ? ['type AnySQLiteColumn'] : []
  const own = `import { ${[...types, ...builders].join(', ')} } from "drizzle-orm/sqlite-core"\n`
  return `${own}${/\bsql`/.test(rest) ? 'import { sql } from "drizzle-orm"\n' : ''}${rest}`
}

const BUILDERS =
  'blob check customType foreignKey index integer numeric primaryKey real sqliteTable sqliteView text unique uniqueIndex'.split(
    ' ',
  )

function unquoted(text: string): string {
  return text.startsWith('"') ? (JSON.parse(text) as string) : text
}

function memberOf(key: string): string {
  return key.startsWith('"') ? `table[${key}]` : `table.${key}`
}
