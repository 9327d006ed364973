import type { RateLimit, RateStrategy } from 'trestle/policies'
import { Connection } from '../../bench/connection.ts'
import { type Members, startMembers } from '../servers/members.ts'

/** Requests under way at each process, at once. */
const AT_ONCE = 8

/** What became of requests. */
export interface Tally {
  /** Milliseconds since 1970, by the clock that the stores of this machine have too: before the first, after the last. */
  readonly began: number
  readonly ended: number
  readonly passed: number
  readonly refused: number
  /** Statuses other than 200 and 429, and connections that failed. */
  readonly odd: readonly string[]
}

/** Sends so many requests to all ports, each connection the next when it has its reply. */
export async function askAll(ports: readonly number[], path: string, requests: number): Promise<Tally> {
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`)
  const connections = await Promise.all(
    ports.flatMap((port) => Array.from({ length: AT_ONCE }, () => Connection.open(port))),
  )
  const odd: string[] = []
  let [left, passed, refused] = [requests, 0, 0]
  const began = now()
  await Promise.all(
    connections.map(
      (connection) =>
        new Promise<void>((resolve) => {
          const next = (): void => {
            if (left-- <= 0) return resolve()
            connection.send(request)
          }
          connection.onReply = (status) => {
            if (status === 200) passed++
            else if (status === 429) refused++
            else odd.push(`status ${status}`)
            next()
          }
          connection.onFailure = (error) => {
            odd.push(error.message)
            resolve()
          }
          next()
        }),
    ),
  )
  const ended = now()
  for (const connection of connections) connection.close()
  return { began, ended, passed, refused, odd }
}

/** What a limit let through, and what it may. */
export interface LimitOutcome {
  readonly strategy: RateStrategy
  readonly requests: number
  readonly passed: number
  readonly bound: number
  readonly seconds: number
  /** Windows that the requests were in; 0 of a token bucket. */
  readonly windows: number
  readonly faults: readonly string[]
}

export interface LimitOptions {
  readonly ports: readonly number[]
  readonly requests: number
  /** What the quota is, and its time in milliseconds. */
  readonly count: number
  readonly window: number
  readonly burst: number
  /** Windows over which the requests are spread. */
  readonly windows: number
}

/** Asks for more than a limit allows. */
export function exhaust(strategy: RateStrategy, options: LimitOptions): Promise<LimitOutcome> {
  return strategy === 'token-bucket' ? exhaustBucket(options) : exhaustWindows(strategy, options)
}

/** What the bucket holds, and what has come back from the first request to the last reply. */
async function exhaustBucket({ ports, requests, count, window, burst }: LimitOptions): Promise<LimitOutcome> {
  const { began, ended, passed, odd } = await askAll(ports, '/token-bucket', requests)
  const bound = Math.floor(burst + ((ended - began) * count) / window)
  return judged({ strategy: 'token-bucket', requests, passed, bound, seconds: (ended - began) / 1000, windows: 0 }, odd)
}

/**
 * An equal part of the requests from the beginning of each window on, so that it is known in which window each was
 * counted. What a window lets through is its quota; where it slides, less what the last one weighs when it is left.
 */
async function exhaustWindows(
  strategy: 'fixed-window' | 'sliding-window',
  { ports, requests, count, window, windows }: LimitOptions,
): Promise<LimitOutcome> {
  const odd: string[] = []
  let [passed, before, bound, seconds] = [0, 0, 0, 0]
  const first = Math.floor(now() / window) + 1
  for (let index = 0; index < windows; index++) {
    const start = (first + index) * window
    // A little later: a timer may be early, and then some would be counted in the window before.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, start - now() + 5)))
    const tally = await askAll(ports, `/${strategy}`, Math.ceil(requests / windows))
    odd.push(...tally.odd)
    const inWindow = tally.began >= start && tally.ended < start + window
    if (!inWindow)
      odd.push(`it took ${Math.round(tally.ended - start)} ms for a window of ${window} ms: take a longer one`)
    const weight = strategy === 'sliding-window' ? (before * (start + window - tally.ended)) / window : 0
    bound += Math.floor(count - weight)
    passed += tally.passed
    before = tally.passed
    seconds += (tally.ended - tally.began) / 1000
  }
  return judged({ strategy, requests, passed, bound, seconds, windows }, odd)
}

function judged(outcome: Omit<LimitOutcome, 'faults'>, odd: readonly string[]): LimitOutcome {
  const faults = [...new Set(odd)].map((one) => `${odd.filter((other) => other === one).length} × ${one}`)
  if (outcome.passed > outcome.bound) faults.push('more was let through than the limit allows')
  if (outcome.passed < 0.99 * outcome.bound) faults.push('less than 99 % of what the limit allows was let through')
  return { ...outcome, faults }
}

/** Milliseconds since 1970, and of a part of one. */
function now(): number {
  return performance.timeOrigin + performance.now()
}

/** The limit that `server.ts` is to have, in the words of `rateLimit`. */
export function limitOf({ count, window, burst }: Pick<LimitOptions, 'count' | 'window' | 'burst'>): RateLimit {
  return { quota: `${count}/${window / 1000} seconds`, burst }
}

/** Starts processes that share limits. */
export function startServers(count: number, backend: string, limits: object): Promise<Members> {
  const args = [backend, JSON.stringify(limits)]
  return startMembers(new URL('./server.ts', import.meta.url), new Array(count).fill(args))
}
