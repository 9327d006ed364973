import { expect, test } from 'vitest'
import { report } from './finding.ts'
import { run } from './run.ts'
import { targets } from './target.ts'

/** The short form of `npm run fuzz`. */
test.concurrent.each([
  ['shop', 1, 2000],
  ['fixture', 2, 1500],
  ['conduit', 3, 500],
] as const)(
  '%s, seed %i, %i requests: no 5xx, no crash, no hang, each reply as described',
  async (name, seed, requests) => {
    const target = targets[name]
    if (target === undefined) throw new Error(`there is no target "${name}"`)
    const { sent, findings, trouble, tally } = await run(target, { seed, requests, concurrency: 8 })
    expect(findings.map((finding) => report(finding, seed))).toEqual([])
    expect(trouble).toEqual([])
    expect(sent).toBe(requests)
    // A run that is refused everywhere, or that reaches nothing, would find nothing either.
    const { declared, missed } = tally.coverage()
    expect(missed.length / declared, `not reached: ${missed.join(', ')}`).toBeLessThan(0.4)
  },
  60_000,
)
