import type { PolicyContext } from '../contract/policy.ts'
import type { CacheStore, Looked, Wanted } from './cache-store.ts'
import type { KeptReply } from './replay-store.ts'

/** A reply that was made. */
export interface Made {
  readonly reply: KeptReply
  /** True where it is for all who asked for it at once. */
  readonly isShared: boolean
  /** Milliseconds for which it is fresh to who asks later, and then stale; undefined where it is not kept. */
  readonly kept: Lasting | undefined
}

/** How long a reply lasts. */
export interface Lasting {
  readonly fresh: number
  readonly stale: number
}

/** How replies are made and kept. Times are milliseconds. */
export interface Making extends Lasting {
  readonly make: (context: PolicyContext) => Promise<Made>
  readonly lease: number
  /** Told of each failure of the store. */
  readonly away: (error: unknown) => void
}

/** What a caller gets, and what `Cache-Status` says of it (RFC 9211). */
export interface Answer {
  readonly reply: KeptReply
  readonly told: string
  /** Milliseconds since it was made, of one that was kept. */
  readonly age: number | undefined
}

/** Milliseconds between two looks for what another process makes: at first, and in the end. */
const FIRST_PAUSE = 10
const LONGEST_PAUSE = 200

/**
 * Replies, each made once for all who ask for it meanwhile, in this process and, by its lease in the store, in all
 * others.
 */
export class Makings {
  readonly #making: Making
  /** What is made here, by who makes it. */
  readonly #under = new Map<string, Promise<Made>>()
  /** Looks that are under way, and those that begin when these are done, by key. */
  readonly #looks = new Map<string, Promise<Found>>()
  readonly #next = new Map<string, Promise<Found>>()

  constructor(making: Making) {
    this.#making = making
  }

  /** Undefined where it is not for this caller what another one's request came to. */
  async ask(
    context: PolicyContext,
    key: string,
    tags: readonly string[],
    cache: CacheStore,
  ): Promise<Answer | undefined> {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
      let found: Found
      try {
        const given = this.#look(key, tags, cache)
        found = given instanceof Promise ? await given : given
      } catch (error) {
        this.#making.away(error)
        return this.#join(`without a store: ${key}`, context, undefined)
      }
      const { looked, wanted } = found
      switch (looked.is) {
        case 'kept': {
          if (looked.mine && !this.#under.has(wanted.owner)) void this.#begin(wanted.owner, context, { wanted, cache })
          const { reply, age, ttl } = looked
          return { reply, age, told: `hit; ttl=${Math.ceil(ttl / 1000)}` }
        }
        case 'mine':
          return this.#join(wanted.owner, context, { wanted, cache })
        default: {
          if (this.#under.has(looked.owner)) return this.#join(looked.owner, context, undefined)
          if (context.signal.aborted) return undefined
          await new Promise((resolve) => setTimeout(resolve, pause))
        }
      }
    }
  }

  /**
   * Looks once for all who ask at once. Not who asked before, for something may have been invalidated since: who comes
   * while a look is under way waits for the next.
   */
  #look(key: string, tags: readonly string[], cache: CacheStore): Found | Promise<Found> {
    const { lease, fresh, stale } = this.#making
    const begin = (): Found | Promise<Found> => {
      this.#next.delete(key)
      const wanted = { key, tags, owner: crypto.randomUUID() }
      const looked = cache.look(wanted, lease, lease + fresh + stale)
      if (!(looked instanceof Promise)) return { looked, wanted }
      const look = looked.then((value) => ({ looked: value, wanted }))
      this.#looks.set(key, look)
      const done = (): void => {
        if (this.#looks.get(key) === look) this.#looks.delete(key)
      }
      look.then(done, done)
      return look
    }
    const next = this.#next.get(key)
    if (next !== undefined) return next
    const under = this.#looks.get(key)
    if (under === undefined) return begin()
    const look = under.then(begin, begin)
    this.#next.set(key, look)
    return look
  }

  async #join(owner: string, context: PolicyContext, kept: Kept | undefined): Promise<Answer | undefined> {
    const under = this.#under.get(owner)
    const made = await (under ?? this.#begin(owner, context, kept))
    if (under !== undefined && !made.isShared) return undefined
    const stored = made.kept !== undefined && kept !== undefined ? '; stored' : ''
    return { reply: made.reply, age: undefined, told: `fwd=uri-miss${under === undefined ? stored : '; collapsed'}` }
  }

  /** Begins to make it. It is known here until it is kept, so that nobody looks for it in between. */
  #begin(owner: string, context: PolicyContext, kept: Kept | undefined): Promise<Made> {
    const { make, away } = this.#making
    const making = make(context)
    this.#under.set(owner, making)
    const settle = async (): Promise<void> => {
      try {
        await this.#keep(await making.catch(() => undefined), kept)
      } catch (error) {
        away(error)
      } finally {
        this.#under.delete(owner)
      }
    }
    const settled = settle()
    // A server that stops waits for it: what it did not keep, others would wait for as long as its lease.
    context.background(() => settled)
    return making
  }

  #keep(made: Made | undefined, kept: Kept | undefined): void | Promise<void> {
    if (kept === undefined) return
    const { wanted, cache } = kept
    if (made?.kept === undefined) return cache.drop(wanted)
    return cache.keep(wanted, made.reply, made.kept.fresh, made.kept.stale)
  }
}

interface Found {
  readonly looked: Looked
  readonly wanted: Wanted
}

/** Where a reply is kept that is to be made. */
interface Kept {
  readonly wanted: Wanted
  readonly cache: CacheStore
}
