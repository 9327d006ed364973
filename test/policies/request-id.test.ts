import { type Middleware, api, get, group, ok, post, reply, text } from 'trestle'
import { serve } from 'trestle/node'
import { cached, idempotent, requestId } from 'trestle/policies'
import { createTestClient } from 'trestle/testing'
import { describe, expect, it, test } from 'vitest'
import { z } from 'zod'
import { Connection } from '../matrix/connection.ts'
import { deferred, onEveryWire } from '../pipeline/wires.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const idOf = (reply: Response): string => reply.headers.get('x-request-id') ?? ''

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

const shop = (layer: Middleware) =>
  api(
    { middleware: [layer] },
    {
      mine: get('/mine', ({ request }) => ({ id: request.id })),
      later: get('/later', async ({ request }) => ({ id: request.id })),
      slow: get('/slow', { limits: { timeout: 20 } }, ({ signal }) => aborted(signal)),
      broken: get('/broken', () => {
        throw new Error('broken')
      }),
      kept: get('/kept', { policies: [cached({ for: 60 })] }, () => {
        throw new Error('broken')
      }),
      keptId: get('/kept-id', { policies: [cached({ for: 60 })] }, ({ request }) => ({ id: request.id ?? null })),
      own: get('/own', { returns: ok(z.string()) }, () => reply(200, 'own', { 'X-REQUEST-ID': 'of another server' })),
      pay: post('/pay', { body: text(), policies: [idempotent()] }, ({ body }) => body),
    },
  )

onEveryWire('request ids', (open) => {
  it('are on every reply, each its own, and the one that the handler has', async () => {
    const running = await open(shop(requestId()))
    const seen = new Set<string>()
    for (const [path, status] of [
      ['/mine', 200],
      ['/later', 200],
      ['/slow', 503],
      ['/broken', 500],
      ['/own', 200],
      ['/nowhere', 404],
      ['/pay', 405],
      ['/%ff', 400],
      ['/openapi.json', 200],
      ['/healthz', 200],
    ] as const) {
      const reply = await running.fetch(path)
      expect([path, reply.status]).toEqual([path, status])
      expect(idOf(reply)).toMatch(UUID)
      seen.add(idOf(reply))
      if (path === '/mine' || path === '/later') expect(await reply.json()).toEqual({ id: idOf(reply) })
    }
    expect(seen.size).toBe(10)
  })

  it('are not what a caller says, unless asked for, and then only what is plain', async () => {
    const wary = await open(shop(requestId()))
    expect(idOf(await wary.fetch('/mine', { headers: { 'x-request-id': 'mine' } }))).toMatch(UUID)
    const open_ = await open(shop(requestId({ accept: true, header: 'X-Correlation-Id' })))
    const sent = async (id: string): Promise<string | null> =>
      (await open_.fetch('/mine', { headers: { 'x-correlation-id': id } })).headers.get('x-correlation-id')
    for (const id of ['a', '4bf92f35-77b3', 'a.b~c:d@e+f/g=h_i', 'x'.repeat(128)]) expect(await sent(id)).toBe(id)
    for (const id of ['', 'a b', 'a,b', 'a;b', '"a"', "a'b", 'a\\nb', '<a>', '{a}', 'ä', 'x'.repeat(129)]) {
      expect(await sent(id)).toMatch(UUID)
    }
  })
})

test('a reply that comes again says the id of the request that it answers now', async () => {
  const { fetch, close } = await createTestClient(shop(requestId()))
  const pay = (): Promise<Response> =>
    fetch('/pay', { method: 'POST', headers: { 'idempotency-key': 'one', 'content-type': 'text/plain' }, body: 'x' })
  const [first, again] = [await pay(), await pay()]
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  expect(idOf(again)).toMatch(UUID)
  expect(idOf(again)).not.toBe(idOf(first))
  await close()
})

describe('on a server', () => {
  const started = async (app: Parameters<typeof serve>[0], told: (string | undefined)[], concurrency?: number) =>
    serve(app, {
      port: 0,
      host: '127.0.0.1',
      quiet: true,
      signals: false,
      ...(concurrency !== undefined && { overload: { concurrency } }),
      report: (_error, { id }) => told.push(id),
    })

  it('what is told of a failure has the id that its reply has', async () => {
    const told: (string | undefined)[] = []
    const server = await started(shop(requestId()), told)
    const replies: Response[] = []
    for (const path of ['broken', 'slow', 'kept']) replies.push(await fetch(`${server.url}/${path}`))
    expect(told).toEqual(replies.map(idOf))
    expect(await (await fetch(`${server.url}/kept-id`)).json()).toEqual({ id: null })
    await server.stop()
  })

  it('refusals under overload have one, and so has what was no request', async () => {
    const held = deferred()
    const begun = deferred()
    const app = api(
      { middleware: [requestId()] },
      {
        hold: get('/hold', async () => {
          begun.resolve()
          await held.promise
        }),
      },
    )
    const server = await started(app, [], 1)
    const holding = fetch(`${server.url}/hold`)
    await begun.promise
    const refused = [await fetch(`${server.url}/hold`), await fetch(`${server.url}/hold`)]
    expect(refused.map(({ status }) => status)).toEqual([503, 503])
    expect(new Set(refused.map(idOf)).size).toBe(2)
    for (const reply of refused) expect(idOf(reply)).toMatch(UUID)
    held.resolve()
    await holding
    const connection = await Connection.open(server.port)
    connection.write('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n')
    const reply = await connection.reply('GET')
    expect(reply?.status).toBe(400)
    expect(new Map(reply?.headers).get('x-request-id')).toMatch(UUID)
    connection.end()
    await server.stop()
  })
})

describe('as other middleware', () => {
  it('holds for a group, and where other middleware calls it', async () => {
    const inner = requestId()
    const around: Middleware = (context, next) => inner(context, next)
    const app = api({
      named: group('/named', { middleware: [requestId()] }, { one: get('/', ({ request }) => request.id) }),
      called: group('/called', { middleware: [around] }, { one: get('/', ({ request }) => request.id) }),
      bare: get('/bare', ({ request }) => request.id ?? 'none'),
    })
    const { fetch, close } = await createTestClient(app)
    for (const path of ['/named', '/called']) {
      const reply = await fetch(path)
      expect(await reply.json()).toBe(idOf(reply))
      expect(idOf(reply)).toMatch(UUID)
    }
    const bare = await fetch('/bare')
    expect([await bare.json(), idOf(bare)]).toEqual(['none', ''])
    await close()
  })

  it('refuses a name that is none', () => {
    expect(() => requestId({ header: 'X Request Id' })).toThrow(
      'requestId: "X Request Id" is no name of a header field',
    )
  })
})
