import { pointerKey } from '../../contract/json-pointer.ts'
import { canonical } from '../../compile/canonical.ts'
import type { Schema } from '../../contract/schema.ts'
import type { JsonSchema } from './objects.ts'
import { NOTE, isObject, pascal } from './json-schema.ts'
import type { Side } from './schemas.ts'

/** A JSON Schema without `$defs`, and those of its definitions that hold themselves, by name. */
export interface Placed {
  readonly json: JsonSchema
  readonly named: ReadonlyMap<string, JsonSchema>
}

/**
 * The JSON Schema of a schema that is not zod's, by `~standard.jsonSchema`
 * (https://standardschema.dev/json-schema). Libraries name their definitions `0` or
 * `intersection220`, and number them anew in each process; so definitions are put in their places,
 * but for those that hold themselves: they are named after the properties that lead to them.
 */
export function standardJson(schema: Schema, side: Side, hint: string, refer: (name: string) => JsonSchema): Placed {
  const named = new Map<string, JsonSchema>()
  const source = read(schema, side)
  if (source === undefined) return { json: { description: NOTE }, named }
  const { $schema: _schema, $defs, ...rest } = source
  const definitions = (isObject($defs) ? $defs : {}) as Record<string, JsonSchema>
  const root = definitionOf(rest) ?? rest
  const rootText = canonical(root)
  /** Some libraries write a definition out where it is first used, and refer to it only from inside. */
  const texts = new Map(Object.entries(definitions).map(([key, definition]) => [canonical(definition), key]))
  /** The names of definitions being entered, or held by themselves. */
  const names = new Map<string, string>([['#', hint]])
  const done = new Set<string>()

  function definitionOf(json: JsonSchema): JsonSchema | undefined {
    const key = keyOf(json)
    return key === undefined ? undefined : definitions[key]
  }

  function place(json: JsonSchema, path: string): JsonSchema {
    const written = texts.size > 0 && json.$ref === undefined ? texts.get(canonical(json)) : undefined
    const definition = definitionOf(json) ?? (written === undefined ? undefined : json)
    const isRoot = json.$ref === '#' || (definition !== undefined && canonical(definition) === rootText)
    if (!isRoot && definition === undefined) return descend(json, path)
    const { $ref: _, ...beside } = written === undefined ? json : {}
    const key = isRoot ? '#' : (written ?? (keyOf(json) as string))
    const open = names.get(key)
    if (open !== undefined) {
      if (!done.has(key)) named.set(open, {})
      return { ...refer(open), ...beside }
    }
    const name = freeName(path)
    names.set(key, name)
    const placed = descend(definition as JsonSchema, path)
    if (!named.has(name)) {
      names.delete(key)
      return { ...placed, ...beside }
    }
    named.set(name, placed)
    done.add(key)
    return { ...refer(name), ...beside }
  }

  function freeName(path: string): string {
    const taken = new Set(names.values())
    let name = path
    for (let number = 2; taken.has(name); number++) name = path + number
    return name
  }

  function descend(json: JsonSchema, path: string): JsonSchema {
    const copy: JsonSchema = { ...json }
    for (const part of ['properties', 'patternProperties']) {
      if (!isObject(copy[part])) continue
      const fields = Object.entries(copy[part])
      copy[part] = Object.fromEntries(fields.map(([name, field]) => [name, enter(field, path + pascal(name))]))
    }
    for (const part of ['items', 'additionalProperties', 'not', 'contains', 'if', 'then', 'else']) {
      if (part in copy) copy[part] = enter(copy[part], path)
    }
    for (const part of ['allOf', 'anyOf', 'oneOf', 'prefixItems']) {
      const list = copy[part]
      if (Array.isArray(list)) copy[part] = list.map((one) => enter(one, path))
    }
    return copy
  }

  function enter(inner: unknown, path: string): unknown {
    return isObject(inner) ? place(inner, path) : inner
  }

  const json = descend(root, hint)
  if (named.has(hint)) named.set(hint, json)
  return { json, named }
}

function read(schema: Schema, side: Side): JsonSchema | undefined {
  const converter = schema['~standard'].jsonSchema
  if (converter === undefined) return undefined
  try {
    return side === 'request' ? converter.input(TARGET) : converter.output(TARGET)
  } catch {
    // Libraries throw for what JSON Schema cannot say. Start-up diagnostics name it; the rest must stand here.
    return undefined
  }
}

const TARGET = { target: 'draft-2020-12' }

/** The key in `$defs` that a reference names (RFC 6901 §3). */
function keyOf(json: JsonSchema): string | undefined {
  const key = /^#\/\$defs\/(.+)$/.exec(String(json.$ref))?.[1]
  return key === undefined ? undefined : pointerKey(decodeURIComponent(key))
}
