import type { AnySchema } from '../contract/schema.ts'

/** A zod schema, as far as we look into one without importing zod. */
export interface ZodSchema {
  readonly _zod: {
    readonly def: ZodDef
    readonly traits: ReadonlySet<string>
    readonly run: (payload: { value: unknown; issues: unknown[] }, context: object) => unknown
    /** Of a lazy schema, which makes it once. */
    readonly innerType?: ZodSchema
    readonly optin?: 'optional' | 'defaulted' | undefined
    readonly optout?: 'optional' | undefined
  }
}

/** The parts of zod's definitions that hold schemas or decide over them. */
export interface ZodDef {
  readonly type: string
  readonly shape?: Readonly<Record<string, ZodSchema>>
  readonly catchall?: ZodSchema
  readonly element?: ZodSchema
  readonly items?: readonly ZodSchema[]
  readonly rest?: ZodSchema | null
  readonly options?: readonly ZodSchema[]
  readonly left?: ZodSchema
  readonly right?: ZodSchema
  readonly keyType?: ZodSchema
  readonly valueType?: ZodSchema
  readonly innerType?: ZodSchema
  readonly in?: ZodSchema
  readonly out?: ZodSchema
  getter?: () => ZodSchema
  readonly check?: string
  readonly checks?: readonly { readonly _zod: { readonly def: { readonly check?: string } } }[]
  readonly coerce?: boolean
}

const SINGLE = [
  'element',
  'rest',
  'catchall',
  'left',
  'right',
  'keyType',
  'valueType',
  'innerType',
  'in',
  'out',
] as const

/** True for a schema of zod or zod/mini. */
export function isZodSchema(schema: unknown): schema is ZodSchema {
  return schema !== null && typeof schema === 'object' && '_zod' in schema
}

/** The schemas directly inside one; `key` is the property's name where they are an object's fields. */
export function* zodChildren(schema: ZodSchema): Generator<readonly [key: string | undefined, child: ZodSchema]> {
  const def = schema._zod.def
  for (const [key, child] of Object.entries(def.shape ?? {})) yield [key, child]
  for (const child of def.items ?? []) yield [undefined, child]
  for (const child of def.options ?? []) yield [undefined, child]
  for (const part of SINGLE) {
    const child = def[part]
    if (isZodSchema(child)) yield [undefined, child]
  }
  if (def.getter !== undefined) yield [undefined, schema._zod.innerType ?? def.getter()]
}

/**
 * True where a zod schema has a codec anywhere inside. Replies of such a schema are encoded: what
 * goes out is the codec's input. Without one a reply is parsed forward, so that transforms work.
 */
export function holdsCodec(schema: AnySchema): boolean {
  return isZodSchema(schema) && holds(schema, isCodec)
}

function isCodec(schema: ZodSchema): boolean {
  return schema._zod.traits.has('$ZodCodec')
}

/** True where a schema, or any inside it, is of a kind. */
export function holds(schema: ZodSchema, isOfKind: (one: ZodSchema) => boolean): boolean {
  const seen = new Set<ZodSchema>()
  const visit = (one: ZodSchema): boolean => {
    if (seen.has(one)) return false
    seen.add(one)
    if (isOfKind(one)) return true
    for (const [, child] of zodChildren(one)) {
      if (visit(child)) return true
    }
    return false
  }
  return visit(schema)
}
