import { isSchema } from '../contract/schema.ts'
import type { Operation } from '../contract/walk.ts'
import { declaredFaults } from './faults.ts'
import { type ZodSchema, holds } from './zod-schema.ts'

/** A part of a zod schema that cannot travel. */
export interface Unsendable {
  readonly path: readonly string[]
  readonly what: string
  readonly mend: string
}

/** Which way a schema is used: text fields and JSON coming in, JSON going out. */
export type Side = 'text' | 'input' | 'output'

interface Def {
  readonly type: string
  readonly [key: string]: unknown
}

interface Node {
  readonly _zod: { readonly def: Def }
}

const CODEC = 'use a z.codec(…) between it and a type JSON has'

/** What JSON has no form for, and what to write in its place. */
const MENDS: Readonly<Record<string, readonly [what: string, mend: string]>> = {
  date: ['JSON has no dates', 'use z.iso.datetime(), or z.codec(z.iso.datetime(), z.date(), …) to work with Date'],
  bigint: [
    'JSON cannot carry a bigint',
    'use z.int() or z.string(), or a z.codec(…) between z.string() and z.bigint()',
  ],
  map: ['JSON has no maps', 'use z.record(…), or a z.codec(…) that makes a Map of it'],
  set: ['JSON has no sets', 'use z.array(…), or a z.codec(…) that makes a Set of it'],
  symbol: ['JSON has no symbols', CODEC],
  function: ['JSON cannot carry functions', 'take it out of the schema'],
  promise: ['JSON cannot carry promises', 'await it in the handler'],
  undefined: ['JSON has no undefined', 'use .optional()'],
  void: ['JSON has no undefined', 'use .optional(), or noContent() for a reply without a body'],
  nan: ['JSON has no NaN', 'use .nullable()'],
  file: ['JSON cannot carry files', 'use bytes(), stream() or file()'],
}

/**
 * A handler returns what a schema gives, and zod's types cannot say otherwise: a transform would be run again on its
 * own result.
 */
const ONE_WAY = {
  what: 'a transform runs one way only, from what comes in: a reply has no way back',
  mend: 'declare what is sent and make it in the handler, or use a z.codec(…), which goes both ways',
}

/** Finds what of a zod schema the wire cannot carry, with the path to each. */
export function unsendable(schema: Node, side: Side): Unsendable[] {
  const found: Unsendable[] = []
  if (side === 'output' && schema._zod.def.type === 'optional') {
    const mend = 'use .nullable(), or list noContent() beside it'
    found.push({ path: [], what: 'the whole reply may be undefined, which JSON has no form for', mend })
  }
  visit(schema, side, [], new Set(), found)
  return found
}

/** True where what a schema gives cannot be made into what it takes. */
function isOneWay(schema: Node | ZodSchema): boolean {
  const { type } = schema._zod.def
  return type === 'transform' || type === 'success'
}

/**
 * True where the far side of a pipe is reached one way only. What coerces there is a transform in all but name:
 * `z.string().pipe(z.coerce.number())`.
 */
function leadsOneWay({ _zod: { def } }: Node): boolean {
  const coerces = def.reverseTransform === undefined
  return holds(def.out as ZodSchema, (one) => isOneWay(one) || (coerces && one._zod.def.coerce === true))
}

function visit(node: Node, side: Side, path: readonly string[], seen: Set<Node>, found: Unsendable[]): void {
  if (seen.has(node)) return
  seen.add(node)
  const { def } = node._zod
  const inner = (child: unknown, step?: string): void => {
    if (child !== undefined && child !== null)
      visit(child as Node, side, step === undefined ? path : [...path, step], seen, found)
  }
  if (side === 'output' && isOneWay(node)) {
    found.push({ path, ...ONE_WAY })
    return
  }
  const mend = MENDS[def.type]
  const textual = side === 'text' && (def.type === 'bigint' || def.type === 'undefined')
  if (mend !== undefined && !textual) {
    // z.coerce.date() takes text, which JSON has; only its result is a Date.
    if (side === 'output' || def.coerce !== true) found.push({ path, what: mend[0], mend: mend[1] })
    return
  }
  switch (def.type) {
    case 'object':
      for (const [key, field] of Object.entries(def.shape as Record<string, Node>)) inner(field, key)
      return inner(def.catchall)
    case 'array':
      return inner(def.element, '[]')
    case 'tuple':
      ;(def.items as Node[]).forEach((item, index) => {
        inner(item, String(index))
      })
      return inner(def.rest, '[]')
    case 'record':
      return inner(def.valueType, '*')
    case 'union':
      for (const option of def.options as Node[]) inner(option)
      return
    case 'intersection':
      inner(def.left)
      return inner(def.right)
    case 'pipe':
      // The wire sees the near side of a codec both ways, and of a transform the side it comes from.
      if (side === 'output' && leadsOneWay(node)) {
        found.push({ path, ...ONE_WAY })
        return
      }
      return inner(def.in)
    case 'lazy':
      return inner((def.getter as () => Node)())
    case 'literal':
      for (const value of def.values as unknown[]) {
        if (typeof value === 'bigint' || value === undefined) {
          found.push({ path, what: `JSON has no ${typeof value}`, mend: 'use a literal that JSON has' })
        }
      }
      return
    default:
      return inner(def.innerType)
  }
}

/** True where any schema of an operation is zod's. */
export function usesZod(operation: Operation): boolean {
  const { params, query, headers, cookies, body, returns } = operation.spec
  const members = declaredFaults(operation).map(({ extra }) => extra)
  return [params, query, headers, cookies, body, returns, ...members].some((part) => holdsZod(part))
}

function holdsZod(part: unknown): boolean {
  if (part === null || (typeof part !== 'object' && typeof part !== 'function')) return false
  if (isSchema(part) && '_zod' in part) return true
  if (Array.isArray(part)) return part.some(holdsZod)
  const { schema, body, fields } = part as { schema?: unknown; body?: unknown; fields?: object }
  return holdsZod(schema) || holdsZod(body) || (fields !== undefined && Object.values(fields).some(holdsZod))
}
