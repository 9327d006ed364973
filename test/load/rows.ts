/**
 * `npm run rows`: reads a million rows in each form, and says what they cost the server.
 *
 *     npm run rows -- --count 1000000 --type text/csv --source iterable
 */
import { parseArgs } from 'node:util'
import { describeMachine, toLine } from '../../bench/machine.ts'
import { MOST_GROWTH, measureRows } from './rows-run.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    type: { type: 'string', multiple: true, default: ['application/json', 'application/x-ndjson', 'text/csv'] },
    source: { type: 'string', default: 'generator' },
  },
})

process.stdout.write(`${toLine(describeMachine())}\n`)
let isGood = true
for (const type of values.type) {
  const source = values.source === 'iterable' ? 'iterable' : 'generator'
  const { count, bytes, growth, perCpuSecond } = await measureRows({ type, count: Number(values.count), source })
  const good = count === Number(values.count) && growth < MOST_GROWTH
  isGood &&= good
  const [megabytes, grown] = [bytes, growth].map((one) => (one / 1e6).toFixed(1))
  process.stdout.write(
    `${good ? '✓' : '✗'} ${type}: ${count} rows, ${megabytes} MB, ${perCpuSecond} rows per CPU second, memory grew by ${grown} MB\n`,
  )
}
process.exit(isGood ? 0 : 1)
