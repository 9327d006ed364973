import { mkdtemp, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { type Api, api, depends, post } from 'trestle'
import { idempotent } from 'trestle/policies'
import { type TestClient, createTestClient } from 'trestle/testing'
import { type TransactionAdapter, transaction } from 'trestle/transaction'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { deferred } from '../pipeline/wires.ts'
import { freePort } from '../servers/free-port.ts'
import { type TestPostgres, startPostgres } from '../servers/postgres.ts'

const quiet = { places: { docs: false, redoc: false, reference: false } } as const
const INSERT = "INSERT INTO orders (sku) VALUES ('tea')"

/** An API whose handler is given, with a policy or without. */
function ordering<Value>(
  database: pg.Pool | DatabaseSync | string,
  handling: (tx: Value) => unknown,
  adapter?: TransactionAdapter<unknown, unknown>,
): Api {
  const db = depends({}, () => database as unknown, { scope: 'app' })
  const tx = adapter === undefined ? transaction(db) : transaction(db, adapter)
  return api(quiet, {
    create: post('/orders', { use: { tx }, policies: [idempotent()] }, ({ tx }) => handling(tx as Value)),
    plain: post('/plain', { use: { tx } }, ({ tx }) => handling(tx as Value)),
  })
}

let test: TestClient<Api> | undefined
afterEach(async () => {
  await test?.close()
  test = undefined
})

async function start(app: Api): Promise<TestClient<Api>> {
  test = await createTestClient(app)
  return test
}

const order = (at = '/orders', key = 'k'): Promise<Response> =>
  (test as TestClient<Api>).fetch(at, { method: 'POST', headers: { 'idempotency-key': key } })

const told = async (reply: Response): Promise<unknown[]> => [
  reply.status,
  ((await reply.json()) as { code: string }).code,
  reply.headers.get('retry-after'),
]
const UNAVAILABLE = [503, 'unavailable', '1']

describe('A transaction in Postgres', () => {
  let postgres: TestPostgres
  let pool: pg.Pool
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(() => postgres.remove())
  const reset = async (max = 4): Promise<void> => {
    pool = new pg.Pool({ connectionString: postgres.url, max })
    pool.on('error', () => {})
    await pool.query(`DROP TABLE IF EXISTS orders, trestle_replies, trestle_replies_version;
      DROP FUNCTION IF EXISTS trestle_claim;
      CREATE TABLE orders (id integer GENERATED ALWAYS AS IDENTITY, sku text UNIQUE DEFERRABLE INITIALLY DEFERRED)`)
  }
  afterEach(() => pool.end())
  const count = async (): Promise<number> => (await pool.query('SELECT 1 FROM orders')).rows.length
  /** Ends the connection of a transaction from another. */
  const terminate = async (tx: pg.PoolClient): Promise<void> => {
    const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
    await new Promise((resolve) => setTimeout(resolve, 50))
  }

  it.each(['/orders', '/plain'])('is 503 where its connection is lost: %s', async (at) => {
    await reset()
    let lost = true
    await start(
      ordering<pg.PoolClient>(pool, async (tx) => {
        await tx.query(INSERT)
        if (lost) await terminate(tx)
        return { made: true }
      }),
    )
    // At its COMMIT, then at a statement of the handler.
    expect(await told(await order(at))).toEqual(UNAVAILABLE)
    expect(await count()).toBe(0)
    lost = false
    expect((await order(at)).status).toBe(200)
    expect([await count(), pool.totalCount - pool.idleCount]).toEqual([1, 0])
  })

  it('is 503 where a statement of the handler finds it lost', async () => {
    await reset()
    await start(
      ordering<pg.PoolClient>(pool, async (tx) => {
        await terminate(tx)
        await tx.query(INSERT)
      }),
    )
    expect(await told(await order())).toEqual(UNAVAILABLE)
    expect(pool.totalCount - pool.idleCount).toBe(0)
  })

  it('is a failure of the request where the commit is refused', async () => {
    await reset()
    await start(
      ordering<pg.PoolClient>(pool, async (tx) => {
        await tx.query(INSERT)
        await tx.query(INSERT)
        return { made: true }
      }),
    )
    expect((await order('/plain')).status).toBe(500)
    expect((await order('/orders')).status).toBe(500)
    expect([await count(), (await pool.query('SELECT 1 FROM trestle_replies')).rows.length]).toEqual([0, 0])
  })

  it('is 503 where Postgres undid it for others, and fine when it comes again', async () => {
    await reset()
    await pool.query(`INSERT INTO orders (sku) VALUES ('a'), ('b')`)
    const both = [deferred(), deferred()] as const
    let calls = 0
    await start(
      ordering<pg.PoolClient>(pool, async (tx) => {
        const [one, other] = calls++ % 2 === 0 ? ['a', 'b'] : ['b', 'a']
        await tx.query('UPDATE orders SET sku = sku WHERE sku = $1', [one])
        both[one === 'a' ? 0 : 1].resolve()
        if (calls <= 2) await Promise.all(both.map(({ promise }) => promise))
        await tx.query('UPDATE orders SET sku = sku WHERE sku = $1', [other])
        return { made: true }
      }),
    )
    const replies = await Promise.all([order('/orders', 'one'), order('/orders', 'two')])
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 503])
    const loser = replies[0]?.status === 503 ? 'one' : 'two'
    const again = await order('/orders', loser)
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, null])
  })

  it('is 503 for a transaction that cannot be serialized', async () => {
    await reset()
    let other = async (): Promise<void> => {}
    await start(
      ordering<pg.PoolClient>(pool, async (tx) => {
        await tx.query('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE')
        await tx.query('SELECT count(*) FROM orders')
        await tx.query('INSERT INTO orders (sku) VALUES (gen_random_uuid()::text)')
        await other()
        return { made: true }
      }),
    )
    other = async () => {
      other = async () => {}
      expect((await order('/plain')).status).toBe(200)
    }
    expect(await told(await order('/plain'))).toEqual(UNAVAILABLE)
    expect(await count()).toBe(1)
  })

  it('is 503 where no connection is free in time', async () => {
    await reset(1)
    await start(ordering<pg.PoolClient>(pool, async () => {}))
    const held = await pool.connect()
    const since = performance.now()
    expect(await told(await order('/plain'))).toEqual(UNAVAILABLE)
    expect(performance.now() - since).toBeGreaterThan(4900)
    expect(performance.now() - since).toBeLessThan(8000)
    held.release()
    // The connection that came too late is free again.
    expect((await order('/plain')).status).toBe(204)
  }, 20_000)

  it('loses nothing that was answered when Postgres is restarted under load, and is well again soon', async () => {
    await reset()
    await start(
      ordering<pg.PoolClient>(pool, async (tx) => {
        const { rows } = await tx.query('INSERT INTO orders (sku) VALUES (gen_random_uuid()::text) RETURNING sku')
        return rows[0]
      }),
    )
    const answered: string[] = []
    const statuses = new Set<number>()
    let going = true
    const caller = async (): Promise<void> => {
      while (going) {
        const reply = await order('/orders', crypto.randomUUID())
        statuses.add(reply.status)
        if (reply.status === 200) answered.push(((await reply.json()) as { sku: string }).sku)
        else await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    const callers = Array.from({ length: 8 }, caller)
    await expect.poll(() => answered.length).toBeGreaterThan(50)
    await postgres.stop()
    await postgres.start()
    const before = answered.length
    await expect.poll(() => answered.length, { timeout: 5000 }).toBeGreaterThan(before + 50)
    going = false
    await Promise.all(callers)
    expect([...statuses].sort()).toEqual([200, 503])
    const there = new Set((await pool.query<{ sku: string }>('SELECT sku FROM orders')).rows.map(({ sku }) => sku))
    expect(answered.filter((sku) => !there.has(sku))).toEqual([])
    expect(pool.totalCount - pool.idleCount).toBe(0)
  }, 30_000)

  it('starts while Postgres is away, and makes its table when that is there', async () => {
    await reset()
    await pool.end()
    const address = new URL(postgres.url)
    const away = new pg.Pool({
      host: '127.0.0.1',
      port: await freePort(),
      user: 'trestle',
      database: 'postgres',
      max: 1,
    })
    await start(ordering<pg.PoolClient>(away, async () => ({ made: true })))
    expect(await told(await order())).toEqual(UNAVAILABLE)
    Object.assign(away.options, { port: Number(address.port), password: address.password })
    expect((await order()).status).toBe(200)
    await away.end()
    pool = new pg.Pool({ connectionString: postgres.url })
  })

  it('says at start what keeps it from making its table', async () => {
    await reset()
    await pool.query(
      'CREATE TABLE trestle_replies_version (version integer); INSERT INTO trestle_replies_version VALUES (99)',
    )
    await expect(createTestClient(ordering(pool, () => 1))).rejects.toThrow('of a newer version of Trestle')
  })

  it('makes its table once, whoever starts first', async () => {
    await reset()
    const pools = Array.from({ length: 6 }, () => new pg.Pool({ connectionString: postgres.url, max: 2 }))
    const started = await Promise.all(pools.map((one) => createTestClient(ordering(one, () => ({ made: true })))))
    const replies = await Promise.all(
      started.map((one) => one.fetch('/orders', { method: 'POST', headers: { 'idempotency-key': 'k' } })),
    )
    expect(replies.map(({ status }) => status).filter((status) => status !== 200 && status !== 409)).toEqual([])
    for (const one of started) await one.close()
    for (const one of pools) await one.end()
  })

  it('is begun by an adapter where one is given', async () => {
    await reset()
    const steps: string[] = []
    const adapter: TransactionAdapter<pg.Pool, { put: () => Promise<void> }> = {
      dialect: 'postgres',
      begin: async (database) => {
        const client = await database.connect()
        await client.query('BEGIN')
        steps.push('begin')
        return {
          value: { put: async () => void (await client.query(INSERT)) },
          query: async (text, values) => (await client.query(text, values as unknown[])).rows as object[],
          commit: async () => {
            await client.query('COMMIT')
            client.release()
            steps.push('commit')
          },
          rollback: async () => {
            await client.query('ROLLBACK')
            client.release()
            steps.push('rollback')
          },
        }
      },
    }
    let fails = true
    const app = ordering<{ put: () => Promise<void> }>(
      pool,
      async (tx) => {
        await tx.put()
        if (fails) throw new Error('a fault')
        return { made: true }
      },
      adapter as TransactionAdapter<unknown, unknown>,
    )
    await start(app)
    steps.length = 0
    expect((await order('/orders', 'one')).status).toBe(500)
    fails = false
    expect((await order('/orders', 'two')).status).toBe(200)
    expect((await order('/orders', 'two')).headers.get('idempotency-replayed')).toBe('true')
    // The failure is kept in a transaction of its own.
    expect(steps).toEqual(['begin', 'rollback', 'begin', 'commit', 'begin', 'commit', 'begin', 'commit'])
    expect(await count()).toBe(1)
  })
})

