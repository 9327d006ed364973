import { type Policy, Conflict, api, created, depends, get, noContent, policy, post, put, reply } from 'trestle'
import { batch } from 'trestle/batch'
import { idempotent } from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { afterEach, expect, it } from 'vitest'
import { z } from 'zod'
import { deferred } from '../pipeline/wires.ts'
import { onEveryDatabase } from '../policies/databases.ts'
import { type BatchAnswer, type Fetch, together } from './calls.ts'

const quiet = { places: { docs: false, redoc: false, reference: false } } as const
const Order = z.object({ sku: z.string().min(1) })

const atOnce = (fetch: Fetch, ...requests: object[]): Promise<BatchAnswer> =>
  together(fetch, requests, {}, { atomic: true })
const order = (sku: string, key?: string): object => ({
  method: 'POST',
  path: '/orders',
  body: { sku },
  ...(key && { headers: { 'idempotency-key': key } }),
})

onEveryDatabase('An atomic batch', (open) => {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  const started = async (policies: readonly Policy[] = []) => {
    const shop = await open()
    const other = await open()
    closing.push(shop.close, other.close)
    const done: string[] = []
    const ended: (Error | undefined)[] = []
    const outbox = depends(
      {},
      async function* () {
        ended.push(yield 'an outbox')
      },
      { until: 'reply' },
    )
    const late = deferred()
    const { tx } = shop
    const app = api(quiet, {
      create: post(
        '/orders',
        { body: Order, returns: created(Order), use: { tx }, throws: [Conflict], policies },
        async ({ body, tx, background }) => {
          background(() => void done.push(body.sku))
          await tx.insert(body.sku)
          if (body.sku === 'refused') throw Conflict({ headers: { 'retry-after': '7' } })
          if (body.sku === 'broken') throw new Error('it broke')
          return body
        },
      ),
      failed: put('/failed', { use: { tx } }, async ({ tx }) => {
        await tx.insert('before')
        await tx.fail().catch(() => {})
        return 'went on'
      }),
      late: put('/late', { use: { tx }, limits: { timeout: 50 } }, async ({ tx, signal }) => {
        await tx.insert('late')
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        await new Promise((resolve) => setTimeout(resolve, 20))
        // It goes on with it though its time was up.
        await tx.insert('later').catch(() => {})
        late.resolve()
      }),
      stuck: put('/stuck', { use: { tx }, limits: { timeout: 50 } }, async ({ tx }) => {
        await tx.insert('stuck')
        await new Promise(() => {})
      }),
      waits: put('/waits', { use: { tx } }, async ({ tx, signal }) => {
        await tx.insert('waits')
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      }),
      says: put('/says', { use: { tx }, returns: noContent() }, async ({ tx }) => {
        await tx.insert('says')
        return reply(204)
      }),
      skus: get('/skus', () => shop.skus()),
      again: put('/again', { use: { tx } }, async ({ tx }) => {
        await tx.insert('again')
        // As both databases say that they have undone this for others, or are busy.
        const busy = Object.assign(new Error('busy'), { code: 'ERR_SQLITE_ERROR', errcode: 5 })
        throw Object.assign(new Error('deadlock', { cause: busy }), { severity: 'ERROR', code: '40P01' })
      }),
      plain: put('/plain', () => done.push('plain')),
      other: put('/other', { use: { tx: other.tx } }, ({ tx }) => tx.insert('other')),
      outbox: put('/outbox', { use: { tx, outbox } }, ({ tx }) => tx.insert('outbox')),
      batch: batch({ limits: { timeout: 1000 } }),
    })
    const test = await createTestClient(app)
    closing.push(test.close)
    return { shop, other, test, done, ended, late: late.promise }
  }

  it('is there as a whole before its reply is sent', async () => {
    const { shop, test, done } = await started()
    const { status, replies } = await atOnce(test.fetch, order('a'), { path: '/skus' }, order('b'), order('c'))
    expect(status).toBe(200)
    // What reads beside the transaction sees what was committed before it.
    expect(replies.map(({ status }) => status)).toEqual([201, 200, 201, 201])
    expect(await shop.skus()).toEqual(['a', 'b', 'c'])
    expect(shop.held()).toBe(0)
    await expect.poll(() => done).toEqual(['a', 'b', 'c'])
    expect(test.failures).toEqual([])
  })

  it('leaves nothing where one is refused, and says which', async () => {
    const { shop, test, done } = await started()
    const { status, headers, problem } = await atOnce(test.fetch, order('a'), order('b'), order('refused'), order('c'))
    expect([status, problem]).toMatchObject([
      424,
      { code: 'batch_undone', request: 2, reply: { status: 409, body: { code: 'conflict' } } },
    ])
    expect(problem.detail).toBe('Request 2 was answered with 409: nothing was done')
    expect(headers.get('retry-after')).toBe('7')
    expect(await shop.skus()).toEqual([])
    expect(shop.held()).toBe(0)
    await test.close()
    expect(done).toEqual([])
    expect(test.failures).toEqual([])
  })

  it.each([
    ['a failure of the handler', order('broken'), 500],
    ['what is nowhere', { method: 'POST', path: '/nowhere', body: {} }, 404],
    ['what is not valid', order(''), 422],
    ['another method', { method: 'DELETE', path: '/orders' }, 405],
    ['a header field that comes twice', { path: '/skus', headers: { Accept: 'a', accept: 'b' } }, 400],
    ['a header field that it may not set', { path: '/skus', headers: { authorization: 'x' } }, 400],
  ])('leaves nothing for %s', async (_what, request, status) => {
    const { shop, test } = await started()
    const { problem } = await atOnce(test.fetch, order('a'), request)
    expect(problem).toMatchObject({ code: 'batch_undone', request: 1, reply: { status } })
    expect(await shop.skus()).toEqual([])
    expect(shop.held()).toBe(0)
  })

  it('refuses beforehand what could not be undone with the others, by name, and does nothing', async () => {
    const { shop, other, test, done, ended } = await started()
    const put = (path: string) => ({ method: 'PUT', path })
    const requests = [order('a'), put('/plain'), put('/other'), put('/outbox'), { path: '/skus' }, put('/says')]
    const { status, problem } = await atOnce(test.fetch, ...requests)
    expect([status, problem.errors]).toEqual([
      422,
      [
        { pointer: '/body/requests/1', code: 'not_atomic', message: 'It writes without a transaction' },
        {
          pointer: '/body/requests/2',
          code: 'not_atomic',
          message: 'It writes in another transaction than those before it',
        },
        {
          pointer: '/body/requests/3',
          code: 'not_atomic',
          message: 'It ends something with its reply that cannot be taken back',
        },
      ],
    ])
    expect([await shop.skus(), await other.skus(), done, ended]).toEqual([[], [], [], []])
    // Each of them may be called in a batch that is not.
    const each = await together(test.fetch, requests)
    expect(each.replies.map(({ status }) => status)).toEqual([201, 200, 204, 204, 200, 204])
  })

  it('finds so too what a path leads to only when it is known', async () => {
    const { shop, test, done } = await started()
    const first = { id: 'skus', path: '/skus' }
    await together(test.fetch, [order('plain')])
    const { problem } = await atOnce(test.fetch, first, order('a'), { method: 'PUT', path: '/{skus#/body/0}' })
    expect(problem).toMatchObject({ code: 'batch_undone', request: 2, reply: { status: 422 } })
    expect(await shop.skus()).toEqual(['plain'])
    expect(done).toEqual(['plain'])
  })

  it('goes on with what earlier ones were answered with', async () => {
    const { shop, test } = await started()
    const copied = { ...order('x'), copy: { '/body/sku': 'first#/body/sku' } }
    const { replies } = await atOnce(test.fetch, { ...order('tea'), id: 'first' }, copied)
    expect(replies[1]?.body).toEqual({ sku: 'tea' })
    expect(await shop.skus()).toEqual(['tea', 'tea'])
  })

  it('takes nothing from a handler that is still at work, and nothing of what it does later stays', async () => {
    const { shop, test, late } = await started()
    const { problem } = await atOnce(test.fetch, order('a'), { method: 'PUT', path: '/late' }, order('b'))
    expect(problem).toMatchObject({ request: 1, reply: { status: 503, body: { code: 'handler_timeout' } } })
    await late
    await test.close()
    expect(await shop.skus()).toEqual([])
    expect(shop.held()).toBe(0)
  })

  it('is not held for ever by a handler that does not end', async () => {
    const { shop, test } = await started()
    const { problem } = await atOnce(test.fetch, order('a'), { method: 'PUT', path: '/stuck' })
    expect(problem).toMatchObject({ request: 1, reply: { status: 503, body: { code: 'handler_timeout' } } })
    expect(shop.held()).toBe(0)
    expect(await shop.skus()).toEqual([])
    expect((await atOnce(test.fetch, order('b'))).status).toBe(200)
    expect(test.failures.map(String)).toContainEqual(expect.stringContaining('stuck went on for 50 ms'))
  })

  it('leaves nothing where the time of the whole is up', async () => {
    const { shop, test } = await started()
    const { status, problem } = await atOnce(test.fetch, order('a'), { method: 'PUT', path: '/waits' })
    expect([status, problem.code]).toEqual([503, 'handler_timeout'])
    await expect.poll(() => shop.held()).toBe(0)
    expect(await shop.skus()).toEqual([])
    // And the next has its turn.
    expect((await atOnce(test.fetch, order('b'))).status).toBe(200)
    expect(await shop.skus()).toEqual(['b'])
  })

  it('leaves nothing where its caller leaves', async () => {
    const { shop, test } = await started()
    const leaving = new AbortController()
    const body = JSON.stringify({ requests: [order('a'), { method: 'PUT', path: '/waits' }, order('b')], atomic: true })
    const headers = { 'content-type': 'application/json' }
    void test.fetch('/batch', { method: 'POST', headers, body, signal: leaving.signal }).catch(() => {})
    await expect.poll(() => shop.held()).toBe(1)
    leaving.abort()
    await expect.poll(() => shop.held()).toBe(0)
    expect(await shop.skus()).toEqual([])
    expect(test.failures).toEqual([])
  })

  it('is answered as what it is where it cannot be committed', async () => {
    const { shop, test } = await started()
    const { status, replies } = await atOnce(test.fetch, order('a'), { method: 'PUT', path: '/failed' })
    const skus = await shop.skus()
    // Postgres commits nothing where a statement has failed; SQLite undoes that one alone.
    if (status === 200) expect([replies.length, skus]).toEqual([2, ['a', 'before']])
    else expect([status, skus]).toEqual([500, []])
    expect(shop.held()).toBe(0)
  })

  it('is to come again where the database says so of one of its statements', async () => {
    const { shop, test } = await started()
    const { status, headers, problem } = await atOnce(test.fetch, order('a'), { method: 'PUT', path: '/again' })
    expect([status, problem.code, headers.get('retry-after')]).toEqual([503, 'unavailable', '1'])
    expect(await shop.skus()).toEqual([])
    expect(shop.held()).toBe(0)
  })

  it('keeps the replies of all under their keys, or of none', async () => {
    const { shop, test } = await started([idempotent()])
    const undone = await atOnce(test.fetch, order('a', 'ka'), order('refused', 'kr'))
    expect(undone.problem).toMatchObject({ request: 1, reply: { status: 409 } })
    expect(await shop.kept()).toBe(0)
    // Under a key that is used twice in it, nobody could say which is meant.
    const twice = await atOnce(test.fetch, order('a', 'ka'), order('b', 'ka'))
    expect(twice.problem).toMatchObject({ request: 1, reply: { body: { code: 'idempotency_key_in_use' } } })
    expect([await shop.kept(), await shop.skus()]).toEqual([0, []])

    const { replies } = await atOnce(test.fetch, order('a', 'ka'), order('b', 'kb'))
    expect(replies.map(({ status }) => status)).toEqual([201, 201])
    expect(await shop.kept()).toBe(2)
    const again = await atOnce(test.fetch, order('a', 'ka'), order('b', 'kb'), order('c', 'kc'))
    expect(again.replies.map(({ headers }) => headers['idempotency-replayed'])).toEqual(['true', 'true', undefined])
    expect(await shop.skus()).toEqual(['a', 'b', 'c'])
  })

  it('has policies told of it when it is known what became of all', async () => {
    const told: (readonly string[])[] = []
    let look = async (): Promise<readonly string[]> => []
    const telling = policy('telling', {}, () => ({ record: async () => void told.push(await look()) }))
    const { shop, test } = await started([telling])
    look = shop.skus
    await atOnce(test.fetch, order('a'), order('b'))
    expect(told).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
  })
})
