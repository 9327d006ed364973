import { writeFileSync } from 'node:fs'
import { withLoad } from './load.ts'
import { describeMachine, toLine } from './machine.ts'
import { median, spread } from './median.ts'
import { readOptions, toCount } from './options.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { medianRatio } from './summary.ts'
import { toTable } from './table.ts'
import { measureWindow, type Window } from './window.ts'
import { toBytes } from './workload.ts'

const USAGE = `Server CPU per request of Trestle with 10,000 routes registered, against 10. Options:
  --rounds 7        rounds; each starts both servers anew
  --quick           three rounds
  --source          run Trestle from src, not from dist
  --json out.json   write every window and the machine's facts to a file`

const COUNTS = [10, 10_000] as const
const WARM_UP = 15_000
const REQUESTS = 15_000
/** Windows of each route in a round, taken by turns from one server and the other. */
const TURNS = 3

/** The same requests to both servers. */
const KINDS = { static: '/area3/section0/items', parameter: '/area3/section0/items/42' } as const
type Kind = keyof typeof KINDS

function bytesOf(kind: Kind): Buffer[] {
  return [toBytes({ title: kind, method: 'GET', target: KINDS[kind] })]
}

async function measureRound(
  source: boolean,
  round: number,
  report: (key: string, window: Window) => void,
): Promise<void> {
  const order = round % 2 === 0 ? COUNTS : COUNTS.toReversed()
  const running: { readonly count: number; readonly server: ServerProcess }[] = []
  try {
    for (const count of order) {
      const program = new URL('./servers/many-routes.ts', import.meta.url)
      running.push({ count, server: await startServer(program, { args: [String(count)], source }) })
    }
    for (const { server } of running) {
      await withLoad(server.port, async (load) => {
        for (const kind of kinds) await load.run(bytesOf(kind), 200, WARM_UP)
      })
    }
    for (const kind of kinds) {
      for (let turn = 0; turn < TURNS; turn++) {
        for (const { count, server } of running) {
          const options = { requests: bytesOf(kind), status: 200, count: REQUESTS }
          report(`${kind} ${count}`, await withLoad(server.port, (load) => measureWindow(server, load, options)))
        }
      }
    }
  } finally {
    for (const { server } of running) await server.stop()
  }
}

const values = readOptions(USAGE, {
  rounds: { type: 'string' },
  quick: { type: 'boolean', default: false },
  json: { type: 'string' },
})
const rounds = toCount('--rounds', values.rounds ?? (values.quick ? '3' : '7'))

const kinds = Object.keys(KINDS) as Kind[]
const machine = describeMachine()
console.log(toLine(machine))
const windows = new Map<string, Window[]>()
for (let round = 0; round < rounds; round++) {
  await measureRound(values.source, round, (key, window) => windows.set(key, [...(windows.get(key) ?? []), window]))
}

const results = kinds.map((kind) => {
  const [few, many] = COUNTS.map((count) => windows.get(`${kind} ${count}`) ?? []) as [Window[], Window[]]
  return { kind, path: KINDS[kind], few, many, ratio: medianRatio(many, few) }
})
const cell = (windows: readonly Window[]): string => median(windows.map((window) => window.cpu)).toFixed(1)
const rows = results.map(({ path, few, many, ratio }) => {
  const apart = Math.max(...[few, many].map((windows) => spread(windows.map((window) => window.cpu))))
  return [path, cell(few), cell(many), ratio.toFixed(3), `±${Math.round(apart * 100)}%`]
})
const head = ['request', ...COUNTS.map((count) => `µs CPU, ${count.toLocaleString('en')} routes`), 'ratio', 'spread']
console.log(`\n${toTable(head, rows)}`)
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ machine, rounds, results }, undefined, 2)}\n`)
