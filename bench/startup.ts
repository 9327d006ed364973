import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Connection } from './connection.ts'
import { describeMachine, toLine } from './machine.ts'
import { median, spread } from './median.ts'
import { readOptions, refuse, toCount } from './options.ts'
import { toTable } from './table.ts'

const USAGE = `Time from process start to the first 200 of the hello API, against bare node:http. Options:
  --rounds 21       rounds; each starts every program once
  --quick           seven rounds
  --source          run Trestle from src, not from dist
  --json out.json   write every time and the machine's facts to a file`

/** Pairs of programs that do the same: TypeScript, whose types Node strips at start, and JavaScript. */
const FORMS = ['ts', 'js'] as const
const SERVERS = ['bare', 'trestle'] as const
const REQUEST = Buffer.from('GET /hello/ada HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')

type Program = `${(typeof SERVERS)[number]}.${(typeof FORMS)[number]}`

/** Milliseconds from the call of spawn to the whole reply. */
async function firstReply(program: Program, source: boolean): Promise<number> {
  const file = fileURLToPath(new URL(`./startup/${program}`, import.meta.url))
  const flags = source ? ['--conditions=trestle-source'] : []
  const began = performance.now()
  const child = spawn(process.execPath, [...flags, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const limit = setTimeout(() => child.kill('SIGKILL'), 20_000)
  try {
    const lines = createInterface({ input: child.stdout })
    const told = await Promise.race([once(lines, 'line'), ended])
    const port = Number(told[0])
    if (child.exitCode !== null || !Number.isInteger(port)) throw new Error(`${program} ended before it listened`)
    const connection = await Connection.open(port)
    const status = await new Promise<number>((resolve, reject) => {
      connection.onReply = resolve
      connection.onFailure = reject
      connection.send(REQUEST)
    })
    const elapsed = performance.now() - began
    connection.close()
    if (status !== 200) throw new Error(`${program} answered ${status}`)
    return elapsed
  } finally {
    clearTimeout(limit)
    child.kill('SIGKILL')
    await ended
  }
}

const values = readOptions(USAGE, {
  rounds: { type: 'string' },
  quick: { type: 'boolean', default: false },
  json: { type: 'string' },
})
const rounds = toCount('--rounds', values.rounds ?? (values.quick ? '7' : '21'))
if (!values.source && !existsSync(new URL('../dist/node.js', import.meta.url))) {
  refuse('Trestle is not built: npm run build, or give --source')
}

const machine = describeMachine()
console.log(toLine(machine))
const programs = FORMS.flatMap((form) => SERVERS.map((server): Program => `${server}.${form}`))
const times = new Map<Program, number[]>(programs.map((program) => [program, []]))
// Once without the clock: from then on, files come from the page cache for all.
for (const program of programs) await firstReply(program, values.source)
for (let round = 0; round < rounds; round++) {
  const order = round % 2 === 0 ? programs : programs.toReversed()
  for (const program of order) times.get(program)?.push(await firstReply(program, values.source))
}

const results = FORMS.map((form) => {
  const [bare, trestle] = [times.get(`bare.${form}`) ?? [], times.get(`trestle.${form}`) ?? []]
  return { form, bare, trestle, ratio: median(trestle.map((time, round) => time / (bare[round] as number))) }
})
const rows = results.flatMap(({ form, bare, trestle, ratio }) => [
  [`node:http, .${form}`, median(bare).toFixed(1), '1.00', `±${Math.round(spread(bare) * 100)}%`],
  [`trestle, .${form}`, median(trestle).toFixed(1), ratio.toFixed(2), `±${Math.round(spread(trestle) * 100)}%`],
])
console.log(`\n${toTable(['hello API', 'ms to first 200', '× node:http', 'spread'], rows)}`)
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ machine, rounds, results }, undefined, 2)}\n`)
