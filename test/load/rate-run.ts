import { type ServerProcess, startServer } from '../../bench/server-process.ts'
import { type ServerName, programOf } from '../../bench/servers.ts'
import { ROUTES, WORKLOAD, toBytes } from '../../bench/workload.ts'
import { Latencies } from './latencies.ts'
import { type Asked, OpenLoop } from './open-loop.ts'

const ASKED: readonly Asked[] = ROUTES.map((route) => ({
  bytes: toBytes(WORKLOAD[route]),
  status: WORKLOAD[route].status,
}))
const CONNECTIONS = 64
const CAPACITY_ROUNDS = 3

export interface RateOptions {
  readonly servers: readonly ServerName[]
  /** The part of its capacity that a server is asked for. */
  readonly share: number
  /** Seconds at each rate, for each server, and those of one slice: servers take turns. */
  readonly seconds: number
  readonly slice: number
  /** Requests before anything is measured, and the seconds of one measurement of capacity. */
  readonly warmUp: number
  readonly capacitySeconds: number
  readonly progress?: (text: string) => void
}

/** A server at one rate. */
export interface AtRate {
  readonly name: ServerName
  /** Requests a second. */
  readonly rate: number
  /** From when a request was to be sent to the end of its reply. */
  readonly took: Latencies
  readonly late: Latencies
}

export interface RateOutcome {
  /** Replies a second, in the order of the servers. */
  readonly capacities: readonly number[]
  /** All at the same rate: that of the one with the smallest capacity. */
  readonly common: readonly AtRate[]
  /** Each at its own. */
  readonly own: readonly AtRate[]
  readonly failures: readonly string[]
}

interface Running {
  readonly name: ServerName
  readonly server: ServerProcess
  readonly loop: OpenLoop
}

/** Measures what servers can do, then how long they take when they are asked for less than that. */
export async function atFixedRate(options: RateOptions): Promise<RateOutcome> {
  const { servers, share, capacitySeconds, warmUp, progress } = options
  const running: Running[] = []
  try {
    for (const name of servers) {
      const server = await startServer(programOf(name), { source: true })
      running.push({ name, server, loop: await OpenLoop.open(server.port, ASKED, CONNECTIONS) })
    }
    for (const { loop } of running) await loop.capacity(warmUp)
    const rounds: number[][] = running.map(() => [])
    for (let round = 0; round < CAPACITY_ROUNDS; round++) {
      for (const [i, { loop }] of running.entries()) rounds[i]?.push(await loop.capacity(capacitySeconds))
    }
    const capacities = rounds.map((round) => round.toSorted((a, b) => a - b)[CAPACITY_ROUNDS >> 1] as number)
    progress?.(
      `capacity ${running.map(({ name }, i) => `${name} ${Math.round(capacities[i] as number)}/s`).join(', ')}`,
    )
    const smallest = Math.min(...capacities) * share
    const common = await inTurn(
      running,
      running.map(() => smallest),
      options,
    )
    progress?.('done with the common rate')
    const own = await inTurn(
      running,
      capacities.map((capacity) => capacity * share),
      options,
    )
    const failures = running.flatMap(({ name, loop }) => loop.failures.map((failure) => `${name}: ${failure}`))
    return { capacities, common, own, failures }
  } finally {
    for (const { server, loop } of running) {
      loop.close()
      await server.stop()
    }
  }
}

/** One slice after the other, so that what else the machine does falls on all of them. */
async function inTurn(
  running: readonly Running[],
  rates: readonly number[],
  { seconds, slice }: RateOptions,
): Promise<AtRate[]> {
  const all = running.map(({ name }, i) => ({
    name,
    rate: rates[i] as number,
    took: new Latencies(),
    late: new Latencies(),
  }))
  for (let at = 0, turn = 0; at < seconds; at += slice, turn++) {
    const order = turn % 2 === 0 ? running.keys() : [...running.keys()].reverse()
    for (const i of order) {
      const { rate, took, late } = all[i] as AtRate
      await (running[i] as Running).loop.run(rate, Math.min(slice, seconds - at), took, late)
    }
  }
  return all
}
