import { type ZodDef, type ZodSchema, holds } from './zod-schema.ts'

/** A zod schema that knows how to make one like itself. */
interface Cloneable extends ZodSchema {
  readonly _zod: ZodSchema['_zod'] & { readonly constr: new (def: ZodDef) => ZodSchema }
}

interface CodecDef extends ZodDef {
  readonly transform?: unknown
  readonly reverseTransform?: unknown
}

/**
 * The schema that parses what a schema with codecs encodes, and gives what that would: each codec is turned around where
 * it stands. Zod compiles what it parses, and does not compile what it encodes; a row with a date is ten times as fast
 * this way.
 *
 * @returns undefined for a schema that is not the same both ways: then zod has to encode.
 */
export function reversed(schema: ZodSchema): ZodSchema | undefined {
  // What has no way back throws when it is encoded, and would not when it is parsed.
  if (holds(schema, isOneWay)) return undefined
  return reverse(schema)
}

function isOneWay({ _zod: { def, traits } }: ZodSchema): boolean {
  return def.type === 'transform' || def.type === 'preprocess' || traits.has('$ZodPreprocess') || def.type === 'lazy'
}

/** True for what gives something else on the way in than on the way out: codecs, and values for what is missing. */
function isDirected({ _zod: { def, traits } }: ZodSchema): boolean {
  return traits.has('$ZodCodec') || def.type === 'default' || def.type === 'prefault' || def.type === 'catch'
}

function reverse(schema: ZodSchema): ZodSchema | undefined {
  const { def } = schema._zod
  if (!holds(schema, isDirected)) return schema
  // A check of the whole runs before its members are encoded, and after they are parsed.
  if ((def.checks?.length ?? 0) > 0 && def.type !== 'pipe') return undefined
  switch (def.type) {
    case 'object':
      return withParts(schema, { shape: all(def.shape ?? {}), catchall: part(def.catchall) })
    case 'array':
      return withParts(schema, { element: part(def.element) })
    case 'optional':
    case 'nullable':
    case 'readonly':
      return withParts(schema, { innerType: part(def.innerType) })
    case 'record':
      return withParts(schema, { keyType: part(def.keyType), valueType: part(def.valueType) })
    case 'tuple':
      return withParts(schema, { items: list(def.items ?? []), rest: part(def.rest ?? undefined) ?? null })
    case 'default':
    case 'prefault':
      return part(def.innerType)
    case 'pipe': {
      const { transform, reverseTransform } = def as CodecDef
      if (typeof transform !== 'function' || typeof reverseTransform !== 'function') return undefined
      if ((def.checks?.length ?? 0) > 0) return undefined
      return withParts(schema, {
        in: part(def.out),
        out: part(def.in),
        transform: reverseTransform,
        reverseTransform: transform,
      })
    }
    default:
      return undefined
  }
}

/** Marks a part that cannot be turned around, apart from one that is not there. */
const NO_WAY = Symbol('no way')

type Part = ZodSchema | undefined

function part(schema: ZodSchema | undefined): Part {
  if (schema === undefined) return undefined
  const turned = reverse(schema)
  return turned ?? (NO_WAY as never)
}

function all(shape: Readonly<Record<string, ZodSchema>>): Record<string, Part> {
  return Object.fromEntries(Object.entries(shape).map(([name, one]) => [name, part(one)]))
}

function list(items: readonly ZodSchema[]): Part[] {
  return items.map(part)
}

/** A schema like another, with these parts; undefined where one of them has no way back. */
function withParts(schema: ZodSchema, parts: Readonly<Record<string, unknown>>): ZodSchema | undefined {
  const flat = Object.values(parts).flatMap((one) =>
    one !== null && typeof one === 'object' && !('_zod' in one) ? Object.values(one) : [one],
  )
  if (flat.includes(NO_WAY)) return undefined
  const { constr, def } = (schema as Cloneable)._zod
  const given = Object.fromEntries(Object.entries(parts).filter(([, one]) => one !== undefined))
  return new constr({ ...def, ...given } as ZodDef)
}
