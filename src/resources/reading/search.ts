import { type Column, type SQL, and, sql } from 'drizzle-orm'
import { z } from 'zod'
import { kindOf } from '../table/column.ts'
import { containing } from './filter.ts'
import type { AnyModel } from '../table/model.ts'
import { type Condition, literal } from '../database/statements.ts'

/** How a list is searched for words: the query field `q`. */
export interface Search {
  /** Names of the columns that are searched. */
  readonly columns: readonly string[]
  /** Of Postgres: the configuration that words are read with, such as `english`. `simple` unless told. */
  readonly language: string
  /** Of SQLite: an FTS5 table over the rows, whose `rowid` is theirs. Without it each row is read. */
  readonly fts5: string | undefined
  readonly schema: z.ZodType
}

export interface SearchOptions {
  readonly columns: readonly string[]
  readonly language?: string
  readonly fts5?: string
}

/** Words that are looked for at once. */
const MOST_WORDS = 10

/** @throws {TypeError} for columns that callers do not see, or that hold no text. */
export function searchOf(given: SearchOptions | readonly string[], model: AnyModel): Search {
  const { columns, language = 'simple', fts5 } = Array.isArray(given) ? { columns: given } : (given as SearchOptions)
  for (const name of columns as readonly string[]) {
    if (isText(model.shown[name])) continue
    const has = Object.entries(model.shown).flatMap(([own, column]) => (isText(column) ? [own] : []))
    throw new TypeError(
      `resource(${model.facts.name}): "search" names ${name}: search columns of text, ${has.join(', ')}`,
    )
  }
  const schema = z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\0]*$/, 'Must not hold the character NUL')
    .regex(/\S/, 'Must hold a word')
    .optional()
  return { columns, language, fts5, schema: schema.describe(`Words to look for in ${columns.join(', ')}`) }
}

/** Text, not what a database only shows as text: it joins no enum and no UUID with another column. */
function isText(column: Column | undefined): boolean {
  if (column === undefined) return false
  const kind = kindOf(column)
  return kind === 'text' || (kind === 'word' && !column.columnType.startsWith('PgEnum'))
}

/** The rows that have all the words. */
export function searchCondition({ columns, language, fts5 }: Search, text: string, { facts }: AnyModel): Condition {
  const whole = (): SQL => {
    const parts = columns.map((name) => sql`coalesce(${facts.columns[name] as Column}, '')`)
    return sql.join(parts, sql` || ' ' || `)
  }
  if (facts.dialect === 'postgres') {
    const config = sql.raw(literal(language))
    return {
      // Written as an index on the expression has it: `to_tsvector('simple', coalesce(a, '') || ' ' || coalesce(b, ''))`.
      build: () => sql`to_tsvector(${config}, ${whole()}) @@ websearch_to_tsquery(${config}, ${sql.placeholder('q')})`,
      shape: 'q',
      values: { q: text },
    }
  }
  const words = [...new Set(text.split(/\s+/).filter((word) => word !== ''))].slice(0, MOST_WORDS)
  if (fts5 !== undefined) {
    // Each word in quotes: the language of FTS5 has operators, and errors.
    const match = words.map((word) => `"${word.replaceAll('"', '""')}"`).join(' ')
    const rows = sql.identifier(fts5)
    return {
      build: () => sql`${sql.raw('rowid')} in (select rowid from ${rows} where ${rows} match ${sql.placeholder('q')})`,
      shape: 'q',
      values: { q: match },
    }
  }
  const has = (_: string, i: number): SQL => sql`(${whole()}) like ${sql.placeholder(`q${i}`)} escape '\\'`
  return {
    build: () => and(...words.map(has)) ?? sql`1 = 1`,
    shape: `q:${words.length}`,
    values: Object.fromEntries(words.map((word, i) => [`q${i}`, containing(word)])),
  }
}
