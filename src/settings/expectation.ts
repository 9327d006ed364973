import { type AnySchema, type Schema, isSchema } from '../contract/schema.ts'

/** What a schema asks for, as far as its JSON Schema tells; empty where it tells nothing. */
export type Expectation = Readonly<Record<string, unknown>>

/** Reads what a schema asks for. A schema without JSON Schema, or one that JSON cannot carry, tells nothing. */
export function expectationOf(schema: AnySchema): Expectation {
  const standard = isSchema(schema) ? (schema as Schema)['~standard'] : undefined
  try {
    return standard?.jsonSchema?.input({ target: 'draft-2020-12' }) ?? {}
  } catch {
    return {}
  }
}

/** The kinds of value that a text can stand for. */
export function alternatives(expected: Expectation): readonly Expectation[] {
  const choices = expected.anyOf ?? expected.oneOf
  if (Array.isArray(choices)) return (choices as Expectation[]).flatMap(alternatives)
  if (Array.isArray(expected.type)) return (expected.type as string[]).map((type) => ({ ...expected, type }))
  return [expected]
}

/**
 * What is asked for, in words: `a whole number from 1 to 65535`, `one of "open", "paid"`. For a secret
 * only its kind and length are told, for a pattern or a list of choices may give it away.
 */
export function inWords(expected: Expectation, hidden: boolean): string {
  const words = alternatives(expected).map((one) => phrase(one, hidden))
  return [...new Set(words)].join(', or ')
}

function phrase(one: Expectation, hidden: boolean): string {
  if (!hidden && Array.isArray(one.enum)) return `one of ${one.enum.map((choice) => JSON.stringify(choice)).join(', ')}`
  if (!hidden && 'const' in one) return JSON.stringify(one.const)
  switch (one.type) {
    case 'integer':
      return `a whole number${range(one, 'minimum', 'maximum')}`
    case 'number':
      return `a number${range(one, 'minimum', 'maximum')}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return `a list with commas${items(one, hidden)}`
    case 'object':
      return 'an object as JSON'
    case 'null':
      return 'null'
    case 'string':
      return `${named(one.format)}${range(one, 'minLength', 'maxLength', ' characters')}`
    default:
      return 'a value'
  }
}

function items(one: Expectation, hidden: boolean): string {
  const inner = one.items as Expectation | undefined
  if (inner === undefined || (inner.type === 'string' && inner.format === undefined && !Array.isArray(inner.enum)))
    return ''
  return `, each ${inWords(inner, hidden)}`
}

function named(format: unknown): string {
  if (format === 'uri') return 'a URL'
  if (format === 'email') return 'an email address'
  return typeof format === 'string' ? `a text in the form "${format}"` : 'a text'
}

function range(one: Expectation, low: string, high: string, unit = ''): string {
  // A safe integer's own bounds say nothing that a reader needs.
  const least = bound(one[low])
  const most = bound(one[high])
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}${unit}`
  if (least !== undefined) return unit === '' ? `, ${least} or more` : ` of ${least} or more${unit}`
  return most === undefined ? '' : unit === '' ? `, ${most} or less` : ` of up to ${most}${unit}`
}

function bound(value: unknown): number | undefined {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined
}
