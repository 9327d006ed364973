import type { JsonSchema } from './objects.ts'

/** What a value that no JSON Schema can describe is described with. */
export const NOTE = 'Any value: its schema has no JSON Schema form'

const MAPS = ['properties', 'patternProperties', 'dependentSchemas', '$defs']
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const SINGLES = [
  'items',
  'additionalProperties',
  'unevaluatedItems',
  'unevaluatedProperties',
  'propertyNames',
  'contains',
  'contentSchema',
  'not',
  'if',
  'then',
  'else',
]

/**
 * A copy of a JSON Schema with `change` applied to every schema in it, inner ones first. Values that
 * are data (`default`, `const`, `enum`, `examples`) stay as they are.
 */
export function mapSchema(schema: JsonSchema, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  const copy: JsonSchema = { ...schema }
  for (const key of MAPS) {
    if (isObject(copy[key])) copy[key] = mapValues(copy[key], (inner) => mapOne(inner, change))
  }
  for (const key of LISTS) {
    const list = copy[key]
    if (Array.isArray(list)) copy[key] = list.map((inner) => mapOne(inner, change))
  }
  for (const key of SINGLES) {
    if (key in copy) copy[key] = mapOne(copy[key], change)
  }
  return change(copy)
}

function mapOne(inner: unknown, change: (schema: JsonSchema) => JsonSchema): unknown {
  return isObject(inner) ? mapSchema(inner, change) : inner
}

function mapValues(record: JsonSchema, change: (value: unknown) => unknown): JsonSchema {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}

export function isObject(value: unknown): value is JsonSchema {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** `orders.markPaid` and `body` make `OrdersMarkPaidBody`. */
export function pascal(...parts: readonly string[]): string {
  return parts
    .flatMap((part) => part.split(/[^A-Za-z0-9]+/))
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}
