/**
 * `npm run soak`: a bit of everything for minutes, broken uploads and downloads among it; what the server holds must not
 * grow.
 *
 *     npm run soak -- --minutes 10 --engine node
 */
import { parseArgs } from 'node:util'
import { describeMachine, toLine } from '../../bench/machine.ts'
import { isFlat } from './slope.ts'
import { type Measure, type Sample, WARM_UP, soak } from './soak-run.ts'

const MB = 1_000_000

/** Growth in an hour that is none. The figure for all of the process is shown, and proves nothing. */
const LIMITS: Readonly<Partial<Record<Measure, number>>> = { heap: MB, external: MB, files: 1, active: 1 }

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    every: { type: 'string', default: '8' },
    engine: { type: 'string', default: 'trestle' },
  },
})
const seconds = Number(values.minutes) * 60

process.stdout.write(`${toLine(describeMachine())}\n`)
const { samples, slopes, talks, failures, resources } = await soak({
  seconds,
  every: Number(values.every),
  engine: values.engine as 'trestle' | 'node',
  progress: (sample, so) =>
    process.stdout.write(`${lineOf(sample)}, ${so.talks} talks, ${so.failures.length} failed\n`),
})
const kinds = Object.entries(resources).map(([name, count]) => `${count} ${name}`)
process.stdout.write(`${talks} talks, ${failures.length} failed; active at the end: ${kinds.join(', ')}\n`)
for (const failure of [...new Set(failures)].slice(0, 20)) process.stdout.write(`✗ ${failure}\n`)
const used = samples.filter(({ at }) => at >= seconds * WARM_UP).length
process.stdout.write(`in an hour, by a line through the last ${used} of ${samples.length} looks:\n`)
let failed = failures.length > 0
for (const [measure, slope] of Object.entries(slopes) as [Measure, (typeof slopes)[Measure]][]) {
  const limit = LIMITS[measure]
  const flat = limit === undefined || isFlat(slope, limit)
  if (!flat) failed = true
  const unit = measure === 'files' || measure === 'active' ? 1 : MB
  const text = `${sign(slope.slope / unit)} ± ${(slope.error / unit).toFixed(2)}${unit === MB ? ' MB' : ''}`
  process.stdout.write(`${limit === undefined ? ' ' : flat ? '✓' : '✗'} ${measure.padEnd(8)} ${text}\n`)
}
process.exit(failed ? 1 : 0)

function lineOf({ at, heap, external, rss, files, active }: Sample): string {
  const [h, e, r] = [heap, external, rss].map((bytes) => (bytes / MB).toFixed(2))
  return `${at.toFixed(0).padStart(5)} s: heap ${h} MB, external ${e} MB, rss ${r} MB, ${files} files, ${active} active`
}

function sign(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`
}
