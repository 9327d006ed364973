import { ErrorReply, type RedisClientType, createClient } from 'redis'
import { type Patience, createPatience } from '../patience.ts'

/** A connection to Redis, and the time that it has to answer. */
export interface RedisConnection extends Patience {
  readonly client: RedisClientType
  readonly close: () => Promise<void>
}

/** Milliseconds between two tries to connect again, at most. */
const LONGEST_PAUSE = 2000
/** Commands that wait for a reply; one more is refused. */
const WAITING = 10_000

/**
 * Connects to Redis, again whenever the connection is lost. What is asked before the first connection waits for that,
 * but not longer than for an answer.
 *
 * @param url `redis://` or `rediss://`.
 */
export function connectRedis(url: string): RedisConnection {
  const client = createClient({
    url,
    // What waited while Redis was away is not asked late: its request has been answered by then.
    disableOfflineQueue: true,
    commandsQueueMaxLength: WAITING,
    pingInterval: 30_000,
    socket: {
      connectTimeout: 2000,
      reconnectStrategy: (tries) => Math.min(LONGEST_PAUSE, 50 * 2 ** tries) + Math.random() * 100,
    },
  }) as RedisClientType
  // Each command tells of it, and a listener that is missing ends the process.
  client.on('error', () => {})
  const first = client.connect()
  first.catch(() => {})
  const patience = createPatience('Redis', isAway)
  let isFirst = true
  const connected = <T>(work: () => Promise<T>): (() => Promise<T>) => {
    if (!isFirst) return work
    return () =>
      first.then(() => {
        isFirst = false
        return work()
      })
  }
  return {
    client,
    ask: (work) => patience.ask(connected(work)),
    insist: (work) => patience.insist(connected(work)),
    close: async () => client.destroy(),
  }
}

/** True for what is no answer of Redis, and for its answers that it cannot do anything now. */
function isAway(error: unknown): boolean {
  if (!(error instanceof ErrorReply)) return true
  return /^(?:OOM|READONLY|LOADING|MISCONF|MASTERDOWN|CLUSTERDOWN|BUSY|TRYAGAIN|NOREPLICAS)\b/.test(error.message)
}
