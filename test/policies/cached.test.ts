import { AsyncLocalStorage } from 'node:async_hooks'
import {
  Conflict,
  type Middleware,
  NotFound,
  Unauthorized,
  Unavailable,
  api,
  depends,
  file,
  get,
  noContent,
  patch,
  post,
  put,
  reply,
  stream,
  text,
} from 'trestle'
import { bearer, securityScheme } from 'trestle/auth'
import { serve } from 'trestle/node'
import { toOpenApi } from 'trestle/openapi'
import {
  type CacheStore,
  StoreAway,
  cacheControl,
  cacheStore,
  cacheTags,
  cached,
  idempotent,
  invalidates,
} from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createMemoryCache } from '../../src/backends/memory/cache.ts'
import { deferred, onEveryWire } from '../pipeline/wires.ts'

const quiet = { places: { docs: false, redoc: false, reference: false } } as const
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const user = depends(
  {},
  ({ request }) => {
    const name = /^Bearer (\w+)$/.exec(request.header('authorization') ?? '')?.[1]
    if (name === undefined) throw Unauthorized({ headers: { 'www-authenticate': 'Bearer' } })
    return name
  },
  {
    throws: [Unauthorized],
    security: { name: 'user', scheme: { type: 'http', scheme: 'bearer' }, principal: (name) => name },
  },
)

const as = (name: string): RequestInit => ({ headers: { authorization: `Bearer ${name}` } })
const status = (given: Response): string | null => given.headers.get('cache-status')

