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
 * Milliseconds without a word, after an answer that was late, until another connection is made: a host that is gone tells
 * nobody, and its connections would be kept for a quarter of an hour.
 */
const SILENCE = 2000

/**
 * Connects to Redis, again whenever the connection is lost. What is asked before the first connection waits for that,
 * but not longer than for an answer.
 *
 * @param url `redis://` or `rediss://`.
 */
export function connectRedis(url: string): RedisConnection {
  const patience = createPatience('Redis', isAway)
  let link = new Link(url)
  return {
    use: async (work, mustBe = false) => {
      const askedAt = performance.now()
      try {
        return await (mustBe ? patience.insist : patience.ask)(() => {
          if (performance.now() - link.silentSince > SILENCE) {
            link.client.destroy()
            link = new Link(url)
          }
          return link.ask(work)
        })
      } catch (error) {
        if (error instanceof StoreAway && error.asked) link.isLate(askedAt)
        throw error
      }
    },
    close: async () => link.client.destroy(),
  }
}

/** A connection, made again by itself where it is told that it has ended. */
class Link {
  readonly client: RedisClientType
  /** Since when nothing was heard that should have been; infinite where all is well. */
  silentSince = Number.POSITIVE_INFINITY
  #heardAt = 0
  #first: Promise<unknown> | undefined

  constructor(url: string) {
    this.client = createClient({
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
    // Who takes the connection has something to say too.
    this.client.on('connect', () => this.isLate(performance.now()))
    this.client.on('ready', () => this.#hears())
    // Each command tells of an error, and a listener that is missing ends the process.
    this.client.on('error', () => this.#hears())
    this.#first = this.client.connect()
    this.#first.catch(() => {})
  }

  async ask<T>(work: (client: RedisClientType) => Promise<T>): Promise<T> {
    if (this.#first !== undefined) await this.#first
    this.#first = undefined
    if (!this.client.isReady) throw new StoreAway('Redis is away', { asked: false })
    try {
      return await work(this.client)
    } finally {
      this.#hears()
    }
  }

  /** Notes that what was asked then has no answer, unless anything was heard since. */
  isLate(askedAt: number): void {
    if (this.#heardAt < askedAt) this.silentSince = Math.min(this.silentSince, performance.now())
  }

  #hears(): void {
    this.#heardAt = performance.now()
    this.silentSince = Number.POSITIVE_INFINITY
  }
}

/** True for what is no answer of Redis, and for its answers that it cannot do anything now. */
function isAway(error: unknown): boolean {
  if (!(error instanceof ErrorReply)) return true
  return /^(?:OOM|READONLY|LOADING|MISCONF|MASTERDOWN|CLUSTERDOWN|BUSY|TRYAGAIN|NOREPLICAS)\b/.test(error.message)
}
