import { startPostgres } from '../servers/postgres.ts'
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts'
import { startRedis } from '../servers/redis.ts'
import { type Answer, KINDS, type Kind, ask, startAsking } from './caller.ts'
import { startSubject } from './subject.ts'

/** What stands behind the proxy. */
interface Behind {
  readonly url: string
  readonly port: number
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  readonly remove: () => Promise<void>
}

/** What happens to the server of a backend. */
export interface Fault {
  readonly name: string
  readonly begin: (proxy: FaultProxy, behind: Behind) => void | Promise<void>
  /** Not there where it is over as soon as it has begun. */
  readonly end?: (proxy: FaultProxy, behind: Behind) => void | Promise<void>
}

export const FAULTS: readonly Fault[] = [
  { name: 'killed', begin: (_, { kill }) => kill(), end: (_, { start }) => start() },
  { name: 'refuses', begin: ({ refuse }) => refuse(), end: ({ pass }) => pass() },
  { name: '2 s slow', begin: ({ delay }) => delay(2000), end: ({ pass }) => pass() },
  { name: 'frozen', begin: ({ freeze }) => freeze(), end: ({ pass }) => pass() },
  { name: 'cut once', begin: ({ cut }) => cut() },
  { name: 'stranded once', begin: ({ strand }) => strand() },
]

export const STORES = { redis: startRedis, postgres: startPostgres }

export interface FaultOptions {
  readonly store: keyof typeof STORES
  /** Seconds: before the fault, of it, and after it. */
  readonly before: number
  readonly during: number
  readonly after: number
  /** Requests of each kind in a second. */
  readonly rate: number
}

/** What became of the requests of one kind. Milliseconds. */
export interface KindOutcome {
  readonly kind: Kind
  /** How many were answered with each status from the beginning of the fault until all was well. */
  readonly statuses: Readonly<Record<string, number>>
  /** Half of them took as long without the fault. */
  readonly usual: number
  /** By how much longer they took. */
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** From the end of the fault until the last one was sent that the store had no part in. */
  readonly recovery: number
  /** Those that the store had no part in. */
  readonly without: number
  readonly faults: readonly string[]
}

export interface FaultOutcome {
  readonly kinds: readonly KindOutcome[]
  readonly told: readonly string[]
  /** What holds for none of them alone. */
  readonly faults: readonly string[]
}

/** Does something to the server of a backend, under requests that need it. */
export async function underFault(fault: Fault, options: FaultOptions): Promise<FaultOutcome> {
  const behind: Behind = await STORES[options.store]()
  const proxy = await startFaultProxy(behind.port)
  const url = behind.url.replace(String(behind.port), String(proxy.port))
  const subject = await startSubject(url, 'postgres://127.0.0.1:1/none')
  try {
    // What is compiled late, and connected late, is before anything is measured.
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => ask(subject.url, KINDS[i % 5] as Kind, crypto.randomUUID())),
    )
    const asking = startAsking(subject.url, options.rate)
    await pause(options.before)
    const begun = performance.now()
    await fault.begin(proxy, behind)
    if (fault.end !== undefined) await pause(options.during)
    await fault.end?.(proxy, behind)
    const ended = fault.end === undefined ? begun : performance.now()
    await pause(options.after)
    await asking.stop()
    const key = crypto.randomUUID()
    const [once, closed] = [KINDS[3] as Kind, KINDS[4] as Kind]
    const first = [await ask(subject.url, once, key), await ask(subject.url, closed, key)]
    const again = [await ask(subject.url, once, key), await ask(subject.url, closed, key)]
    const isWell = first.every(({ isReplayed }) => !isReplayed) && again.every(({ isReplayed }) => isReplayed)
    return {
      kinds: KINDS.map((kind) =>
        outcomeOf(
          kind,
          asking.answers.filter((answer) => answer.kind === kind),
          begun,
          ended,
        ),
      ),
      told: subject.told,
      faults: [
        ...(subject.lives() ? [] : ['the process has ended']),
        ...(isWell ? [] : ['what was kept afterwards was not given again']),
      ],
    }
  } finally {
    await subject.stop()
    await proxy.close()
    await behind.remove()
  }
}

function outcomeOf(kind: Kind, answers: readonly Answer[], begun: number, ended: number): KindOutcome {
  const without = answers.filter((answer) => answer.sent + answer.took > begun && isWithout(answer))
  const well = Math.max(ended, ...without.map(({ sent }) => sent))
  // Of a fault that is over at once, what comes in its next second.
  const until = Math.max(well, begun + 1000)
  const meanwhile = answers.filter(({ sent, took }) => sent + took >= begun && sent <= until)
  const usual = at(
    answers.filter(({ sent, took }) => sent + took < begun),
    0.5,
  )
  const statuses: Record<string, number> = {}
  for (const { status } of meanwhile) statuses[status] = (statuses[status] ?? 0) + 1
  const odd = answers.filter((answer) => !isAllowed(answer))
  return {
    kind,
    statuses,
    usual,
    p50: at(meanwhile, 0.5) - usual,
    p99: at(meanwhile, 0.99) - usual,
    max: at(meanwhile, 1) - usual,
    recovery: well - ended,
    without: without.length,
    faults: odd.map(
      ({ status, retryAfter, failure }) => `status ${status}, Retry-After ${retryAfter} ${failure ?? ''}`,
    ),
  }
}

/** True where the store had no part in the reply, though it should. */
function isWithout({ kind, status, isCounted }: Answer): boolean {
  if (kind.whenAway === undefined) return false
  return status !== 200 || (kind.path.endsWith('limited') && !isCounted)
}

/** What is declared: open passes, closed is refused with 503 and when to come again. */
function isAllowed({ kind, status, retryAfter }: Answer): boolean {
  if (status === 200) return true
  return kind.whenAway === 'closed' && status === 503 && /^[1-9]\d*$/.test(retryAfter ?? '')
}

function at(answers: readonly Answer[], share: number): number {
  const took = answers.map((answer) => answer.took).toSorted((a, b) => a - b)
  return took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}
