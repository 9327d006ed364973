import { StatedReply } from '../../contract/reply-spec.ts'
import { createPaths, expand } from '../reading/expansion.ts'
import { type ResourceContext, visibleTo } from '../context.ts'
import type { ResolvedRelation } from '../table/relation.ts'
import type { Statements } from '../database/statements.ts'
import type { Writer } from './writer.ts'

type Row = Record<string, unknown>
type Handler = (context: ResourceContext) => Promise<unknown>

/** Writes that give rows back with what is always shown with them, read in their transaction; an import gives none back. */
export function showing(writer: Writer, relations: readonly ResolvedRelation[], statements: Statements): Writer {
  const always = relations.filter((relation) => relation.always)
  if (always.length === 0) return writer
  const paths = createPaths(always)({})
  const shown =
    (write: Handler, rowsOf: (made: unknown) => readonly Row[]): Handler =>
    async (context) => {
      const made = await write(context)
      const { tx, access } = context
      await expand(rowsOf(made), always, paths, { database: tx, statements, visible: visibleTo(access) })
      return made
    }
  const { create, replace, update, createMany, updateMany } = writer
  return {
    ...writer,
    create: shown(create, rowOf),
    replace: shown(replace, rowOf),
    update: shown(update, rowOf),
    createMany: shown(createMany, itemsOf),
    updateMany: shown(updateMany, itemsOf),
  }
}

/** The row of a reply, which may be stated for its `ETag`. */
function rowOf(made: unknown): readonly Row[] {
  return [(made instanceof StatedReply ? made.body : made) as Row]
}

function itemsOf(made: unknown): readonly Row[] {
  return (made as { readonly items: readonly Row[] }).items
}