/** An API that counts what it makes. */
function shop() {
  const made: string[] = []
  const names = new Map([['1', 'tea']])
  const params = z.object({ id: z.string() })
  const app = api(quiet, {
    list: get('/products', { policies: [cached({ for: 60, tags: ['products'] })] }, ({ request }) => {
      made.push(`list?${request.search}`)
      return [...names.values()]
    }),
    read: get(
      '/products/{id}',
      { params, returns: text(), throws: [NotFound], policies: [cached({ for: 60, tags: ['product:{id}'] })] },
      ({ params: { id } }) => {
        made.push(id)
        const name = names.get(id)
        if (name === undefined) throw NotFound()
        return name
      },
    ),
    write: put(
      '/products/{id}',
      { params, body: z.string(), returns: noContent(), policies: [invalidates('products')] },
      ({ params: { id }, body }) => {
        if (body === '') throw NotFound()
        names.set(id, body)
      },
    ),
    wipe: post('/wipe', { use: { cacheTags }, returns: noContent() }, async ({ cacheTags }) => {
      names.clear()
      await cacheTags.invalidate('products', 'product:1')
    }),
  })
  const write = (body: string): RequestInit => ({
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { app, made, write }
}

onEveryWire('A cached endpoint', (open) => {
  it('gives its reply again, and says so', async () => {
    const { app, made } = shop()
    const running = await open(app)
    const first = await running.fetch('/products/1')
    const second = await running.fetch('/products/1')
    expect([await first.text(), await second.text()]).toEqual(['tea', 'tea'])
    expect([status(first), first.headers.get('age')]).toEqual(['Trestle; fwd=uri-miss; stored', null])
    expect([status(second), second.headers.get('age')]).toEqual(['Trestle; hit; ttl=60', '0'])
    for (const name of ['etag', 'content-type', 'content-length']) {
      expect(second.headers.get(name)).toBe(first.headers.get(name))
    }
    const head = await running.fetch('/products/1', { method: 'HEAD' })
    expect([head.status, head.headers.get('etag'), await head.text()]).toEqual([200, first.headers.get('etag'), ''])
    const same = await running.fetch('/products/1', { headers: { 'if-none-match': first.headers.get('etag') ?? '' } })
    expect([same.status, await same.text(), status(same)]).toEqual([304, '', 'Trestle; hit; ttl=60'])
    expect(made).toEqual(['1'])
    expect(running.failures).toEqual([])
  })

  it('tells addresses and queries apart, but not the order of their fields', async () => {
    const { app, made } = shop()
    const running = await open(app)
    for (const search of ['a=1&b=2', 'b=2&a=1', 'b=2', 'a=1&a=2', 'a=2&a=1']) await running.fetch(`/products?${search}`)
    for (const path of ['/products/1', '/products/%31', '/products/2']) await running.fetch(path)
    expect(made).toEqual(['list?a=1&b=2', 'list?b=2', 'list?a=1&a=2', 'list?a=2&a=1', '1', '2'])
  })

  it('does not keep failures', async () => {
    const { app, made } = shop()
    const running = await open(app)
    for (let i = 0; i < 2; i++) {
      const none = await running.fetch('/products/9')
      expect([none.status, status(none)]).toEqual([404, 'Trestle; fwd=uri-miss'])
    }
    expect(made).toEqual(['9', '9'])
  })

  it('is made anew where a change succeeds at its address, or has its tag', async () => {
    const { app, made, write } = shop()
    const running = await open(app)
    const both = async (): Promise<string[]> => [
      await (await running.fetch('/products/1')).text(),
      await (await running.fetch('/products')).text(),
    ]
    expect(await both()).toEqual(['tea', '["tea"]'])
    expect((await running.fetch('/products/1', write(''))).status).toBe(404)
    expect((await running.fetch('/products/2', write('milk'))).status).toBe(204)
    await pause(20)
    expect(await both()).toEqual(['tea', '["tea","milk"]'])
    expect(made).toEqual(['1', 'list?', 'list?'])
    expect((await running.fetch('/products/1', write('green'))).status).toBe(204)
    expect(await both()).toEqual(['green', '["green","milk"]'])
    expect((await running.fetch('/wipe', { method: 'POST' })).status).toBe(204)
    expect((await running.fetch('/products/1')).status).toBe(404)
    expect(await (await running.fetch('/products')).text()).toBe('[]')
  })

  it('never gives one user what is of another', async () => {
    const seen: string[] = []
    const app = api(quiet, {
      mine: get('/mine', { use: { user }, policies: [cached({ for: 60, stale: 60 })] }, async ({ user }) => {
        seen.push(user)
        await pause(5)
        return { user }
      }),
      all: get('/all', { use: { user }, policies: [cached({ for: 60, public: true })] }, () => {
        seen.push('all')
        return 'the same'
      }),
    })
    const running = await open(app)
    const names = ['ann', 'bob', 'eve']
    const ask = async (index: number): Promise<void> => {
      const name = names[index % names.length] as string
      const given = await running.fetch('/mine', as(name))
      expect(await given.json()).toEqual({ user: name })
    }
    await Promise.all(Array.from({ length: 60 }, (_, index) => ask(index)))
    for (let index = 0; index < 6; index++) await ask(index)
    expect(seen.sort()).toEqual(names)
    const refused = await running.fetch('/mine')
    expect([refused.status, status(refused)]).toEqual([401, null])
    for (const name of names) expect(await (await running.fetch('/all', as(name))).json()).toBe('the same')
    expect((await running.fetch('/all')).status).toBe(401)
    expect(seen.filter((name) => name === 'all')).toHaveLength(1)
    expect(running.failures).toEqual([])
  })

  it('answers who brings credentials that it does not know by the handler', async () => {
    let made = 0
    const app = api(quiet, { read: get('/', { policies: [cached({ for: 60 })] }, () => ++made) })
    const running = await open(app)
    await running.fetch('/')
    const given = await running.fetch('/', as('ann'))
    expect([await given.json(), status(given)]).toEqual([2, 'Trestle; fwd=bypass'])
    expect(await (await running.fetch('/')).json()).toBe(1)
  })

  it('keeps no reply that is for its caller alone', async () => {
    const answers: Record<string, Record<string, string>> = {
      cookie: { 'set-cookie': 'a=1' },
      private: { 'cache-control': 'max-age=60, private' },
      store: { 'cache-control': 'no-store' },
      everything: { vary: '*' },
      unknown: { vary: 'accept-language, user-agent' },
    }
    let made = 0
    const app = api(quiet, {
      read: get(
        '/{what}',
        { returns: text(), policies: [cached({ for: 60, vary: ['Accept-Language'] })] },
        async ({ params }) => {
          const own = `${params.what} ${++made}`
          await pause(10)
          return reply(200, own, answers[params.what])
        },
      ),
    })
    const running = await open(app)
    for (const what of Object.keys(answers)) {
      const at = () => running.fetch(`/${what}`)
      const given = [...(await Promise.all([at(), at(), at()])), await at()]
      const bodies = await Promise.all(given.map((one) => one.text()))
      expect(new Set(bodies).size).toBe(4)
    }
    expect((await running.fetch('/none')).headers.get('vary')).toBe('accept-language')
    const told = running.failures.map(({ error }) => String(error))
    expect(told.filter((one) => one.includes('"Vary: *"'))).toHaveLength(1)
    expect(told.filter((one) => one.includes('"Vary: user-agent"'))).toHaveLength(1)
    expect(told).toHaveLength(2)
  })

  it.each([
    [{ 'cache-control': 'max-age=5' }, 5],
    [{ 'cache-control': 'public, MAX-AGE="7"' }, 7],
    [{ 'cache-control': 'max-age=5, s-maxage=9, max-age=1' }, 9],
    [{ 'cache-control': 'max-age=600' }, 60],
    [{ 'cache-control': 'max-age=30', age: '20' }, 10],
    [{ 'cache-control': 'max-age=30', age: '20, 0' }, 10],
    [{ 'cache-control': 'max-age=30', age: 'old' }, 30],
    [{ 'cache-control': 'max-age=0' }, 0],
    [{ 'cache-control': 'max-age=-1' }, 0],
    [{ 'cache-control': 'max-age=x' }, 0],
    [{ 'cache-control': 'ext="max-age=1, no-store", max-age=5' }, 5],
    [{ date: 'Mon, 02 Mar 2026 10:00:00 GMT', expires: 'Mon, 02 Mar 2026 10:00:20 GMT' }, 20],
    [{ expires: 'Mon, 02 Mar 2026 10:00:20 GMT' }, 0],
    [{ expires: '0' }, 0],
  ])('is fresh for no longer than the reply says: %o', async (fields, seconds) => {
    const app = api(quiet, {
      read: get('/', { returns: text(), policies: [cached({ for: 60 })] }, () => reply(200, 'read', fields)),
    })
    const running = await open(app)
    const first = await running.fetch('/')
    expect(status(first)?.includes('stored')).toBe(seconds > 0)
    const second = await running.fetch('/')
    expect(status(second)).toBe(seconds > 0 ? `Trestle; hit; ttl=${seconds}` : 'Trestle; fwd=uri-miss')
    const { age = '0' } = fields as { age?: string }
    if (seconds > 0) expect(second.headers.get('age')).toBe(age.startsWith('20') ? '20' : '0')
    expect(second.headers.get('date')).toBe((fields as { date?: string }).date ?? first.headers.get('date'))
  })

  it('is not given when it is stale where the reply forbids that', async () => {
    let made = 0
    const app = api(quiet, {
      read: get('/', { returns: text(), policies: [cached({ for: 0.05, stale: 60 })] }, () =>
        reply(200, String(++made), { 'cache-control': 'must-revalidate' }),
      ),
    })
    const running = await open(app)
    await running.fetch('/')
    await pause(80)
    expect(await (await running.fetch('/')).text()).toBe('2')
  })

  it('is made anew where a change elsewhere says that it was there', async () => {
    let made = 0
    const app = api(quiet, {
      read: get('/it/{id}', { policies: [cached({ for: 60 })] }, () => ++made),
      make: post('/it', { returns: noContent(), policies: [invalidates()] }, () =>
        // A link is escaped as its author escapes, and a request as its caller does.
        reply(204, undefined, { location: '/it/%31%3Aa', 'content-location': 'it/2' }),
      ),
    })
    const running = await open(app)
    const ask = async () =>
      Promise.all(['1:a', 2, 3].map(async (id) => status(await running.fetch(`/it/${id}`))?.includes('hit')))
    expect(await ask()).toEqual([false, false, false])
    await running.fetch('/it', { method: 'POST' })
    await pause(20)
    expect(await ask()).toEqual([false, false, true])
  })

  it('has in its key what the endpoint takes, and what `vary` names', async () => {
    const app = api(quiet, {
      read: get(
        '/',
        {
          headers: z.object({ 'x-unit': z.string().default('kg') }),
          cookies: z.object({ theme: z.string().optional() }),
          returns: text(),
          policies: [cached({ for: 60, vary: ['accept-language'] })],
        },
        ({ headers, cookies, request }) =>
          [headers['x-unit'], cookies.theme, request.header('accept-language')].join(' '),
      ),
    })
    const running = await open(app)
    const ask = async (headers: Record<string, string>) => {
      const given = await running.fetch('/', { headers })
      return [await given.text(), status(given)?.includes('hit'), given.headers.get('vary')]
    }
    const vary = 'x-unit, accept-language, cookie'
    const plain = { 'accept-language': 'en' }
    expect(await ask(plain)).toEqual(['kg  en', false, vary])
    expect(await ask({ ...plain, 'x-unit': 'lb' })).toEqual(['lb  en', false, vary])
    expect(await ask({ ...plain, cookie: 'theme=dark; id=1' })).toEqual(['kg dark en', false, vary])
    expect(await ask({ ...plain, cookie: 'id=2; theme=dark' })).toEqual(['kg dark en', true, vary])
    expect(await ask({ 'accept-language': 'de' })).toEqual(['kg  de', false, vary])
    expect(await ask(plain)).toEqual(['kg  en', true, vary])
    expect(running.failures).toEqual([])
  })

  it('gives nobody else what was made of a field that is not in its key, and tells of it once', async () => {
    const language = depends({}, ({ request }) => request.header('Accept-Language') ?? 'none')
    const app = api(quiet, {
      read: get('/', { use: { language }, policies: [cached({ for: 60, public: true })] }, async ({ language }) => {
        await pause(10)
        return language
      }),
      all: get('/all', { policies: [cached({ for: 60 })] }, ({ request }) => [...request.headers()].length > 0),
      host: get('/host', { policies: [cached({ for: 60 })] }, ({ request }) => new URL(request.url).host),
      hosts: get('/hosts', { policies: [cached({ for: 60, vary: ['host'] })] }, ({ request }) => request.url),
    })
    const running = await open(app)
    const ask = async (name: string) =>
      (await running.fetch('/', { headers: { 'accept-language': name } })).json() as Promise<string>
    expect(await Promise.all(['en', 'de', 'fr'].map(ask))).toEqual(['en', 'de', 'fr'])
    expect(await ask('it')).toBe('it')
    expect(running.failures.map(({ error }) => String(error))).toEqual([
      expect.stringContaining('read is cached(), and what it runs reads the header field "accept-language"'),
    ])
    await running.fetch('/all')
    expect(String(running.failures[1]?.error)).toContain("all header fields, or the caller's address")
    await running.fetch('/host')
    expect(String(running.failures[2]?.error)).toContain('the header field "host"')
    await running.fetch('/hosts')
    const hosts = await running.fetch('/hosts')
    expect([await hosts.json(), status(hosts), hosts.headers.get('vary')]).toEqual([
      hosts.url || 'http://api.test/hosts',
      'Trestle; hit; ttl=60',
      null,
    ])
    expect(running.failures).toHaveLength(3)
  })

  it('lets security read what it needs, and what that uses only credentials', async () => {
    const session = depends({}, ({ request }) => request.header('authorization') ?? '')
    const language = depends({}, ({ request }) => request.header('accept-language') ?? 'none')
    const known = depends({ session }, ({ session, request }) => session + (request.header('user-agent') ? '' : '?'), {
      security: { name: 'known', scheme: { type: 'http', scheme: 'bearer' }, principal: (id: string) => id },
    })
    const speaking = depends({ language }, ({ request }) => request.header('x-key') ?? 'nobody', {
      security: {
        name: 'speaking',
        scheme: { type: 'apiKey', in: 'header', name: 'X-Key' },
        principal: (id: string) => id,
      },
    })
    const app = api(quiet, {
      known: get('/known', { use: { known }, policies: [cached({ for: 60 })] }, ({ known }) => known),
      speaking: get(
        '/speaking',
        { use: { speaking, language }, policies: [cached({ for: 60 })] },
        ({ language }) => language,
      ),
    })
    const running = await open(app)
    for (let i = 0; i < 2; i++) {
      const given = await running.fetch('/known', { headers: { authorization: 'Bearer ann', 'user-agent': 'x' } })
      expect([await given.json(), status(given)?.includes('hit')]).toEqual(['Bearer ann', i === 1])
    }
    for (const name of ['en', 'de']) {
      const given = await running.fetch('/speaking', { headers: { 'accept-language': name, 'x-key': 'ann' } })
      expect(await given.json()).toBe(name)
    }
    expect(running.failures.map(({ error }) => String(error))).toEqual([
      expect.stringContaining('reads the header field "accept-language"'),
    ])
  })

  it('knows nothing of what middleware keeps of a caller in its asynchronous context', async () => {
    const callers = new AsyncLocalStorage<string>()
    const named: Middleware = (context, next) =>
      callers.run(context.request.header('cookie') ?? 'nobody', () => next(context))
    const app = api(
      { ...quiet, middleware: [named] },
      {
        read: get('/', { policies: [cached({ for: 60 })] }, () => callers.getStore() ?? 'nothing is known'),
        plain: get('/plain', () => callers.getStore()),
      },
    )
    const running = await open(app)
    for (const name of ['ann', 'bob']) {
      const ask = async (path: string) => (await running.fetch(path, { headers: { cookie: name } })).json()
      expect([await ask('/'), await ask('/plain')]).toEqual(['nothing is known', name])
    }
  })

  it('is given while it is stale, and made anew once meanwhile', async () => {
    let made = 0
    let gate = Promise.resolve()
    const app = api(quiet, {
      read: get('/', { policies: [cached({ for: 0.05, stale: 60 })] }, async () => {
        await gate
        return ++made
      }),
    })
    const running = await open(app)
    expect(await (await running.fetch('/')).json()).toBe(1)
    await pause(80)
    const held = deferred()
    gate = held.promise
    const stale = await Promise.all(Array.from({ length: 20 }, () => running.fetch('/')))
    expect(await Promise.all(stale.map((one) => one.json()))).toEqual(new Array(20).fill(1))
    expect(status(stale[0] as Response)).toBe('Trestle; hit; ttl=0')
    held.resolve()
    await expect.poll(() => made).toBe(2)
    await expect.poll(async () => (await running.fetch('/')).json()).toBe(2)
  })

  it('is made to the end though the caller leaves, for all that wait for it', async () => {
    const gate = deferred()
    const ends: string[] = []
    const session = depends({}, async function* (): AsyncGenerator<string> {
      const failure: Error | undefined = yield 'open'
      ends.push(failure === undefined ? 'fine' : failure.message)
    })
    let made = 0
    const app = api(quiet, {
      read: get('/', { use: { session }, policies: [cached({ for: 60 })] }, async ({ background }) => {
        await gate.promise
        background(() => ends.push('background'))
        return ++made
      }),
    })
    const running = await open(app)
    const leaver = new AbortController()
    const left = running.fetch('/', { signal: leaver.signal }).catch(() => 'left')
    await pause(20)
    const waits = running.fetch('/')
    leaver.abort()
    await pause(20)
    gate.resolve()
    expect(await (await waits).json()).toBe(1)
    await left
    expect(made).toBe(1)
    await expect.poll(() => ends).toEqual(['fine', 'background'])
  })

  it('has its time limit', async () => {
    const app = api(quiet, {
      read: get('/', { limits: { timeout: 50 }, policies: [cached({ for: 60 })] }, ({ signal }) => {
        return new Promise((resolve) => signal.addEventListener('abort', resolve))
      }),
    })
    const running = await open(app)
    const late = await running.fetch('/')
    expect([late.status, (await late.json()).code]).toEqual([503, 'handler_timeout'])
  })

  it('shares a failure with those who wait, and reports it once', async () => {
    let made = 0
    const app = api(quiet, {
      read: get('/', { policies: [cached({ for: 60 })] }, async () => {
        made++
        // Longer than all of them take to come, on a machine with other work too.
        await pause(1000)
        throw new Error('a fault')
      }),
    })
    const running = await open(app)
    const all = await Promise.all(Array.from({ length: 20 }, () => running.fetch('/')))
    expect(new Set(all.map((one) => one.status))).toEqual(new Set([500]))
    expect([made, running.failures.length]).toEqual([1, 1])
  })

  it('goes with what else stands there', async () => {
    const app = api(quiet, {
      read: get('/', { policies: [cacheControl({ public: true, maxAge: 5 }), cached({ for: 60 })] }, () => 'read'),
    })
    const running = await open(app)
    for (let i = 0; i < 2; i++) {
      const given = await running.fetch('/')
      expect(given.headers.get('cache-control')).toBe('public, max-age=5')
    }
  })
})

describe('A stampede', () => {
  it('of 1,000 on a cold key has it made once', async () => {
    let made = 0
    const app = api(quiet, {
      read: get('/', { policies: [cached({ for: 60, stale: 60 })] }, async () => {
        made++
        await pause(100)
        return { made }
      }),
    })
    const failures: unknown[] = []
    // Overload is for others to test: a machine that is busy would refuse some.
    const { port, stop } = await serve(app, {
      port: 0,
      host: '127.0.0.1',
      quiet: true,
      signals: false,
      overload: false,
      report: (error) => failures.push(error),
    })
    const all = await Promise.all(Array.from({ length: 1000 }, () => fetch(`http://127.0.0.1:${port}/`)))
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(await Promise.all(all.map((one) => one.text())))).toEqual(new Set(['{"made":1}']))
    expect([made, failures]).toEqual([1, []])
    await stop()
  }, 30_000)
})

describe('A change', () => {
  it('is seen though its transaction commits after the reply', async () => {
    let value = 'old'
    const gate = deferred()
    const transaction = depends({}, async function* (): AsyncGenerator<{ set: (next: string) => void }> {
      let next = value
      yield {
        set: (given) => {
          next = given
        },
      }
      await gate.promise
      value = next
    })
    const app = api(quiet, {
      read: get('/it', { policies: [cached({ for: 60 })] }, () => value),
      write: put('/it', { use: { transaction }, policies: [invalidates()] }, ({ transaction }) =>
        transaction.set('new'),
      ),
    })
    const { fetch, close } = await createTestClient(app)
    const read = async (): Promise<unknown> => (await fetch('/it')).json()
    expect(await read()).toBe('old')
    await fetch('/it', { method: 'PUT' })
    expect(await read()).toBe('old')
    gate.resolve()
    await expect.poll(read).toBe('new')
    await close()
  })

  it('is seen though the connection broke while it was committed, and where its request comes again', async () => {
    let value = 'old'
    const tx = depends(
      {},
      async function* (): AsyncGenerator<string[]> {
        const written: string[] = []
        yield written
        value = written[0] ?? value
        throw Unavailable({ headers: { 'retry-after': '1' } })
      },
      { until: 'reply', throws: [Unavailable] },
    )
    let isGone = false
    const cache = createMemoryCache()
    const store: CacheStore = {
      ...cache,
      invalidate: (tags) => (isGone ? undefined : cache.invalidate(tags)),
    }
    const app = api(quiet, {
      read: get('/it', { policies: [cached({ for: 60 })] }, () => value),
      write: put('/it', { body: z.string(), use: { tx }, policies: [invalidates()] }, ({ tx, body }) => {
        tx.push(body)
      }),
      once: post('/it', { policies: [invalidates(), idempotent()] }, () => {
        value = 'newest'
      }),
      refused: patch('/it', { throws: [Conflict], policies: [invalidates()] }, () => {
        throw Conflict()
      }),
    })
    const { fetch, close } = await createTestClient(app, { override: [[cacheStore, store]] })
    const read = async (): Promise<unknown> => (await fetch('/it')).json()
    const write = (body: string): Promise<Response> =>
      fetch('/it', { method: 'PUT', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
    expect(await read()).toBe('old')
    expect((await write('new')).status).toBe(503)
    expect(await read()).toBe('new')
    // It is told once more when all is released.
    await pause(20)
    expect(await read()).toBe('new')

    // Its process ended before it could tell.
    isGone = true
    const once = (): Promise<Response> => fetch('/it', { method: 'POST', headers: { 'idempotency-key': 'k' } })
    await once()
    await pause(20)
    expect(await read()).toBe('new')
    isGone = false
    expect((await once()).headers.get('idempotency-replayed')).toBe('true')
    await pause(20)
    expect(await read()).toBe('newest')

    value = 'not yet'
    expect((await fetch('/it', { method: 'PATCH' })).status).toBe(409)
    expect(await read()).toBe('newest')
    await close()
  })

  it('is seen by who asks after it, though what was before is just being made', async () => {
    let value = 'old'
    const gates = [deferred(), deferred()]
    let made = 0
    const app = api(quiet, {
      read: get('/it', { policies: [cached({ for: 60 })] }, async () => {
        const seen = value
        await gates[made++]?.promise
        return seen
      }),
      write: put('/it', { policies: [invalidates()] }, () => {
        value = 'new'
      }),
    })
    const { fetch, close } = await createTestClient(app)
    const read = async (): Promise<unknown> => (await fetch('/it')).json()
    const before = read()
    await expect.poll(() => made).toBe(1)
    await fetch('/it', { method: 'PUT' })
    await pause(10)
    const after = read()
    await expect.poll(() => made).toBe(2)
    gates[1]?.resolve()
    expect(await after).toBe('new')
    gates[0]?.resolve()
    expect(await before).toBe('old')
    expect(await read()).toBe('new')
    await close()
  })
})

describe('While the store is away', () => {
  const away = (): never => {
    throw new StoreAway('gone')
  }
  const gone: CacheStore = { look: away, keep: away, drop: away, invalidate: away }

  it('each reply is made, once for those who ask at once', async () => {
    let made = 0
    const app = api(quiet, {
      read: get('/it', { policies: [cached({ for: 60 })] }, async () => {
        await pause(10)
        return ++made
      }),
      write: put('/it', { returns: noContent(), policies: [invalidates()] }, () => {}),
    })
    const { fetch, close, failures } = await createTestClient(app, { override: [[cacheStore, gone]] })
    const all = await Promise.all(Array.from({ length: 10 }, () => fetch('/it')))
    expect(await Promise.all(all.map((one) => one.json()))).toEqual(new Array(10).fill(1))
    expect(await (await fetch('/it')).json()).toBe(2)
    expect((await fetch('/it', { method: 'PUT' })).status).toBe(204)
    // Once for each policy: it is one fault.
    expect(failures.map(String)).toEqual(['StoreAway: gone', 'StoreAway: gone'])
    await close()
  }, 20_000)

  it('what was made while it went away is given', async () => {
    const half: CacheStore = { ...gone, look: () => ({ is: 'mine' }) }
    const app = api(quiet, { read: get('/', { policies: [cached({ for: 60 })] }, () => 'made') })
    const { fetch, close } = await createTestClient(app, { override: [[cacheStore, half]] })
    expect(await (await fetch('/')).json()).toBe('made')
    await close()
  })
})

describe('A caller that shows two things', () => {
  const shown = (name: string, idOf: (text: string) => string | undefined) =>
    securityScheme({}, ({ request }): string | undefined => request.header(name), {
      name,
      scheme: { type: 'apiKey', in: 'header', name },
      challenge: { scheme: 'Key' },
      principal: (id) => idOf(id),
    })
  const partner = shown('x-partner', (id) => `partner:${id}`)
  const user = shown('x-user', (id) => `user:${id}`)
  const visitor = shown('x-visitor', (id) => (id === 'known' ? id : undefined))
  const policies = [cached({ for: 60 })]
  const app = api(quiet, {
    both: get('/both', { use: { partner, user }, policies }, ({ user }) => user),
    maybe: get('/maybe', { use: { partner, user: user.optional() }, policies }, ({ user }) => user ?? 'nobody'),
    guarded: get('/guarded', { security: partner, use: { user }, policies }, ({ user }) => user),
    visitor: get('/visitor', { use: { visitor }, policies }, () => crypto.randomUUID()),
  })

  it.each(['/both', '/maybe', '/guarded'])('gets nothing of who shows one of them: %s', async (path) => {
    const { fetch, close } = await createTestClient(app)
    const read = async (who: string) => {
      const reply = await fetch(path, { headers: { 'x-partner': 'tea', 'x-user': who } })
      return [await reply.json(), reply.headers.get('cache-status')?.split('; ')[1]]
    }
    expect(await read('ada')).toEqual(['ada', expect.stringContaining('fwd')])
    expect(await read('bob')).toEqual(['bob', expect.stringContaining('fwd')])
    expect(await read('ada')).toEqual(['ada', expect.stringContaining('hit')])
    await close()
  })

  it('and does not say whose they are, gets what is made for that caller alone', async () => {
    const { fetch, close } = await createTestClient(app)
    const read = async (id: string) => (await fetch('/visitor', { headers: { 'x-visitor': id } })).json()
    expect(await read('known')).toBe(await read('known'))
    expect(await read('a')).not.toBe(await read('b'))
    await close()
  })
})

describe('At start', () => {
  const principal = depends({}, () => 'x', { security: { name: 'x', scheme: { type: 'http', scheme: 'bearer' } } })
  const known = bearer({}, () => 'ada', { principal: String })
  it.each([
    [post('/', { policies: [cached({ for: 60 })] }, () => 1), 'keeps replies to GET, and this endpoint is POST'],
    [get('/', { returns: stream('text/csv'), policies: [cached({ for: 60 })] }, () => []), 'and this one is stream()'],
    [get('/', { returns: file('image/png'), policies: [cached({ for: 60 })] }, () => new Blob()), 'this one is file()'],
    [
      get('/{id}', { policies: [cached({ for: 60, tags: ['product:{no}'] })] }, () => 1),
      '"cached" has the tag "product:{no}", and the path has no {no}',
    ],
    [put('/{id}', { policies: [invalidates('product:{no}')] }, () => 1), 'use one of id'],
    [get('/', { use: { principal }, policies: [cached({ for: 60 })] }, () => 1), 'does not say who that is'],
    [get('/', { use: { known, principal }, policies: [cached({ for: 60 })] }, () => 1), 'does not say who that is'],
    [
      get('/', { headers: z.record(z.string(), z.string()), policies: [cached({ for: 60 })] }, () => 1),
      'its "headers" takes any',
    ],
  ])('what cannot be is told: %#', async (endpoint, message) => {
    await expect(createTestClient(api(quiet, { it: endpoint }))).rejects.toThrow(message)
  })

  it.each([
    [() => cached({ for: 0 }), 'for is seconds above 0, not 0'],
    [() => cached({ for: 1, stale: -1 }), 'stale is seconds from 0, not -1'],
    [() => cached({ for: 1, lease: Number.NaN }), 'lease is seconds above 0'],
    [() => invalidates(''), 'a tag is not empty'],
  ])('what is none is refused: %s', (make, message) => {
    expect(make).toThrow(message)
  })

  it('an API that caches nothing for callers that nobody knows may still do so for all', async () => {
    const app = api(quiet, {
      it: get('/', { use: { principal }, policies: [cached({ for: 60, public: true })] }, () => 1),
    })
    const { close } = await createTestClient(app)
    await close()
  })
})

it('is described', async () => {
  const { paths } = await toOpenApi(shop().app)
  const { responses = {}, parameters } = paths['/products/{id}']?.get ?? {}
  expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '304', '404', '412']))
  expect(responses['200']).toMatchObject({ headers: { ETag: {}, Age: {}, 'Cache-Status': {} } })
  expect(parameters?.map(({ name }) => name)).toEqual(['id', 'If-None-Match'])
})
