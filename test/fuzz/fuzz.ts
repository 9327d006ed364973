/**
 * `npm run fuzz`: 100,000 generated requests, valid and mutated, against an example in a process of its
 * own. No 5xx, no crash, no hang, and every reply as its OpenAPI document says.
 *
 *     npm run fuzz -- --target shop --requests 100000 --seed 7 --concurrency 16 --minutes 9
 */
import { parseArgs } from 'node:util'
import { report } from './finding.ts'
import { type Outcome, run } from './run.ts'
import { targets } from './target.ts'

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: 'shop' },
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    concurrency: { type: 'string', default: '16' },
    minutes: { type: 'string', default: '9' },
  },
})
const seed = Number(values.seed)
const chosen = values.target === 'all' ? Object.values(targets) : [targets[values.target]]
let failed = false
for (const target of chosen) {
  if (target === undefined) {
    process.stderr.write(`there is no target "${values.target}"; there is ${Object.keys(targets).join(', ')}, all\n`)
    process.exit(2)
  }
  process.stdout.write(`${target.name}, seed ${seed}\n`)
  const outcome = await run(target, {
    seed,
    requests: Number(values.requests),
    concurrency: Number(values.concurrency),
    deadline: Number(values.minutes) * 60_000,
    progress: (sent, findings) => process.stdout.write(`  ${sent} sent, ${findings} findings\n`),
  })
  print(outcome)
  failed ||= outcome.findings.length > 0 || outcome.trouble.length > 0 || outcome.sent < Number(values.requests)
}
process.exit(failed ? 1 : 0)

function print({ sent, seconds, slowest, findings, trouble, tally }: Outcome): void {
  const { declared, missed } = tally.coverage()
  const lines = [
    `${sent} requests in ${seconds.toFixed(1)} s, ${Math.round(sent / seconds)}/s, the slowest reply ${Math.round(slowest)} ms`,
    ...tally.lines(),
    'well-formed requests were refused for',
    ...tally.refusals(),
    `${declared - missed.length} of ${declared} declared statuses below 500 reached${missed.length === 0 ? '' : `; not ${missed.join(', ')}`}`,
    ...findings.map((finding) => report(finding, seed)),
    ...trouble.map((one) => `✗ ${one}`),
    findings.length + trouble.length === 0 ? '✓ nothing found' : `${findings.length + trouble.length} found`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
