import type { Query } from './steps.ts'

/** A transaction that is open: what handlers work with, SQL beside it, and its end. */
export interface OpenTransaction<Value> {
  /** What the handler gets. */
  readonly value: Value
  /**
   * Runs SQL in it and gives the rows as objects. Values stand for `$1` in Postgres and `?1` in SQLite; where there are
   * none, the text may be several statements, whose rows nobody looks at.
   */
  readonly query: Query
  /**
   * @throws {StoreAway} where the database is away, or cannot commit this now: whether it did may not be known.
   * @throws an Error where it was not committed for another reason; `rollback` is called then.
   */
  readonly commit: () => void | Promise<void>
  /**
   * Undoes what it did. Where it has ended already it only gives back what it holds.
   *
   * @param abandoned true where the handler may go on using the value: nobody else must get that connection.
   * @throws {StoreAway} where its connection was lost.
   */
  readonly rollback: (abandoned: boolean) => void | Promise<void>
}

/** How transactions are begun in a database, for one that `transaction()` does not know. */
export interface TransactionAdapter<Database, Value> {
  /** In which SQL replies are kept. */
  readonly dialect: 'postgres' | 'sqlite'
  /** @throws {StoreAway} where it could not be begun in time, or the database is away. */
  readonly begin: (database: Database) => OpenTransaction<Value> | Promise<OpenTransaction<Value>>
  /** True for a failure of a statement that may be gone when the request comes again, such as a deadlock. */
  readonly isAway?: (error: unknown) => boolean
}

/** Milliseconds for which a transaction waits: for a connection, its turn, or an answer to what is not the handler's. */
export const WAIT = 5000

/** Undoes what failed already: what keeps it from that is of the same cause. */
export async function ended({ rollback }: OpenTransaction<unknown>): Promise<void> {
  try {
    await rollback(false)
  } catch {}
}
