import pg from 'pg'
import { type TestPostgres, startPostgres } from '../servers/postgres.ts'
import { type Answer, type Kind, ask } from './caller.ts'
import { startSubject } from './subject.ts'

/** How Postgres ends before it is started again. */
export const ENDS: readonly { readonly name: string; readonly end: (postgres: TestPostgres) => Promise<void> }[] = [
  { name: 'stopped (fast)', end: ({ stop }) => stop() },
  { name: 'killed', end: ({ kill }) => kill() },
]

export interface OrdersOptions {
  /** Seconds: before the end, until it is started again, and after that. */
  readonly before: number
  readonly away: number
  readonly after: number
  /** Who order at once, each the next when it has its reply, and a pause between: milliseconds. */
  readonly callers: number
  readonly pause: number
}

/** What became of orders. */
export interface OrdersOutcome {
  readonly statuses: Readonly<Record<string, number>>
  /** Orders that were acknowledged with 201. */
  readonly acknowledged: number
  /** Those of them that are not in the table. */
  readonly lost: number
  /** Those in the table more than once. */
  readonly twice: number
  /** Those that were answered with anything but 201 when their key was sent again, and how. */
  readonly forgotten: Readonly<Record<string, number>>
  /** Milliseconds from when Postgres takes connections again until the last refusal. */
  readonly recovery: number
  /** The longest reply, in milliseconds. */
  readonly longest: number
  readonly faults: readonly string[]
}

const ORDER: Kind = { name: 'order', method: 'POST', path: '/orders', whenAway: 'closed', asks: 3 }

/** Ends Postgres under orders that it keeps, together with their replies and their limit, and starts it again. */
export async function ordersUnderRestart(
  end: (postgres: TestPostgres) => Promise<void>,
  options: OrdersOptions,
): Promise<OrdersOutcome> {
  const postgres = await startPostgres()
  await query(postgres.url, 'CREATE TABLE orders (item text NOT NULL)')
  const subject = await startSubject(postgres.url, postgres.url)
  try {
    const answers = new Map<string, Answer>()
    let goesOn = true
    const order = async (): Promise<void> => {
      while (goesOn) {
        const item = crypto.randomUUID()
        answers.set(item, await ask(subject.url, ORDER, item))
        await pause(options.pause)
      }
    }
    const callers = Array.from({ length: options.callers }, order)
    await pause(options.before * 1000)
    await end(postgres)
    await pause(options.away * 1000)
    await postgres.start()
    const back = performance.now()
    await pause(options.after * 1000)
    goesOn = false
    await Promise.all(callers)
    const all = [...answers.values()]
    const acknowledged = [...answers].filter(([, { status }]) => status === 201).map(([item]) => item)
    const rows = await query<{ item: string; count: number }>(
      postgres.url,
      'SELECT item, count(*)::integer AS count FROM orders GROUP BY item',
    )
    const kept = new Map(rows.map(({ item, count }) => [item, count]))
    const again: Answer[] = []
    for (const item of acknowledged) again.push(await ask(subject.url, ORDER, item))
    const odd = all.filter(({ status, retryAfter }) => status !== 201 && !(status === 503 && retryAfter !== null))
    return {
      statuses: countOf(all),
      acknowledged: acknowledged.length,
      lost: acknowledged.filter((item) => !kept.has(item)).length,
      twice: [...kept.values()].filter((count) => count > 1).length,
      forgotten: countOf(again.filter(({ status }) => status !== 201)),
      recovery: Math.max(0, ...all.filter(({ status }) => status !== 201).map(({ sent }) => sent - back)),
      longest: Math.max(...all.map(({ took }) => took)),
      faults: [
        ...odd.map(({ status, failure }) => `status ${status} ${failure ?? ''}`),
        ...(subject.lives() ? [] : ['the process has ended']),
      ],
    }
  } finally {
    await subject.stop()
    await postgres.remove()
  }
}

function countOf(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
