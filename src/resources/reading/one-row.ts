import { type Column, and, sql } from 'drizzle-orm'
import type { ListQuery, Reading } from './list.ts'
import type { AnyModel } from '../table/model.ts'
import type { Selection } from './selection.ts'
import { type Statements, fixed } from '../database/statements.ts'

type Row = Record<string, unknown>

/** A row, and the version of its state where there is one. */
export interface OneRow {
  readonly row: Row
  readonly state: number | undefined
}

/** Reads the row of a key, values by name; undefined where there is none for the caller. */
export type RowOfKey = (key: Row, query: ListQuery, reading: Reading) => Promise<OneRow | undefined>

export function createRowOfKey(model: AnyModel, selection: Selection, statements: Statements): RowOfKey {
  const { key: keyNames, columns } = model.facts
  const { version } = model.options
  // The row's state is told by its `ETag`, whichever fields are asked for.
  const beside = version === undefined ? [] : [version]
  const placeOf = (name: string): string => `p_${name}`
  const isKey = (name: string) => {
    const column = columns[name] as Column
    return sql`${column} = ${sql.param(sql.placeholder(placeOf(name)), column)}`
  }
  return async (key, query, reading) => {
    const { database } = reading
    const own = reading.visible(model)
    const part = own && fixed(own, database, 'v')
    const names = selection.names(query, beside)
    const build = () =>
      database
        .select(Object.fromEntries(names.map((name) => [name, columns[name]])) as never)
        .from(model.table as never)
        .where(and(...keyNames.map(isKey), part?.build()))
    const values: Row = { ...part?.values }
    for (const name of keyNames) values[placeOf(name)] = key[name]
    const shape = ['read', names.join(), part?.shape ?? ''].join('\n')
    const [row] = await statements.run<Row>(database, shape, build as never, values)
    if (row === undefined) return undefined
    const state = version === undefined ? undefined : (row[version] as number)
    await selection.complete([row], names, query, reading)
    return { row, state }
  }
}
