import { isCommaList } from '../contract/comma-list.ts'
import { isPageQuery } from '../contract/page.ts'
import { type Fields, namedFields } from '../contract/query-fields.ts'
import type { AnySchema, Schema } from '../contract/schema.ts'

/**
 * What the text of a path parameter, a query field, a header, a cookie or a form field is to become
 * before its schema sees it. `true` in a query is text; a schema that asks for a boolean gets one. A
 * `word` is one of the texts of an enum or a literal: unlike any text, it takes nothing from the others.
 */
export type TextKind = 'text' | 'word' | 'number' | 'bigint' | 'boolean' | 'null' | 'list' | 'other'

/** The kinds a field takes, and those of its items where it is a list. */
export interface FieldKind {
  readonly kinds: ReadonlySet<TextKind>
  readonly items: FieldKind | undefined
}

const TEXT: FieldKind = { kinds: new Set(['text']), items: undefined }
const UNKNOWN: FieldKind = { kinds: new Set(['other']), items: undefined }
const NOTHING_MORE: FieldKind = { kinds: new Set(), items: undefined }
const NULL: FieldKind = { kinds: new Set(['null']), items: undefined }

/** The fields of an object schema with their kinds; undefined where the schema does not say. */
export function fieldsOf(schema: AnySchema): ReadonlyMap<string, FieldKind> | undefined {
  const named = namedFields(schema)
  if (named !== undefined) return new Map([...pagingKinds(schema), ...ownKinds(named)])
  const zod = (schema as { _zod?: { def: ZodDef } })._zod
  if (zod !== undefined) {
    const fields = new Map<string, FieldKind>()
    return zodFields(zod.def, fields) ? fields : undefined
  }
  const json = inputJsonSchema(schema as Schema)
  if (json?.properties === undefined) return undefined
  return new Map(Object.entries(json.properties).map(([name, field]) => [name, jsonKind(field, json)]))
}

function pagingKinds(schema: AnySchema): [string, FieldKind][] {
  if (!isPageQuery(schema)) return []
  const number: FieldKind = { kinds: new Set(['number']), items: undefined }
  return [
    ['limit', number],
    [schema.mode, schema.mode === 'cursor' ? TEXT : number],
  ]
}

function ownKinds(fields: Fields): [string, FieldKind][] {
  return Object.entries(fields).map(([name, schema]) => [name, kindOf(schema)])
}

/** The kinds of one schema. */
export function kindOf(schema: AnySchema): FieldKind {
  if (isCommaList(schema)) return { kinds: new Set(['list']), items: TEXT }
  const zod = (schema as { _zod?: { def: ZodDef } })._zod
  if (zod !== undefined) return zodKind(zod.def, [])
  const json = inputJsonSchema(schema as Schema)
  return json === undefined ? UNKNOWN : jsonKind(json, json)
}

interface ZodDef {
  readonly type: string
  readonly innerType?: ZodNode
  readonly in?: ZodNode
  readonly left?: ZodNode
  readonly right?: ZodNode
  readonly element?: ZodNode
  readonly items?: readonly ZodNode[]
  readonly options?: readonly ZodNode[]
  readonly values?: readonly unknown[]
  readonly entries?: Readonly<Record<string, unknown>>
  readonly shape?: Readonly<Record<string, ZodNode>>
  readonly getter?: () => ZodNode
  readonly coerce?: boolean
}

interface ZodNode {
  readonly _zod: { readonly def: ZodDef }
}

/** Collects the fields of an object, through what wraps it; false where it is no object. */
function zodFields(def: ZodDef, fields: Map<string, FieldKind>): boolean {
  switch (def.type) {
    case 'object':
      for (const [name, field] of Object.entries(def.shape ?? {})) fields.set(name, zodKind(field._zod.def, []))
      return true
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
    case 'nonoptional':
      return zodFields((def.innerType as ZodNode)._zod.def, fields)
    case 'pipe':
      return zodFields((def.in as ZodNode)._zod.def, fields)
    case 'lazy':
      return zodFields((def.getter as () => ZodNode)()._zod.def, fields)
    case 'intersection':
      return zodFields((def.left as ZodNode)._zod.def, fields) && zodFields((def.right as ZodNode)._zod.def, fields)
    case 'union': {
      // A field may differ between the members: it takes the kinds of all of them.
      return (def.options ?? []).every((option) => {
        const own = new Map<string, FieldKind>()
        if (!zodFields(option._zod.def, own)) return false
        for (const [name, kind] of own) fields.set(name, either(fields.get(name), kind))
        return true
      })
    }
    default:
      return false
  }
}

