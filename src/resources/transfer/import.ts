import { z } from 'zod'
import { addFieldErrors } from '../../contract/field-errors.ts'
import { type FieldError, Problem, type ProblemType, problem } from '../../contract/problem.ts'
import type { SchemaIssue } from '../../contract/schema.ts'
import { csvLines, jsonLines } from './import-lines.ts'
import type { AnyModel } from '../table/model.ts'
import type { ResourceContext } from '../context.ts'
import { inSavepoint } from '../database/savepoint.ts'
import type { Writer } from '../writing/writer.ts'

type Row = Record<string, unknown>

/** Rows that are written together, as long as none is refused. */
const CHUNK = 200

/** Rows whose faults are told; of more, how many there are. */
const MOST_TOLD = 100

/** A row that was not created. */
interface RefusedRow {
  readonly row: number
  readonly errors: readonly FieldError[]
}

/** What came of an import. */
export interface ImportReport {
  readonly created: number
  readonly refused: number
  readonly rows: readonly RefusedRow[]
}

const fieldErrors = z.array(z.object({ pointer: z.string(), code: z.string(), message: z.string() }))
const refusedRows = z
  .array(z.object({ row: z.int().describe('Its number, from 1'), errors: fieldErrors }))
  .describe(`Why not, of the first ${MOST_TOLD}`)
const refusedCount = z.int().describe('How many rows were not')

export const ImportReportSchema: z.ZodType<ImportReport> = z
  .object({ created: z.int().describe('How many rows were created'), refused: refusedCount, rows: refusedRows })
  .meta({ id: 'ImportReport' })

/** All rows were wanted or none, and some were refused: there are none. */
export const ImportRefused: ProblemType<'import_refused', Omit<ImportReport, 'created'>> = problem('import_refused', {
  status: 422,
  title: 'Some rows are not valid: none was created',
  extra: z.object({ refused: refusedCount, rows: refusedRows }) as z.ZodType<Omit<ImportReport, 'created'>>,
})

/**
 * Creates a row for each line of a body, in the transaction of the request. Those that are refused are told, and do not keep
 * the others out, unless all or none are wanted.
 *
 * @param mediaType of the body: `text/csv`, or else NDJSON.
 */
export async function importRows(
  model: AnyModel,
  writer: Writer,
  body: ReadableStream<Uint8Array>,
  mediaType: string,
  isAtomic: boolean,
  context: ResourceContext,
): Promise<ImportReport> {
  const found = { created: 0, refused: 0, rows: [] as RefusedRow[] }
  const refuse = (row: number, errors: readonly FieldError[]): void => {
    found.refused++
    if (found.rows.length < MOST_TOLD) found.rows.push({ row, errors })
  }
  let chunk: { readonly row: number; readonly values: Row }[] = []
  const write = async (items: typeof chunk, together: boolean): Promise<void> => {
    const wheres = items.map(({ row }) => `/rows/${row}`)
    try {
      await inSavepoint(context.tx, model.facts.dialect, (tx) =>
        // Copies: a hook may change what it is given, and is called again where one of several rows is refused.
        writer.insert(
          items.map(({ values }) => ({ ...values })),
          { ...context, tx },
          wheres,
          together,
        ),
      )
      found.created += items.length
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (items.length > 1) {
        for (const item of items) await write([item], false)
        return
      }
      const [item] = items as [(typeof chunk)[number]]
      const errors = error.errors ?? [{ pointer: wheres[0] as string, code: error.code, message: error.message }]
      refuse(
        item.row,
        errors.map((one) => ({ ...one, pointer: one.pointer.slice((wheres[0] as string).length) })),
      )
    }
  }
  const flush = async (): Promise<void> => {
    const items = chunk
    chunk = []
    if (items.length > 0) await write(items, true)
  }
  const lines = mediaType === 'text/csv' ? csvLines(body, model) : jsonLines(body)
  for await (const { row, values } of lines) {
    if (values === undefined) {
      refuse(row, [{ pointer: '', code: 'malformed', message: 'This line is no JSON' }])
      continue
    }
    const result = model.create.safeParse(values)
    if (result.success) chunk.push({ row, values: result.data as Row })
    else refuse(row, errorsOf(result.error.issues, values))
    if (chunk.length >= CHUNK) await flush()
  }
  await flush()
  if (isAtomic && found.refused > 0) throw ImportRefused({ refused: found.refused, rows: found.rows })
  return found
}

function errorsOf(issues: readonly z.core.$ZodIssue[], values: unknown): FieldError[] {
  const errors: FieldError[] = []
  addFieldErrors('', issues as readonly SchemaIssue[], values, errors)
  return errors
}
