import { expect, test } from 'vitest'
import { CASES, overload } from './run.ts'

// The short form of `npm run overload`: a machine that does something else as well has other figures, so that the
// bounds here are wide.
test.each([
  ['trestle', 0],
  ['trestle', 1],
  ['node', 0],
] as const)('engine "%s", three times its capacity, case %i', { timeout: 60_000, retry: 1 }, async (engine, index) => {
  const outcome = await overload(CASES[index] as (typeof CASES)[number], {
    engine,
    overload: { delay: 300 },
    peakFor: 1,
    beforeFor: 0.5,
    overloadFor: 3,
    afterFor: 0.5,
    times: 3,
  })
  expect(outcome.failures).toBe(0)
  expect(outcome.silent).toBe(0)
  expect(outcome.goodput).toBeGreaterThan(outcome.peak * 0.2)
  expect(outcome.refusals.count).toBeGreaterThan(100)
  expect(outcome.refusals.p50).toBeLessThan(200)
  expect(outcome.health.count).toBe(60)
  expect(outcome.health.p50).toBeLessThan(200)
  expect(outcome.told[0]).toContain('with 503: more come than can be served')
})
