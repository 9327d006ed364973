/** Names of statements on one connection. Each is a plan that Postgres keeps, of some ten kilobytes. */
const MOST_NAMES = 500

/** Says which statements may have a name on the connections of a database, which they keep until they end. */
export interface StatementNames {
  /** @returns false where a statement is to be run without one. */
  readonly take: () => boolean
  /** Has connections make way that may have names of what is not so any more. */
  readonly renew: () => void
}

/** A pool of `pg`, as far as it is used here. */
interface Pool {
  on(event: 'connect', listener: (client: Client) => void): unknown
  on(event: 'release', listener: (error: unknown, client: Client) => void): unknown
}

interface Client {
  end(): Promise<void>
}

const known = new WeakMap<object, StatementNames>()

/**
 * The names on a database's connections. `pg` gives none back, nor does Postgres before the connection ends; so with each 500
 * that were given, those connections that may have them make way for others as soon as nobody uses them. Statements of SQLite
 * have no names: they go with what holds them.
 *
 * @param database of Drizzle; one that lasts no longer than a transaction gives no names to what stays on its connection.
 */
export function statementNames(database: object): StatementNames {
  const client = (database as { readonly $client?: object }).$client
  if (client === undefined) return NONE
  const found = known.get(client) ?? namesOn(client as Partial<Pool & { query: unknown; totalCount: number }>)
  known.set(client, found)
  return found
}

const NONE: StatementNames = { take: () => false, renew: () => undefined }

function namesOn(client: Partial<Pool & { query: unknown; totalCount: number }>): StatementNames {
  if (typeof client.query !== 'function') return { ...NONE, take: () => true }
  let given = 0
  if (typeof client.totalCount !== 'number') return { ...NONE, take: () => ++given <= MOST_NAMES }
  let age = 0
  const ages = new WeakMap<Client, number>()
  const pool = client as Pool
  pool.on('connect', (one) => ages.set(one, age))
  pool.on('release', (_, one) => {
    // The pool takes no connection back that is ending.
    if ((ages.get(one) ?? 0) < age) void one.end()
  })
  const renew = (): void => {
    given = 0
    age++
  }
  return {
    take: () => {
      if (given === MOST_NAMES) renew()
      given++
      return true
    },
    renew,
  }
}
