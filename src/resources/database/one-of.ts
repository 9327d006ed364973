import { type Column, type SQL, sql } from 'drizzle-orm'
import type { Dialect } from '../table/table.ts'

/** Dates are equal by what they say. */
export function keyText(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : value
}

/** True in the database for rows whose column has one of some values: one placeholder, however many there are. */
export function isOneOf(column: Column, values: readonly unknown[], dialect: Dialect): SQL {
  return belongs(column, sql.param(listOf(column, values, dialect)), dialect)
}

/** The same, for a list that `listOf` made or a placeholder of one. */
export function belongs(column: Column, list: unknown, dialect: Dialect): SQL {
  return dialect === 'postgres'
    ? sql`${column} = any(${list})`
    : sql`${column} in (select value from json_each(${list}))`
}

/** Values as the database's driver takes a list of them. */
export function listOf(column: Column, values: readonly unknown[], dialect: Dialect): unknown {
  const drivers = values.map((value) => column.mapToDriverValue(value))
  return dialect === 'postgres' ? drivers : JSON.stringify(drivers)
}
