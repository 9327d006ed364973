/** What is served under overload: endpoints that cost what real ones do, on one core. */
import { createHash } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { type Api, api, depends, get, post } from 'trestle'
import { z } from 'zod'
import { connectUpstream } from './upstream.ts'

/** Milliseconds of the core that one request costs. */
const COST = 1

const ITEMS = Array.from({ length: 20 }, (_, i) => ({ sku: `s-${i}`, qty: i, note: 'x'.repeat(20) }))

const Digest = z.object({ digest: z.string() })
const Total = z.object({ total: z.number() })

/** @param port of the upstream that some of them wait for. */
export function overloadedApi(port: number): Api {
  const rounds = calibrate(hash)
  const total = depends({}, () => ordersTotal(), { scope: 'app', eager: true })
  const upstream = depends({}, () => connectUpstream(port), { scope: 'app', eager: true })
  return api({
    /** Never leaves the core. */
    work: get('/work', { returns: Digest }, () => ({ digest: hash(rounds) })),
    /** The same, for a request with a body. */
    send: post('/send', { body: z.array(z.string()), returns: Digest }, () => ({ digest: hash(rounds) })),
    /** Waits, then works: what it costs comes after it was admitted. */
    ask: get('/ask', { returns: Total, use: { total, upstream } }, async ({ total, upstream }) => {
      await upstream()
      return total()
    }),
    /** The same with a timer, which is harder: node goes through all timers that are due before it reads anything. */
    pause: get('/pause', { returns: Total, use: { total } }, async ({ total }) => {
      await pause(20)
      return total()
    }),
  })
}

function hash(rounds: number): string {
  let text = JSON.stringify(ITEMS)
  for (let i = 0; i < rounds; i++) text = createHash('sha256').update(JSON.stringify(ITEMS)).update(text).digest('hex')
  return text
}

/** A query that reads as many rows as it costs. */
function ordersTotal(): () => { total: number } {
  const db = new DatabaseSync(':memory:')
  db.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY, qty INTEGER)')
  db.exec(
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) INSERT INTO orders SELECT i, i % 7 FROM n',
  )
  const sum = db.prepare('SELECT sum(qty * qty) AS total FROM orders WHERE id <= ?')
  const rows = calibrate((rows) => sum.get(rows))
  return () => sum.get(rows) as { total: number }
}

/** How much of the work takes `COST`, on this machine. */
function calibrate(work: (amount: number) => unknown): number {
  let amount = 8
  for (;;) {
    let best = Number.POSITIVE_INFINITY
    for (let i = 0; i < 20; i++) {
      const start = performance.now()
      work(amount)
      best = Math.min(best, performance.now() - start)
    }
    if (best >= COST / 4) return Math.max(1, Math.round((amount * COST) / best))
    amount *= 2
  }
}
