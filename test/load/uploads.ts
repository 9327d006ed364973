/**
 * `npm run uploads`: sends a file of 2 GB as a multipart form, as fast as it is taken, and watches the memory of the server.
 *
 *     npm run uploads -- --megabytes 2000 --callers 1 --engine node --path /forms/kept
 */
import { parseArgs } from 'node:util'
import { describeMachine, toLine } from '../../bench/machine.ts'
import { uploads } from './uploads-run.ts'

const MB = 1_000_000
/** What the server may grow by, however long the file is. */
const GROWTH = 50 * MB

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '2000' },
    callers: { type: 'string', default: '1' },
    engine: { type: 'string', default: 'trestle' },
    path: { type: 'string', default: '/forms' },
  },
})

process.stdout.write(`${toLine(describeMachine())}\n`)
const bytes = Number(values.megabytes) * MB
const callers = Number(values.callers)
const engine = values.engine as 'trestle' | 'node'
const outcome = await uploads({ bytes, callers, engine, path: values.path })
const { replies, seconds, before, growth, left, files } = outcome
const text = (octets: number): string => `${(octets / MB).toFixed(1)} MB`
const speed = ((bytes * callers) / MB / seconds).toFixed(0)
process.stdout.write(
  `${callers} × ${values.megabytes} MB to ${values.path} in ${seconds.toFixed(1)} s, ${speed} MB/s\n` +
    `  answered: ${[...new Set(replies)].join(', ')}\n` +
    `  memory: ${text(before)} before, ${text(growth)} more at most, ${text(left)} more after; ${files} files open\n`,
)
if (growth >= GROWTH || replies.some((reply) => reply !== `200 {"size":${bytes}}`)) {
  process.stdout.write(`✗ it is to be taken whole, and to cost less than ${text(GROWTH)}\n`)
  process.exitCode = 1
}
