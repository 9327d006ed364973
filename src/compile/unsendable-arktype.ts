import type { Schema } from '../contract/schema.ts'
import type { Side, Unsendable } from './unsendable.ts'

/** The parts of a JSON Schema in which others stand. */
interface Json {
  readonly [LACKS]?: string
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Json>>
  readonly properties?: Readonly<Record<string, Json>>
  readonly patternProperties?: Readonly<Record<string, Json>>
  readonly additionalProperties?: Json | boolean
  readonly items?: Json | boolean
  readonly prefixItems?: readonly Json[]
  readonly anyOf?: readonly Json[]
}

/** Marks, in the JSON Schema that arktype gives, what it has no word for. */
const LACKS = 'x-lacks'

interface Inexpressible {
  readonly base: object
  readonly proto?: { readonly name: string; readonly prototype?: { readonly toJSON?: unknown } }
  readonly domain?: string
  readonly unit?: unknown
}

const DATE = "use 'string.date.iso', or 'string.date.parse' to get a Date of what comes in"
const MENDS: Readonly<Record<string, readonly [what: string, mend: string]>> = {
  date: ['JSON has no dates', DATE],
  bigint: ['JSON cannot carry a bigint', "use 'number.integer' or 'string'"],
  symbol: ['JSON has no symbols', 'use a string'],
  Map: ['JSON has no maps', "use { '[string]': … }"],
  Set: ['JSON has no sets', 'use an array'],
  Function: ['JSON cannot carry functions', 'take it out of the schema'],
  File: ['JSON cannot carry files', 'use bytes(), stream() or file()'],
}

/**
 * Finds what of an arktype schema the wire cannot carry. By itself arktype describes a Date as anything; asked what to
 * write in its place, it tells. `undefined` is no fault: so a field that may be left out is often written.
 */
export function unsendableArktype(schema: Schema, side: Side): Unsendable[] {
  const mark = (name: string, { base }: Inexpressible): object => ({ ...base, [LACKS]: name })
  const fallback = {
    date: (one: Inexpressible) => mark('date', one),
    domain: (one: Inexpressible) => mark(String(one.domain), one),
    unit: (one: Inexpressible) => (one.unit === undefined ? one.base : mark(typeof one.unit, one)),
    proto: (one: Inexpressible) => {
      const sendsItself = side === 'output' && typeof one.proto?.prototype?.toJSON === 'function'
      return sendsItself ? one.base : mark(String(one.proto?.name), one)
    },
  }
  const convert = schema['~standard'].jsonSchema?.[side === 'output' ? 'output' : 'input']
  const root = convert?.({ target: 'draft-2020-12', libraryOptions: { fallback } }) as Json | undefined
  const found: Unsendable[] = []
  if (root !== undefined) visit(root, root.$defs ?? {}, [], new Set(), found)
  return found
}

function visit(
  json: Json,
  definitions: Readonly<Record<string, Json>>,
  path: readonly string[],
  seen: Set<Json>,
  found: Unsendable[],
): void {
  if (seen.has(json)) return
  seen.add(json)
  const inner = (child: Json | boolean | undefined, ...step: readonly string[]): void => {
    if (typeof child === 'object') visit(child, definitions, [...path, ...step], seen, found)
  }
  const lacks = json[LACKS]
  if (lacks !== undefined) {
    const [what, mend] = MENDS[lacks] ?? [`JSON cannot carry a ${lacks}`, 'use types that JSON has']
    found.push({ path, what, mend })
  }
  if (json.$ref !== undefined) inner(definitions[json.$ref.replace('#/$defs/', '')])
  for (const [name, field] of Object.entries(json.properties ?? {})) inner(field, name)
  for (const field of Object.values(json.patternProperties ?? {})) inner(field, '*')
  inner(json.additionalProperties, '*')
  inner(json.items, '[]')
  for (const [index, item] of (json.prefixItems ?? []).entries()) inner(item, String(index))
  for (const one of json.anyOf ?? []) inner(one)
}
