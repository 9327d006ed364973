import type { FieldError } from '../contract/problem.ts'
import type { AnySchema, Schema, SchemaIssue, SchemaResult } from '../contract/schema.ts'
import { pointerStep } from '../contract/json-pointer.ts'
import { authoredIn } from './authored.ts'
import { reversed } from './reversed.ts'
import { settling } from './settling.ts'
import { type ZodSchema, isZodSchema } from './zod-schema.ts'

/** The parts of zod that compilation uses. It is loaded only where an API has a zod schema. */
export interface Zod {
  readonly compile: <S>(schema: S) => S
  readonly safeParse: (schema: ZodSchema, value: unknown) => ZodResult
  readonly safeEncode: (schema: ZodSchema, value: unknown) => ZodResult
  readonly safeEncodeAsync: (schema: ZodSchema, value: unknown) => Promise<ZodResult>
  readonly safeParseAsync: (schema: ZodSchema, value: unknown) => Promise<ZodResult>
}

interface ZodResult {
  readonly success: boolean
  readonly data?: unknown
  readonly error?: { readonly issues: readonly SchemaIssue[] }
}

/** Checks a value: the decoded value, or what is wrong with it. */
export type Validate = (value: unknown) => SchemaResult<unknown> | Promise<SchemaResult<unknown>>

/**
 * The check of a schema. Zod's are compiled, which makes them ten times as fast; those that zod
 * cannot compile (async refinements, recursion) come back as they are and run through its parser.
 */
export function validator(schema: AnySchema, zod: Zod | undefined): Validate {
  if (zod === undefined || !isZodSchema(schema)) return (schema as Schema)['~standard'].validate
  const functions = authoredIn(schema) // before it is compiled, for that keeps those that it finds
  const ready = zod.compile(schema)
  if (functions.length === 0) return (ready as unknown as Schema)['~standard'].validate
  return settling(functions, {
    atOnce: (value) => resultOf(zod.safeParse(ready, value)),
    waiting: (value) => zod.safeParseAsync(schema, value).then(resultOf),
  })
}

/** The way back through a zod schema with codecs, from what a handler has to what is sent. */
export function zodEncoder(schema: ZodSchema, zod: Zod): Validate {
  const functions = authoredIn(schema) // before it is turned around, for that keeps those that it finds
  const turned = reversed(schema)
  const ready = turned && zod.compile(turned)
  return settling(functions, {
    atOnce: (value) => resultOf(ready === undefined ? zod.safeEncode(schema, value) : zod.safeParse(ready, value)),
    waiting: (value) => zod.safeEncodeAsync(schema, value).then(resultOf),
  })
}

function resultOf(result: ZodResult): SchemaResult<unknown> {
  return result.success ? { value: result.data } : { issues: result.error?.issues ?? [] }
}

/** Adds a schema's complaints to `errors`, each with a pointer (RFC 6901) that begins with the part: `/body/items/0`. */
export function addFieldErrors(
  part: string,
  issues: readonly SchemaIssue[],
  input: unknown,
  errors: FieldError[],
): void {
  collect(`/${part}`, issues, input, errors)
}

/** Adds a refused field, while there are few enough of them. */
export function refuseField(errors: FieldError[], error: FieldError): void {
  if (!isFull(errors)) errors.push(error)
}

/** True where there are so many refused fields that no more are looked for. */
export function isFull(errors: readonly FieldError[]): boolean {
  return errors.length >= MOST_ERRORS
}

interface LibraryIssue extends SchemaIssue {
  /** Of zod. */
  readonly keys?: readonly string[]
  readonly errors?: readonly (readonly LibraryIssue[])[]
  /** Of valibot, which has no codes. */
  readonly kind?: string
  readonly received?: string
}

/** More than this is no help to anybody, and a million bad items would make a reply larger than the request. */
const MOST_ERRORS = 100

function collect(base: string, issues: readonly SchemaIssue[], input: unknown, errors: FieldError[]): void {
  for (const issue of issues as readonly LibraryIssue[]) {
    if (isFull(errors)) return
    const keys = (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step))
    const pointer = base + keys.map(pointerStep).join('')
    if (issue.code === 'unrecognized_keys' && issue.keys !== undefined) {
      for (const key of issue.keys.slice(0, MOST_ERRORS)) {
        refuseField(errors, {
          pointer: pointer + pointerStep(key),
          code: 'unrecognized_key',
          message: 'This field is not known',
        })
      }
      continue
    }
    const branch = issue.code === 'invalid_union' ? nearest(issue.errors) : undefined
    if (branch !== undefined) {
      collect(pointer, branch, keys.reduce<unknown>(step, input), errors)
      continue
    }
    if (isOfType(issue) && isAbsent(input, keys)) {
      const message = OWN_WORDS.test(issue.message) ? 'This field is required' : issue.message
      errors.push({ pointer, code: 'required', message })
      continue
    }
    errors.push({ pointer, code: issue.code ?? 'invalid', message: issue.message })
  }
}

/** Codes of zod for a value of another type than the schema's, and arktype's for none. */
const OF_TYPE: ReadonlySet<string | undefined> = new Set(['invalid_type', 'invalid_value', 'invalid_union', 'required'])

/** How zod, valibot and arktype say by themselves that a value is not there. Any other words are an author's. */
const OWN_WORDS = /^Invalid (?:input|option|discriminator value|key|type)\b|\(was missing\)$/

/** True where a schema complains of a type, not a rule of its author: a rule has its own words for what is missing. */
function isOfType({ code, kind, received }: LibraryIssue): boolean {
  return code === undefined ? kind === 'schema' && received === 'undefined' : OF_TYPE.has(code)
}

/** True where a value is not in the input. What a transform made of the input was never in it. */
function isAbsent(input: unknown, keys: readonly PropertyKey[]): boolean {
  let value = input
  for (const key of keys) {
    if (value === undefined) return true
    if (value === null || typeof value !== 'object') return false
    value = step(value, key)
  }
  return value === undefined && keys.length > 0
}

/** The member of a union that came closest: the one whose complaints lie deepest; undefined where none got inside. */
function nearest(branches: readonly (readonly LibraryIssue[])[] | undefined): readonly LibraryIssue[] | undefined {
  const inside = (branches ?? []).filter((branch) => branch.every((issue) => (issue.path?.length ?? 0) > 0))
  return inside.toSorted((a, b) => a.length - b.length)[0]
}

function step(value: unknown, key: PropertyKey): unknown {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, key)
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined
}
