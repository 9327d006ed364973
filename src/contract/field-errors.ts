import { pointerStep } from './json-pointer.ts'
import type { FieldError } from './problem.ts'
import type { SchemaIssue } from './schema.ts'

/**
 * Adds a schema's complaints to `errors`, each with a pointer (RFC 6901).
 *
 * @param base what pointers begin with: `/body`.
 * @param input what was checked, by which a field that is missing is told from one that is wrong.
 */
export function addFieldErrors(
  base: string,
  issues: readonly SchemaIssue[],
  input: unknown,
  errors: FieldError[],
): void {
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
      addFieldErrors(pointer, branch, keys.reduce<unknown>(step, input), errors)
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
