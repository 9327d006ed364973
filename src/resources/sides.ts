import { essenceOf } from '../contract/formats.ts'
import { importRows } from './transfer/import.ts'
import { type ListSpec, type Reader, createReader } from './reading/list.ts'
import type { AnyModel } from './table/model.ts'
import { type Handlers, placed } from './within/placed.ts'
import type { ResourceContext } from './context.ts'
import { readHandlers } from './reading/read-handlers.ts'
import { type Relations, type ResolvedRelation, resolveRelations } from './table/relation.ts'
import { showing } from './writing/shown-writes.ts'
import { createStatements } from './database/statements.ts'
import { dialectOfDatabase } from './table/table.ts'
import { type Within, withinOf } from './within/within.ts'
import { type WriteHooks, type Writer, createWriter } from './writing/writer.ts'

/** What a resource does on one of the databases that its model has a table of. */
export interface Side {
  readonly model: AnyModel
  readonly relations: readonly ResolvedRelation[]
  readonly within: Within | undefined
  readonly reader: Reader
  readonly handlers: Handlers
}

/** What a resource is made with on each of them. */
export interface SideOptions {
  readonly spec: ListSpec
  readonly expand: Relations
  /** The rows that its rows are in. */
  readonly places: Readonly<Record<string, object>> | undefined
  readonly hooks: Hooks
  /** Names of what hooks use. */
  readonly used: readonly string[]
}

/** Hooks, their types aside. */
export type Hooks = WriteHooks & { readonly afterRead?: never }

export function sideOf(base: AnyModel, { spec, expand, places, hooks, used }: SideOptions): Side {
  const within = places === undefined ? undefined : withinOf(base, places)
  const model = within?.model ?? base
  const relations = resolveRelations(model.facts, expand)
  const statements = createStatements(model.facts)
  const reader = createReader(model, relations, spec, statements)
  const writer = showing(createWriter(model, relations, hooks, used), relations, statements)
  const reads = readHandlers(reader, hooks.afterRead, used)
  const given: Handlers = { ...reads, ...writer, import: (context) => importHandler(model, writer, context) }
  return { model, relations, within, reader, handlers: within === undefined ? given : placed(within, given) }
}

/** The sides of a resource. */
export interface Sides {
  /** That of the table that its contract follows from. */
  readonly first: Side
  readonly all: readonly Side[]
  /** Each does its work on the side whose database the request has. */
  readonly handlers: Handlers
}

export function sidesOf(model: AnyModel, make: (model: AnyModel) => Side): Sides {
  const first = make(model)
  const { postgres, sqlite } = model.on
  const twin = model === postgres ? sqlite : postgres
  if (twin === undefined) return { first, all: [first], handlers: first.handlers }
  const other = make(twin)
  const offered = new Set(other.reader.filters.map(({ field }) => field))
  const lacking = first.reader.filters.find(({ field }) => !offered.has(field))
  if (lacking !== undefined)
    throw new TypeError(
      `resource(${model.facts.name}): the filter ${lacking.field} is none of its twin's, whose column is of another kind: make that table the first`,
    )
  const of = { [first.model.facts.dialect]: first.handlers, [other.model.facts.dialect]: other.handlers }
  const handlers = Object.keys(first.handlers).map((verb) => [
    verb,
    (context: ResourceContext) => {
      const own = of[dialectOfDatabase(context.tx ?? context.db)] as Handlers
      return own[verb as keyof Handlers](context)
    },
  ])
  return { first, all: [first, other], handlers: Object.fromEntries(handlers) as Handlers }
}

/** The body's own type, without parameters, says how its lines are read. */
function importHandler(model: AnyModel, writer: Writer, context: ResourceContext): Promise<unknown> {
  const { body, query, request } = context as unknown as ImportContext
  const mediaType = essenceOf(request.header('content-type') ?? '')
  return importRows(model, writer, body, mediaType, query.atomic === true, context)
}

interface ImportContext {
  readonly body: ReadableStream<Uint8Array>
  readonly query: { readonly atomic?: boolean }
  readonly request: { header(name: string): string | undefined }
}
