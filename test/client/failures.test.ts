import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ApiError, CallError, createClient, isProblem } from '../../src/client.ts'
import { api, errorEnvelope, get, page, post, problem, stream } from '../../src/index.ts'
import { serve } from '../../src/node.ts'

const contract = api({
  read: get('/read', { query: z.object({ token: z.string().optional() }), returns: z.object({ ok: z.boolean() }) }),
  send: post('/send', { body: z.string(), returns: stream() }),
  list: get('/list', { query: page.cursor(), returns: page.of(z.string()) }),
})

/** Servers that answer what no API of ours would. */
let server: Server | undefined
async function answering(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server?.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
afterEach(async () => {
  server?.closeAllConnections()
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)))
  server = undefined
})

async function thrown(work: Promise<unknown>): Promise<CallError & ApiError> {
  try {
    await work
  } catch (error) {
    return error as never
  }
  throw new Error('nothing was thrown')
}

describe('a call without a reply says which it was and why', () => {
  test('nobody listens', async () => {
    const url = await answering(() => {})
    await new Promise((resolve) => server?.close(resolve))
    const error = await thrown(createClient(url, { contract }).read({ query: { token: 'hunter2' } }))
    expect(error).toBeInstanceOf(CallError)
    expect(error).toMatchObject({
      name: 'CallError',
      reason: 'network',
      operation: 'read',
      method: 'GET',
      url: `${url}/read`,
    })
    expect(error.message).toMatch(/^read: GET http:\/\/127\.0\.0\.1:\d+\/read cannot be reached: .*ECONNREFUSED/)
    expect(`${error.message}${error.url}`).not.toContain('hunter2')
  })

  test('the connection breaks in the middle of the reply', async () => {
    const url = await answering((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 }).write('{"ok":')
      setTimeout(() => response.destroy(), 20)
    })
    expect(await thrown(createClient(url, { contract }).read())).toMatchObject({ reason: 'network', operation: 'read' })
  })

  test('it takes too long: before the reply, and within it', async () => {
    const url = await answering((request, response) => {
      if (request.url === '/read') return
      response.writeHead(200, { 'content-type': 'application/json' }).write('[')
    })
    const client = createClient(url, { contract, timeout: 60 })
    for (const [call, path] of [
      [() => client.read(), 'read: GET http:\\S+/read'],
      [() => client.list(), 'list: GET http:\\S+/list'],
    ] as const) {
      const error = await thrown(call())
      expect(error).toMatchObject({ name: 'TimeoutError', reason: 'timeout' })
      expect(error.message).toMatch(new RegExp(`^${path} took longer than 60 ms$`))
    }
    expect(await thrown(client.read({}, { timeout: 30 }))).toMatchObject({ message: expect.stringContaining('30 ms') })
  })

  test('a stream may go on for longer than the timeout, until the signal ends it', async () => {
    const url = await answering((_, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).write('a')
      setTimeout(() => response.write('b'), 1500)
    })
    const ending = new AbortController()
    const client = createClient(url, { contract, timeout: 1000 })
    const reader = (await client.send({ body: 'x' }, { signal: ending.signal })).getReader()
    expect((await reader.read()).value).toEqual(new Uint8Array([97]))
    expect((await reader.read()).value).toEqual(new Uint8Array([98]))
    ending.abort()
    await expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('it is aborted: before, while, and by an in-process API that does not notice', async () => {
    const url = await answering(() => {})
    const client = createClient(url, { contract })
    const deaf = createClient('http://local', { contract, fetch: () => new Promise(() => {}) })
    for (const call of [
      () => client.read({}, { signal: AbortSignal.abort() }),
      () => client.read({}, { signal: AbortSignal.timeout(30) }),
      () => deaf.read({}, { signal: AbortSignal.timeout(30) }),
    ]) {
      const error = await thrown(call())
      expect(error).toMatchObject({ name: 'AbortError', reason: 'aborted', operation: 'read', method: 'GET' })
      expect(error.message).toMatch(/read: GET http:\S+\/read was aborted$/)
    }
  })

  test('a page of HTML, broken JSON, no content type', async () => {
    const replies = [
      ['text/html', '<p>Hello</p>', 'answered 200 with text/html, where JSON is promised'],
      ['application/json', '{"ok":', 'answered 200 with JSON that cannot be read'],
      [undefined, 'ok', 'answered 200 with no content type, where JSON is promised'],
    ] as const
    for (const [type, body, message] of replies) {
      const client = createClient('http://local', {
        contract,
        fetch: async () =>
          new Response(new Blob([body]).stream(), { headers: type === undefined ? {} : { 'content-type': type } }),
      })
      const error = await thrown(client.read())
      expect(error.reason).toBe('reply')
      expect(error.message).toContain(message)
    }
  })
})

