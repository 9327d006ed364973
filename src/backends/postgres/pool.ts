import pg from 'pg'
import { StoreAway } from '../../policies/store-away.ts'
import { ANSWER_TIME, createPatience } from '../patience.ts'
import { migrate } from './migrate.ts'

/** Connections to Postgres, and the time that it has to answer. */
export interface PostgresPool {
  /**
   * Works with a connection, when the tables are there and it is its turn.
   *
   * @param mustBe true for what must not be left undone: it is tried though Postgres did not answer lately.
   * @throws {StoreAway} where there is none in time, or no answer.
   */
  readonly use: <T>(work: (client: pg.PoolClient) => Promise<T>, mustBe?: boolean) => Promise<T>
  readonly close: () => Promise<void>
}

/** Connections of a process, at most. */
const CONNECTIONS = 10
/** Milliseconds after which an answer is not waited for, though nobody waits for it any more. */
const QUERY_TIME = 5000

/**
 * Connects at once, and again whenever it is used: what cannot be reached then is away.
 *
 * @param url `postgres://` or `postgresql://`.
 * @param steps what the tables have come to be.
 */
export function connectPostgres(url: string, steps: readonly string[]): PostgresPool {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: ANSWER_TIME,
    query_timeout: QUERY_TIME,
    application_name: 'trestle',
  })
  // A connection that breaks is made anew; a listener that is missing ends the process, be it idle or in use.
  pool.on('error', onError)
  const patience = createPatience('Postgres', isAway)
  let ready: Promise<void> | undefined
  const prepare = (): Promise<void> => {
    ready ??= migrate(pool, steps).catch((error: unknown) => {
      ready = undefined
      throw error
    })
    return ready
  }
  prepare().catch(() => {})
  /** When each connection answered last, and when one did not: what was made before that may be as silent. */
  const answered = new WeakMap<pg.PoolClient, number>()
  let silentAt = Number.NEGATIVE_INFINITY
  const connect = async (): Promise<pg.PoolClient> => {
    for (;;) {
      const client = await pool.connect()
      if ((answered.get(client) ?? Number.POSITIVE_INFINITY) > silentAt) return client
      client.release(true)
    }
  }
  return {
    use: async <T>(work: (client: pg.PoolClient) => Promise<T>, mustBe = false): Promise<T> => {
      let client: pg.PoolClient | undefined
      let broken: Error | undefined
      let isOver = false
      const asked = async (): Promise<T> => {
        await prepare()
        const connected = await connect()
        if (isOver) {
          connected.release()
          throw new StoreAway('Postgres had no connection free in time', { asked: false })
        }
        client = connected
        connected.on('error', onError)
        const value = await work(connected)
        answered.set(connected, performance.now())
        return value
      }
      try {
        return await (mustBe ? patience.insist : patience.ask)(asked)
      } catch (error) {
        if (!(error instanceof StoreAway)) throw error
        if (client === undefined) throw new StoreAway(error.message, { cause: error.cause, asked: false })
        // It may still be at work on what nobody waits for.
        broken = error
        silentAt = performance.now()
        throw error
      } finally {
        isOver = true
        client?.release(broken)
        client?.off('error', onError)
      }
    },
    close: () => pool.end(),
  }
}

/** A connection that broke: who uses it is told by its query. */
function onError(): void {}

/**
 * True for a failure of the connection: what is no answer of Postgres, and its answers that it is going, cannot take
 * more, or may not write (SQLSTATE classes 08, 53, 57; 25006, 40P01).
 */
function isAway(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return true
  return /^(?:08|53|57|25006|40P01)/.test(error.code ?? '')
}
