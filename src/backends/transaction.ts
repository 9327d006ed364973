import type { DatabaseSync } from 'node:sqlite'
import { type Dependency, depends } from '../contract/depends.ts'
import { serving } from '../contract/port.ts'
import { Problem } from '../contract/problem.ts'
import { Unavailable } from '../contract/problems.ts'
import { type SpanningContext, spanning } from '../contract/spanning.ts'
import type { ReplayStore } from '../policies/replay-store.ts'
import { StoreAway } from '../policies/store-away.ts'
import { type KeptReplies, type RequestTransaction, createKeptReplies } from './kept-replies.ts'
import { type TransactionAdapter, ended } from './open-transaction.ts'
import { type AnyDrizzle, type AnyPool, beginInDrizzle, beginInPool, isPostgresAway } from './postgres/transactions.ts'
import { beginInSqlite, isSqliteAway } from './sqlite/transactions.ts'

/** What handlers get of a transaction: of a `pg.Pool` its client, of Drizzle on Postgres its transaction, else the database. */
export type TransactionOf<Database> = Database extends {
  readonly $client: { readonly totalCount: number }
  readonly transaction: (work: (tx: infer Tx) => Promise<infer _>, ...more: never) => unknown
}
  ? Tx
  : Database extends { connect(): Promise<infer Client>; connect(callback: never): void }
    ? Client
    : Database

/**
 * A transaction of each request, for its handler and what that uses: it begins when it is first needed, and is committed
 * when the reply is made, before the first byte of it is sent. It is rolled back where the request fails or its time is
 * up, and a commit that fails is a failure of the request. `idempotent()` keeps replies in it, so that effect and reply
 * are there together or not at all.
 *
 * @param database a dependency of the scope `app`, made at start: a `pg.Pool`, a `DatabaseSync` of node:sqlite, or a
 * Drizzle database over either.
 * @param adapter begins transactions in any other.
 * @throws `unavailable`, 503 with `Retry-After`, in requests: where the database is away, has no connection or turn free
 * within 5 seconds, or undid the transaction for the sake of others (SQLSTATE 40001 and 40P01).
 * @example
 * const tx = transaction(db)
 * post('/orders', { use: { tx }, policies: [idempotent()], … }, ({ tx, body }) => tx.query('INSERT …', [body.sku]))
 */
export function transaction<Database>(database: Dependency<Database>): Dependency<TransactionOf<Database>>
export function transaction<Database, Value>(
  database: Dependency<Database>,
  adapter: TransactionAdapter<Database, Value>,
): Dependency<Value>
export function transaction(database: Dependency, given?: TransactionAdapter<never, unknown>): Dependency {
  const ofDatabase = known.get(database) ?? new Map<object, Dependency>()
  known.set(database, ofDatabase)
  const by = given ?? database
  const own = ofDatabase.get(by) ?? transactionIn(database, given)
  ofDatabase.set(by, own)
  return own
}

/**
 * The transactions that there are of a database, by what begins them: two modules that ask for one have the same. With two
 * of a SQLite, or of a pool with one connection, a request would wait for itself.
 */
const known = new WeakMap<Dependency, Map<object, Dependency>>()

