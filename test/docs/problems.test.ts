import * as trestle from 'trestle'
import { expect, test } from 'vitest'
import { readPages } from './page.ts'

interface Row {
  readonly name: string
  readonly code: string
  readonly status: number
  readonly title: string
}

const page = readPages().find(({ name }) => name === 'docs/errors.md')?.text ?? ''
const rows: Row[] = [...page.matchAll(/^\| (?:`(\w+)`|–) \| `(\w+)` \| (\d{3}) \| ([^|]+) \|/gm)].map(
  ([, name = '', code = '', status, title = '']) => ({ name, code, status: Number(status), title: title.trim() }),
)

test('the table of built-in problems is what the package exports', () => {
  const exported = Object.entries(trestle).flatMap(([name, value]) => {
    const problem = value as Partial<trestle.ProblemType>
    return problem.is === 'problem' ? [{ name, code: problem.code, status: problem.status, title: problem.title }] : []
  })
  expect(rows.filter(({ name }) => name !== '').toSorted(byName)).toEqual(exported.toSorted(byName))
  expect(rows.length).toBeGreaterThan(15)
})

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1
}