describe('A transaction in SQLite', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'trestle-transaction-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('waits for another that writes without holding anybody up, and is 503 where that takes too long', async () => {
    const file = path.join(folder, 'busy.db')
    // What the application waits for in its own statements stays as it was.
    const [mine, others] = [new DatabaseSync(file, { timeout: 2000 }), new DatabaseSync(file)]
    mine.exec('PRAGMA journal_mode = WAL; CREATE TABLE orders (sku TEXT)')
    await start(ordering<DatabaseSync>(mine, (tx) => tx.exec(INSERT)))
    others.exec('BEGIN IMMEDIATE')
    let ticks = 0
    const ticking = setInterval(() => ticks++, 10)
    const waiting = order('/plain')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(ticks).toBeGreaterThan(20)
    others.exec('COMMIT')
    expect((await waiting).status).toBe(204)
    others.exec('BEGIN IMMEDIATE')
    expect(await told(await order('/plain', 'b'))).toEqual(UNAVAILABLE)
    clearInterval(ticking)
    others.exec('COMMIT')
    expect((await order('/orders', 'c')).status).toBe(204)
    expect(mine.prepare('PRAGMA busy_timeout').get()).toEqual({ timeout: 2000 })
    expect(mine.prepare('SELECT count(*) AS n FROM orders').get()).toEqual({ n: 2 })
    mine.close()
    others.close()
  }, 20_000)

  it('is a failure where the handler ended it itself', async () => {
    const database = new DatabaseSync(path.join(folder, 'ended.db'))
    await start(ordering<DatabaseSync>(database, (tx) => tx.exec('COMMIT')))
    expect((await order('/plain')).status).toBe(500)
    expect(String(test?.failures)).toContain('was ended by the handler')
    database.close()
  })
})

describe('A transaction in something else', () => {
  it('stops the start, and says what it takes', async () => {
    await expect(createTestClient(ordering('a file', () => 1))).rejects.toThrow(
      'transaction() takes a pg.Pool, a DatabaseSync of node:sqlite, or a Drizzle database over either',
    )
  })
})
