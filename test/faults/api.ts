import pg from 'pg'
import { type Api, Unavailable, api, created, depends, get, group, post } from 'trestle'
import { idempotent, rateLimit } from 'trestle/policies'
import { z } from 'zod'

const Item = z.object({ item: z.string() })

/** Milliseconds that the database of orders has: what waits longer is refused, as it is for the backend. */
const DATABASE_TIME = 500

/** What a failure of the connection is told by (SQLSTATE classes 08, 53 and 57): no answer of the database. */
function unlessAway(error: unknown): never {
  if (error instanceof pg.DatabaseError && !/^(?:08|53|57)/.test(error.code ?? '')) throw error
  throw Unavailable({ headers: { 'retry-after': '1' }, cause: error })
}

/** An API with each policy that keeps state, open and closed, and orders in a table of its own. */
export function faultsApi(database: string): Api {
  const pool = depends(
    {},
    async function* () {
      const pool = new pg.Pool({
        connectionString: database,
        max: 10,
        connectionTimeoutMillis: DATABASE_TIME,
        query_timeout: DATABASE_TIME,
      })
      pool.on('error', () => {})
      yield pool
      await pool.end()
    },
    { scope: 'app' },
  )
  /** A connection before the handler is called: where there is none, nothing was done, and the key may come again. */
  const connection = depends(
    { pool },
    async function* ({ pool }) {
      const client = await pool.connect().catch(unlessAway)
      let broken: Error | undefined
      const breaks = (error: Error): void => {
        broken = error
      }
      client.on('error', breaks)
      try {
        yield client
      } finally {
        client.release(broken)
        client.off('error', breaks)
      }
    },
    { throws: [Unavailable] },
  )
  const all = (whenAway: 'open' | 'closed') =>
    group(`/${whenAway}`, {
      limited: get('/limited', { policies: [rateLimit('1000000000/hour', { whenAway })] }, () => 'let through'),
      once: post('/once', { body: Item, policies: [idempotent({ whenAway })] }, () => ({ done: true })),
    })
  const order = post(
    '/orders',
    {
      body: Item,
      returns: created(Item, { location: () => '/orders/1' }),
      use: { connection },
      throws: [Unavailable],
      policies: [rateLimit('1000000000/hour', { whenAway: 'closed' }), idempotent()],
    },
    async ({ body, connection }) => {
      await connection.query('INSERT INTO orders VALUES ($1)', [body.item]).catch(unlessAway)
      return body
    },
  )
  return api({ plain: get('/plain', () => 'let through'), open: all('open'), closed: all('closed'), order })
}
