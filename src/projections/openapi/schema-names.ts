import type { Schema } from '../../contract/schema.ts'
import { type ZodSchema, isZodSchema, zodChildren } from '../../compile/zod-schema.ts'
import { isObject, pascal } from './json-schema.ts'
import type { SchemaUse } from './schema-uses.ts'
import type { ZodModule } from './zod-json.ts'

/** The names of schemas in `components.schemas`. */
export interface SchemaNames {
  of(schema: object): string | undefined
  /** Gives `schema` a name, for the reason that `place` says. Throws where another schema has it. */
  claim(name: string, schema: object, place: string): void
}

/**
 * Names schemas. First those that the author named: in the API's `schemas`, then by zod's
 * `.meta({ id })`. Then objects that are a whole body, after the operation that uses them first; then
 * items of pages and lists; last, what holds itself and so cannot be written in place.
 *
 * @throws {TypeError} where two schemas would have one name, naming both places.
 */
export function nameSchemas(
  declared: Readonly<Record<string, object>>,
  uses: readonly SchemaUse[],
  z: ZodModule | undefined,
): SchemaNames {
  const names = createNames()
  for (const [name, schema] of Object.entries(declared))
    names.claim(name, schema, `"${name}" in the schemas of the API`)
  const seen = new Set<object>()
  for (const { schema, place } of uses) claimIds(schema, place, seen, names, z)
  for (const schema of Object.values(declared)) claimIds(schema, 'the schemas of the API', seen, names, z)
  for (const item of [false, true]) {
    for (const use of uses) {
      const found = use.role === 'part' ? undefined : nameable(use.schema)
      if (found === undefined || (found.item || use.role === 'item') !== item || names.of(found.schema)) continue
      names.claim(found.item ? `${use.hint.replace(/Reply$/, '')}Item` : use.hint, found.schema, use.place)
    }
  }
  const walked = new Set<object>()
  for (const { schema, hint, place } of uses) if (isZodSchema(schema)) claimLoops(schema, hint, place, names, walked)
  return names
}

function createNames(): SchemaNames {
  const names = new Map<object, string>()
  const holders = new Map<string, { readonly schema: object; readonly place: string }>()
  return {
    of: (schema) => names.get(schema),
    claim(name, schema, place) {
      if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
        throw new TypeError(`OpenAPI: "${name}" (${place}) cannot name a schema; use letters, digits, ".", "_" and "-"`)
      }
      const holder = holders.get(name)
      if (holder !== undefined && holder.schema !== schema) {
        throw new TypeError(
          `OpenAPI: two different schemas are named "${name}": in ${holder.place} and in ${place}; ` +
            'name one of them otherwise, by .meta({ id }) or in the schemas of the API',
        )
      }
      if (names.has(schema)) return
      names.set(schema, name)
      holders.set(name, { schema, place })
    },
  }
}

/** Takes up `.meta({ id })`, wherever inside a schema it stands. */
function claimIds(
  schema: object,
  place: string,
  seen: Set<object>,
  names: SchemaNames,
  z: ZodModule | undefined,
): void {
  if (z === undefined || !isZodSchema(schema) || seen.has(schema)) return
  seen.add(schema)
  const id = z.globalRegistry.get(schema as never)?.id
  if (id !== undefined && names.of(schema) === undefined) names.claim(id, schema, place)
  for (const [, child] of zodChildren(schema)) claimIds(child, place, seen, names, z)
  // `.describe()` and `.meta()` make a copy that says where it came from.
  const parent = (schema._zod as { readonly parent?: object }).parent
  if (parent !== undefined) claimIds(parent, place, seen, names, z)
}

/** What of a body deserves a name: an object with fields, or a choice between such. */
function nameable(schema: object): { readonly schema: object; readonly item: boolean } | undefined {
  if (!isZodSchema(schema)) return hasFields(schema as Schema) ? { schema, item: false } : undefined
  const def = schema._zod.def
  if (def.type === 'array' && def.element !== undefined) {
    const element = nameable(def.element)
    return element === undefined || element.item ? undefined : { schema: element.schema, item: true }
  }
  if (def.innerType !== undefined) return nameable(def.innerType)
  return isStructure(schema) ? { schema, item: false } : undefined
}

function isStructure(schema: ZodSchema, above: readonly ZodSchema[] = []): boolean {
  if (above.includes(schema)) return false
  const inner = (part: ZodSchema | undefined): boolean => part !== undefined && isStructure(part, [...above, schema])
  const { type, shape, options, left, right, getter, innerType, in: input, out } = schema._zod.def
  if (type === 'object') return shape !== undefined && Object.keys(shape).length > 0
  if (type === 'union') return options !== undefined && options.length > 1 && options.every(inner)
  if (type === 'intersection') return inner(left) && inner(right)
  if (type === 'lazy') return inner(getter?.())
  if (type === 'pipe') return inner(input) || inner(out)
  return inner(innerType)
}

function hasFields(schema: Schema): boolean {
  try {
    const json = schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
    return json !== undefined && (isObject(json.properties) || Array.isArray(json.oneOf) || '$ref' in json)
  } catch {
    return false
  }
}

/** Names each schema that is found again inside itself. */
function claimLoops(schema: ZodSchema, hint: string, place: string, names: SchemaNames, walked: Set<object>): void {
  const above = new Map<ZodSchema, string>()
  const visit = (one: ZodSchema, path: string): void => {
    if (above.has(one)) {
      if (names.of(one) === undefined) names.claim(above.get(one) as string, one, place)
      return
    }
    if (walked.has(one)) return
    walked.add(one)
    const base = names.of(one) ?? path
    above.set(one, base)
    for (const [key, child] of zodChildren(one)) visit(child, key === undefined ? base : base + pascal(key))
    above.delete(one)
  }
  visit(schema, hint)
}
