import type { Machine } from './machine.ts'
import { median, spread } from './median.ts'
import type { ServerName } from './servers.ts'
import { toTable } from './table.ts'
import type { Window } from './window.ts'
import { type Route, WORKLOAD } from './workload.ts'

/** All that a run found, as the JSON file holds it. */
export interface Comparison {
  readonly machine: Machine
  readonly rounds: number
  readonly requests: number
  readonly connections: number
  readonly results: readonly Result[]
}

/** Servers that others are compared with, and what the column is called. */
const YARDSTICKS = {
  raw: '× raw',
  'node-by-hand': '× by hand',
  'node-zod': '× node:http',
  fastify: '× Fastify',
} as const
type Yardstick = keyof typeof YARDSTICKS
const OTHERS = Object.keys(YARDSTICKS) as Yardstick[]

/** One server on one route: medians over the rounds. */
export interface Result {
  readonly route: Route
  readonly server: ServerName
  /** Microseconds of server CPU per request. */
  readonly cpu: number
  readonly perSecond: number
  /** How far the rounds lie apart: half of largest minus smallest, over the median. */
  readonly spread: number
  /** CPU over that of others in the same round, of those that were measured. */
  readonly ratios: { readonly [other in Yardstick]?: number }
  readonly windows: readonly Window[]
}

export function summarise(
  routes: readonly Route[],
  servers: readonly ServerName[],
  windows: ReadonlyMap<string, readonly Window[]>,
): Result[] {
  return routes.flatMap((route) => {
    const of = (server: ServerName): readonly Window[] => windows.get(`${route} ${server}`) ?? []
    const others = OTHERS.filter((other) => servers.includes(other))
    return servers.map(
      (server): Result => ({
        route,
        server,
        cpu: median(of(server).map((window) => window.cpu)),
        perSecond: median(of(server).map((window) => window.perSecond)),
        spread: spread(of(server).map((window) => window.cpu)),
        ratios: Object.fromEntries(others.map((other) => [other, medianRatio(of(server), of(other))])),
        windows: of(server),
      }),
    )
  })
}

/**
 * Windows of one round lie within seconds of each other, so their ratio holds even where the machine
 * was slower in one round than in another.
 */
export function medianRatio(windows: readonly Window[], to: readonly Window[]): number {
  return median(windows.map((window, round) => window.cpu / (to[round] as Window).cpu))
}

/** The least share of a core that a server uses where requests never run out. */
const BUSY = 0.75

const HEAD = ['server', 'µs CPU/request', ...Object.values(YARDSTICKS), 'requests/s', 'spread']

/** One table for each route. */
export function toText(comparison: Comparison, title: (server: ServerName) => string): string {
  const routes = [...new Set(comparison.results.map((result) => result.route))]
  const tables = routes.map((route) => {
    const rows = comparison.results.filter((result) => result.route === route).map((result) => toRow(result, title))
    return `\n${route}: ${WORKLOAD[route].title}\n${toTable(HEAD, rows)}`
  })
  return [...tables, toWarning(comparison.results, title) ?? ''].join('\n').trimEnd()
}

/** A server that waits for requests is woken for each one, which costs it more: its figure is too high. */
function toWarning(results: readonly Result[], title: (server: ServerName) => string): string | undefined {
  const idle = results.filter((result) => median(result.windows.map((window) => window.busy)) < BUSY)
  if (idle.length === 0) return undefined
  const names = idle.map((result) => `${title(result.server)} on ${result.route}`).join(', ')
  return `\nNot kept busy, perhaps because others used the machine, so the figures may be too high: ${names}`
}

function toRow(result: Result, title: (server: ServerName) => string): string[] {
  return [
    title(result.server),
    result.cpu.toFixed(1),
    ...OTHERS.map((other) => result.ratios[other]?.toFixed(2) ?? '-'),
    Math.round(result.perSecond).toLocaleString('en'),
    `±${Math.round(result.spread * 100)}%`,
  ]
}
