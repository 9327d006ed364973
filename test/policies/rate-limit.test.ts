import { type PolicyContext, api, depends, get, group, post } from 'trestle'
import { type RateStore, type Taken, rateLimit, rateStore } from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { StoreAway } from 'trestle/policies'
import { toOpenApi } from 'trestle/openapi'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createMemoryRates } from '../../src/backends/memory/rates.ts'
import { networkOf } from '../../src/policies/caller.ts'
import { onEveryWire } from '../pipeline/wires.ts'

const quiet = { places: { openapi: false, docs: false, redoc: false, reference: false } } as const

/** Whoever the header says. */
const user = depends({}, ({ request }) => request.header('x-user'), {
  security: {
    name: 'user',
    scheme: { type: 'apiKey', in: 'header', name: 'x-user' },
    principal: (name: string) => name,
  },
})

onEveryWire('A rate limit', (open) => {
  it('says what is left, and refuses with 429 when nothing is', async () => {
    const running = await open(api(quiet, { read: get('/', { policies: [rateLimit('2/hour')] }, () => 1) }))
    const first = await running.fetch('/')
    expect(first.status).toBe(200)
    expect(first.headers.get('ratelimit-policy')).toBe('"2-hour";q=2;w=3600')
    expect(first.headers.get('ratelimit')).toBe('"2-hour";r=1;t=1800')
    await running.fetch('/')
    const refused = await running.fetch('/')
    expect(refused.status).toBe(429)
    expect(refused.headers.get('ratelimit')).toMatch(/^"2-hour";r=0;t=(1800|1799)$/)
    const wait = Number(refused.headers.get('retry-after'))
    expect(wait).toBeGreaterThanOrEqual(1799)
    expect(wait).toBeLessThanOrEqual(1800 * 1.2 + 1)
    expect(await refused.json()).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      status: 429,
      code: 'quota_exceeded',
    })
  })

  it('tells callers who are refused alike to come again at different times', async () => {
    const limit = rateLimit('1/day')
    const running = await open(api(quiet, { read: get('/', { policies: [limit] }, () => 1) }))
    await running.fetch('/')
    const waits = new Set<string | null>()
    for (let i = 0; i < 8; i++) waits.add((await running.fetch('/')).headers.get('retry-after'))
    expect(waits.size).toBeGreaterThan(1)
  })

  it('counts principals apart, and each endpoint by itself unless it has a name', async () => {
    const own = rateLimit('1/hour')
    const shared = rateLimit('1/hour', { name: 'both' })
    const use = { user }
    const running = await open(
      api(quiet, {
        a: get('/a', { use, policies: [own] }, () => 1),
        b: get('/b', { use, policies: [own] }, () => 1),
        c: group('/', { policies: [shared] }, { c: get('/c', { use }, () => 1), d: get('/d', { use }, () => 1) }),
      }),
    )
    const ask = async (path: string, name: string): Promise<number> =>
      (await running.fetch(path, { headers: { 'x-user': name } })).status
    expect([await ask('/a', 'ann'), await ask('/a', 'ann'), await ask('/a', 'bob')]).toEqual([200, 429, 200])
    expect([await ask('/b', 'ann'), await ask('/c', 'ann'), await ask('/d', 'ann')]).toEqual([200, 200, 429])
    expect(await ask('/d', 'bob')).toBe(200)
  })
})

