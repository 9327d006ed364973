/**
 * `npm run bombs`: sends bodies that decode to 1 GB to every kind of body, in each coding and in one over another. They
 * are refused, and the process grows by less than 20 MB.
 *
 *     npm run bombs -- --megabytes 100
 */
import { parseArgs } from 'node:util'
import { describeMachine, toLine } from '../../bench/machine.ts'
import { makeBombs } from './bomb.ts'
import { sendBombs } from './run.ts'

const { values } = parseArgs({ options: { megabytes: { type: 'string', default: '1024' } } })
const MB = 1_048_576

process.stdout.write(`${toLine(describeMachine())}\n`)
let failed = false
for (const outcome of await sendBombs(await makeBombs(Number(values.megabytes)))) {
  const { coding, size, statuses, growth, took, stall } = outcome
  const isFine = statuses.every((status) => status === 413) && growth < 20 * MB
  if (!isFine) failed = true
  const parts = [
    `${size.toLocaleString('en')} bytes`,
    `${statuses.length} requests: ${[...new Set(statuses)].join(', ')}`,
    `grew by ${(growth / MB).toFixed(1)} MB`,
    `${Math.round(took)} ms`,
    `others waited ${Math.round(stall)} ms at most`,
  ]
  process.stdout.write(`${isFine ? '✓' : '✗'} ${coding}: ${parts.join(', ')}\n`)
}
process.exit(failed ? 1 : 0)
