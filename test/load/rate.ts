/**
 * `npm run rate`: how long replies take at 60 % of what a server can do, beside Fastify.
 *
 *     npm run rate -- --seconds 120 --share 0.6
 */
import { parseArgs } from 'node:util'
import { describeMachine, toLine } from '../../bench/machine.ts'
import { type ServerName, titleOf } from '../../bench/servers.ts'
import { type AtRate, atFixedRate } from './rate-run.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    share: { type: 'string', default: '0.6' },
    slice: { type: 'string', default: '10' },
  },
})

const SERVERS: readonly ServerName[] = ['trestle', 'fastify']

process.stdout.write(`${toLine(describeMachine())}\n`)
const { common, own, failures } = await atFixedRate({
  servers: SERVERS,
  share: Number(values.share),
  seconds: Number(values.seconds),
  slice: Number(values.slice),
  warmUp: 8,
  capacitySeconds: 4,
  progress: (text) => process.stdout.write(`${text}\n`),
})
const percent = Math.round(Number(values.share) * 100)
const results = [
  print(`${percent} % of the smaller capacity`, common),
  print(`${percent} % of each one's own capacity`, own),
]
for (const failure of new Set(failures)) process.stdout.write(`✗ ${failure}\n`)
process.exit(failures.length === 0 && results.every(Boolean) ? 0 : 1)

/** @returns false where the first is slower than another. */
function print(title: string, all: readonly AtRate[]): boolean {
  const [first, ...others] = all as [AtRate, ...AtRate[]]
  const good = others.every((other) => [0.99, 0.999].every((share) => first.took.at(share) <= other.took.at(share)))
  const lines = all.map(({ name, rate, took, late }) => {
    const figures = [0.5, 0.99, 0.999, 1].map((share) => took.at(share).toFixed(2))
    const [p50, p99, p999, max] = figures
    return `  ${titleOf(name).padEnd(16)} ${Math.round(rate)}/s, ${took.count} replies: p50 ${p50}, p99 ${p99}, p99.9 ${p999}, max ${max} ms; sent late: p99.9 ${late.at(0.999).toFixed(2)} ms`
  })
  process.stdout.write(`${good ? '✓' : '✗'} ${title}\n${lines.join('\n')}\n`)
  return good
}
