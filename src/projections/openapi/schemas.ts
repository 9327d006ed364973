import { canonical } from '../../compile/canonical.ts'
import type { Schema } from '../../contract/schema.ts'
import type { SchemaNamer } from '../../compile/schema-id.ts'
import { isZodSchema } from '../../compile/zod-schema.ts'
import type { JsonSchema } from './objects.ts'
import { NOTE, isObject, mapSchema } from './json-schema.ts'
import type { SchemaNames } from './schema-names.ts'
import { standardJson } from './standard-json.ts'
import { type ZodModule, zodJson } from './zod-json.ts'

/** Which way a value goes: what callers send, or what they receive. */
export type Side = 'request' | 'reply'

/**
 * Turns schemas into JSON Schema. While a document is being built, references say a name and a side;
 * only when it is whole is it known which names are used on both sides and differ there.
 */
export interface Schemas {
  /** A reference to `schema` where it has a name, else its JSON Schema; `hint` names what in it needs one. */
  of(schema: object | undefined, side: Side, hint: string): JsonSchema
  /** The name that an author gave a schema, by which its XML is called. */
  readonly named: SchemaNamer
  /** What a reference refers to; any other JSON Schema as it is. */
  resolve(json: JsonSchema): JsonSchema
  /** Names a JSON Schema that comes from no schema. Throws where the name is taken by another. */
  put(name: string, json: JsonSchema, place: string): JsonSchema
  /** Gives references in `part` their final form, and the components that they reach. */
  finish<T extends object>(part: T): { readonly part: T; readonly components: Record<string, JsonSchema> }
}

const TEXT = canonical({ type: 'string' })
const REFERENCE = /^trestle:(request|reply):(.+)$/

