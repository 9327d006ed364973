import { writeFileSync } from 'node:fs'
import { disagreements } from './agreement.ts'
import { CALLERS, type Caller } from './callers.ts'
import { CONNECTIONS, withLoad } from './load.ts'
import { describeMachine, toLine } from './machine.ts'
import { readOptions, toCount, toName, toNames } from './options.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { fieldsFor, isServer, programOf, runtimeOf, SERVERS, type ServerName, titleOf } from './servers.ts'
import { type Comparison, summarise, toText } from './summary.ts'
import { measureWindow, type Window } from './window.ts'
import { ROUTES, type Route, toBytes, WORKLOAD } from './workload.ts'

const USAGE = `Server CPU per request of Trestle and others. Options:
  --only trestle,fastify   servers: ${SERVERS.join(', ')}
  --routes hello,post      routes: ${ROUTES.join(', ')}
  --rounds 5               rounds; each has a window of every server on every route
  --requests 20000         requests in a window
  --caller fetch           header fields of the requests: fetch (those of Node's), few (three of them), browser (Chromium's)
  --quick                  3 rounds of 5,000 requests in the same processes, for a first look
  --source                 run Trestle from src, not from dist
  --json out.json          write every window and the machine's facts to a file`

/**
 * Requests to each route before the first window. Measured: the cost of a request falls by half while
 * the optimising compiler is at work, and is level after 12,000 on each of these servers.
 */
const WARM_UP = 12_000
const WARM_UP_PASSES = 3

/** Requests on a route just before each of its windows. */
const SETTLE = 1_000

interface Running {
  readonly name: ServerName
  readonly server: ServerProcess
}

type Report = (route: Route, server: ServerName, window: Window) => void

interface Settings {
  readonly servers: readonly ServerName[]
  readonly routes: readonly Route[]
  readonly rounds: number
  readonly requests: number
  readonly caller: Caller
  /** True to start new processes for every round. */
  readonly fresh: boolean
  readonly source: boolean
  readonly json: string | undefined
}

function readSettings(): Settings {
  const values = readOptions(USAGE, {
    only: { type: 'string' },
    routes: { type: 'string' },
    rounds: { type: 'string' },
    requests: { type: 'string' },
    caller: { type: 'string', default: 'fetch' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  })
  return {
    servers: toNames('--only', values.only, SERVERS),
    routes: toNames('--routes', values.routes, ROUTES),
    rounds: toCount('--rounds', values.rounds ?? (values.quick ? '3' : '5')),
    requests: toCount('--requests', values.requests ?? (values.quick ? '5000' : '20000')),
    caller: toName('--caller', values.caller, Object.keys(CALLERS) as Caller[]),
    fresh: !values.quick,
    source: values.source,
    json: values.json,
  }
}

function fieldsOf(name: ServerName, { caller }: Settings): Readonly<Record<string, string>> {
  return { ...CALLERS[caller], ...fieldsFor(name) }
}

/** The same list, begun `by` places later: no server is always measured first. */
function rotate<T>(list: readonly T[], by: number): T[] {
  const at = by % list.length
  return [...list.slice(at), ...list.slice(0, at)]
}

/** Starts the servers, warms them up and does `rounds`, told by their numbers. */
async function measureProcesses(settings: Settings, rounds: readonly number[], report: Report): Promise<void> {
  const running: Running[] = []
  try {
    for (const name of settings.servers) {
      running.push({
        name,
        server: await startServer(programOf(name), {
          source: settings.source && !name.startsWith('bun-'),
          runtime: runtimeOf(name),
        }),
      })
    }
    if (rounds.includes(0)) await insistOnAgreement(running)
    for (const { name, server } of running) await warmUp(server, settings.routes, fieldsOf(name, settings))
    for (const round of rounds) {
      await measureRound(settings, running, round, report)
      console.error(`round ${round + 1} of ${settings.rounds}, ${Math.round(performance.now() / 1000)} s`)
    }
  } finally {
    for (const { server } of running) await server.stop()
  }
}

async function measureRound(
  settings: Settings,
  running: readonly Running[],
  round: number,
  report: Report,
): Promise<void> {
  for (const [index, route] of settings.routes.entries()) {
    const { status } = WORKLOAD[route]
    for (const { name, server } of rotate(running, round + index)) {
      const requests = [toBytes(WORKLOAD[route], fieldsOf(name, settings))]
      const window = await withLoad(server.port, async (load) => {
        await load.run(requests, status, SETTLE)
        return measureWindow(server, load, { requests, status, count: settings.requests })
      })
      report(route, name, window)
    }
  }
}

async function insistOnAgreement(running: readonly Running[]): Promise<void> {
  const lines: string[] = []
  for (const { name, server } of running) {
    if (!isServer(name)) continue
    for (const line of await disagreements(server.port, fieldsFor(name))) lines.push(`${name}: ${line}`)
  }
  if (lines.length > 0) throw new Error(`the servers do not answer alike:\n  ${lines.join('\n  ')}`)
}

async function warmUp(
  server: ServerProcess,
  routes: readonly Route[],
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  await withLoad(server.port, async (load) => {
    for (let pass = 0; pass < WARM_UP_PASSES; pass++) {
      for (const route of routes) {
        await load.run([toBytes(WORKLOAD[route], fields)], WORKLOAD[route].status, WARM_UP / WARM_UP_PASSES)
      }
    }
  })
}

const settings = readSettings()
const machine = describeMachine()
console.log(toLine(machine))
const windows = new Map<string, Window[]>()
const report: Report = (route, server, window) => {
  const key = `${route} ${server}`
  windows.set(key, [...(windows.get(key) ?? []), window])
}
const rounds = [...Array(settings.rounds).keys()]
if (settings.fresh) {
  // No server lives through all rounds with one lucky or unlucky compilation.
  for (const round of rounds) await measureProcesses(settings, [round], report)
} else await measureProcesses(settings, rounds, report)
const comparison: Comparison = {
  machine,
  rounds: settings.rounds,
  requests: settings.requests,
  connections: CONNECTIONS,
  results: summarise(settings.routes, settings.servers, windows),
}
console.log(toText(comparison, titleOf))
if (settings.json !== undefined) writeFileSync(settings.json, `${JSON.stringify(comparison, undefined, 2)}\n`)
