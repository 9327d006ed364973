/**
 * `npm run overload`: asks a server for twice what it can do, and says what became of the requests.
 *
 *     npm run overload -- --seconds 20 --times 2 --engine node --off
 */
import { parseArgs } from 'node:util'
import { describeMachine, toLine } from '../../bench/machine.ts'
import { CASES, type Outcome, type Spread, overload } from './run.ts'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'trestle' },
    seconds: { type: 'string', default: '20' },
    times: { type: 'string', default: '2' },
    case: { type: 'string' },
    /** The same without admission, to compare. */
    off: { type: 'boolean', default: false },
  },
})

process.stdout.write(`${toLine(describeMachine())}\n`)
let failed = false
for (const one of CASES) {
  if (values.case !== undefined && !one.name.includes(values.case)) continue
  const outcome = await overload(one, {
    engine: values.engine as 'trestle' | 'node',
    overload: values.off ? false : {},
    peakFor: 5,
    beforeFor: 3,
    overloadFor: Number(values.seconds),
    afterFor: 6,
    times: Number(values.times),
  })
  print(outcome)
  if (!isGood(outcome)) failed = true
}
process.exit(failed && !values.off ? 1 : 0)

/** What the server is held to. */
function isGood({ peak, goodput, refusals, silent, normalAfter, failures }: Outcome): boolean {
  return goodput >= 0.8 * peak && refusals.p99 <= 50 && silent === 0 && normalAfter <= 5000 && failures === 0
}

function print(outcome: Outcome): void {
  const { name, peak, offered, goodput, refused, silent, normalAfter, failures, late, told } = outcome
  const percent = Math.round((goodput / peak) * 100)
  const lines = [
    `${isGood(outcome) ? '✓' : '✗'} ${name}`,
    `  peak ${Math.round(peak)}/s; of ${Math.round(offered)}/s, 200: ${Math.round(goodput)}/s (${percent} % of the peak), 503: ${Math.round(refused)}/s, failed: ${failures}`,
    `  200      ${text(outcome.ok)}`,
    `  503      ${text(outcome.refusals)}, without Retry-After: ${silent}`,
    `  /healthz ${text(outcome.health)}`,
    `  at half the peak: before ${text(outcome.before)}; after ${text(outcome.after)}; the last odd one after ${Math.round(normalAfter)} ms`,
    `  the caller sent up to ${late.toFixed(0)} ms late; reported: ${told.join('; ')}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function text({ count, p50, p99, max }: Spread): string {
  return `${count}: p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, max ${max.toFixed(1)} ms`
}
