import { type ListSpec, type Reader, createReader } from './list.ts'
import type { AnyModel } from './model.ts'
import { type ReadHandlers, readHandlers } from './reading.ts'
import { type Relations, type ResolvedRelation, resolveRelations } from './relation.ts'
import { showing } from './shown-writes.ts'
import { createStatements } from './statements.ts'
import { type Dialect, dialectOfDatabase } from './table.ts'
import { type WriteHooks, type Writer, createWriter } from './writer.ts'

export type Hooks = WriteHooks & { readonly afterRead?: never }

/** What a resource does on one of the databases that its model has a table of. */
export interface Side {
  readonly model: AnyModel
  readonly relations: readonly ResolvedRelation[]
  readonly reader: Reader
  readonly reads: ReadHandlers
  readonly writer: Writer
}

export function sideOf(
  model: AnyModel,
  spec: ListSpec,
  expand: Relations,
  hooks: Hooks,
  used: readonly string[],
): Side {
  const relations = resolveRelations(model.facts, expand)
  const statements = createStatements()
  const reader = createReader(model, relations, spec, statements)
  return {
    model,
    relations,
    reader,
    reads: readHandlers(reader, hooks.afterRead, used),
    writer: showing(createWriter(model, relations, hooks, used), relations, statements),
  }
}

/** The sides of a resource. The first is that of the table that its contract follows from. */
export function sidesOf(model: AnyModel, make: (model: AnyModel) => Side): Sides {
  const first = make(model)
  const { postgres, sqlite } = model.on
  const twin = model === postgres ? sqlite : postgres
  if (twin === undefined) return { first, all: [first], of: () => first }
  const other = make(twin)
  const offered = new Set(other.reader.filters.map(({ field }) => field))
  const lacking = first.reader.filters.find(({ field }) => !offered.has(field))
  if (lacking !== undefined)
    throw new TypeError(
      `resource(${model.facts.name}): the filter ${lacking.field} is none of its twin's, whose column is of another kind: make that table the first`,
    )
  const ofDialect = { [first.model.facts.dialect]: first, [other.model.facts.dialect]: other } as Record<Dialect, Side>
  return { first, all: [first, other], of: (database) => ofDialect[dialectOfDatabase(database)] }
}

export interface Sides {
  readonly first: Side
  readonly all: readonly Side[]
  readonly of: (database: object) => Side
}
