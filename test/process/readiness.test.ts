import { api, depends, get, post } from 'trestle'
import { toFetch } from 'trestle/fetch'
import { toOpenApi } from 'trestle/openapi'
import { type Fault, StartError, createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { deferred } from '../pipeline/wires.ts'

type Check = (value: string, signal: AbortSignal) => unknown

/** An API whose one dependency has this check. */
function checked(check: Check, more: { readonly checkTimeout?: number } = {}) {
  const database = depends({}, () => 'the database', { scope: 'app', name: 'database', check, ...more })
  return api({ read: get('/', { use: { database } }, () => ({})) })
}

/** Status and body of a reply. */
async function seen(reply: Response): Promise<readonly [number, unknown]> {
  return [reply.status, await reply.json()]
}

test('/healthz answers as long as the process does, /readyz while nothing is amiss', async () => {
  const { fetch, close } = await createTestClient(api({ read: get('/', () => ({})) }))
  expect(await seen(await fetch('/healthz'))).toEqual([200, { status: 'ok' }])
  const ready = await fetch('/readyz')
  expect(ready.headers.get('cache-control')).toBe('no-store')
  expect(ready.headers.get('content-type')).toBe('application/json')
  expect(await seen(ready)).toEqual([200, { status: 'ready', checks: {} }])
  expect((await fetch('/readyz', { method: 'HEAD' })).status).toBe(200)
  await close()
  expect(await seen(await fetch('/readyz'))).toEqual([503, { status: 'stopping', checks: {} }])
  expect(await seen(await fetch('/healthz'))).toEqual([200, { status: 'ok' }])
})

test.each<[string, Check, number, string]>([
  ['gives nothing', () => undefined, 200, 'ok'],
  ['gives true later', async () => true, 200, 'ok'],
  ['gives false', () => false, 503, 'failed'],
  ['gives false later', async () => false, 503, 'failed'],
  [
    'throws',
    () => {
      throw new Error('the password is 7')
    },
    503,
    'failed',
  ],
  ['rejects', () => Promise.reject(new Error('the password is 7')), 503, 'failed'],
])('A check that %s', async (_, check, status, outcome) => {
  const { fetch, failures } = await createTestClient(checked(check))
  const reply = await fetch('/readyz')
  expect(await seen(reply)).toEqual([
    status,
    { status: status === 200 ? 'ready' : 'unready', checks: { database: outcome } },
  ])
  expect(failures).toHaveLength(status === 200 ? 0 : 1)
})

test('What is wrong goes to the log with the name of the check, and nowhere else', async () => {
  const told: unknown[] = []
  const failing = checked((value) => Promise.reject(new Error(`${value} is away`)))
  const handle = await toFetch(failing, { report: (error, about) => told.push((error as Error).message, about) })
  expect(await (await handle(new Request('http://a/readyz'))).text()).not.toContain('away')
  expect(told).toEqual(['the database is away', { operation: undefined, request: 'check of database' }])
})

test('A check that takes longer than it may is late, its signal fires, and nobody begins it again meanwhile', async () => {
  const gate = deferred()
  const aborted = deferred()
  let runs = 0
  const slow = checked(
    async (_value, signal) => {
      runs++
      signal.addEventListener('abort', () => aborted.resolve())
      await gate.promise
    },
    { checkTimeout: 50 },
  )
  const { fetch, failures } = await createTestClient(slow)
  const began = performance.now()
  expect(await seen(await fetch('/readyz'))).toEqual([503, { status: 'unready', checks: { database: 'late' } }])
  expect(performance.now() - began).toBeLessThan(900)
  await aborted.promise
  expect((await fetch('/readyz')).status).toBe(503)
  expect(runs).toBe(1)
  expect(failures.map(String)).toEqual(['Error: the check of "database" took longer than 50 ms'])
  gate.resolve()
})

test('A check runs once for all who ask at a time, and what it came to is kept for a second', async () => {
  let runs = 0
  const gate = deferred()
  const { fetch } = await createTestClient(
    checked(async () => {
      runs++
      await gate.promise
      return runs > 1
    }),
  )
  const asked = [fetch('/readyz'), fetch('/readyz'), fetch('/readyz')]
  gate.resolve()
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([503, 503, 503])
  expect((await fetch('/readyz')).status).toBe(503)
  expect(runs).toBe(1)
  await expect.poll(async () => (await fetch('/readyz')).status, { interval: 100, timeout: 3000 }).toBe(200)
  expect(runs).toBe(2)
})

test('What nothing has needed yet is made for its check, and is failed where it cannot be', async () => {
  let away = true
  const database = depends(
    {},
    () => {
      if (away) throw new Error('no database')
      return 'the database'
    },
    { scope: 'app', name: 'database', check: (value) => value === 'the database' },
  )
  const { fetch, failures } = await createTestClient(api({ read: get('/', { use: { database } }, () => ({})) }))
  expect(await seen(await fetch('/readyz'))).toEqual([503, { status: 'unready', checks: { database: 'failed' } }])
  expect(failures.map(String)).toEqual(['Error: no database'])
  away = false
  await expect.poll(async () => (await fetch('/readyz')).status, { interval: 100, timeout: 3000 }).toBe(200)
})

test('Each check has its line; what stands in for a dependency is not asked', async () => {
  const one = depends({}, () => 1, { scope: 'app', name: 'one', check: () => true })
  const two = depends({ one }, ({ one }) => one + 1, {
    scope: 'app',
    name: 'two',
    check: (value) => value.toFixed() !== '2',
  })
  const app = api({ read: get('/', { use: { two } }, () => ({})) })
  const both = await createTestClient(app)
  const checks = { one: 'ok', two: 'failed' }
  expect(await seen(await both.fetch('/readyz'))).toEqual([503, { status: 'unready', checks }])
  const stand = await createTestClient(app, { override: [[two, 3]] })
  expect(await seen(await stand.fetch('/readyz'))).toEqual([200, { status: 'ready', checks: {} }])
})

test('Nothing of the API stands before the probes: no hook, no middleware, no policy', async () => {
  const refuse = () => {
    throw new Error('refused')
  }
  const app = api(
    { before: [refuse], after: [refuse], middleware: [refuse] },
    { read: get('/', () => ({})), write: post('/', () => ({})) },
  )
  const { fetch, failures } = await createTestClient(app)
  expect((await fetch('/healthz')).status).toBe(200)
  expect((await fetch('/readyz')).status).toBe(200)
  expect(failures).toEqual([])
  expect((await fetch('/')).status).toBe(500)
})

test('They can be moved and left out, and no description of the API has them', async () => {
  const read = get('/', () => ({}))
  const { fetch } = await createTestClient(api({ places: { healthz: '/live', readyz: false } }, { read }))
  expect((await fetch('/live')).status).toBe(200)
  expect((await fetch('/healthz')).status).toBe(404)
  expect((await fetch('/readyz')).status).toBe(404)
  expect(Object.keys((await toOpenApi(api({ read }))).paths)).toEqual(['/'])
})

async function faults(...dependencies: ReturnType<typeof depends>[]): Promise<string[]> {
  const use = Object.fromEntries(dependencies.map((dependency, index) => [`used${index}`, dependency]))
  const error = await createTestClient(api({ read: get('/', { use }, () => ({})) })).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(StartError)
  return (error as StartError).faults.map(({ what, mend }: Fault) => `${what}: ${mend}`)
}

test('A check that cannot be listed, or cannot run, is a fault of the declaration', async () => {
  const check = () => true
  expect(await faults(depends({}, () => 1, { scope: 'app', check }))).toEqual([
    "has a check, but no name to list it by: give it a name: { name: 'database' }",
  ])
  expect(await faults(depends({}, () => 1, { name: 'one', check }))).toEqual([
    "has a check, but lives only as long as one request: give it { scope: 'app' }",
  ])
  expect(await faults(depends({}, () => 1, { scope: 'app', name: 'one', check, checkTimeout: 0 }))).toEqual([
    'has a check without time to run: give a checkTimeout above 0',
  ])
  const one = (): ReturnType<typeof depends> => depends({}, () => 1, { scope: 'app', name: 'one', check })
  expect(await faults(one(), one())).toEqual([
    'another dependency with a check is called "one" as well: call one of them something else',
  ])
})
