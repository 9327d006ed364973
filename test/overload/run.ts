import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'
import { type Answered, Callers, type Yield } from './caller.ts'
import { startUpstream } from './upstream.ts'

/** What is asked for, and how. */
export interface Case {
  readonly name: string
  readonly request: Buffer
}

export const CASES: readonly Case[] = [
  { name: 'works 1 ms', request: Buffer.from('GET /work HTTP/1.1\r\nhost: a\r\n\r\n') },
  { name: 'asks another server, then works 1 ms', request: Buffer.from('GET /ask HTTP/1.1\r\nhost: a\r\n\r\n') },
  { name: 'pauses, then works 1 ms', request: Buffer.from('GET /pause HTTP/1.1\r\nhost: a\r\n\r\n') },
  { name: 'works 1 ms, 10 KB body', request: post(10_000) },
]

function post(size: number): Buffer {
  const body = JSON.stringify(['x'.repeat(size)])
  return Buffer.from(
    `POST /send HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
}

export interface Options {
  readonly engine: 'trestle' | 'node'
  readonly overload: false | object
  /** Seconds for which the peak is measured, half of it, twice of it, and half of it again. */
  readonly peakFor: number
  readonly beforeFor: number
  readonly overloadFor: number
  readonly afterFor: number
  /** How many times the peak is asked for. */
  readonly times: number
}

/** What a case came to. Milliseconds are of the caller: from the write of a request to the end of its reply. */
export interface Outcome {
  readonly name: string
  /** Replies with 200 in a second, when as many are asked for as are answered. */
  readonly peak: number
  /** What was asked for in a second, and answered with 200, and with 503. */
  readonly offered: number
  readonly goodput: number
  readonly refused: number
  readonly ok: Spread
  readonly refusals: Spread
  /** 503 without a whole number of seconds in `Retry-After`. */
  readonly silent: number
  readonly health: Spread
  /** Half the peak, before and after: `normalAfter` is when the last one was sent that was refused, or slow. */
  readonly before: Spread
  readonly after: Spread
  readonly normalAfter: number
  /** What the server reported. */
  readonly told: readonly string[]
  readonly failures: number
  /** Milliseconds by which the caller itself was late at most: what it measures is that much too long. */
  readonly late: number
}

export interface Spread {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Measures a case against a server of its own. */
export async function overload(one: Case, options: Options): Promise<Outcome> {
  const upstream = await startUpstream()
  const server = await start(options, upstream.port)
  const callers = new Callers(server.port, one.request)
  const probes = new Callers(server.port, Buffer.from('GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n'))
  try {
    await callers.closed(64, 1) // what is compiled late is compiled now
    const calm = await callers.closed(64, options.peakFor)
    const peak = of(calm, 200).length / calm.seconds
    const before = await callers.open(peak / 2, options.beforeFor)
    const [storm, health] = await Promise.all([
      callers.open(peak * options.times, options.overloadFor),
      probes.open(20, options.overloadFor),
    ])
    const start = performance.now()
    const after = await callers.open(peak / 2, options.afterFor)
    const slow = Math.max(2 * spread(before.answered).p99, 50)
    const odd = after.answered.filter(({ status, took }) => status !== 200 || took > slow)
    const refused = of(storm, 503)
    return {
      name: one.name,
      peak,
      offered: (storm.answered.length + storm.unsent + storm.failures.length) / storm.seconds,
      goodput: of(storm, 200).length / storm.seconds,
      refused: refused.length / storm.seconds,
      ok: spread(of(storm, 200)),
      refusals: spread(refused),
      silent: refused.filter(({ retryAfter }) => !/^[1-9]\d*$/.test(retryAfter ?? '')).length,
      health: spread(of(health, 200)),
      before: spread(before.answered),
      after: spread(after.answered),
      normalAfter: Math.max(0, ...odd.map(({ at }) => at - start)),
      told: server.told,
      failures: [calm, before, storm, health, after].reduce((sum, { failures }) => sum + failures.length, 0),
      late: storm.late,
    }
  } finally {
    callers.close()
    probes.close()
    server.process.kill('SIGKILL')
    upstream.stop()
  }
}

function of({ answered }: Yield, status: number): Answered[] {
  return answered.filter((one) => one.status === status)
}

function spread(answered: readonly Answered[]): Spread {
  const took = answered.map((one) => one.took).toSorted((a, b) => a - b)
  const at = (part: number): number => took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? 0
  return { count: took.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}

interface Running {
  readonly port: number
  readonly process: ChildProcess
  readonly told: readonly string[]
}

function start({ engine, overload }: Options, upstream: number): Promise<Running> {
  const child = fork(path.join(import.meta.dirname, 'server.ts'), [engine, JSON.stringify(overload), `${upstream}`], {
    execArgv: ['--conditions=trestle-source', '--disable-warning=ExperimentalWarning'],
  })
  const told: string[] = []
  return new Promise((resolve, reject) => {
    child.on('message', (message: { readonly port?: number; readonly told?: string }) => {
      if (message.told !== undefined) told.push(message.told)
      if (message.port !== undefined) resolve({ port: message.port, process: child, told })
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it listened`)))
  })
}
