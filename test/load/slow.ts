/**
 * `npm run slow`: a thousand callers who send or read as slowly as they can, beside sixteen good ones.
 *
 *     npm run slow -- --count 1000 --timeout 2000 --only body --engine node --off
 */
import { parseArgs } from 'node:util'
import { describeMachine, toLine } from '../../bench/machine.ts'
import { SLOW_BODY, SLOW_READER, SLOWLORIS, STALLED_READERS } from './bad-caller.ts'
import { type SlowOutcome, slow } from './slow-run.ts'

const MB = 1_000_000

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    stalled: { type: 'string', default: '200' },
    timeout: { type: 'string', default: '2000' },
    only: { type: 'string', default: '' },
    engine: { type: 'string', default: 'trestle' },
    /** Without admission: what the engine does by itself. */
    off: { type: 'boolean', default: false },
  },
})

const timeout = Number(values.timeout)
const limits = { headerTimeout: timeout, bodyTimeout: timeout, sendTimeout: timeout }
const engine = values.engine as 'trestle' | 'node'

process.stdout.write(`${toLine(describeMachine())}\n`)
let failed = false
for (const badness of [SLOWLORIS, SLOW_BODY, SLOW_READER, ...STALLED_READERS]) {
  if (!badness.name.includes(values.only)) continue
  const count = Number(STALLED_READERS.includes(badness) ? values.stalled : values.count)
  const outcome = await slow(badness, { count, limits, engine, ...(values.off ? { overload: false } : {}) })
  print(outcome)
  if (faultsOf(outcome).length > 0) failed = true
}
process.exit(failed ? 1 : 0)

/** What the server is held to. */
function faultsOf({ name, timeout, held, good, growth, owned }: SlowOutcome): string[] {
  // What a long stream went through is garbage by then: how soon the allocator gives that back is its own affair.
  const isStalled = STALLED_READERS.some((one) => one.name === name)
  const faults: string[] = []
  if (good.failures.length > 0)
    faults.push(`requests of good callers failed: ${[...new Set(good.failures)].join(', ')}`)
  if (good.p99 >= 100) faults.push('p99 of good callers is not under 100 ms')
  if (held.left > 0) faults.push(`${held.left} bad connections were never closed`)
  if (held.longest > timeout + 1000) faults.push('a bad connection was held for more than its timeout and 1 s')
  if ((isStalled ? owned : growth) >= 64 * MB) faults.push('the server grew by 64 MB or more')
  if (growth >= 128 * MB) faults.push('the resident set of the server grew by 128 MB or more')
  return faults
}

function print(outcome: SlowOutcome): void {
  const { name, count, timeout, held, good, before, growth, worst, owned, left } = outcome
  const faults = faultsOf(outcome)
  const told = Object.entries(held.told).map(([line, times]) => `${times} × ${line}`)
  const lines = [
    `${faults.length === 0 ? '✓' : '✗'} ${count} × ${name}`,
    `  good callers: ${text(good)}; ${good.failures.length} failed; without bad ones ${text(before)}`,
    `  held for ${Math.round(held.longest)} ms at most, the timeout is ${timeout} ms; never closed: ${held.left}`,
    ...(told.length > 0 ? [`  told: ${told.join(', ')}`] : []),
    `  memory of the server: ${mb(growth)} with all of them there (${mb(owned)} in objects), ${mb(worst)} at the worst moment, ${mb(left)} afterwards`,
    ...faults.map((fault) => `  ✗ ${fault}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function text({ requests, p50, p99, max }: SlowOutcome['good']): string {
  return `${requests} requests, p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, max ${max.toFixed(1)} ms`
}

function mb(bytes: number): string {
  return `${bytes < 0 ? '−' : '+'}${Math.abs(bytes / MB).toFixed(1)} MB`
}
