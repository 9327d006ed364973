/**
 * `npm run fuzz:framing`: generated requests, valid and mutated, read by the engine and by node's own parser, in one
 * piece and cut. What the engine takes, node's parser takes with the same framing.
 *
 *     npm run fuzz:framing -- --cases 5000000 --seed 7 --minutes 60
 */
import { parseArgs } from 'node:util'
import { report } from './finding.ts'
import { run } from './run.ts'

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    minutes: { type: 'string', default: '60' },
  },
})
const seed = Number(values.seed)
const cases = Number(values.cases)
process.stdout.write(`seed ${seed}, node ${process.versions.node}, llhttp ${process.versions.llhttp}\n`)
const outcome = await run({
  seed,
  cases,
  deadline: Number(values.minutes) * 60_000,
  progress: (done, findings) => process.stdout.write(`  ${done} cases, ${findings} findings\n`),
})
const { findings, seconds, tally } = outcome
const lines = [
  `${outcome.cases} cases in ${seconds.toFixed(1)} s, ${Math.round(outcome.cases / seconds)}/s; ` +
    `${tally.octets} octets, ${tally.pieces} pieces`,
  ...tally.lines(),
  ...findings.map((finding) => report(finding, seed)),
  findings.length === 0 ? `✓ no disagreement, seed ${seed}` : `${findings.length} found`,
]
process.stdout.write(`${lines.join('\n')}\n`)
process.exit(findings.length > 0 || outcome.cases < cases ? 1 : 0)
