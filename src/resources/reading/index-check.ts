import { type Policy, policy } from '../../contract/policy.ts'
import type { ListSpec } from './list.ts'
import { sortedBy } from './order.ts'
import type { TableFacts } from '../table/table.ts'

/**
 * Tells, at the start in development, of filters and sorts of a list that no index serves: with many rows, each of those
 * requests reads the whole table.
 */
export function indexCheck(facts: TableFacts, spec: ListSpec, fixed: readonly string[]): Policy {
  return policy('index-check', {}, ({ operation, report }) => {
    const missing = process.env.NODE_ENV === 'production' ? [] : unindexed(facts, spec, fixed)
    if (missing.length > 0) {
      const text = `${operation}: ${missing.join('; ')}`
      // Where it was found says nothing: the mend is in the table.
      report(Object.assign(new Error(text), { stack: text }))
    }
    return {}
  })
}

/**
 * What no index serves, in a few words each.
 *
 * @param fixed columns of which each request says the value: what comes after them in an index is served by it.
 */
export function unindexed(
  { name, indexes }: TableFacts,
  { filter, sort, order, search }: ListSpec,
  fixed: readonly string[],
): string[] {
  const whole = indexes.filter(({ isPartial }) => !isPartial)
  const leads = (column: string): boolean =>
    whole.some(({ columns }) => columns[0] === column || columns.find((one) => !fixed.includes(one)) === column)
  const sorts = [...new Set([...sort, ...order.map(sortedBy)])]
  const missing = { filter: filter.filter((column) => !leads(column)), sort: sorts.filter((column) => !leads(column)) }
  const after = fixed.length === 0 ? '' : ` after ${fixed.join(', ')}`
  const found = Object.entries(missing).flatMap(([what, columns]) =>
    columns.length === 0
      ? []
      : [
          `no index of ${name} begins with ${columns.join(', ')}: add one for each${after}, or take it out of "${what}"`,
        ],
  )
  if (fixed.length > 0 && !whole.some(({ columns: [first] }) => first !== undefined && fixed.includes(first)))
    found.push(`no index of ${name} begins with ${fixed.join(' or ')}: add one for "within"`)
  const hasWords = search?.fts5 !== undefined || indexes.some(({ method }) => method === 'gin' || method === 'gist')
  if (search !== undefined && !hasWords) found.push(`${name} has no index of words: add one, or take out "search"`)
  return found
}