/** The kinds of both. */
export function either(a: FieldKind | undefined, b: FieldKind): FieldKind {
  return a === undefined ? b : { kinds: new Set([...a.kinds, ...b.kinds]), items: a.items ?? b.items }
}

const ZOD_KINDS: Readonly<Record<string, TextKind>> = {
  string: 'text',
  template_literal: 'text',
  number: 'number',
  int: 'number',
  bigint: 'bigint',
  boolean: 'boolean',
  null: 'null',
}

/** @param around what the schema stands in. One that stands in itself adds no kind to those it has. */
function zodKind(def: ZodDef, around: readonly ZodDef[]): FieldKind {
  if (around.includes(def)) return NOTHING_MORE
  const inside = [...around, def]
  const through = (inner: ZodNode | undefined): FieldKind =>
    inner === undefined ? UNKNOWN : zodKind(inner._zod.def, inside)
  // z.coerce takes text itself; what it makes of it is what its author asked for.
  if (def.coerce) return TEXT
  const known = ZOD_KINDS[def.type]
  if (known !== undefined) return { kinds: new Set([known]), items: undefined }
  switch (def.type) {
    case 'enum':
      return ofValues(Object.values(def.entries ?? {}))
    case 'literal':
      return ofValues(def.values ?? [])
    case 'array':
      return { kinds: new Set(['list']), items: through(def.element) }
    case 'set':
      return { kinds: new Set(['list']), items: UNKNOWN }
    case 'nullable':
      return either(NULL, through(def.innerType))
    case 'tuple':
      return {
        kinds: new Set(['list']),
        items: (def.items ?? []).reduce<FieldKind | undefined>((all, item) => either(all, through(item)), undefined),
      }
    case 'union':
      return (
        (def.options ?? []).reduce<FieldKind | undefined>((all, one) => either(all, through(one)), undefined) ?? UNKNOWN
      )
    case 'intersection':
      return through(def.left)
    case 'pipe':
      return through(def.in)
    case 'lazy':
      return through((def.getter as () => ZodNode)())
    default:
      return def.innerType === undefined ? UNKNOWN : through(def.innerType)
  }
}

function ofValues(values: readonly unknown[]): FieldKind {
  const kinds = values.map((value): TextKind => {
    if (typeof value === 'string') return 'word'
    if (value === null) return 'null'
    const type = typeof value
    return type === 'number' || type === 'boolean' || type === 'bigint' ? type : 'other'
  })
  return { kinds: new Set(kinds), items: undefined }
}

/** A JSON Schema, as far as kinds are read from it. */
export interface Json {
  readonly type?: string | readonly string[]
  readonly items?: Json
  readonly prefixItems?: readonly Json[]
  readonly anyOf?: readonly Json[]
  readonly oneOf?: readonly Json[]
  readonly allOf?: readonly Json[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Json>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Json | boolean
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Json>>
}

/** What a schema of another library than zod says it takes; undefined where it does not say. */
export function inputJsonSchema(schema: Schema): Json | undefined {
  try {
    return schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' }) as Json | undefined
  } catch {
    return undefined // a schema JSON Schema cannot express takes its text as it is
  }
}

const JSON_KINDS: Readonly<Record<string, TextKind>> = {
  string: 'text',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
  array: 'list',
}

/** What a reference refers to; any other schema is itself. */
export function resolveJson(json: Json, root: Json): Json {
  const name = json.$ref?.replace('#/$defs/', '')
  const target = name === undefined ? undefined : root.$defs?.[name]
  return target === undefined ? json : resolveJson(target, root)
}

/** The kinds of a JSON Schema that stands in another. */
export function jsonKind(given: Json, root: Json): FieldKind {
  const json = resolveJson(given, root)
  const many = json.anyOf ?? json.oneOf ?? json.allOf
  if (many !== undefined) return many.map((one) => jsonKind(one, root)).reduce(either)
  if (json.enum !== undefined) return ofValues(json.enum)
  if (json.const !== undefined) return ofValues([json.const])
  const types = typeof json.type === 'string' ? [json.type] : (json.type ?? [])
  return {
    kinds: new Set(types.map((type) => JSON_KINDS[type] ?? 'other')),
    items: json.items === undefined ? undefined : jsonKind(json.items, root),
  }
}
