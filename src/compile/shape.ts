import type { AnySchema, Schema } from '../contract/schema.ts'
import { type FieldKind, type Json, either, inputJsonSchema, jsonKind, kindOf, resolveJson } from './text-kind.ts'
import { type ZodSchema, isZodSchema } from './zod-schema.ts'

/**
 * What a schema says of the form of its values as they travel: for forms that have no types of their own. A choice between
 * several is all of them at once.
 */
export interface Shape {
  /** What the text of it is turned into. */
  readonly kind: FieldKind
  /** The fields of an object; undefined where it is none, or they are not known. */
  readonly fields: ReadonlyMap<string, Field> | undefined
  /** What a key that is no field leads to, where there may be such. */
  readonly rest: Shape | undefined
  /** What a list is of. */
  readonly items: Shape | undefined
}

export interface Field {
  readonly shape: Shape
  /** What the field stands for where it has to be there and is not. */
  readonly absent: 'null' | 'list' | undefined
}

/** A schema that says nothing. */
export const ANY: Shape = {
  kind: { kinds: new Set(['other']), items: undefined },
  fields: undefined,
  rest: undefined,
  items: undefined,
}

/** The shape of a schema. */
export function shapeOf(schema: AnySchema): Shape {
  if (isZodSchema(schema)) return createShapes(zodParts, (node) => kindOf(node as never))([schema])
  const json = inputJsonSchema(schema as Schema)
  if (json === undefined) return ANY
  return createShapes(
    (node: Json, parts) => jsonParts(node, json, parts),
    (node) => jsonKind(node, json),
  )([json])
}

/** True for what is a list and nothing else. */
export function isList({ kind, items }: Shape): boolean {
  return items !== undefined && [...kind.kinds].every((one) => one === 'list' || one === 'null')
}

interface Parts<Node> {
  readonly fields: Map<string, { readonly nodes: Node[]; readonly isRequired: boolean }>
  readonly items: Node[]
  readonly rest: Node[]
  isObject: boolean
}

/** Shapes are made when they are asked for, once for each set of nodes: a schema may stand in itself. */
function createShapes<Node extends object>(
  collect: (node: Node, parts: Parts<Node>) => void,
  kindOfNode: (node: Node) => FieldKind,
): (nodes: readonly Node[]) => Shape {
  const ids = new Map<Node, number>()
  const made = new Map<string, Shape>()
  const idOf = (node: Node): number => {
    const id = ids.get(node) ?? ids.size
    ids.set(node, id)
    return id
  }
  const shape = (nodes: readonly Node[]): Shape => {
    const key = [...new Set(nodes.map(idOf))].sort((a, b) => a - b).join()
    let found = made.get(key)
    if (found === undefined) {
      found = lazily(nodes)
      made.set(key, found)
    }
    return found
  }
  const lazily = (nodes: readonly Node[]): Shape => {
    const kind = nodes.map(kindOfNode).reduce(either)
    let known: Omit<Shape, 'kind'> | undefined
    const look = (): Omit<Shape, 'kind'> => {
      if (known !== undefined) return known
      const parts: Parts<Node> = { fields: new Map(), items: [], rest: [], isObject: false }
      for (const node of nodes) collect(node, parts)
      const several = (inner: readonly Node[]): Shape | undefined => (inner.length === 0 ? undefined : shape(inner))
      const fields = [...parts.fields].map(([name, field]) => [name, fieldOf(shape(field.nodes), field)] as const)
      known = {
        fields: parts.isObject ? new Map(fields) : undefined,
        rest: several(parts.rest),
        items: several(parts.items),
      }
      return known
    }
    return {
      kind,
      get fields() {
        return look().fields
      },
      get rest() {
        return look().rest
      },
      get items() {
        return look().items
      },
    }
  }
  return shape
}

function fieldOf(shape: Shape, { nodes, isRequired }: { nodes: readonly object[]; isRequired: boolean }): Field {
  const { kinds } = shape.kind
  // Of members of a union each has its own idea of what has to be there.
  if (!isRequired || nodes.length > 1) return { shape, absent: undefined }
  return { shape, absent: kinds.has('null') ? 'null' : kinds.has('list') ? 'list' : undefined }
}

function addField<Node>(parts: Parts<Node>, name: string, node: Node, isRequired: boolean): void {
  const before = parts.fields.get(name)
  if (before === undefined) parts.fields.set(name, { nodes: [node], isRequired })
  else before.nodes.push(node)
}

function zodParts(node: ZodSchema, parts: Parts<ZodSchema>, around: readonly ZodSchema[] = []): void {
  if (around.includes(node)) return
  const { def } = node._zod
  const through = (inner: ZodSchema | undefined): void => {
    if (isZodSchema(inner)) zodParts(inner, parts, [...around, node])
  }
  switch (def.type) {
    case 'object':
      parts.isObject = true
      for (const [name, field] of Object.entries(def.shape ?? {})) {
        addField(parts, name, field, field._zod.optin !== 'optional')
      }
      if (def.catchall !== undefined && def.catchall._zod.def.type !== 'never') parts.rest.push(def.catchall)
      return
    case 'record':
      parts.isObject = true
      if (def.valueType !== undefined) parts.rest.push(def.valueType)
      return
    case 'array':
      if (def.element !== undefined) parts.items.push(def.element)
      return
    case 'tuple':
      parts.items.push(...(def.items ?? []), ...(isZodSchema(def.rest) ? [def.rest] : []))
      return
    case 'union':
      for (const option of def.options ?? []) through(option)
      return
    case 'intersection':
      through(def.left)
      return through(def.right)
    case 'pipe':
      // What is made of anything at all says nothing; what it is made into does.
      return through(def.in?._zod.def.type === 'transform' ? def.out : def.in)
    case 'lazy':
      return through(node._zod.innerType ?? def.getter?.())
    default:
      return through(def.innerType)
  }
}

function jsonParts(given: Json, root: Json, parts: Parts<Json>, around: readonly Json[] = []): void {
  const node = given.$ref === '#' ? root : resolveJson(given, root)
  if (around.includes(node)) return
  for (const one of [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])]) {
    jsonParts(one, root, parts, [...around, node])
  }
  const rest = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
  if (node.properties !== undefined || rest !== undefined) parts.isObject = true
  for (const [name, field] of Object.entries(node.properties ?? {})) {
    addField(parts, name, field, node.required?.includes(name) ?? false)
  }
  if (rest !== undefined) parts.rest.push(rest)
  if (typeof node.items === 'object') parts.items.push(node.items)
  parts.items.push(...(node.prefixItems ?? []))
}