describe('A rate limit', () => {
  it('of several quotas holds all of them', async () => {
    const policies = [rateLimit(['3/second', { quota: '5/hour', name: 'hourly', burst: 4 }])]
    const test = await createTestClient(api(quiet, { read: get('/', { policies }, () => 1) }))
    const replies = []
    for (let i = 0; i < 4; i++) replies.push(await test.fetch('/'))
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(replies[0]?.headers.get('ratelimit-policy')).toBe('"3-second";q=3;w=1, "hourly";q=5;w=3600')
    expect(replies[0]?.headers.get('ratelimit')).toMatch(/^"3-second";r=2;t=1, "hourly";r=3;t=720$/)
    await test.close()
  })

  it('may depend on the principal, cost more, or not count at all', async () => {
    const policies = [
      rateLimit(
        ({ principal }) => (principal?.id === 'admin' ? undefined : principal?.id === 'pro' ? '4/hour' : '2/hour'),
        { cost: ({ request }) => Number(request.header('x-cost') ?? 1) },
      ),
    ]
    const test = await createTestClient(api(quiet, { read: get('/', { use: { user }, policies }, () => 1) }))
    const ask = async (name: string, cost = '1'): Promise<number> =>
      (await test.fetch('/', { headers: { 'x-user': name, 'x-cost': cost } })).status
    expect([await ask('free', '2'), await ask('free')]).toEqual([200, 429])
    expect([await ask('pro', '2'), await ask('pro', '2'), await ask('pro')]).toEqual([200, 200, 429])
    for (let i = 0; i < 5; i++) expect(await ask('admin')).toBe(200)
    await test.close()
  })

  it('by what the body says counts what is valid, and nothing else', async () => {
    const by = ({ body }: PolicyContext): string => (body as { name: string }).name
    const policies = [rateLimit('2/hour', { by, readsBody: true })]
    const app = api(quiet, { send: post('/', { body: z.object({ name: z.string() }), policies }, () => 1) })
    const test = await createTestClient(app)
    const ask = async (name: unknown): Promise<Response> =>
      test.fetch('/', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name }),
      })
    const statuses = []
    for (const name of ['ann', 7, 'ann', 'ann', 'bob']) statuses.push((await ask(name)).status)
    expect(statuses).toEqual([200, 422, 200, 429, 200])
    expect((await ask('bob')).headers.get('ratelimit')).toMatch(/^"2-hour";r=0;t=/)
    expect((await ask('bob')).headers.get('retry-after')).not.toBeNull()
    expect(test.failures).toEqual([])
    await test.close()
  })

  const away = {
    take: (): Promise<Taken[]> => Promise.reject(new StoreAway('the store is on holiday')),
  }

  it('lets requests pass while its store is away, and tells once', async () => {
    const app = api(quiet, { read: get('/', { policies: [rateLimit('1/hour')] }, () => 1) })
    const test = await createTestClient(app, { override: [[rateStore, away]] })
    for (let i = 0; i < 5; i++) {
      const reply = await test.fetch('/')
      expect([reply.status, reply.headers.get('ratelimit')]).toEqual([200, null])
    }
    expect(test.failures.map(String)).toEqual(['StoreAway: the store is on holiday'])
    await test.close()
  })

  it('refuses them with 503 where it is to be closed then', async () => {
    const app = api(quiet, { read: get('/', { policies: [rateLimit('1/hour', { whenAway: 'closed' })] }, () => 1) })
    const test = await createTestClient(app, { override: [[rateStore, away]] })
    const reply = await test.fetch('/')
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await reply.json()).toMatchObject({ code: 'unavailable' })
    await test.close()
  })

  it('is in the description of what it limits', async () => {
    const app = api(quiet, { read: get('/', { policies: [rateLimit('1/hour')] }, () => 1) })
    const { paths } = (await toOpenApi(app)) as unknown as {
      paths: Record<string, { get: { responses: Record<string, { headers?: object; $ref?: string }> } }>
    }
    const { responses } = paths['/']?.get ?? { responses: {} }
    expect(Object.keys(responses)).toContain('429')
    expect(Object.keys(responses['200']?.headers ?? {})).toEqual(
      expect.arrayContaining(['RateLimit', 'RateLimit-Policy']),
    )
  })

  it.each(['100', '100/fortnight', '0/minute', '-1/minute', '100/ms', '1/0 minutes', 'minute', ''])(
    'that is none is refused: "%s"',
    (quota) => {
      expect(() => rateLimit(quota)).toThrow(`"${quota}" is no limit: write it like "100/minute"`)
    },
  )

  it.each([
    ['100/minute', 100, 60],
    ['100 / min', 100, 60],
    ['10/s', 10, 1],
    ['5 per hour', 5, 3600],
    ['300/15 minutes', 300, 900],
    ['1/day', 1, 86_400],
  ])('%s', async (quota, count, seconds) => {
    const test = await createTestClient(
      api(quiet, { read: get('/', { policies: [rateLimit({ quota, name: 'x' })] }, () => 1) }),
    )
    expect((await test.fetch('/')).headers.get('ratelimit-policy')).toBe(`"x";q=${count};w=${seconds}`)
    await test.close()
  })

  it('that would count a request twice is refused', async () => {
    expect(() => rateLimit(['10/second', '10 per second', { quota: '1/hour', name: '10-second' }])).toThrow(
      'two limits are "10-second"',
    )
    const shared = rateLimit('100/minute', { name: 'all' })
    const app = api(quiet, {
      both: group(
        '/',
        { policies: [shared] },
        {
          twice: get('/twice', { policies: [shared] }, () => 1),
          beside: get('/beside', { policies: [rateLimit('100/minute'), rateLimit('10/second')] }, () => 1),
        },
      ),
    })
    const failure = await createTestClient(app).catch(String)
    expect(failure).toContain(
      'two of "rate-limit" count under "all:100-minute", and each request twice\n    → leave one',
    )
    expect(failure).not.toContain('/beside')
  })

  it('counts callers without a principal by their network', () => {
    expect(networkOf('192.0.2.1')).toBe('192.0.2.1')
    expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1')
    expect(networkOf('::FFFF:c000:201')).toBe('192.0.2.1')
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
    expect(networkOf('2001:db8:1:2::9')).toBe('2001:db8:1:2::/64')
    expect(networkOf('2001:db8::1%eth0')).toBe('2001:db8:0:0::/64')
    expect(networkOf('::1')).toBe('0:0:0:0::/64')
    expect(networkOf('')).toBe('')
  })
})

it('a rate limit has a short key for a caller that is long, and another for each', async () => {
  const keys: string[] = []
  const by = ({ request }: PolicyContext): string => request.search
  const rates = createMemoryRates()
  const store: RateStore = {
    take: (takes) => {
      keys.push(...takes.map(({ key }) => key))
      return rates.take(takes)
    },
  }
  const app = api(quiet, { read: get('/', { policies: [rateLimit('1/hour', { by })] }, () => 1) })
  const { fetch, close } = await createTestClient(app, { override: [[rateStore, store]] })
  const status = async (last: string): Promise<number> => (await fetch(`/?${'x'.repeat(2000)}${last}`)).status
  expect([await status('a'), await status('b'), await status('a')]).toEqual([200, 200, 429])
  expect(keys.every((key) => key.length < 100)).toBe(true)
  await close()
})
