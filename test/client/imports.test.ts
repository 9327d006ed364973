import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { importsOf } from '../../scripts/imports.ts'

test('the client loads no package and nothing of a runtime', () => {
  const seen = new Set([join(import.meta.dirname, '../../src/client.ts')])
  const beyond: string[] = []
  // A set is walked in the order of insertion, also over what is inserted meanwhile.
  for (const file of seen) {
    for (const { from } of importsOf(file, readFileSync(file, 'utf8'))) {
      if (from.startsWith('.')) seen.add(join(file, '..', from))
      else beyond.push(`${file}: ${from}`)
    }
  }
  expect(beyond).toEqual([])
  expect(seen.size).toBeGreaterThan(10)
})
