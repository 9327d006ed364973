import { describe, expect, test } from 'vitest'
import { CallError, createClient } from '../../src/client.ts'
import { api, file, get, stream } from '../../src/index.ts'

const shop = api({ orders: { read: get('/orders/{id}', ({ params }) => ({ id: params.id })) } })

const document = {
  openapi: '3.1.0',
  paths: {
    '/orders/{id}': {
      parameters: [],
      get: { operationId: 'orders.read', responses: { 200: { content: { 'application/json': {} } } } },
    },
  },
}

/** An API at `http://local` that counts what is asked of it. */
function counting(describe: (request: Request) => Response | Promise<Response> = () => Response.json(document)) {
  const asked: string[] = []
  const fetch = async (request: Request): Promise<Response> => {
    const path = request.url.replace('http://local', '')
    asked.push(path)
    return path.endsWith('.json') ? describe(request) : Response.json({ id: path.split('/').at(-1) })
  }
  return { asked, fetch }
}

describe('how a client learns what its API has', () => {
  test('not at all until the first call, then once, also for calls at the same time', async () => {
    const { asked, fetch } = counting()
    const client = createClient<typeof shop>('http://local', { fetch })
    client.orders.read
    expect(asked).toEqual([])
    const ids = ['1', '2', '3']
    const replies = await Promise.all(ids.map((id) => client.orders.read({ params: { id } })))
    expect(replies).toEqual([{ id: '1' }, { id: '2' }, { id: '3' }])
    expect(asked.filter((path) => path === '/openapi.json')).toHaveLength(1)
    await client.orders.read({ params: { id: '4' } })
    expect(asked).toHaveLength(5)
  })

  test('with the contract it asks nothing', async () => {
    const { asked, fetch } = counting()
    await createClient('http://local', { fetch, contract: shop }).orders.read({ params: { id: '1' } })
    expect(asked).toEqual(['/orders/1'])
  })

  test('a look-up that failed is made again by a later call', async () => {
    let down = true
    const { asked, fetch } = counting(() => (down ? new Response('', { status: 503 }) : Response.json(document)))
    const client = createClient<typeof shop>('http://local', { fetch })
    const failed = await Promise.allSettled([1, 2].map((id) => client.orders.read({ params: { id: `${id}` } })))
    for (const result of failed) {
      const { reason } = result as PromiseRejectedResult
      expect(reason).toBeInstanceOf(CallError)
      expect(reason).toMatchObject({
        reason: 'description',
        operation: 'orders.read',
        url: 'http://local/openapi.json',
      })
      expect(reason.message).toBe(
        'orders.read: GET http://local/openapi.json must tell what the API has: it answered 503; ' +
          'where it has moved give { openapi }, or { contract } to do without it',
      )
    }
    expect(asked).toEqual(['/openapi.json'])
    down = false
    expect(await client.orders.read({ params: { id: '1' } })).toEqual({ id: '1' })
  })

  test.each([
    ['no JSON', () => new Response('<html>'), 'is not valid JSON'],
    ['no description', () => Response.json({ hello: 1 }), 'it has no "paths"'],
    ['null', () => Response.json(null), 'it has no "paths"'],
  ])('%s is refused', async (_, describe, message) => {
    const client = createClient<typeof shop>('http://local', { fetch: counting(describe).fetch })
    await expect(client.orders.read({ params: { id: '1' } })).rejects.toThrow(message)
  })

  test('one caller who gives up does not end the look-up for the others', async () => {
    let answer = (_: Response): void => {}
    const { asked, fetch } = counting(() => new Promise((resolve) => (answer = resolve)))
    const client = createClient<typeof shop>('http://local', { fetch })
    const first = client.orders.read({ params: { id: '1' } }, { signal: AbortSignal.timeout(10) })
    const second = client.orders.read({ params: { id: '2' } })
    await expect(first).rejects.toMatchObject({ name: 'AbortError' })
    answer(Response.json(document))
    expect(await second).toEqual({ id: '2' })
    expect(asked).toEqual(['/openapi.json', '/orders/2'])
  })

  test('it may be elsewhere, under a prefix, on another host, which gets no token', async () => {
    const seen: [string, string | null][] = []
    const fetch = async (request: Request): Promise<Response> => {
      seen.push([request.url, request.headers.get('authorization')])
      return Response.json(request.url.endsWith('.json') ? document : {})
    }
    const headers = { authorization: 'Bearer t' }
    for (const openapi of ['/other.json', 'other.json', 'https://docs.example/shop.json', undefined]) {
      const options = { fetch, headers, ...(openapi === undefined ? {} : { openapi }) }
      await createClient<typeof shop>('http://local/v1/?x=1#y', options).orders.read({ params: { id: '1' } })
    }
    const read = ['http://local/v1/orders/1', 'Bearer t']
    expect(seen).toEqual([
      ['http://local/v1/other.json', 'Bearer t'],
      read,
      ['http://local/v1/other.json', 'Bearer t'],
      read,
      ['https://docs.example/shop.json', null],
      read,
      ['http://local/v1/openapi.json', 'Bearer t'],
      read,
    ])
  })

  test('it says what is a stream or a file, and names of parameters that OpenAPI has renamed', async () => {
    const files = api({
      stream: get('/files/{name}', { returns: stream() }),
      file: get('/files/{id}/copy', { returns: file() }),
    })
    const content = (kind: string) => ({ 'application/octet-stream': { 'x-trestle-kind': kind } })
    const telling = {
      paths: {
        '/files/{id}': {
          get: {
            operationId: 'stream',
            'x-trestle-path': '/files/{name}',
            responses: { 200: { content: content('stream') } },
          },
        },
        '/files/{id}/copy': { get: { operationId: 'file', responses: { 200: { content: content('file') } } } },
      },
    }
    const fetch = async (request: Request): Promise<Response> =>
      request.url.endsWith('.json') ? Response.json(telling) : new Response(request.url)
    const client = createClient<typeof files>('http://local', { fetch })
    const streamed = await client.stream({ params: { name: 'a' } })
    expect(streamed).toBeInstanceOf(ReadableStream)
    expect(await new Response(streamed).text()).toBe('http://local/files/a')
    expect(await (await client.file({ params: { id: 'a' } })).text()).toBe('http://local/files/a/copy')
  })

  test('references in it are followed', async () => {
    const referring = {
      paths: {
        '/orders/{id}': {
          get: { operationId: 'orders.read', responses: { 200: { $ref: '#/components/responses/a~1b' } } },
        },
      },
      components: { responses: { 'a/b': { content: { 'text/plain': {} } } } },
    }
    const fetch = async (request: Request): Promise<Response> =>
      request.url.endsWith('.json')
        ? Response.json(referring)
        : new Response('text', { headers: { 'content-type': '' } })
    expect(await createClient<typeof shop>('http://local', { fetch }).orders.read({ params: { id: '1' } })).toBe('text')
  })
})

