import type { Column } from 'drizzle-orm'
import { hasDefault, isOptional } from './column.ts'
import { DATABASES, type TableFacts } from './table.ts'

/**
 * Sees to it that two tables of two databases hold the same rows, so that what callers know of one is true of the other.
 *
 * @throws {TypeError} naming the column in which they differ.
 */
export function checkTwin(first: TableFacts, twin: TableFacts): void {
  const where = `model(${first.name}): its twin`
  if (twin.dialect === first.dialect)
    throw new TypeError(`${where} is of ${DATABASES[first.dialect]} as well: give the table of the other database`)
  const missing = Object.keys(first.columns).find((name) => !Object.hasOwn(twin.columns, name))
  if (missing !== undefined) throw new TypeError(`${where} has no column ${missing}`)
  const more = Object.keys(twin.columns).find((name) => !Object.hasOwn(first.columns, name))
  if (more !== undefined) throw new TypeError(`${where} has a column ${more}, which the table has not`)
  if (first.key.join() !== twin.key.join())
    throw new TypeError(`${where} has the primary key ${twin.key.join(', ')}, and the table ${first.key.join(', ')}`)
  for (const [name, column] of Object.entries(first.columns)) {
    const [one, other] = [meaningOf(column), meaningOf(twin.columns[name] as Column)]
    const differing = Object.keys(one).find((aspect) => one[aspect] !== other[aspect])
    if (differing === undefined) continue
    throw new TypeError(
      `${where} has a column ${name} with ${other[differing]}, where the table's is ${one[differing]}`,
    )
  }
}

/** What a column says of its values to those who do not know its database. */
function meaningOf(column: Column): Readonly<Record<string, string>> {
  const [type = '', constraint = ''] = column.dataType.split(' ')
  return {
    // `number int32` and `number int53` are numbers for both; of objects, dates are not JSON.
    type: type === 'object' ? `${constraint} objects` : `${type}s`,
    null: column.notNull || column.primary ? 'never null' : 'null at times',
    default: isOptional(column) && hasDefault(column) ? 'a default' : 'no default',
  }
}
