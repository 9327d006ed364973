import type * as Zod from 'zod'
import { type ZodSchema, holdsCodec } from '../../compile/zod-schema.ts'
import type { JsonSchema } from './objects.ts'
import { NOTE, isObject, mapSchema } from './json-schema.ts'
import type { Side } from './schemas.ts'

export type ZodModule = typeof Zod

/**
 * The JSON Schema of a zod schema. Named schemas inside it come as `#/$defs/<name>`, whose
 * definitions are left out; where the schema holds itself, as `#`.
 */
export function zodJson(
  z: ZodModule,
  schema: ZodSchema,
  side: Side,
  nameOf: (inner: object) => string | undefined,
): JsonSchema {
  const encoded = side === 'reply' && holdsCodec(schema)
  const registry = {
    get(inner: object): object {
      const { id: _, ...meta } = (z.globalRegistry.get(inner as never) ?? {}) as Record<string, unknown>
      const name = inner === schema ? undefined : nameOf(inner)
      return name === undefined ? meta : { ...meta, id: name }
    },
  }
  const {
    $schema: _,
    $defs,
    ...json
  } = z.toJSONSchema(schema as never, {
    io: side === 'reply' && !encoded ? 'output' : 'input',
    metadata: registry as never,
    unrepresentable: ({ zodSchema }) => unrepresentable(zodSchema as ZodSchema) as never,
    override: ({ zodSchema, jsonSchema }) => {
      const inner = zodSchema as unknown as ZodSchema
      tidyFormat(inner, jsonSchema as JsonSchema)
      if (encoded) requireDefaulted(inner, jsonSchema as JsonSchema)
    },
  }) as JsonSchema
  return inPlace(json, ($defs ?? {}) as Record<string, JsonSchema>)
}

/** zod also sets apart what is in a loop with a named schema; the name breaks the loop, so it goes back. */
function inPlace(json: JsonSchema, definitions: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return mapSchema(json, (one) => {
    const key = /^#\/\$defs\/(__schema\d+)$/.exec(String(one.$ref))?.[1]
    const definition = key === undefined ? undefined : definitions[key]
    if (definition === undefined) return one
    const { $ref: _, ...beside } = one
    return { ...inPlace(definition, definitions), ...beside }
  })
}

function unrepresentable(schema: ZodSchema): JsonSchema {
  const type = schema._zod.def.type
  // JSON.stringify writes a Date so, and text that is to be one comes so.
  if (type === 'date') return { type: 'string', format: 'date-time' }
  // Only fields of text may be one, and a number it is there.
  if (type === 'bigint') return { type: 'integer' }
  if (type === 'undefined' || type === 'void') return { not: {} }
  return { description: NOTE }
}

/** An encoded reply is the input side, but a field with a default is always there: the handler has it. */
function requireDefaulted(schema: ZodSchema, json: JsonSchema): void {
  const { type, shape } = schema._zod.def
  if (type !== 'object' || shape === undefined || !isObject(json.properties)) return
  const required = Object.keys(shape).filter((key) => !mayBeMissing(shape[key] as ZodSchema))
  if (required.length > 0) json.required = required
}

function mayBeMissing(schema: ZodSchema): boolean {
  const def = schema._zod.def
  if (def.type === 'default' || def.type === 'prefault' || def.type === 'nonoptional') return false
  if (def.type === 'pipe' && schema._zod.traits.has('$ZodCodec')) return mayBeMissing(def.in as ZodSchema)
  if ((def.type === 'nullable' || def.type === 'readonly' || def.type === 'catch') && def.innerType !== undefined) {
    return mayBeMissing(def.innerType)
  }
  return schema._zod.optout === 'optional'
}

/** Formats that JSON Schema and OpenAPI know, by zod's name for them. */
const KNOWN: Readonly<Record<string, string>> = {
  email: 'email',
  uuid: 'uuid',
  guid: 'uuid',
  url: 'uri',
  datetime: 'date-time',
  date: 'date',
  duration: 'duration',
  ipv4: 'ipv4',
  ipv6: 'ipv6',
  hostname: 'hostname',
}

/** What zod calls a format, but is only where a piece of text stands. */
const PLACES = ['starts_with', 'ends_with', 'includes', 'lowercase', 'uppercase', 'regex']

/** The longest pattern kept beside a format that generators do not know. */
const SHORT = 120

/**
 * zod repeats each format as a pattern, a screenful for dates and addresses on which generators
 * choke, and drops the format where there are two patterns. The format says it better.
 */
function tidyFormat(schema: ZodSchema, json: JsonSchema): void {
  if (json.type !== 'string') return
  for (const check of checksOf(schema)) {
    const known = check.format === undefined ? undefined : KNOWN[check.format]
    // A date-time without zone or seconds is none in RFC 3339; its pattern is all that says so.
    if (known === undefined || check.local || check.precision === -1) continue
    json.format = known
    dropPattern(json, (pattern) => pattern === check.pattern?.source)
  }
  if (typeof json.format !== 'string' || Object.values(KNOWN).includes(json.format)) return
  if (PLACES.includes(json.format)) delete json.format
  else dropPattern(json, (pattern) => pattern.length > SHORT)
}

interface Check {
  readonly format?: string
  readonly pattern?: RegExp
  readonly local?: boolean
  readonly precision?: number | null
}

function checksOf(schema: ZodSchema): Check[] {
  const def = schema._zod.def as Check & { readonly checks?: readonly { readonly _zod: { readonly def: Check } }[] }
  return [def, ...(def.checks ?? []).map((check) => check._zod.def)]
}

function dropPattern(json: JsonSchema, drop: (pattern: string) => boolean): void {
  if (typeof json.pattern === 'string' && drop(json.pattern)) delete json.pattern
  if (!Array.isArray(json.allOf)) return
  const kept = json.allOf.filter((one: JsonSchema) => typeof one.pattern !== 'string' || !drop(one.pattern))
  if (kept.length === 0) delete json.allOf
  else if (kept.length === 1 && json.pattern === undefined && Object.keys(kept[0]).join() === 'pattern') {
    delete json.allOf
    json.pattern = kept[0].pattern
  } else json.allOf = kept
}
