import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { openOrders } from './lists/database.ts'
import { describeMachine, toLine } from './machine.ts'
import { median } from './median.ts'
import { readOptions, toCount } from './options.ts'
import { startServer } from './server-process.ts'

const USAGE = `All orders of a Postgres, exported by a resource of Trestle, and by COPY … TO STDOUT through psql. Options:
  --rows 1000000   orders in the table
  --rounds 3       rounds; each has all forms
  --source         run Trestle from src, not from dist`

const values = readOptions(USAGE, {
  rows: { type: 'string' },
  rounds: { type: 'string' },
})
const rows = toCount('--rows', values.rows ?? '1000000')
const rounds = toCount('--rounds', values.rounds ?? '3')

const FORMS = { CSV: 'text/csv', NDJSON: 'application/x-ndjson', JSON: 'application/json' } as const
const COPY = 'copy (select * from orders order by id) to stdout (format csv, header)'

console.log(toLine(describeMachine()))
const database = await openOrders(rows)
console.log(`${rows} orders`)
const file = new URL('./lists/trestle.ts', import.meta.url)
const server = await startServer(file, { args: [database.url], source: values.source })
try {
  const times = new Map<string, number[]>()
  const before = memory(server.pid)
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, memory(server.pid))
  }, 20)
  for (let round = 0; round < rounds; round++) {
    note(times, 'psql', await psql())
    for (const [name, accept] of Object.entries(FORMS)) note(times, name, await download(accept))
  }
  clearInterval(watch)
  const base = median(times.get('psql') as number[])
  for (const [name, all] of times) {
    console.log(`${name.padEnd(8)} ${(median(all) / 1000).toFixed(2)} s   ${(median(all) / base).toFixed(2)} × psql`)
  }
  console.log(`memory of the server: ${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at the most`)
} finally {
  await server.stop()
  await database.remove()
}

function note(times: Map<string, number[]>, name: string, time: number): void {
  times.set(name, [...(times.get(name) ?? []), time])
}

/** Resident megabytes of a process, as Linux tells them. */
function memory(pid: number): number {
  const kilobytes = /VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}

async function psql(): Promise<number> {
  const began = performance.now()
  const child = spawn('psql', [database.url, '-c', COPY], { stdio: ['ignore', 'pipe', 'inherit'] })
  await counted(child.stdout)
  if (child.exitCode === null) await once(child, 'exit')
  if (child.exitCode !== 0) throw new Error(`psql ended with ${child.exitCode}`)
  return performance.now() - began
}

async function download(accept: string): Promise<number> {
  const began = performance.now()
  const reply = await fetch(`http://127.0.0.1:${server.port}/orders/export`, { headers: { accept } })
  if (reply.status !== 200 || reply.body === null) throw new Error(`${accept}: ${reply.status}`)
  const lines = await counted(reply.body)
  const expected = accept === FORMS.CSV ? rows + 1 : rows
  if (lines !== expected) throw new Error(`${accept}: ${lines} lines, not ${expected}`)
  return performance.now() - began
}

/** Reads a body to its end, and counts its lines. */
async function counted(body: AsyncIterable<Uint8Array>): Promise<number> {
  let lines = 0
  for await (const piece of body) for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) lines++
  return lines
}
