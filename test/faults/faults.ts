/**
 * `npm run faults`: does to Redis and Postgres what happens to servers and networks, under requests that need them.
 *
 *     npm run faults -- --store redis --only frozen --seconds 6
 */
import { parseArgs } from 'node:util'
import { describeMachine, toLine } from '../../bench/machine.ts'
import { ENDS, type OrdersOutcome, ordersUnderRestart } from './orders.ts'
import { FAULTS, type FaultOutcome, type KindOutcome, STORES, underFault } from './run.ts'

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '6' },
  },
})

/**
 * Milliseconds in which a backend has to answer (docs/backends.md), and those that may come on top, besides what requests
 * without a policy took longer: a busy machine keeps all waiting.
 */
const ANSWER_TIME = 500
const SLACK = 100
/** Milliseconds after a fault in which all must be well. */
const RECOVERY = 5000

process.stdout.write(`${toLine(describeMachine())}\n`)
let failed = false
for (const store of Object.keys(STORES) as (keyof typeof STORES)[]) {
  if (!store.includes(values.store)) continue
  for (const fault of FAULTS) {
    if (!fault.name.includes(values.only)) continue
    const outcome = await underFault(fault, { store, before: 3, during: Number(values.seconds), after: 9, rate: 50 })
    print(`${store} ${fault.name}`, outcome, fault.end !== undefined)
  }
}
for (const { name, end } of ENDS) {
  if (!'postgres'.includes(values.store) || !`orders ${name}`.includes(values.only)) continue
  printOrders(name, await ordersUnderRestart(end, { before: 3, away: 2, after: 8, callers: 20, pause: 20 }))
}
process.exit(failed ? 1 : 0)

function printOrders(name: string, outcome: OrdersOutcome): void {
  const { statuses, acknowledged, lost, twice, forgotten, recovery, longest, faults } = outcome
  const all = [...faults]
  if (lost > 0) all.push('acknowledged orders were lost')
  if (twice > 0) all.push('orders were kept twice')
  if (recovery > RECOVERY) all.push(`not well ${RECOVERY} ms after it was there again`)
  if (statuses[503] === undefined) all.push('the fault was none')
  if (all.length > 0) failed = true
  const counts = (of: typeof statuses): string =>
    Object.entries(of)
      .map(([status, count]) => `${count} × ${status}`)
      .join(', ') || 'none'
  const lines = [
    `${all.length === 0 ? '✓' : '✗'} postgres with orders, ${name}`,
    `  ${counts(statuses)}; ${acknowledged} acknowledged, ${lost} of them lost, ${twice} kept twice; sent again, otherwise than with 201: ${counts(forgotten)}`,
    `  the last 503 ${(recovery / 1000).toFixed(2)} s after it was there again; the longest reply ${Math.round(longest)} ms`,
    ...[...new Set(all)].slice(0, 10).map((fault) => `  ✗ ${fault}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function print(title: string, { kinds, told, faults }: FaultOutcome, lasts: boolean): void {
  const busy = kinds.find(({ kind }) => kind.whenAway === undefined)?.max ?? 0
  const all = [...faults, ...kinds.flatMap((outcome) => faultsOf(outcome, Math.max(0, busy), lasts))]
  if (all.length > 0) failed = true
  const lines = [
    `${all.length === 0 ? '✓' : '✗'} ${title}`,
    ...kinds.map(({ kind, statuses, usual, p50, p99, max, recovery, without }) => {
      const counts = Object.entries(statuses).map(([status, count]) => `${count} × ${status}`)
      const added = `+${p50.toFixed(1)}, p99 +${p99.toFixed(1)}, max +${max.toFixed(1)}`
      const end =
        kind.whenAway === undefined
          ? ''
          : `; ${without} without the store, the last ${(recovery / 1000).toFixed(2)} s after its end`
      return `  ${kind.name.padEnd(18)} ${counts.join(', ')}; p50 ${usual.toFixed(1)} ${added} ms${end}`
    }),
    `  reported: ${told.length === 0 ? 'nothing' : [...new Set(told)].join('; ')}`,
    ...[...new Set(all)].slice(0, 10).map((fault) => `  ✗ ${fault}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** What a policy is held to. */
function faultsOf(outcome: KindOutcome, busy: number, lasts: boolean): string[] {
  const { kind, p99, recovery, without, faults } = outcome
  const most = kind.asks * ANSWER_TIME + SLACK + busy
  const found = faults.map((fault) => `${kind.name}: ${fault}`)
  if (p99 > most) found.push(`${kind.name}: p99 is more than ${Math.round(most)} ms longer`)
  if (recovery > RECOVERY) found.push(`${kind.name}: not well ${RECOVERY} ms after the fault`)
  if (lasts && (kind.whenAway === 'closed' || kind.name === 'rateLimit open') && without === 0) {
    found.push(`${kind.name}: the fault was none`)
  }
  return found
}
