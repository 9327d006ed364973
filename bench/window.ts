import type { Load } from './load.ts'
import type { ServerProcess } from './server-process.ts'

/** What one window of requests cost a server. */
export interface Window {
  /** Microseconds of the server process's CPU time, user and system, for each request answered. */
  readonly cpu: number
  /** Requests answered in each second of the clock. */
  readonly perSecond: number
  /** CPU time over time of the clock: near 1 where the server always had a request to answer. */
  readonly busy: number
}

export interface WindowOptions {
  readonly requests: readonly Buffer[]
  /** The status that every reply must have. */
  readonly status: number
  readonly count: number
}

/** Sends `count` requests, and divides the CPU time that passed in the server by the replies that came. */
export async function measureWindow(server: ServerProcess, load: Load, options: WindowOptions): Promise<Window> {
  const { requests, status, count } = options
  const before = await server.usage()
  const elapsed = await load.run(requests, status, count)
  const used = (await server.usage()) - before
  return { cpu: used / count, perSecond: (count / elapsed) * 1000, busy: used / 1000 / elapsed }
}
