import type { Schema, SchemaIssue, SchemaResult } from './schema.ts'

/** A query field that holds several words, separated by commas: `sort=-created_at,title`. It may be repeated as well. */
export interface CommaList<Word extends string = string>
  extends Schema<readonly Word[] | undefined, readonly Word[] | undefined> {
  readonly is: 'comma-list'
  readonly words: readonly Word[]
}

/**
 * A query field of several of these words, separated by commas. It may be left out.
 *
 * @example
 * get('/', { query: page.cursor({ sort: commaList(['title', '-title']) }), … }, ({ query }) => query.sort)
 */
export function commaList<const Word extends string>(words: readonly Word[], description?: string): CommaList<Word> {
  const known = new Set<string>(words)
  const describe = () => ({
    type: 'array',
    items: { type: 'string', enum: [...words] },
    ...(description === undefined ? {} : { description }),
  })
  return Object.freeze({
    is: 'comma-list',
    words,
    '~standard': {
      version: 1,
      vendor: 'trestle',
      validate: (value: unknown) => wordsOf(value, known) as SchemaResult<readonly Word[] | undefined>,
      jsonSchema: { input: describe, output: describe },
    },
  } as const)
}

function wordsOf(value: unknown, known: ReadonlySet<string>): SchemaResult<readonly string[] | undefined> {
  if (value === undefined) return { value }
  const given = Array.isArray(value) ? value : [value]
  const parts = given.map((text) => String(text).split(','))
  const issues = parts.flatMap((words, index): SchemaIssue[] =>
    words.every((word) => known.has(word))
      ? []
      : [{ path: [index], code: 'invalid_value', message: `Must be one of ${[...known].join(', ')}` }],
  )
  return issues.length > 0 ? { issues } : { value: [...new Set(parts.flat())] }
}

/** True for what `commaList` gives. */
export function isCommaList(schema: object): schema is CommaList {
  return (schema as Partial<CommaList>).is === 'comma-list'
}
