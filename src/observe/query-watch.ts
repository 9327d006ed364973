import { type CallSites, createCallSites } from './call-sites.ts'

/** Counts the queries of each request, and finds those that it runs again and again. */
export interface QueryWatch {
  /** Told of each query: Drizzle does so with `drizzle({ client, logger: watch })`. */
  readonly logQuery: (query: string, params?: unknown) => void
  /**
   * Runs a request.
   *
   * @param request as it is called in what is thrown: `GET /orders`.
   * @throws RepeatedQueries when the work is done.
   */
  readonly run: <T>(request: string, work: () => Promise<T>) => Promise<T>
}

export interface QueryWatchOptions {
  /** How often one request may read with one query, whatever its values: 3 unless told. */
  readonly most?: number
}

/** A query that was repeated. */
export interface RepeatedQuery {
  /** Its SQL, with `?` for each value. */
  readonly sql: string
  readonly times: number
  /** The lines of code that ran it, most often first: `customerOf (/shop/orders.ts:12:9)`. None where no code of yours did. */
  readonly places: readonly string[]
}

/** One request ran the same query more often than it may: for each row of a list, most likely. */
export class RepeatedQueries extends Error {
  override readonly name = 'RepeatedQueries'
  readonly request: string
  readonly queries: readonly RepeatedQuery[]

  constructor(request: string, queries: readonly RepeatedQuery[]) {
    const lines = queries.map(({ sql, times, places }) => {
      const from = places.length === 0 ? '' : `\n    at ${places.join('\n    at ')}`
      return `  ${times} times: ${sql}${from}`
    })
    super(
      `${request} reads again and again with one query, row by row: read what all rows need at once.\n${lines.join('\n')}`,
    )
    this.request = request
    this.queries = queries
  }
}

interface Watched {
  readonly sites: CallSites
  /** Places of each query, by its SQL. */
  readonly seen: Map<string, (string | undefined)[]>
}

/**
 * A watch on the queries of requests, for tests: give it to Drizzle as its `logger` and to `createTestClient` as `watch`, and
 * a request that reads row by row fails, naming the query and the line that ran it.
 *
 * @throws {TypeError} where the runtime has no `AsyncLocalStorage`, by which it knows whose a query is.
 * @example
 * const watch = queryWatch()
 * const database = drizzle({ client, logger: watch })
 * const test = await createTestClient(shop, { watch, override: [[db, database]] })
 */
export function queryWatch({ most = 3 }: QueryWatchOptions = {}): QueryWatch {
  const { AsyncLocalStorage } = globalThis.process?.getBuiltinModule?.('node:async_hooks') ?? {}
  if (AsyncLocalStorage === undefined)
    throw new TypeError(
      'queryWatch() needs AsyncLocalStorage, which this runtime has not: run these tests with Node.js',
    )
  const current = new AsyncLocalStorage<Watched>()
  return {
    logQuery: (query) => {
      const watched = current.getStore()
      if (watched === undefined || !READS.test(query)) return
      const sql = shapeOf(query)
      const places = watched.seen.get(sql) ?? []
      watched.seen.set(sql, [...places, watched.sites.find()])
    },
    run: async (request, work) => {
      const watched: Watched = { sites: createCallSites(), seen: new Map() }
      try {
        const result = await current.run(watched, () => watched.sites.follow(work))
        const repeated = [...watched.seen].filter(([, places]) => places.length > most)
        if (repeated.length === 0) return result
        throw new RepeatedQueries(
          request,
          repeated.map(([sql, places]) => ({ sql, times: places.length, places: byFrequency(places) })),
        )
      } finally {
        watched.sites.forget()
      }
    },
  }
}

/** Writes are as many as there is to write. */
const READS = /^[\s(]*(?:select|with|values)\b/i

/** The same for all values, and for sets of values of any length. */
function shapeOf(query: string): string {
  return query
    .replace(/\$\d+/g, '?')
    .replace(/\?(?:\s*,\s*\?)+/g, '?, …')
    .replace(/\s+/g, ' ')
    .trim()
}

function byFrequency(places: readonly (string | undefined)[]): string[] {
  const counts = new Map<string, number>()
  for (const place of places) if (place !== undefined) counts.set(place, (counts.get(place) ?? 0) + 1)
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([place]) => place)
}
