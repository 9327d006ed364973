/**
 * `npm run kills`: kills a process at each step of a request with a key, wherever its record is kept, and sends the
 * request again to another. `npm run kills -- --crowd` has 200 equal requests come at once to four processes instead.
 *
 *     npm run kills -- --kills 104 --only transactions
 *     npm run kills -- --crowd --rounds 50
 */
import { parseArgs } from 'node:util'
import { crowd } from './crowd.ts'
import { type Killed, killAtEachStep } from './killing.ts'
import { PLACES, type Place, openPlace } from './place.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '104' },
    rounds: { type: 'string', default: '50' },
    only: { type: 'string', default: '' },
    crowd: { type: 'boolean', default: false },
  },
})

let failed = false
for (const name of PLACES.filter((name) => name.includes(values.only))) {
  const place = await openPlace(name)
  const { line, faults } = values.crowd ? await crowded(place) : await killed(place)
  await place.remove()
  if (faults.length > 0) failed = true
  process.stdout.write(`${[`${faults.length === 0 ? '✓' : '✗'} ${name}: ${line}`, ...faults].join('\n  ')}\n`)
}
process.exit(failed ? 1 : 0)

interface Told {
  readonly line: string
  readonly faults: readonly string[]
}

async function crowded(place: Place): Promise<Told> {
  const { rounds, replies, faults, longest } = await crowd(place, Number(values.rounds))
  const kinds = Object.entries(replies).map(([kind, times]) => `${times} × ${kind}`)
  return { line: `${rounds} rounds of 200, ${kinds.join(', ')}; the longest ${Math.round(longest)} ms`, faults }
}

async function killed(place: Place): Promise<Told> {
  const all: Killed[] = []
  await killAtEachStep(place, Number(values.kills), (one) => all.push(one))
  const count = (of: (killed: Killed) => boolean): number => all.filter(of).length
  const parts = [
    `${all.length} kills`,
    `${count(({ effects }) => effects > 1)} with two effects`,
    `${count(({ last }) => last.isReplay)} replayed`,
    `${count(({ last }) => last.status === 201 && !last.isReplay)} done when sent again`,
    `${count(({ last }) => last.text.includes('idempotency_unknown'))} idempotency_unknown`,
    `settled after ${Math.round(Math.max(...all.map(({ settled }) => settled)))} ms at most`,
  ]
  return {
    line: parts.join(', '),
    faults: all.flatMap(({ step, faults }) => faults.map((fault) => `${step}: ${fault}`)),
  }
}