export function createSchemas(names: SchemaNames, z: ZodModule | undefined, authored: SchemaNamer): Schemas {
  const named = new Map<string, object>()
  const bodies = new Map<string, JsonSchema>()

  const refer = (name: string, side: Side): JsonSchema => ({ $ref: `trestle:${side}:${name}` })

  function of(schema: object | undefined, side: Side, hint: string): JsonSchema {
    if (schema === undefined) return {}
    const known = names.of(schema)
    const json = known === undefined ? convert(schema, side, hint) : undefined
    // What turns out to hold itself has a name from then on.
    const name = known ?? names.of(schema)
    if (name === undefined) return json as JsonSchema
    named.set(name, schema)
    return refer(name, side)
  }

  function convert(schema: object, side: Side, hint: string): JsonSchema {
    if (isZodSchema(schema)) {
      if (z === undefined) return { description: NOTE }
      const nameOf = (inner: object): string | undefined => {
        const name = names.of(inner)
        if (name !== undefined) named.set(name, inner)
        return name
      }
      return tidy(zodJson(z, schema, side, nameOf), side, nameOf(schema) ?? hint)
    }
    const placed = standardJson(schema as Schema, side, hint, (name) => refer(name, side))
    for (const [name, json] of placed.named) {
      if (named.get(name) === undefined) names.claim(name, schema, hint)
      bodies.set(`${side}:${name}`, tidy(json, side, name))
    }
    return tidy(placed.json, side, hint)
  }

  function tidy(json: JsonSchema, side: Side, self: string): JsonSchema {
    return mapSchema(json, (one) => {
      const { $id: _1, id: _2, ...rest } = one
      if (one.$ref === '#') rest.$ref = refer(self, side).$ref
      const definition = /^#\/\$defs\/(.+)$/.exec(String(one.$ref))?.[1]
      if (definition !== undefined) rest.$ref = refer(definition, side).$ref
      // zod bounds whole numbers by what a double can hold; every JSON reader has that bound.
      if (rest.minimum === Number.MIN_SAFE_INTEGER) delete rest.minimum
      if (rest.maximum === Number.MAX_SAFE_INTEGER) delete rest.maximum
      // The keys of every JSON object are text.
      if (canonical(rest.propertyNames) === TEXT) delete rest.propertyNames
      // Replies grow: a caller that refuses unknown fields would break with the first new one.
      if (side === 'reply' && rest.additionalProperties === false) delete rest.additionalProperties
      return rest
    })
  }

  function bodyOf(name: string, side: Side): JsonSchema {
    const key = `${side}:${name}`
    const known = bodies.get(key) ?? bodies.get(`:${name}`)
    if (known !== undefined) return known
    const schema = named.get(name)
    const body = schema === undefined ? { description: NOTE } : convert(schema, side, name)
    bodies.set(key, body)
    return body
  }

  function resolve(json: JsonSchema): JsonSchema {
    const [, side, name] = REFERENCE.exec(String(json.$ref)) ?? []
    if (side === undefined) return json
    const { $ref: _, ...beside } = json
    return resolve({ ...bodyOf(name as string, side as Side), ...beside })
  }

  function put(name: string, json: JsonSchema, place: string): JsonSchema {
    const key = `:${name}`
    const known = bodies.get(key)
    if (known === undefined) names.claim(name, json, place)
    else if (canonical(known) !== canonical(json)) names.claim(name, {}, place)
    bodies.set(key, known ?? json)
    return refer(name, 'reply')
  }

  function finish<T extends object>(part: T): { part: T; components: Record<string, JsonSchema> } {
    const reached = new Map<string, Set<Side>>()
    const reach = (json: unknown): void =>
      eachReference(json, (name, side) => {
        const sides = reached.get(name) ?? new Set()
        if (sides.has(side)) return
        reached.set(name, sides.add(side))
        reach(bodyOf(name, side))
      })
    reach(part)
    const apart = differing(reached, bodyOf)
    const finalName = (name: string, side: Side): string =>
      side === 'request' && apart.has(name) ? `${name}Input` : name
    for (const name of apart) {
      if (reached.has(`${name}Input`)) names.claim(`${name}Input`, {}, `what is sent for "${name}"`)
    }
    const settle = <V>(json: V): V =>
      withReferences(json, (name, side) => `#/components/schemas/${finalName(name, side)}`)
    const components = [...reached].flatMap(([name, sides]) =>
      [...sides].map((side) => [finalName(name, side), settle(bodyOf(name, side))] as const),
    )
    return { part: settle(part), components: Object.fromEntries(components.toSorted(([a], [b]) => (a < b ? -1 : 1))) }
  }

  return { of, named: authored, resolve, put, finish }
}

/** The names whose two sides are not the same, in themselves or in what they refer to. */
function differing(
  reached: ReadonlyMap<string, ReadonlySet<Side>>,
  bodyOf: (name: string, side: Side) => JsonSchema,
): ReadonlySet<string> {
  const both = [...reached].filter(([, sides]) => sides.size === 2).map(([name]) => name)
  const plain = (name: string, side: Side): string => canonical(withReferences(bodyOf(name, side), (inner) => inner))
  const apart = new Set(both.filter((name) => plain(name, 'request') !== plain(name, 'reply')))
  for (let before = -1; before !== apart.size; ) {
    before = apart.size
    for (const name of both) {
      eachReference(bodyOf(name, 'request'), (inner) => {
        if (apart.has(inner)) apart.add(name)
      })
    }
  }
  return apart
}

function eachReference(json: unknown, visit: (name: string, side: Side) => void): void {
  withReferences(json, (name, side) => {
    visit(name, side)
    return ''
  })
}

function withReferences<V>(json: V, rewrite: (name: string, side: Side) => string): V {
  if (Array.isArray(json)) return json.map((one) => withReferences(one, rewrite)) as V
  if (!isObject(json)) return json
  const entries = Object.entries(json).map(([key, value]) => {
    const [, side, name] = key === '$ref' ? (REFERENCE.exec(String(value)) ?? []) : []
    return [key, side === undefined ? withReferences(value, rewrite) : rewrite(name as string, side as Side)]
  })
  return Object.fromEntries(entries) as V
}
