import { ErrorReply, type RedisClientType, createClient } from 'redis'
import { StoreAway } from '../../policies/store-away.ts'
import { createPatience } from '../patience.ts'

/** A connection to Redis, and the time that it has to answer. */
export interface RedisConnection {
  /**
   * Asks Redis.
   *
   * @param mustBe true for what must not be left undone: it is asked though Redis did not answer lately.
   * @throws {StoreAway} where there is no answer in time.
   */
  readonly use: <T>(work: (client: RedisClientType) => Promise<T>, mustBe?: boolean) => Promise<T>
  readonly close: () => Promise<void>
}

/** Milliseconds between two tries to connect again, at most. */
const LONGEST_PAUSE = 2000
/** Commands that wait for a reply; one more is refused. */
const WAITING = 10_000
/**
 * Milliseconds without a word after which another connection is made: a host that is gone tells nobody, and its
 * connections would be kept for a quarter of an hour.
 */
const SILENCE = 2500

/**
 * Connects to Redis, again whenever the connection is lost. What is asked before the first connection waits for that,
 * but not longer than for an answer.
 *
 * @param url `redis://` or `rediss://`.
 */
export function connectRedis(url: string): RedisConnection {
  const patience = createPatience('Redis', isAway)
  let link = openLink(url)
  return {
    use: (work, mustBe = false) =>
      (mustBe ? patience.insist : patience.ask)(async () => {
        if (performance.now() - link.askedAt > SILENCE) {
          link.client.destroy()
          link = openLink(url)
        }
        return link.ask(work)
      }),
    close: async () => link.client.destroy(),
  }
}

/** A connection, made again by itself where it is told that it has ended. */
interface Link {
  readonly client: RedisClientType
  /** When it was asked for the first time what it has not answered; infinite where nothing is open. */
  readonly askedAt: number
  readonly ask: <T>(work: (client: RedisClientType) => Promise<T>) => Promise<T>
}

function openLink(url: string): Link {
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
  let askedAt = Number.POSITIVE_INFINITY
  const asks = (): void => {
    askedAt = Math.min(askedAt, performance.now())
  }
  const hears = (): void => {
    askedAt = Number.POSITIVE_INFINITY
  }
  // Each command tells of an error, and a listener that is missing ends the process.
  client.on('connect', asks).on('ready', hears).on('error', hears)
  const first = client.connect()
  first.catch(() => {})
  let isFirst = true
  return {
    client,
    get askedAt() {
      return askedAt
    },
    ask: async (work) => {
      if (isFirst) await first
      isFirst = false
      if (!client.isReady) throw new StoreAway('Redis is away', { asked: false })
      asks()
      try {
        return await work(client)
      } finally {
        hears()
      }
    },
  }
}

/** True for what is no answer of Redis, and for its answers that it cannot do anything now. */
function isAway(error: unknown): boolean {
  if (!(error instanceof ErrorReply)) return true
  return /^(?:OOM|READONLY|LOADING|MISCONF|MASTERDOWN|CLUSTERDOWN|BUSY|TRYAGAIN|NOREPLICAS)\b/.test(error.message)
}