function transactionIn(database: Dependency, given: TransactionAdapter<never, unknown> | undefined): Dependency {
  const base = depends(
    { database },
    ({ database }): Base => {
      const adapter = (given as Adapter | undefined) ?? adapterFor(database)
      return { database, adapter, replies: createKeptReplies(adapter, database) }
    },
    { scope: 'app', eager: true, name: 'the database of a transaction' },
  )
  const begun = spanning(
    depends(
      { base },
      async function* (
        context: SpanningContext & { readonly base: Base },
      ): AsyncGenerator<RequestTransaction, void, Error | undefined> {
        const { adapter, database, replies } = context.base
        await told(adapter, replies.resume)
        const open = await told(adapter, () => adapter.begin(database))
        const started: RequestTransaction = { open, replies: [], isTogether: context.isTogether === true }
        const failure = yield started
        if (failure === undefined) await told(adapter, () => commit(started))
        else await rollback(started, context.base, failure, failure === context.signal.reason)
      },
      { until: 'reply', throws: [Unavailable], name: 'transaction' },
    ),
  )
  const kept = depends(
    { base },
    async ({ base: { adapter, replies } }) => {
      // Where it is away now, the first request makes the table.
      await replies.prepare().catch((error: unknown) => {
        if (!isAway(adapter, error)) throw error
      })
      return replies
    },
    { scope: 'app', eager: true, name: 'the replies of a transaction' },
  )
  const replays = depends({ base, begun, kept }, ({ base: { adapter }, begun, kept }): ReplayStore => {
    const store = kept.in(begun)
    return { ...store, begin: (...of) => told(adapter, () => store.begin(...of)) }
  })
  return serving(
    depends({ begun }, ({ begun }) => begun.open.value),
    { replays },
  )
}

type Adapter = TransactionAdapter<unknown, unknown>

interface Base {
  readonly adapter: Adapter
  readonly database: unknown
  readonly replies: KeptReplies
}

async function commit({ open, replies }: Pick<RequestTransaction, 'open' | 'replies'>): Promise<void> {
  try {
    for (const { keep } of replies) await keep(open.query)
    await open.commit()
  } catch (error) {
    await ended(open)
    throw error
  }
}

/** Undoes what the handler did. What it answered is kept all the same, in a transaction of its own. */
async function rollback(
  { open, replies, isTogether }: RequestTransaction,
  { adapter, database }: Base,
  failure: Error,
  abandoned: boolean,
): Promise<void> {
  let lost: unknown
  try {
    await open.rollback(abandoned)
  } catch (error) {
    lost = error
  }
  // A problem is what the handler made of it. Of anything else the database may be the reason.
  if (!(failure instanceof Problem)) {
    if (isAway(adapter, lost)) throw away(lost)
    if (isAway(adapter, failure)) throw away(failure)
  }
  const failed = isTogether ? [] : replies.filter((reply) => reply.failed)
  if (lost !== undefined || failed.length === 0) return
  await told(adapter, async () => commit({ open: await adapter.begin(database), replies: failed }))
}

/** @throws Unavailable where it fails for what may be gone when the request comes again. */
async function told<T>(adapter: Adapter, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw isAway(adapter, error) ? away(error) : error
  }
}

function isAway({ isAway }: Adapter, error: unknown): boolean {
  return error instanceof StoreAway || isAway?.(error) === true
}

function away(cause: unknown): Error {
  return Unavailable({ headers: { 'retry-after': '1' }, cause })
}

/** @throws {TypeError} for a database that is none of those it knows. */
function adapterFor(database: unknown): Adapter {
  const client = (database as Partial<AnyDrizzle> | null | undefined)?.$client
  if (isPool(client)) return { ...POSTGRES, begin: () => beginInDrizzle(database as AnyDrizzle) }
  if (isPool(database)) return { ...POSTGRES, begin: () => beginInPool(database) }
  const file = client ?? database
  if (isSqlite(file)) return { ...SQLITE, begin: () => beginInSqlite(file, database) }
  throw new TypeError(
    'transaction() takes a pg.Pool, a DatabaseSync of node:sqlite, or a Drizzle database over either: give it an adapter for any other',
  )
}

const POSTGRES = { dialect: 'postgres', isAway: isPostgresAway } as const
const SQLITE = { dialect: 'sqlite', isAway: isSqliteAway } as const

function isPool(value: unknown): value is AnyPool {
  const { connect, totalCount } = (value ?? {}) as Partial<AnyPool>
  return typeof connect === 'function' && typeof totalCount === 'number'
}

function isSqlite(value: unknown): value is DatabaseSync {
  const { prepare, isTransaction } = (value ?? {}) as Partial<DatabaseSync>
  return typeof prepare === 'function' && typeof isTransaction === 'boolean'
}
