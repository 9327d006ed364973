import { isObject } from '../openapi/json-schema.ts'
import type { JsonSchema, OpenApiDocument } from '../openapi/objects.ts'

/** A schema with references followed, null set apart and alternatives that are no choice joined. */
export interface Facts {
  readonly schema: JsonSchema
  readonly type: string | undefined
  readonly nullable: boolean
  /** Values to choose from. */
  readonly choices: readonly unknown[] | undefined
  readonly properties: Readonly<Record<string, JsonSchema>> | undefined
  readonly required: readonly string[]
  readonly items: JsonSchema | undefined
}

export function factsOf(document: OpenApiDocument, given: JsonSchema | undefined): Facts {
  const { schema, nullable } = plain(document, given ?? {}, 0)
  const type = typeOf(schema)
  return {
    schema,
    type,
    nullable,
    choices: Array.isArray(schema.enum)
      ? schema.enum.filter((one) => one !== null)
      : Object.hasOwn(schema, 'const')
        ? [schema.const]
        : undefined,
    properties: isObject(schema.properties) ? (schema.properties as Record<string, JsonSchema>) : undefined,
    required: Array.isArray(schema.required) ? (schema.required as string[]) : [],
    items: isObject(schema.items) ? schema.items : undefined,
  }
}

interface Plain {
  readonly schema: JsonSchema
  readonly nullable: boolean
}

/** How deep references and alternatives are followed: what holds itself ends here. */
const DEEPEST = 8

function plain(document: OpenApiDocument, given: JsonSchema, depth: number): Plain {
  if (depth > DEEPEST) return { schema: {}, nullable: false }
  const { $ref, allOf, anyOf, oneOf, ...own } = given
  if (typeof $ref === 'string') {
    const named = document.components.schemas?.[$ref.replace('#/components/schemas/', '')] ?? {}
    const { schema, nullable } = plain(document, named, depth + 1)
    return { schema: { ...schema, ...own }, nullable }
  }
  if (Array.isArray(allOf)) {
    const parts = allOf.filter(isObject).map((part) => plain(document, part, depth + 1).schema)
    return { schema: parts.reduce(joined, own), nullable: false }
  }
  const all = [anyOf, oneOf].find(Array.isArray)?.filter(isObject) as JsonSchema[] | undefined
  if (all !== undefined) {
    const others = all.filter(({ type }) => type !== 'null')
    if (others.length !== 1) return { schema: given, nullable: others.length < all.length }
    const { schema } = plain(document, others[0] as JsonSchema, depth + 1)
    return { schema: { ...schema, ...own }, nullable: others.length < all.length }
  }
  if (Array.isArray(given.type) && given.type.includes('null')) {
    const types = given.type.filter((one) => one !== 'null')
    return { schema: { ...given, type: types.length === 1 ? types[0] : types }, nullable: true }
  }
  return { schema: given, nullable: Array.isArray(given.enum) && given.enum.includes(null) }
}

function joined(one: JsonSchema, other: JsonSchema): JsonSchema {
  const properties = { ...(one.properties as object | undefined), ...(other.properties as object | undefined) }
  const required = [
    ...((one.required as string[] | undefined) ?? []),
    ...((other.required as string[] | undefined) ?? []),
  ]
  return { ...one, ...other, ...(Object.keys(properties).length > 0 && { properties, required }) }
}

function typeOf({ type, enum: choices, properties, items }: JsonSchema): string | undefined {
  if (typeof type === 'string') return type
  if (properties !== undefined) return 'object'
  if (items !== undefined) return 'array'
  const [first] = Array.isArray(choices) ? choices : []
  return first === undefined ? undefined : typeof first
}

/** `customer_id` reads `Customer id`. */
export function readable(name: string): string {
  const words = name
    .replace(/[_-]+|(?<=[a-z0-9])(?=[A-Z])/g, ' ')
    .trim()
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