describe('a refusal', () => {
  const replying = (status: number, body: BodyInit | null, type = 'application/json') =>
    createClient('http://local', {
      contract,
      fetch: async () => new Response(body, { status, headers: { 'content-type': type, 'retry-after': '3' } }),
    })

  test.each([
    [502, '<h1>Bad gateway</h1>', 'text/html', '<h1>Bad gateway</h1>'],
    [500, '{"oops":', 'application/json', '{"oops":'],
    [404, '[1]', 'application/json', [1]],
    [418, 'null', 'application/json', null],
    [503, '', 'application/json', ''],
  ])('%i with a body of another kind: it is kept', async (status, body, type, problem) => {
    const error = await thrown(replying(status, body, type).read())
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status, code: `http_${status}`, problem, errors: undefined, extra: undefined })
    expect(error.headers.get('retry-after')).toBe('3')
  })

  test('304 says that the caller has what there is', async () => {
    const error = await thrown(replying(304, null).read())
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 304, code: 'not_modified', errors: undefined, extra: undefined })
  })

  test('members of the wrong types are not believed', async () => {
    const error = await thrown(replying(409, '{"code":7,"title":[],"detail":{},"errors":"x","error":null}').read())
    expect(error).toMatchObject({ code: 'http_409', detail: undefined, errors: undefined, extra: { error: null } })
  })

  test('an envelope, from an API that answers so', async () => {
    const OutOfStock = problem('out_of_stock', { status: 409, extra: z.object({ sku: z.string() }) })
    const shop = api(
      { errors: errorEnvelope },
      {
        buy: post('/buy', { body: z.object({ sku: z.string().min(1) }), throws: [OutOfStock] }, ({ body }) => {
          throw OutOfStock({ sku: body.sku })
        }),
      },
    )
    const running = await serve(shop, { port: 0, quiet: true, signals: false })
    try {
      const client = createClient(running.url, { contract: shop })
      const error = await thrown(client.buy({ body: { sku: 'tea' } }))
      expect(error).toMatchObject({ status: 409, code: 'out_of_stock', title: 'Out of stock', extra: { sku: 'tea' } })
      expect(isProblem(error, OutOfStock) && error.extra.sku).toBe('tea')
      const refused = await thrown(client.buy({ body: { sku: '' } }))
      expect(refused).toMatchObject({ status: 422, code: 'invalid_input', errors: [{ pointer: '/body/sku' }] })
    } finally {
      await running.stop()
    }
  })
})

describe('pages', () => {
  const giving = (body: unknown) =>
    createClient('http://local', { contract, fetch: async () => Response.json(body) }).list.pages({
      query: { cursor: 'x' },
    })

  test('a list that leads back to itself ends', async () => {
    const seen: unknown[] = []
    await expect(
      (async () => {
        for await (const page of giving({ items: ['a'], next_cursor: 'x' })) seen.push(page)
      })(),
    ).rejects.toThrow('list: next_cursor leads back to the page it came with')
    expect(seen).toHaveLength(1)
  })

  test('a reply that is no page is named', async () => {
    await expect(giving({ rows: [] })[Symbol.asyncIterator]().next()).rejects.toThrow('list: the reply is no page')
  })
})