describe('header fields', () => {
  test('the client’s, a function for each call, the call’s own, the endpoint’s, in that order', async () => {
    const seen: string[] = []
    let token = 0
    const fetch = async (request: Request): Promise<Response> => {
      seen.push(['authorization', 'x-a'].map((name) => request.headers.get(name)).join())
      return Response.json({})
    }
    const headers = async (operation: string) => ({ authorization: `${operation} ${++token}`, 'x-a': 'client' })
    const client = createClient('http://local', { contract: shop, fetch, headers })
    await client.orders.read({ params: { id: '1' } })
    await client.orders.read({ params: { id: '1' } }, { headers: { 'X-A': 'call' } })
    await client.orders.read({ params: { id: '1' }, headers: { 'x-a': 'endpoint' } } as never, {
      headers: { 'X-A': 'call' },
    })
    expect(seen).toEqual(['orders.read 1,client', 'orders.read 2,call', 'orders.read 3,endpoint'])
  })

  test('a failure to get a token is the caller’s to see', async () => {
    const lost = new Error('no token')
    const headers = async (): Promise<HeadersInit> => Promise.reject(lost)
    const client = createClient('http://local', { contract: shop, headers, fetch: counting().fetch })
    await expect(client.orders.read({ params: { id: '1' } })).rejects.toBe(lost)
  })
})
