import { namedFields } from '../contract/query-fields.ts'
import type { AnySchema, Schema, SchemaIssue } from '../contract/schema.ts'
import { fieldsOf } from './text-kind.ts'
import type { Validate } from './validator.ts'
import { isZodSchema } from './zod-schema.ts'

/** What fields of text stand for when they are left out, by their names. */
export type Absent = ReadonlyMap<string, null | readonly never[]>

/**
 * The fields that say something by not being there. Text has no form for an empty list, nor for null beside other
 * text, so a caller who has one of them can only leave the field out. That holds for fields that must be there and
 * take such a value; one that is optional is simply missing.
 */
export function absentValues(schema: AnySchema): Absent {
  const absent = new Map<string, null | readonly never[]>()
  const missing = refusedFields(schema, {})
  for (const [name, { kinds }] of fieldsOf(schema) ?? []) {
    const value = kinds.has('null') ? null : kinds.has('list') ? [] : undefined
    if (value === undefined || !missing.has(name)) continue
    if (!refusedFields(schema, { [name]: value }).has(name)) absent.set(name, value)
  }
  return absent
}

/** The check of text fields, which first gives those that are left out what they stand for. */
export function withAbsent(validate: Validate, absent: Absent): Validate {
  if (absent.size === 0) return validate
  return (given) => {
    const values = given as Record<string, unknown>
    for (const [name, value] of absent) {
      if (!Object.hasOwn(values, name)) values[name] = value === null ? null : []
    }
    return validate(values)
  }
}

/** The fields that a schema complains about. One that takes its time, or fails, says nothing here. */
function refusedFields(schema: AnySchema, value: Readonly<Record<string, unknown>>): Set<unknown> {
  const named = namedFields(schema)
  if (named !== undefined) {
    return new Set(
      Object.entries(named).flatMap(([name, field]) => (issuesOf(field, value[name]).length > 0 ? name : [])),
    )
  }
  const steps = issuesOf(schema, value).map((issue) => issue.path?.[0])
  return new Set(steps.map((step) => (typeof step === 'object' ? step.key : step)))
}

function issuesOf(schema: AnySchema, value: unknown): readonly SchemaIssue[] {
  try {
    // Not zod's own `validate`, which drops the promise of a refinement that asks somebody: its failure would end the process.
    const result = isZodSchema(schema)
      ? schema._zod.run({ value, issues: [] }, { async: true })
      : (schema as Schema)['~standard'].validate(value)
    if (!(result instanceof Promise)) return (result as Partial<{ issues: readonly SchemaIssue[] }>).issues ?? []
    result.catch(() => {}) // told when a request meets it
  } catch {}
  return []
}
