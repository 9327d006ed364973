import { deepStrictEqual } from 'node:assert'
import { openOrders } from './lists/database.ts'
import { withLoad } from './load.ts'
import { describeMachine, toLine } from './machine.ts'
import { median } from './median.ts'
import { readOptions, toCount } from './options.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { toBytes } from './workload.ts'

const USAGE = `A list of orders on Postgres: a resource of Trestle, and the same written by hand on Fastify and pg. Options:
  --rows 1000000     orders in the table
  --rounds 5         rounds; each has a window of every server on every page
  --requests 4000    requests in a window
  --rate 1000        requests a second of the windows in which the time of each is taken
  --source           run Trestle from src, not from dist`

const values = readOptions(USAGE, {
  rows: { type: 'string' },
  rounds: { type: 'string' },
  requests: { type: 'string' },
  rate: { type: 'string' },
})
const rows = toCount('--rows', values.rows ?? '1000000')
const rounds = toCount('--rounds', values.rounds ?? '5')
const requests = toCount('--requests', values.requests ?? '4000')
const rate = toCount('--rate', values.rate ?? '1000')

const SERVERS = {
  'trestle, resource': ['trestle.ts', []],
  'fastify and pg, prepared': ['fastify.ts', ['prepared']],
  'fastify and pg': ['fastify.ts', []],
} as const
type Name = keyof typeof SERVERS

/** Pages that are passed over to reach a deep one. */
const DEEP = 10_000

console.log(toLine(describeMachine()))
const database = await openOrders(rows)
console.log(`${rows} orders`)
const servers = new Map<Name, ServerProcess>()
try {
  for (const [name, [file, args]] of Object.entries(SERVERS) as [Name, (typeof SERVERS)[Name]][]) {
    const source = values.source && file === 'trestle.ts'
    servers.set(
      name,
      await startServer(new URL(`./lists/${file}`, import.meta.url), { args: [database.url, ...args], source }),
    )
  }
  const targets = new Map<Name, Record<string, string>>()
  for (const [name, server] of servers) targets.set(name, await targetsOf(server))
  await agree(targets)
  await measure(targets)
} finally {
  for (const server of servers.values()) await server.stop()
  await database.remove()
}

/** The pages that are asked for: the first, one far behind, and two that are narrowed. */
async function targetsOf(server: ServerProcess): Promise<Record<string, string>> {
  const deepest = Math.min(DEEP, Math.floor(rows / 100) - 1)
  const row = rows - deepest * 50
  // The page after that row: found by walking where that is possible, which a cursor is for; here each is asked once.
  const cursor = await cursorAfter(server, row)
  return {
    first: '/orders',
    'first of a status': '/orders?status=paid',
    'of one customer': '/orders?customer_id=4711',
    [`page ${deepest.toLocaleString('en')}`]: `/orders?cursor=${cursor}`,
  }
}

/** Walks to a page by its `next_cursor`s, a hundred rows a step. */
async function cursorAfter(server: ServerProcess, row: number): Promise<string> {
  let cursor: string | undefined
  for (let seen = 0; seen < rows - row; seen += 100) {
    const page = await pageOf(server, `/orders?limit=100${cursor === undefined ? '' : `&cursor=${cursor}`}`)
    cursor = page.next_cursor ?? undefined
  }
  return cursor as string
}

interface Page {
  readonly items: readonly Record<string, unknown>[]
  readonly next_cursor: string | null
}

async function pageOf(server: ServerProcess, target: string): Promise<Page> {
  const reply = await fetch(`http://127.0.0.1:${server.port}${target}`)
  if (reply.status !== 200) throw new Error(`${target}: ${reply.status} ${await reply.text()}`)
  return (await reply.json()) as Page
}

/** All give the same rows. */
async function agree(all: ReadonlyMap<Name, Record<string, string>>): Promise<void> {
  let expected: Record<string, unknown> | undefined
  for (const [name, targets] of all) {
    const seen: Record<string, unknown> = {}
    for (const [page, target] of Object.entries(targets)) {
      const { items, next_cursor } = await pageOf(servers.get(name) as ServerProcess, target)
      seen[page] = { items, isLast: next_cursor === null }
    }
    expected ??= seen
    deepStrictEqual(seen, expected, `${name} answers otherwise`)
  }
}

async function measure(all: ReadonlyMap<Name, Record<string, string>>): Promise<void> {
  const found = new Map<string, { cpu: number[]; p99: number[] }>()
  const pages = Object.keys([...all.values()][0] as object)
  for (let round = 0; round <= rounds; round++) {
    for (const page of pages) {
      for (const [name, targets] of all) {
        const server = servers.get(name) as ServerProcess
        const request = toBytes({ title: page, method: 'GET', target: targets[page] as string })
        const window = await withLoad(server.port, async (load) => {
          const before = await server.usage()
          await load.run([request], 200, requests)
          const cpu = ((await server.usage()) - before) / requests
          const times = (await load.paced(request, 200, requests, rate)).toSorted((a, b) => a - b)
          return { cpu, p99: times[Math.floor(requests * 0.99)] as number }
        })
        if (round === 0) continue // in which the compiler is at work
        const key = `${page}\n${name}`
        const own = found.get(key) ?? { cpu: [], p99: [] }
        own.cpu.push(window.cpu)
        own.p99.push(window.p99)
        found.set(key, own)
      }
    }
  }
  for (const page of pages) {
    console.log(
      `\n${page}\n${'server'.padEnd(28)} µs CPU/request   p99 ms at ${rate}/s   × fastify, prepared   × fastify`,
    )
    for (const name of all.keys()) {
      const own = found.get(`${page}\n${name}`) as { cpu: number[]; p99: number[] }
      const ratio = (other: Name): string => {
        const others = found.get(`${page}\n${other}`) as { cpu: number[] }
        return median(own.cpu.map((cpu, i) => cpu / (others.cpu[i] as number))).toFixed(2)
      }
      console.log(
        `${name.padEnd(28)} ${median(own.cpu).toFixed(0).padStart(14)} ${median(own.p99)
          .toFixed(1)
          .padStart(
            16 + String(rate).length,
          )} ${ratio('fastify and pg, prepared').padStart(21)} ${ratio('fastify and pg').padStart(11)}`,
      )
    }
  }
}
