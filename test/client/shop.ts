import * as v from 'valibot'
import { z } from 'zod'
import {
  api,
  bytes,
  created,
  del,
  file,
  form,
  get,
  group,
  noContent,
  page,
  post,
  problem,
  query,
  redirect,
  reply,
  status,
  stream,
  text,
} from '../../src/index.ts'

export const Order = z.object({ id: z.string(), qty: z.int(), notes: z.string().optional() })
export const OrderIn = z.object({ qty: z.int().min(1), notes: z.string().optional(), gift: z.boolean().default(false) })
export const OutOfStock = problem('out_of_stock', { status: 409, extra: z.object({ sku: z.string() }) })
export const ORDERS = Array.from({ length: 5 }, (_, index) => ({ id: `o${index}`, qty: index + 1 }))

const orders = group('/orders', {
  list: get(
    '/',
    { query: page.cursor({ status: z.enum(['open', 'paid']).optional() }), returns: page.of(Order) },
    ({ query }) => {
      const from = Number(query.cursor ?? 0)
      const to = from + Math.min(query.limit, 2)
      return { items: ORDERS.slice(from, to), next_cursor: to < ORDERS.length ? String(to) : null }
    },
  ),
  create: post('/', { body: OrderIn, returns: created(Order), throws: [OutOfStock] }, ({ body }) => {
    if (body.notes === 'the last one') throw OutOfStock({ sku: 'tea' }, { detail: 'No tea is left' })
    return { id: body.gift ? 'gift 1' : 'o/9', qty: body.qty }
  }),
  read: get('/{id}', { params: z.object({ id: z.string() }), returns: Order }, ({ params }) => ({
    id: params.id,
    qty: 1,
  })),
  remove: del('/{id}', { returns: noContent() }, () => undefined),
  items: get('/{id}/items', { returns: z.array(z.string()) }, ({ params }) => [params.id]),
})

const contents = group('/contents', {
  form: post(
    '/form',
    { body: form(v.object({ name: v.string(), tags: v.array(v.string()) })), returns: text() },
    ({ body }) => `${body.name}:${body.tags.join('+')}`,
  ),
  text: post('/text', { body: text(), returns: text() }, ({ body }) => body.toUpperCase()),
  bytes: post('/bytes', { body: bytes(), returns: bytes() }, ({ body }) => body.toReversed()),
  stream: post('/stream', { body: stream(), returns: stream('text/csv') }, async function* ({ body }) {
    const decoder = new TextDecoder()
    for await (const chunk of body) yield decoder.decode(chunk).toLowerCase()
  }),
  file: get('/file', { returns: file('text/csv') }, () => new Blob(['a,b\n'])),
})

export const shop = api(
  { title: 'Shop' },
  {
    orders,
    contents,
    hello: get('/hello/{name}', ({ params }) => ({
      hello: params.name,
      at: new Date(0),
      gone: undefined,
      maybe: params.name === 'x' ? 1 : undefined,
      call: (): number => 1,
      list: [1, undefined],
      nested: { price: { toJSON: (): string => '1.00' } },
    })),
    stated: get('/stated', () => reply(200, { queued: true }, { 'x-queue': '3' })),
    big: get('/big', () => ({ big: 1n })),
    gone: get('/gone', { returns: redirect(303) }, () => '/hello/there'),
    either: get(
      '/either',
      {
        query: z.object({ fresh: z.boolean(), tag: z.array(z.string()).optional() }),
        headers: z.object({ 'x-tenant': z.string(), 'x-trace': z.string().optional() }),
        cookies: z.object({ session: z.string().optional() }),
        returns: [created(Order), status(200, text()), status(422, Order)],
      },
      ({ query, headers, cookies }) =>
        query.fresh
          ? reply(201, { id: headers['x-tenant'], qty: query.tag?.length ?? 0 })
          : reply(200, `${cookies.session}`),
    ),
    search: query('/search', { body: z.object({ words: z.string() }).optional(), returns: Order }, ({ body }) => ({
      id: body?.words ?? 'none',
      qty: 1,
    })),
    files: get('/files/{path...}', { returns: text() }, ({ params }) => params.path),
  },
)
