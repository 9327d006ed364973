import type { AnySchema, Schema, SchemaIssue, SchemaResult } from '../contract/schema.ts'
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
