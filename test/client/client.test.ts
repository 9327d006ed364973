import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiError, type Client, type ClientOptions, createClient, isProblem } from '../../src/client.ts'
import { type FetchHandler, toFetch } from '../../src/fetch.ts'
import { type Server, serve } from '../../src/node.ts'
import { ORDERS, OutOfStock, shop } from './shop.ts'

let server: Server
let handle: FetchHandler
beforeAll(async () => {
  handle = await toFetch(shop)
  server = await serve(shop, { port: 0, quiet: true, signals: false })
})
afterAll(async () => {
  await handle.close()
  await server.stop()
})

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

const ways: [string, () => [string, ClientOptions<typeof shop>]][] = [
  ['in this process, by the contract', () => ['http://local', { fetch: handle, contract: shop }]],
  ['in this process, by its description', () => ['http://local', { fetch: handle }]],
  ['over a socket, by the contract', () => [server.url, { contract: shop }]],
  ['over a socket, by its description', () => [server.url, {}]],
]

describe.each(ways)('%s', (way, options) => {
  let client: Client<typeof shop>
  beforeAll(() => {
    client = createClient<typeof shop>(...options())
  })
  const described = way.endsWith('description')

  test('JSON goes out and comes back', async () => {
    expect(await client.orders.create({ body: { qty: 2 } })).toEqual({ id: 'o/9', qty: 2 })
    expect(await client.orders.read({ params: { id: 'a/b c?%' } })).toEqual({ id: 'a/b c?%', qty: 1 })
    expect(await client.orders.remove({ params: { id: '1' } })).toBeUndefined()
  })

  test('the whole reply', async () => {
    const { status, headers, body } = await client.orders.create.reply({ body: { qty: 2 } })
    expect([status, headers.get('location'), body]).toEqual([201, '/orders/o%2F9', { id: 'o/9', qty: 2 }])
  })

  test('without a promise of the endpoint, what JSON makes of its value', async () => {
    expect(await client.hello({ params: { name: 'x' } })).toEqual({
      hello: 'x',
      at: '1970-01-01T00:00:00.000Z',
      maybe: 1,
      list: [1, null],
      nested: { price: '1.00' },
    })
    expect(await client.stated.reply()).toMatchObject({ status: 200, body: { queued: true } })
  })

  test('query, headers and cookies, by the reply that the handler chose', async () => {
    const headers = { 'x-tenant': 'acme' }
    expect(
      await client.either.reply({ query: { fresh: true, tag: ['a&b', 'c'] }, headers: { ...headers, 'x-trace': 't' } }),
    ).toMatchObject({ status: 201, body: { id: 'acme', qty: 2 } })
    const cookies = { session: 'a;b=c é' }
    expect(await client.either({ query: { fresh: false }, headers, cookies })).toBe('a;b=c é')
  })

  test('form, text, bytes', async () => {
    const { contents } = client
    expect(await contents.form({ body: { name: 'a&b', tags: ['x', 'y=z'] } })).toBe('a&b:x+y=z')
    expect(await contents.text({ body: 'grün' })).toBe('GRÜN')
    for (const body of [new Uint8Array([1, 2, 255]), new Blob([new Uint8Array([1, 2, 255])])]) {
      expect(await contents.bytes({ body })).toEqual(new Uint8Array([255, 2, 1]))
    }
  })

  test('streams and files', async () => {
    const { contents } = client
    const body = new Blob(['A,', 'B']).stream()
    const streamed = await contents.stream({ body })
    expect(streamed).toBeInstanceOf(ReadableStream)
    expect(await new Response(streamed).text()).toBe('a,b')
    const file = await contents.file()
    expect(file).toBeInstanceOf(Blob)
    expect([file.type, await file.text()]).toEqual(['text/csv', 'a,b\n'])
  })

  test('a redirect that is promised is not followed', async () => {
    const { status, headers, body } = await client.gone.reply()
    expect([status, headers.get('location'), body]).toEqual([303, '/hello/there', undefined])
  })

  test('a body that may be left out, and QUERY, which OpenAPI 3.1 cannot describe', async () => {
    if (described)
      return void (await expect(client.search()).rejects.toThrow('or of the method QUERY, needs { contract }'))
    expect(await client.search()).toEqual({ id: 'none', qty: 1 })
    expect(await client.search({ body: { words: 'tea' } })).toEqual({ id: 'tea', qty: 1 })
  })

  test('a parameter that takes the rest of the path keeps its slashes', async () => {
    expect(await client.files({ params: { path: 'a/b c/d' } })).toBe('a/b c/d')
  })

  test('pages and items, each page when it is needed', async () => {
    const pages = []
    for await (const { items, next_cursor } of client.orders.list.pages()) pages.push([items.length, next_cursor])
    expect(pages).toEqual([
      [2, '2'],
      [2, '4'],
      [1, null],
    ])
    expect(await all(client.orders.list.items())).toEqual(ORDERS)
    expect(await all(client.orders.list.items({ query: { limit: 1, cursor: '3' } }))).toEqual(ORDERS.slice(3))
    for await (const order of client.orders.list.items()) {
      expect(order.id).toBe('o0')
      break
    }
    // What an async function gives is awaited first.
    expect(await all(await (async () => client.orders.list.items())())).toEqual(ORDERS)
  })

  test('an endpoint that is itself named items', async () => {
    expect(await client.orders.items({ params: { id: '7' } })).toEqual(['7'])
    expect(await client.orders.items.reply({ params: { id: '7' } })).toMatchObject({ status: 200, body: ['7'] })
  })

  test('a refusal tells which problem it is', async () => {
    const error = await client.orders.create({ body: { qty: 1, notes: 'the last one' } }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ApiError)
    if (!isProblem(error, OutOfStock)) throw new Error(`not out of stock: ${error}`)
    error.extra.sku satisfies string
    expect(error).toMatchObject({
      operation: 'orders.create',
      status: 409,
      code: 'out_of_stock',
      title: 'Out of stock',
      detail: 'No tea is left',
      extra: { sku: 'tea' },
      problem: { type: 'about:blank', status: 409, sku: 'tea' },
    })
    expect(error.message).toMatch(/^orders\.create: POST http:\S+\/orders answered 409 out_of_stock: No tea is left$/)
  })

  test('a refusal names every field', async () => {
    const error: ApiError = await client.orders
      .create({ body: { qty: 0, notes: 1 as never } })
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ status: 422, code: 'invalid_input', extra: undefined })
    expect(error.errors?.map(({ pointer }) => pointer)).toEqual(['/body/qty', '/body/notes'])
    expect(error.message).toContain('\n  /body/qty: ')
  })

  test('a parameter that is missing is named before anything is sent', async () => {
    await expect(client.orders.read({ params: {} as never })).rejects.toThrow('/orders/{id} needs a value for "id"')
  })

  test.each(['..', '../hello/x', 'a/../../hello/x', 'a/.'])('"%s" does not lead to another endpoint', async (path) => {
    const given = await client.files({ params: { path } }).catch((error: unknown) => error)
    if (given !== path)
      expect(given).toMatchObject({ name: 'TypeError', message: expect.stringContaining('cannot be') })
  })

  test('an operation that the API does not have is named', async () => {
    const wrong = client as unknown as { orders: { drop: () => Promise<unknown> } }
    const source = described ? `${options()[0]}/openapi.json` : 'the contract'
    await expect(wrong.orders.drop()).rejects.toThrow(
      `orders.drop is not an operation of ${source}, which has orders.list,`,
    )
  })

  test('is no promise, and prints', async () => {
    expect(await client.orders).toBe(client.orders)
    expect(`${client.orders.list}`).toContain('function')
    expect(JSON.stringify({ client })).toBe('{}')
  })
})
