/** What is asked for. */
export interface Kind {
  readonly name: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** What its policy does while the store is away; undefined where it has none. */
  readonly whenAway?: 'open' | 'closed'
  /** How often its policy asks the store, one after the other; each has a time of its own. */
  readonly asks: number
}

export const KINDS: readonly Kind[] = [
  { name: 'no policy', method: 'GET', path: '/plain', asks: 0 },
  { name: 'rateLimit open', method: 'GET', path: '/open/limited', whenAway: 'open', asks: 1 },
  { name: 'rateLimit closed', method: 'GET', path: '/closed/limited', whenAway: 'closed', asks: 1 },
  { name: 'idempotent open', method: 'POST', path: '/open/once', whenAway: 'open', asks: 2 },
  { name: 'idempotent closed', method: 'POST', path: '/closed/once', whenAway: 'closed', asks: 2 },
]

/** What became of a request. */
export interface Answer {
  readonly kind: Kind
  /** When it was sent, and how long its whole reply took: milliseconds. */
  readonly sent: number
  readonly took: number
  /** 0 where no reply came. */
  readonly status: number
  readonly retryAfter: string | null
  /** True where the reply says what is left of a limit: the store was asked, and answered. */
  readonly isCounted: boolean
  /** True where it is the reply of an earlier request. */
  readonly isReplayed: boolean
  /** Why no reply came. */
  readonly failure?: unknown
}

/** Milliseconds after which nobody waits for a reply. */
const PATIENCE = 20_000

/** Sends one request. */
export async function ask(url: string, kind: Kind, key: string, item = key): Promise<Answer> {
  const sent = performance.now()
  const init: RequestInit =
    kind.method === 'GET'
      ? {}
      : {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': key },
          body: JSON.stringify({ item }),
        }
  try {
    const reply = await fetch(url + kind.path, { ...init, signal: AbortSignal.timeout(PATIENCE) })
    await reply.arrayBuffer()
    return {
      kind,
      sent,
      took: performance.now() - sent,
      status: reply.status,
      retryAfter: reply.headers.get('retry-after'),
      isCounted: reply.headers.has('ratelimit'),
      isReplayed: reply.headers.has('idempotency-replayed'),
    }
  } catch (failure) {
    const none = { retryAfter: null, isCounted: false, isReplayed: false }
    return { kind, sent, took: performance.now() - sent, status: 0, failure, ...none }
  }
}

/** Asks for each kind so many times a second, whatever becomes of it. */
export function startAsking(url: string, rate: number): { answers: Answer[]; stop: () => Promise<void> } {
  const answers: Answer[] = []
  const under = new Set<Promise<void>>()
  const timer = setInterval(() => {
    for (const kind of KINDS) {
      const asked: Promise<void> = ask(url, kind, crypto.randomUUID()).then((answer) => {
        answers.push(answer)
        under.delete(asked)
      })
      under.add(asked)
    }
  }, 1000 / rate)
  return {
    answers,
    stop: async () => {
      clearInterval(timer)
      await Promise.all(under)
    },
  }
}
