import { expect, test } from 'vitest'
import { FAULTS, plantedReader } from './planted.ts'
import { run } from './run.ts'

test.each(FAULTS)('a reader is found out: %s', async (fault) => {
  const { findings, cases } = await run({ seed: 7, cases: 100_000, most: 1, reader: plantedReader(fault) })
  expect(findings, `${cases} cases`).toHaveLength(1)
})

test('the same reader without a fault agrees', async () => {
  const { findings, tally } = await run({ seed: 7, cases: 10_000, reader: plantedReader() })
  expect(findings).toEqual([])
  expect(tally.both).toBeGreaterThan(1000)
})
