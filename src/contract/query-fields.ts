import { isCommaList } from './comma-list.ts'
import type { AnySchema, Schema, SchemaIssue, SchemaResult } from './schema.ts'

/** Query fields by name, each with a schema of any library. */
export type Fields = Readonly<Record<string, AnySchema>>

/** A query of these fields and no others. */
export interface QueryFields<F = Fields> {
  readonly is: 'query-fields'
  readonly fields: F
  readonly '~standard': Schema['~standard']
}

/** A query of these fields: any other is refused. */
export function queryFields<const F extends Fields>(fields: F): QueryFields<F> {
  const validate = checkFields(fields, [], () => undefined)
  return Object.freeze({
    is: 'query-fields',
    fields,
    '~standard': { version: 1, vendor: 'trestle', validate },
  } as const)
}

/** The fields of a schema that names them one by one: those of a page, which has fields of its own beside, or of a row. */
export function namedFields(schema: object): Fields | undefined {
  const { is, fields } = schema as { readonly is?: unknown; readonly fields?: Fields }
  return is === 'page-query' || is === 'query-fields' ? fields : undefined
}

type Validate = (value: unknown) => SchemaResult<unknown> | Promise<SchemaResult<unknown>>

/**
 * Checks a record of fields, each by its own schema.
 *
 * @param own names that `add` reads.
 */
export function checkFields(
  fields: Fields,
  own: readonly string[],
  add: (input: Readonly<Record<string, unknown>>, output: Record<string, unknown>, issues: SchemaIssue[]) => void,
): Validate {
  // Without its name: what a caller took for one may be a secret.
  const all = [...own, ...Object.keys(fields)]
  const names = all
    .filter((name) => !name.includes('['))
    .map((name) => (all.some((one) => one.startsWith(`${name}[`)) ? `${name}[…]` : name))
  const some = names.length > 40 ? `${names.slice(0, 40).join(', ')} …` : names.join(', ')
  const unknown = { path: [], code: 'unrecognized_keys', message: `A field is not known here: there are ${some}` }
  /** Of a filter that compares otherwise: its own name is known, and no secret. */
  const otherwise = (name: string): SchemaIssue | undefined => {
    const [column = ''] = name.split('[', 1)
    const has = column === name ? [] : all.filter((one) => one === column || one.startsWith(`${column}[`))
    if (has.length === 0) return undefined
    return { path: [column], code: 'unrecognized_key', message: `Is not compared so: there are ${has.join(', ')}` }
  }
  /** Fields that say something though they are not there. */
  let always: readonly string[] | undefined
  return (value) => {
    const input = value as Readonly<Record<string, unknown>>
    const output: Record<string, unknown> = {}
    const issues: SchemaIssue[] = []
    const waiting: Promise<void>[] = []
    add(input, output, issues)
    const settle = (name: string, result: SchemaResult<unknown>): void => {
      if (result.issues === undefined) output[name] = result.value
      else for (const issue of result.issues) issues.push({ ...issue, path: [name, ...(issue.path ?? [])] })
    }
    const check = (name: string): void => {
      const result = (fields[name] as Schema)['~standard'].validate(input[name])
      if (result instanceof Promise) waiting.push(result.then((settled) => settle(name, settled)))
      else settle(name, result)
    }
    always ??= Object.keys(fields).filter((name) => !isNothingWithout(fields[name] as AnySchema))
    for (const name of always) check(name)
    for (const name of Object.keys(input)) {
      if (own.includes(name) || always.includes(name)) continue
      if (Object.hasOwn(fields, name)) check(name)
      // A filter that is misspelt must not be a list that is not filtered.
      else {
        const issue = otherwise(name) ?? unknown
        if (!issues.includes(issue)) issues.push(issue)
      }
    }
    const finish = (): SchemaResult<unknown> => (issues.length > 0 ? { issues } : { value: output })
    return waiting.length > 0 ? Promise.all(waiting).then(finish) : finish()
  }
}

/** True for a field that is looked at only where it is there: one of zod's `optional()`, or a list of words. */
function isNothingWithout(schema: object): boolean {
  if (isCommaList(schema)) return true
  const { _zod } = schema as {
    readonly _zod?: { readonly def: { readonly type: string; readonly innerType?: ZodNode } }
  }
  return _zod?.def.type === 'optional' && _zod.def.innerType?._zod.optin === undefined
}

interface ZodNode {
  readonly _zod: { readonly optin?: string }
}
