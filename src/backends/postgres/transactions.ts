import { StoreAway } from '../../policies/store-away.ts'
import { type OpenTransaction, WAIT } from '../open-transaction.ts'

/** What is used of a `pg.Pool`. */
export interface AnyPool {
  readonly connect: () => Promise<AnyClient>
  readonly totalCount: number
}

interface AnyClient {
  readonly query: (text: string, values?: readonly unknown[]) => Promise<{ command: string; rows: object[] }>
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown
  readonly off: (event: 'error', listener: (error: Error) => void) => unknown
  readonly release: (destroy?: boolean) => void
}

/** What is used of a Drizzle database over a pool, with what its types do not tell. */
export interface AnyDrizzle {
  readonly $client: AnyPool
  readonly session?: { readonly client?: unknown }
  readonly transaction: (work: (tx: object) => Promise<never>) => Promise<unknown>
}

/** Begins a transaction on a connection of a pool, which is what handlers get. */
export async function beginInPool(pool: AnyPool): Promise<OpenTransaction<unknown>> {
  return begin(pool, async (client) => {
    await client.query('BEGIN')
    return client
  })
}

/**
 * Begins a transaction of Drizzle, which is what handlers get, on a connection that is held here: by that it is known
 * whether it was committed, which Drizzle does not say, and one that broke goes to nobody else.
 */
export async function beginInDrizzle(database: AnyDrizzle): Promise<OpenTransaction<unknown>> {
  if (database.session?.client !== database.$client) {
    throw new TypeError(
      'transaction() does not know this version of Drizzle: give it an adapter, as docs/transactions.md',
    )
  }
  return begin(database.$client, (client) => {
    const session = Object.create(database.session as object, { client: { value: client } })
    const over: AnyDrizzle = Object.create(database, { session: { value: session } })
    return new Promise((resolve, reject) => {
      const begun = (tx: object): Promise<never> => {
        resolve(tx)
        // Drizzle would end it when this does.
        return new Promise(() => {})
      }
      over.transaction(begun).catch(reject)
    })
  })
}

async function begin(pool: AnyPool, open: (client: AnyClient) => Promise<unknown>): Promise<OpenTransaction<unknown>> {
  const client = await connect(pool)
  let lost: unknown
  let held = true
  // One that breaks while no statement is under way says so here alone; without a listener it ends the process.
  const broke = (error: Error): void => {
    lost ??= error
  }
  client.on('error', broke)
  const release = (destroy: boolean): void => {
    if (!held) return
    held = false
    client.release(destroy)
    if (!destroy) client.off('error', broke)
  }
  const ask = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await answered(work())
    } catch (error) {
      if (!isConnection(error)) throw error
      if (!isStatement(error)) lost ??= error
      throw new StoreAway('Postgres is away, or cannot do this now', { cause: error })
    }
  }
  const value = await ask(() => open(client)).catch((error: unknown) => {
    release(true)
    throw error
  })
  return {
    value,
    query: async (text, values) => (await ask(() => client.query(text, values))).rows,
    commit: async () => {
      const { command } = await ask(() => client.query('COMMIT'))
      release(false)
      // Postgres answers so where a statement failed and the handler went on: nothing of it is there.
      if (command !== 'COMMIT') {
        throw new Error('a statement of the transaction failed, and the handler went on: nothing could be committed')
      }
    },
    rollback: async (abandoned) => {
      if (!held) return
      try {
        if (lost === undefined && !abandoned) await ask(() => client.query('ROLLBACK'))
      } finally {
        release(abandoned || lost !== undefined)
      }
      if (lost !== undefined) throw new StoreAway('the connection to Postgres was lost', { cause: lost })
    },
  }
}

async function connect(pool: AnyPool): Promise<AnyClient> {
  const connecting = pool.connect()
  try {
    return await answered(connecting)
  } catch (error) {
    // It may come when nobody waits for it any more.
    if (error instanceof Late) connecting.then((client) => client.release()).catch(() => {})
    if (isStatement(error) && !isConnection(error)) throw error
    throw new StoreAway('Postgres has no connection free, or is away', { cause: error })
  }
}

class Late extends Error {}

async function answered<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late(`Postgres did not answer within ${WAIT} ms`)), WAIT)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * SQLSTATE of what Postgres cannot do now: connections, resources, its own end, a server that may only be read, and what
 * it undid so that other transactions could go on (serialization failures, deadlocks).
 */
const AWAY = /^(?:08|53|57|25006|40001|40P01)/

/** True for what Postgres itself answered a handler's statement, where the same statement may be fine later. */
export function isPostgresAway(error: unknown): boolean {
  const state = sqlState(error)
  return state !== undefined && AWAY.test(state)
}

function isStatement(error: unknown): boolean {
  return sqlState(error) !== undefined
}

/** The same of statements that are not the handler's: what is no answer of Postgres is a failure of the connection. */
function isConnection(error: unknown): boolean {
  return !isStatement(error) || isPostgresAway(error)
}

/** SQLSTATE of an answer of Postgres, which query builders wrap. */
function sqlState(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { severity, code } = at as { severity?: unknown; code?: unknown }
    if (typeof severity === 'string' && typeof code === 'string') return code
  }
  return undefined
}
